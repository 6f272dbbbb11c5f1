"""The shape of the package: which way imports point, how long files and functions are, what things are called."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "groundswell"
FILES = sorted(PACKAGE.rglob("*.py"))
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LAYERS = [layer.split(" | ") for layer in PROJECT["tool"]["importlinter"]["contracts"][0]["layers"]]
# the stages as the documents name them; whatever else the contract lists stands between or below them
FLOW = ["text", "data", "representation", "model", "training", "tuning", "evaluation", "analyzer", "pipeline", "cli"]
SIBLINGS = {"tuning", "evaluation"}
MOST_LINES = 400
MOST_LINES_OF_A_FUNCTION = 60  # with its parameters and its docstring
MOST_LINES_OF_CODE = 40  # without them
FORBIDDEN = re.compile(r"utils?|common|helpers?|base|misc")
HEAVY = {
    "torch",
    "gradio",
    "transformers",
    "numpy",
    "sklearn",
    "accelerate",
    "peft",
    "datasets",
    "pyarrow",
    "scipy",
    "opencc",
}

every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))


def part_of(path: Path) -> str:
    """The stage or foundation module that a file belongs to."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imports_of(path: Path) -> Iterator[str]:
    """Every module that the syntax tree imports, lazily or not, as a dotted name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import, expected an absolute one"
            assert node.module is not None
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def parts_imported(path: Path) -> set[str]:
    """The other parts of the package that a file imports."""
    names = (name.split(".") for name in imports_of(path))
    found = {name[1] for name in names if name[0] == "groundswell" and len(name) > 1}
    return {part for part in found if importlib.util.find_spec(f"groundswell.{part}")} - {part_of(path)}


def depth_of(part: str) -> int:
    """The place of a part in the contract, 0 at the bottom."""
    return next(depth for depth, layer in enumerate(reversed(LAYERS)) if part in layer)


def test_the_contract_lists_every_part_once() -> None:
    listed = [part for layer in LAYERS for part in layer]
    assert sorted(listed) == sorted({part_of(path) for path in FILES} - {"__init__"})


def test_the_contract_has_the_stages_in_the_order_of_the_flow() -> None:
    for earlier, later in pairwise(FLOW):
        if {earlier, later} == SIBLINGS:
            assert depth_of(earlier) == depth_of(later)
        else:
            assert depth_of(earlier) < depth_of(later), f"{later} must stand above {earlier}"


@every_file
def test_imports_point_to_earlier_parts(path: Path) -> None:
    if part_of(path) == "__init__":  # the public face names everything, and loads it when it is asked for
        return
    later = {part for part in parts_imported(path) if depth_of(part) >= depth_of(part_of(path))}
    assert not later, f"{path}: {part_of(path)} must not import {', '.join(sorted(later))}"


@every_file
def test_files_are_short(path: Path) -> None:
    num_lines = len(path.read_text(encoding="utf-8").splitlines())
    assert num_lines <= MOST_LINES, f"{path}: {num_lines} lines, at most {MOST_LINES}; split it by concept"


@every_file
def test_functions_are_short(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            place, num_lines = f"{path}:{node.lineno}: {node.name}", node.end_lineno - node.lineno + 1
            assert num_lines <= MOST_LINES_OF_A_FUNCTION, f"{place} has {num_lines} lines"
            body = node.body[1:] if ast.get_docstring(node) else node.body
            num_lines = node.end_lineno - body[0].lineno + 1 if body else 0
            assert num_lines <= MOST_LINES_OF_CODE, f"{place} has {num_lines} lines of code"


@every_file
def test_files_say_what_they_hold(path: Path) -> None:
    assert FORBIDDEN.fullmatch(path.stem) is None, (
        f"{path}: nobody can say what does not belong there; name the concept"
    )
    assert FORBIDDEN.fullmatch(path.parent.name) is None, f"{path.parent}: name the concept"
    text = path.read_text(encoding="utf-8")
    assert not text or ast.get_docstring(ast.parse(text)), f"{path}: begins without a docstring"


def test_every_third_party_import_is_declared() -> None:
    """What an extra brings is imported where it is used, with an error that names the extra."""
    optional = PROJECT["project"]["optional-dependencies"]
    extras = [line for name, given in optional.items() if name != "dev" for line in given]
    lines = [*PROJECT["project"]["dependencies"], *extras]
    declared = {_normal(re.split(r"[<>=!~\[ ]", line)[0]) for line in lines}
    roots = {name.partition(".")[0] for path in FILES for name in imports_of(path)}
    foreign = roots - set(sys.stdlib_module_names) - {"groundswell"}
    homes = metadata.packages_distributions()
    missing = {root for root in foreign if not {_normal(name) for name in homes.get(root, [])} & declared}
    assert not missing, f"imported but not in pyproject.toml: {', '.join(sorted(missing))}"


def test_every_dependency_is_pinned() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert pins == sorted(pins, key=str.lower)
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", pin) for pin in pins)
    extras = PROJECT["project"]["optional-dependencies"]
    wanted = [*PROJECT["project"]["dependencies"], *extras["embedded"], *extras["dev"]]
    names = {_normal(re.split(r"[<>=!~\[ ]", line)[0]) for line in wanted} - {"groundswell"}
    assert names <= {_normal(pin.partition("==")[0]) for pin in pins}


@pytest.mark.parametrize(
    "code",
    [
        "import groundswell",
        "from groundswell.cli.main import run; run(['--help'])",
        "from groundswell.cli.main import run; run(['train', '--help'])",
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(code: str) -> None:
    script = f"import sys\n{code}\nprint('loaded:', *sorted({HEAVY!r} & set(sys.modules)))"
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.splitlines()[-1] == "loaded:"


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
