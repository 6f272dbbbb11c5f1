"""`groundswell serve check`: equal records are counted, others named with how far they are apart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tiny_run import reviews, write

import groundswell as gs
from groundswell.cli.main import run as run_command
from groundswell.serving import offline_check
from groundswell.serving.offline_check import difference_of

RECORD: dict[str, Any] = {
    "label": "good",
    "scores": {"good": 0.75, "bad": 0.25},
    "opinions": [{"aspect": {"start": 4}, "negated": False}],
    "warnings": [],
}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "None"),
        ({"intensity": None}, "row 7: intensity: served None, offline 'nothing'"),
        (
            {"scores": {"good": 0.750001, "bad": 0.5}},
            "row 7: scores.bad: served 0.5, offline 0.25, 0.25 apart",
        ),
        ({"scores": {"good": 0.0, "bad": 1}, "label": "bad"}, "row 7: label: served 'bad', offline 'good'"),
        (
            {"opinions": [{"aspect": {"start": 5}, "negated": False}]},
            "row 7: opinions[0].aspect.start: served 5, offline 4, 1 apart",
        ),
        ({"opinions": []}, "row 7: opinions[0].aspect.start: served 'nothing', offline 4"),
        ({"warnings": ["blank_text: x"]}, "row 7: warnings[0]: served 'blank_text: x', offline 'nothing'"),
    ],
)
def test_the_field_that_differs_most_is_told(changes: dict[str, Any], told: str) -> None:
    assert str(difference_of(7, {**RECORD, **changes}, RECORD)) == told


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs, and texts of which some are blank and one is longer than a service takes unless told otherwise."""
    folder = tmp_path_factory.mktemp("check")
    train, dev = write(folder / "train.jsonl", reviews()), write(folder / "dev.jsonl", reviews(1))
    for kind in ("logistic_regression", "naive_bayes"):
        gs.train({
            "data": {"train": train, "dev": dev}, "text": {"min_count": 1}, "model": {"encoder": kind},
            "output": {"folder": str(folder), "name": kind},
        })  # fmt: skip
    texts = ["good food", " ", "bad room " * 5000, "half \ud83d", "nul \0", "很好"]
    rows = [{"review": text} for text in [*texts, *(f"good food {number * 'bad '}" for number in range(40))]]
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in [{"review": None}, *rows]), encoding="utf-8")
    return folder


@pytest.mark.slow
def test_a_service_is_compared_with_its_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["serve", "check", str(folder / "logistic_regression"), str(folder / "rows.jsonl")]
    assert run_command([*command, "--text-column", "review"]) == 0
    assert capsys.readouterr().out == "46 of 46 records equal\n"


class Nudged:
    """An Analyzer that is a little surer of everything than its run."""

    def __init__(self, run: Path) -> None:
        self._analyzer = gs.load(run)
        self.name = self._analyzer.name

    def stream_rows(self, rows: Any, **asked: Any) -> Iterator[Any]:
        for analysis in self._analyzer.stream_rows(rows, **asked):
            sure = analysis.confidence
            yield analysis if sure is None else replace(analysis, confidence=round(sure, 6) + 2e-6)


@pytest.mark.slow
def test_what_differs_is_named_with_exit_code_1(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offline_check, "load_engine", lambda run, **_: Nudged(run))
    command = ["serve", "check", str(folder / "logistic_regression"), str(folder / "rows.jsonl"), "--rows", "9"]
    assert run_command([*command, "--text-column", "review", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["rows"], told["equal"]) == (9, 2)  # the two that nobody can read
    assert [difference["row"] for difference in told["differences"]] == [2, 3, 4, 7, 8, 9, 10]
    for difference in told["differences"]:
        assert difference["field"] == "confidence"
        assert difference["apart"] == pytest.approx(2e-6)
        assert difference["offline"] > difference["served"]


@pytest.mark.slow
def test_a_service_that_does_not_start_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offline_check, "LIMITS", {"characters": 0})
    command = ["serve", "check", str(folder / "logistic_regression"), str(folder / "rows.jsonl")]
    assert run_command([*command, "--text-column", "review"]) == 2
    told = capsys.readouterr().err
    assert "groundswell: the service did not start: --limit characters=0: Input should be greater than" in told


@pytest.mark.parametrize(
    ("run", "options", "told"),
    [
        ("none", [], "none: there is no such run folder"),
        ("naive_bayes", [], "no column 'text'"),
        ("naive_bayes", ["--text-column", "review", "--aspect", "food"], "finds no opinions"),
    ],
)
def test_wrong_input_is_told_before_anything_is_served(
    folder: Path, run: str, options: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["serve", "check", str(folder / run), str(folder / "rows.jsonl"), *options]) == 2
    assert told in capsys.readouterr().err


def test_rows_without_any_text_are_no_check(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "empty.jsonl"
    path.write_text('{"text": null}\n')
    assert run_command(["serve", "check", str(folder / "naive_bayes"), str(path)]) == 2
    assert "empty.jsonl: no row has a text in 'text'" in capsys.readouterr().err
