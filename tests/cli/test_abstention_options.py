"""`groundswell predict --abstain-below/--accuracy/--coverage`: marked records, and a count for the person who reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from groundswell.cli.analysis_view import AnalysisView
from groundswell.cli.evaluate import calibration_line
from groundswell.types import Analysis


def test_records_are_marked_and_counted(command, finished_run: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Good food.\nbad food.\nboom\nalso bad.\n")
    code, out, err = command("predict", finished_run, tmp_path / "a.txt", "--accuracy", "0.9", "--coverage", "0.9")
    records = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [record.get("abstained") for record in records] == [False, True, None, True]
    assert [record.get("prediction_set") for record in records] == [["positive"], ["positive"], None, ["positive"]]
    assert err.splitlines()[0] == "groundswell: accuracy 0.9: answers have a confidence of at least 0.700"
    assert err.splitlines()[-1] == "groundswell: a person should read 2 of 4 rows"


def test_texts_on_the_command_line_are_counted_too(command, finished_run: Path) -> None:
    outcome = command("predict", finished_run, "--text", "Good.", "--text", "bad", "--abstain-below", "0.8")
    assert outcome.err.splitlines()[-1] == "groundswell: a person should read 1 of 2 rows"


def test_nothing_is_said_or_marked_unasked(command, finished_run: Path) -> None:
    outcome = command("predict", finished_run, "--text", "bad")
    assert outcome.err == ""
    assert not {"abstained", "prediction_set"} & json.loads(outcome.out).keys()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--abstain-below", "80"], "abstain-below: found 80, expected a number from 0 to 1"),
        (["--coverage", "0.3"], "coverage: found 0.3, expected a number from 0.5 to 0.999"),
        (["--accuracy", "95"], "accuracy: found 95, expected a number from 0 to 1"),
        (["--abstain-below", "0.8", "--accuracy", "0.9"], "found abstain-below 0.8 and accuracy 0.9, expected one of"),
    ],
)
def test_wrong_wishes_are_one_line(command, finished_run: Path, options: list[str], told: str) -> None:
    code, out, err = command("predict", finished_run, "--text", "Good.", *options)
    assert (code, out) == (2, "")
    assert err.startswith(f"groundswell: {told}")
    assert err.count("\n") == 1
    assert not (finished_run / "precision.txt").exists()  # told before the model is loaded


def test_people_see_what_is_left_to_them() -> None:
    scores = {"positive": 0.6, "negative": 0.4}
    found = Analysis("A text.", label="positive", scores=scores, confidence=0.6)
    view = AnalysisView(coloured=False)
    unsure = Analysis("A text.", label="positive", scores=scores, confidence=0.6, abstained=True,
                      prediction_set=("positive", "negative"))  # fmt: skip
    assert view(found).splitlines()[0] == "+ positive 0.60"
    assert view(unsure).splitlines()[0] == (
        "+ positive 0.60, could be any of positive, negative, to be read by a person"
    )


def test_calibration_is_one_line() -> None:
    found = {
        "temperature": 1.314,
        "ece": {"value": 0.0213, "low": 0.0, "high": 0.041},
        "brier": {"value": 0.1821, "low": 0.17, "high": 0.19},
        "by_chance": 0.0191,
        "before": {"ece": 0.0912, "brier": 0.2014, "log_loss": 0.5},
    }
    assert calibration_line(found) == (
        "calibration: ECE 0.021 (0.000 to 0.041; 0.019 would be chance), Brier 0.182, temperature 1.31; without it ECE "
        "0.091, Brier 0.201"
    )
    assert calibration_line({**found, "temperature": 1.0}).endswith("temperature 1.00")


def test_evaluate_prints_the_line(command, replace_stage) -> None:
    calibration = {
        "temperature": 1.0, "ece": {"value": 0.02, "low": 0.0, "high": 0.04}, "by_chance": 0.02,
        "brier": {"value": 0.18, "low": 0.17, "high": 0.19}, "before": {"ece": 0.02, "brier": 0.18, "log_loss": 0.5},
    }  # fmt: skip
    replace_stage("pipeline", evaluate=lambda *arguments, **options: {"calibration": calibration})
    assert "calibration: ECE 0.020" in command("evaluate", "runs/a", "test.csv").out
