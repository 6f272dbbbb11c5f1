"""`groundswell train`: what is printed, and what the library is asked for."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from groundswell.recipe import Recipe
from groundswell.recipe_reading import load_recipe


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text("data: {train: a.csv}\ntraining: {epochs: 2}\n")
    return path


@pytest.fixture
def calls(replace_stage) -> list[tuple[Recipe, dict[str, object]]]:
    found: list[tuple[Recipe, dict[str, object]]] = []

    def train(recipe: Recipe, **options: object) -> SimpleNamespace:
        found.append((recipe, options))
        metrics = {"test": {"accuracy": {"value": 0.5, "low": 0.4, "high": 0.6}}}
        return SimpleNamespace(
            folder=Path("runs/small"), metrics=metrics, history=[], rows=("train: 9 rows read",), warnings=("small",)
        )

    replace_stage("pipeline", train=train)
    return found


def test_the_run_folder_is_printed_and_nothing_else(command, recipe: Path, calls) -> None:
    assert command("train", recipe, "seed=3") == (
        0,
        "runs/small\n",
        "groundswell: train: 9 rows read\ngroundswell: warning: small\n",
    )
    ((found, options),) = calls
    assert (found.seed, found.training.epochs) == (3, 2)
    assert options == {"name": None, "default_name": "small", "resume": False, "progress": None}


def test_options_may_stand_anywhere(command, recipe: Path, calls) -> None:
    command("train", "--resume", recipe, "seed=3", "--name", "other", "training.epochs=4", "--quiet")
    ((found, options),) = calls
    assert (found.seed, found.training.epochs, found.output.name) == (3, 4, "other")
    assert options == {"name": "other", "default_name": "small", "resume": True, "progress": False}


def test_quiet_says_nothing(command, recipe: Path, calls) -> None:
    assert command("train", recipe, "--quiet") == (0, "runs/small\n", "")
    assert len(calls) == 1


def test_a_recipe_whose_file_name_cannot_be_a_folder(command, tmp_path: Path, calls) -> None:
    (tmp_path / "my first run.yaml").write_text("data: {train: a.csv}\n")
    command("train", tmp_path / "my first run.yaml")
    assert calls[0][1]["default_name"] == "my-first-run"


def test_json(command, recipe: Path, calls) -> None:
    outcome = command("train", recipe, "--json")
    assert outcome.out.count("\n") == 1
    assert json.loads(outcome.out) == {
        "run": "runs/small",
        "metrics": {"test": {"accuracy": {"value": 0.5, "low": 0.4, "high": 0.6}}},
    }
    assert len(calls) == 1


def test_a_dry_run_prints_a_recipe_that_loads_to_the_same(command, recipe: Path, calls, tmp_path: Path) -> None:
    """The data file does not exist, so nothing can have read it."""
    outcome = command("train", recipe, "training.learning_rate=2e-4", "--name", "other", "--dry-run")
    assert (outcome.code, outcome.err, calls) == (0, "", [])
    (tmp_path / "resolved.yaml").write_text(outcome.out)
    assert load_recipe(tmp_path / "resolved.yaml") == load_recipe(
        recipe, ["training.learning_rate=2e-4", "output.name=other"]
    )
    assert yaml.safe_load(outcome.out)["training"]["batch_tokens"] == 4096
    as_json = json.loads(command("train", recipe, "--dry-run", "--json").out)
    assert as_json["training"]["epochs"] == 2


def test_a_name_that_cannot_be_a_folder(command, recipe: Path, calls) -> None:
    assert command("train", recipe, "--name", "a/b") == (
        2,
        "",
        (
            "groundswell: command line: output.name: found 'a/b', expected text of letters, digits, `_`, `.` and `-` "
            "or null\n"
        ),
    )
    assert calls == []
