"""Commands run in this process, against stand-ins for the stages that need torch."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from stand_ins import StandInAnalyzer

import groundswell
from groundswell.cli.main import run


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


Command = Callable[..., Outcome]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs `groundswell ARGUMENTS...`; gives its exit code and what it wrote."""

    def run_command(*arguments: str | Path) -> Outcome:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        return Outcome(code, *capsys.readouterr())

    return run_command


@pytest.fixture
def replace_stage(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts a stand-in in the place of a module of the package: `replace_stage("pipeline", train=...)`."""

    def replace(name: str, **members: Any) -> None:
        stage = SimpleNamespace(**members)
        monkeypatch.setitem(sys.modules, f"groundswell.{name}", stage)
        monkeypatch.setattr(groundswell, name, stage, raising=False)

    return replace


@pytest.fixture
def finished_run(tmp_path: Path, replace_stage: Callable[..., None]) -> Path:
    """A run folder whose analyzer is the stand-in; `precision.txt` in it tells how it was loaded."""
    folder = tmp_path / "finished"
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps({"model": "m", "files": {}}))

    def load(run_folder: Path, *, precision: str = "float32", note: object = None) -> StandInAnalyzer:
        (run_folder / "precision.txt").write_text(precision)
        return StandInAnalyzer()

    replace_stage("analyzer", load=load)
    replace_stage("serving.engine", load_engine=load)
    return folder
