"""`groundswell demo`: that it tells the whole story, and the real one where there is time for it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from stand_ins import StandInAnalyzer

from groundswell.cli.demo import DEMOS
from groundswell.recipe import Recipe


@pytest.fixture
def trained(replace_stage) -> list[Recipe]:
    found: list[Recipe] = []

    def train(recipe: Recipe, *, default_name: str) -> SimpleNamespace:
        assert default_name in ("demo-en", "demo-zh")
        found.append(recipe)
        metrics = {
            "test": {
                "accuracy": {"value": 0.75, "low": 0.5, "high": 0.9},
                "per_class": {"negative": {"support": 9}, "positive": {"support": 27}},
            },
            "parameters": {"trainable": 1_000, "total": 20_000},
        }
        history = [{"epoch": 1, "loss": 1.0, "seconds": 2.0, "dev": {"accuracy": 0.5, "loss": 0.9}}]
        return SimpleNamespace(folder=Path("runs") / default_name, metrics=metrics, history=history, warnings=())

    replace_stage("pipeline", train=train, untuned_analyzer=lambda recipe: StandInAnalyzer())
    replace_stage("analyzer", load=lambda folder: StandInAnalyzer())
    return found


def test_the_story(command, trained: list[Recipe]) -> None:
    code, out, err = command("demo")
    assert (code, err) == (0, "")
    (recipe,) = trained
    assert (recipe.data.train, recipe.tuning.method, recipe.model.encoder) == ("sample:en#train", "lora", "minilm")
    assert "Trainable: 1,000 of 20,000 parameters (5.0%)" in out
    assert all(sentence in out for sentence in DEMOS["en"].sentences)
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in out.splitlines()]
    assert ["1", "1.000", "0.900", "0.500", "2.0"] in cells
    assert ["accuracy", "0.7500", "0.5000 to 0.9000"] in cells
    assert "On the 36 test reviews, where always the same label would give 0.7500:" in out
    assert '  groundswell predict runs/demo-en --text "The room was spotless."' in out.splitlines()
    assert max(map(len, out.splitlines())) <= 100


def test_the_chinese_story(command, trained: list[Recipe]) -> None:
    code, out, err = command("demo", "--language", "zh")
    assert (code, err) == (0, "")
    (recipe,) = trained
    assert (recipe.data.train, recipe.model.encoder, recipe.text.tokens) == ("sample:zh#train", "bag", "characters")
    assert all(sentence in out for sentence in DEMOS["zh"].sentences)
    assert "  groundswell evaluate runs/demo-zh sample:zh#test" in out.splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_real_demo(command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GROUNDSWELL_CACHE", str(tmp_path / "cache"))
    code, out, _ = command("demo", "--language", language)
    assert code == 0
    assert all(sentence in out for sentence in DEMOS[language].sentences)
    assert "accuracy" in out
