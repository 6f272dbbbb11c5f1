"""The known faults of published data are reported: those that `benchmarks/data_doctor.py` lists."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
DATA = Path("/work/shared/data")
# some 50 seconds for all; these take two
CHEAP = ("waimai", "airline_tweets", "financial_phrasebank", "makeup quads", "aste 14lap", "emobank", "opinion_lexicon")
pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not DATA.exists(), reason=f"needs the development data in {DATA}"),
]


@pytest.fixture(scope="module")
def benchmark_script() -> ModuleType:
    """The script as a module, with the other scripts beside it."""
    folder = ROOT / "benchmarks"
    sys.path.insert(0, str(folder))
    try:
        spec = importlib.util.spec_from_file_location("data_doctor_benchmark", folder / "data_doctor.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(folder))
    return module


@pytest.mark.parametrize("name", CHEAP)
def test_known_faults_are_found(name: str, benchmark_script: ModuleType, tmp_path: Path) -> None:
    (case,) = [case for case in benchmark_script.CASES if case.name == name]
    missed = [row for row in benchmark_script.outcomes(case, tmp_path) if not row["is_found"]]
    assert missed == []
