"""Everything that is found out about a run at the end of its training, by the parts themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import groundswell as gs
from groundswell import run_finders
from groundswell.findings import report_again
from groundswell.recipe_sections import FindingName
from groundswell.run_finders import FINDERS


@pytest.fixture
def values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A baseline on the sample reviews."""
    monkeypatch.setattr("groundswell.findings.FINDERS", FINDERS)
    return {
        "data": {"train": "sample:en#train", "dev": "sample:en#dev", "test": "sample:en#test"},
        "model": {"encoder": "logistic_regression"}, "output": {"folder": str(tmp_path)},
    }  # fmt: skip


def found(run: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((run / "findings.json").read_text(encoding="utf-8"))
    return values


def test_a_training_finds_what_the_recipe_asks_for(values: dict[str, Any]) -> None:
    run = gs.train(values, name="run", progress=False)
    findings = found(run.folder)
    assert "warnings" not in findings
    assert findings["split"] == "test"
    capabilities = findings["behaviour"]["capabilities"]
    assert {one["language"] for one in capabilities} == {"en"}
    assert sum(one["num_cases"] for one in capabilities) > 500
    assert {one["attribute"] for one in findings["bias"]} >= {"gender", "age", "religion"}
    errors = findings["errors"]
    assert errors["num_rows"] == 36
    assert errors["num_wrong"] == round(36 * (1 - run.metrics["test"]["accuracy"]["value"]))
    assert all(one["nearest"] for one in errors["confident"])
    assert findings["evidence"]["method"] == "weights"
    assert len(findings["evidence"]["examples"]) == 8
    page = (run.folder / "report.html").read_text(encoding="utf-8")
    for title in ("Behaviour", "Bias", "Mistakes worth reading", "Why it answers so", "What its confidence is worth"):
        assert f">{title}</h2>" in page
    assert report_again(run.folder, ["robustness"], progress=False) == []
    again = found(run.folder)
    assert again["robustness"]["num_texts"] == 36
    assert {name: again[name] for name in findings} == findings


def test_labels_of_many_training_texts_are_not_cross_validated(
    values: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_finders, "MOST_CROSS_VALIDATED", 10)
    names: list[FindingName] = ["errors"]
    run = gs.train({**values, "evaluation": {"findings": names}}, name="run", progress=False)
    assert list(found(run.folder)) == ["split", "errors"]
    assert found(run.folder)["errors"]["label_errors"] == []


def test_labels_without_a_polarity_are_said_and_no_training_fails(values: dict[str, Any]) -> None:
    values["data"]["labels"] = {"positive": "joy", "negative": "anger", "neutral": "calm"}
    findings = found(gs.train(values, name="run", progress=False).folder)
    assert findings["behaviour"]["capabilities"] == []
    assert "joy" in findings["behaviour"]["warnings"][0]
    assert findings["errors"]["num_rows"] == 36
