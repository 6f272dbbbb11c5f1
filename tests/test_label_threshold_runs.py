"""Several labels with thresholds that dev chose: in the run, in what is predicted, and in what is measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tiny_run import write

import groundswell as gs
from groundswell.errors import RecipeError
from groundswell.recipe_reading import recipe_from_values


def recipe(tmp_path: Path, **model: Any) -> dict[str, Any]:
    """A rare label that the text tells only half of the time."""
    rows = [
        {"id": str(n), "text": f"{'odd' if n % 8 < 2 else 'plain'} text {n % 7}",
         "label": ["joy"] if n % 8 == 0 else ["calm"]}
        for n in range(160)
    ]  # fmt: skip
    path = write(tmp_path / "rows.jsonl", rows)
    return {
        "task": "multi_label",
        "data": {"train": path, "dev": path, "test": path, "overlap": "ignore"},
        "text": {"min_count": 1, "max_tokens": 16},
        "model": {"encoder": "bag", "scratch": {"width": 8, "buckets": 50}, **model},
        "training": {"epochs": 20, "learning_rate": 1e-2, "precision": "float32"},
        "output": {"folder": str(tmp_path / "runs")},
    }


def test_thresholds_of_dev(tmp_path: Path) -> None:
    half = gs.train(recipe(tmp_path), name="half")
    chosen = gs.train(recipe(tmp_path, label_thresholds="dev"), name="dev")
    assert chosen.metrics["test"]["macro_f1"]["value"] >= half.metrics["test"]["macro_f1"]["value"]
    analyzer = gs.load(chosen.folder)
    thresholds = dict(zip(analyzer.outputs.labels, analyzer.outputs.thresholds, strict=True))
    assert 0 < thresholds["joy"] < 0.6
    found = analyzer("odd text 3")
    assert found.labels == tuple(name for name, score in found.scores.items() if score >= thresholds[name])
    assert "joy" in found.labels
    assert any("the thresholds of the labels were chosen on it" in warning for warning in chosen.warnings)
    again = gs.evaluate(chosen.folder, str(tmp_path / "rows.jsonl"))
    assert again["macro_f1"] == chosen.metrics["test"]["macro_f1"]


def test_thresholds_are_not_chosen_on_the_test(tmp_path: Path) -> None:
    """A test that would want quite other ones leaves the whole model as it is."""
    other = write(
        tmp_path / "other.jsonl", [{"text": "odd text", "label": ["calm"]}, {"text": "plain", "label": ["joy"]}]
    )
    values = recipe(tmp_path, label_thresholds="dev")
    runs = [gs.train({**values, "data": {**values["data"], "test": test}}) for test in (values["data"]["test"], other)]
    first, second = ({path.name: path.read_bytes() for path in (run.folder / "model").iterdir()} for run in runs)
    assert first == second


def test_thresholds_belong_to_several_labels() -> None:
    with pytest.raises(RecipeError) as caught:
        recipe_from_values({"data": {"train": "a.csv"}, "model": {"label_thresholds": "dev"}}, "recipe.yaml")
    assert "model.label_thresholds has no effect with task='single_label'; remove it" in str(caught.value)
