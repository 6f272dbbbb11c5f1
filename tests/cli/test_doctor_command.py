"""`groundswell doctor`: facts, a line per check, and an exit code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from groundswell.cli.doctor import base_models
from groundswell.recipe import Recipe

HARDWARE = {"processor": "A chip", "cores": 2, "threads": 1, "instruction_sets": ["AVX2"], "accelerators": []}


@pytest.fixture
def checks(replace_stage, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What the checks answer (`results`), and the recipe they were given."""
    state = SimpleNamespace(results=[("loss of one batch", True, "as torch says", 0.25)], recipe="never asked")

    def run_checks(recipe: Recipe | None) -> Iterator[SimpleNamespace]:
        state.recipe = recipe
        for name, passed, detail, seconds in state.results:
            yield SimpleNamespace(name=name, passed=passed, detail=detail, seconds=seconds)

    replace_stage("self_check", run_checks=run_checks)
    monkeypatch.setattr("groundswell.runtime.hardware", lambda: HARDWARE)
    monkeypatch.setattr("groundswell.cli.doctor.base_models", lambda: MODELS)
    return state


MODELS = {"embedded": {"minilm": False}, "hub_cache": "/cache", "hub_models": ["owner/small"]}


def test_a_healthy_machine(command, checks) -> None:
    code, out, err = command("doctor")
    assert (code, err) == (0, "")
    assert out.splitlines()[-2:] == ["ok   loss of one batch (0.2 s): as torch says", "1 checks, 0 failed"]
    assert "A chip, 2 cores, 1 threads used" in out
    assert "missing: pip install 'groundswell[embedded]'" in out
    assert "owner/small" in out
    assert checks.recipe is None


def test_a_failed_check(command, checks) -> None:
    checks.results.append(("attention", False, "found 0.5, expected 0.25", 1.0))
    code, out, _ = command("doctor")
    assert code == 1
    assert out.splitlines()[-2:] == ["FAIL attention (1.0 s): found 0.5, expected 0.25", "2 checks, 1 failed"]
    code, out, _ = command("doctor", "--json")
    assert code == 1
    found = json.loads(out)
    assert [check["passed"] for check in found["checks"]] == [True, False]
    assert (found["passed"], found["hardware"], found["base_models"]) == (False, HARDWARE, MODELS)
    assert "torch" in found["versions"]


def test_a_recipe_is_read_first(command, checks, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("data: {train: a.csv}\n")
    assert command("doctor", recipe, "seed=5").code == 0
    assert checks.recipe.seed == 5
    outcome = command("doctor", recipe, "sed=5")
    assert outcome == (2, "", "groundswell: command line: unknown key 'sed'; did you mean 'seed'?\n")


def test_base_models_of_an_empty_and_of_a_filled_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "hub"
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(cache))
    monkeypatch.setattr("huggingface_hub.utils._cache_manager.HF_HUB_CACHE", str(cache), raising=False)
    monkeypatch.setattr("groundswell.cli.doctor.importlib.util.find_spec", lambda name: None)
    assert base_models() == {"embedded": {"minilm": False}, "hub_cache": None, "hub_models": []}
    snapshot = cache / "models--owner--small" / "snapshots" / ("0" * 40)
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text("{}")
    assert base_models() == {"embedded": {"minilm": False}, "hub_cache": str(cache), "hub_models": ["owner/small"]}
