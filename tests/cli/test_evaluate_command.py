"""`groundswell evaluate`: one JSON object for machines, tables for people."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

METRICS = {
    "accuracy": {"value": 0.91, "low": 0.9, "high": 0.92},
    "macro_f1": {"value": 0.5, "low": 0.45, "high": 0.55},
    "per_class": {
        "negative": {"precision": 0.25, "recall": 1.0, "f1": 0.4, "support": 1200, "f1_low": 0.35, "f1_high": 0.45}
    },
    "slices": [
        {
            "by": "characters",
            "name": "1–20",
            "num_rows": 1180,
            "metric": "accuracy",
            "value": 0.9,
            "low": 0.89,
            "high": 0.91,
            "small": False,
        },
        {
            "by": "characters",
            "name": "over 20",
            "num_rows": 20,
            "metric": "accuracy",
            "value": 0.5,
            "low": 0.3,
            "high": 0.7,
            "small": True,
        },
    ],
    "warnings": ["slices: 1 of 2 tell little"],
    "confusion": [[1200]],
    "num_rows": 1200,
    "rows": {
        "read": 1203,
        "kept": 1200,
        "cut": 0,
        "dropped": 3,
        "reasons": {"blank text": {"count": 3, "first_rows": [1]}},
    },
}


@pytest.fixture
def calls(replace_stage) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []

    def evaluate(run: Path, source: str, *, head: str | None, overrides: list[str]) -> dict[str, object]:
        found.append((run, source, head, overrides))
        return METRICS

    replace_stage("pipeline", evaluate=evaluate)
    return found


def test_json_is_what_the_library_says(command, calls) -> None:
    outcome = command("evaluate", "runs/a", "test.csv", "data.label=stars", "--json")
    assert json.loads(outcome.out) == METRICS
    assert outcome.out.count("\n") == 1
    assert outcome.err == ""
    assert calls == [(Path("runs/a"), "test.csv", None, ["data.label=stars"])]


def test_people_get_intervals_classes_and_the_count_of_rows(command, calls) -> None:
    outcome = command("evaluate", "runs/a", "-")
    out = outcome.out
    assert outcome.err == "groundswell: warning: slices: 1 of 2 tell little\n"
    cells = [[cell.strip() for cell in line.strip("│┃").replace("┃", "│").split("│")] for line in out.splitlines()]
    assert ["accuracy", "0.9100", "0.9000 to 0.9200"] in cells
    assert ["negative", "0.2500", "1.0000", "0.4000", "1,200", "0.3500 to 0.4500"] in cells
    assert ["characters", "1–20", "1,180", "0.9000", "0.8900 to 0.9100", ""] in cells
    assert ["", "over 20", "20", "0.5000", "0.3000 to 0.7000", "too small to tell"] in cells
    assert out.splitlines()[-1] == "1,203 rows read, 1,200 kept, 3 dropped (blank text: 3)"
    assert calls == [(Path("runs/a"), "-", None, [])]
