"""`groundswell report errors` on trained runs: a baseline, and a tiny encoder."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from tiny_labelled_texts import make_texts
from tiny_run import changed, write

import groundswell as gs


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Training and other rows; labels of rows 3 and 4 of the latter are turned round."""
    folder = tmp_path_factory.mktemp("files")
    parts = []
    for name, count, seed in (("train", 200, 0), ("data", 80, 1)):
        rows = [{"text": one.text, "label": one.target} for one in make_texts(count, seed=seed)]
        for row in rows[2:4] if name == "data" else ():
            row["label"] = "bad" if row["label"] == "good" else "good"
        parts.append(write(folder / f"{name}.jsonl", rows))
    return parts[0], parts[1]


@pytest.fixture(scope="module")
def baseline(files: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    recipe = {
        "data": {"train": files[0]},
        "model": {"encoder": "logistic_regression"},
        "evaluation": {"resamples": 100},
        "output": {"folder": str(tmp_path_factory.mktemp("runs")), "name": "run"},
    }
    return gs.train(recipe).folder


def test_errors_of_a_baseline_for_people(command, baseline: Path, files: tuple[str, str]) -> None:
    code, out, err = command("report", "errors", baseline, files[1])
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "2 of 80 rows are wrong"
    assert "Confident mistakes; nearest of 180 training texts" in lines  # a tenth was held out as dev
    assert "Labels that are probably wrong, in the data, by the run" in lines
    rows = {line.split(":")[0] for line in lines[lines.index("Confident mistakes; nearest of 180 training texts") :]}
    assert {"row 3", "row 4"} <= rows
    assert "Errors that belong together" in lines


def test_errors_as_json_and_files(command, baseline: Path, files: tuple[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "out"
    code, out, err = command("report", "errors", baseline, files[1], "--train", files[0], "--out", folder, "--json")
    assert code == 0
    assert err == (
        f"groundswell: {folder / 'errors.json'} and {folder / 'label_errors.csv'} written; the column `correct` is for "
        "you\n"
    )
    found = json.loads(out)
    assert found == json.loads((folder / "errors.json").read_text())
    assert (found["space"], found["searched"]) == ("tfidf", {"training": 200, "of": 200})
    assert {mistake["row"] for mistake in found["confident"]} == {3, 4}
    assert found["rows"]["read"] == 80
    rows = list(csv.DictReader((folder / "label_errors.csv").read_text(encoding="utf-8").splitlines()))
    assert list(rows[0]) == ["source", "row", "id", "label", "suggested", "probability", "correct", "text"]
    assert {row["row"] for row in rows if row["source"] == "evaluated"} == {"3", "4"}
    assert {row["correct"] for row in rows} == {""}


def test_doubts_as_json_lines(command, baseline: Path, files: tuple[str, str], tmp_path: Path) -> None:
    file = tmp_path / "doubts.jsonl"
    assert command("report", "errors", baseline, files[1], "--out", file, "--top", "1").code == 0
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert {row["row"] for row in rows if row["source"] == "evaluated"} == {3, 4}
    none = command("report", "errors", baseline, files[1], "--no-label-errors", "--json")
    assert json.loads(none.out)["label_errors"] == []


def test_training_data_that_is_gone_or_changed_is_said(
    command, files: tuple[str, str], tmp_path: Path, values: dict[str, Any]
) -> None:
    """The same with a tiny encoder, whose vectors are searched."""
    run = gs.train(changed(values, training={"epochs": 1})).folder
    data = tmp_path / "data.jsonl"
    write(data, [{"text": "good room the food", "label": "negative"}, {"text": "bad room", "label": "negative"}])
    found = json.loads(command("report", "errors", run, data, "--json").out)
    assert found["space"] == "encoder"
    train = Path(values["data"]["train"])
    train.write_text(train.read_text(encoding="utf-8") + '{"text": "great", "label": "positive"}\n', encoding="utf-8")
    changed_data = command("report", "errors", run, data)
    assert changed_data.err.startswith(f"groundswell: {train} changed since the run was trained")
    train.unlink()
    gone = command("report", "errors", run, data, "--json")
    assert gone.code == 0
    assert gone.err.startswith("groundswell: no nearest training examples: ")
    assert gone.err.endswith("Name the training file with --train\n")
    assert json.loads(gone.out)["searched"]["training"] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere", "DATA"], "nowhere"),
        (["RUN", "DATA", "--out", "DATA"], "DATA: a file, expected a folder to write, or a name that ends with .jsonl"),
        (["RUN", "DATA", "data.text=txt"], "DATA: no column 'txt'"),
        (["RUN", "DATA", "--head", "x"], "has no heads"),
    ],
)
def test_wrong_arguments(
    command, baseline: Path, files: tuple[str, str], tmp_path: Path, arguments: list[str], message: str
) -> None:
    data = tmp_path / "data.csv"
    data.write_text("text,label\ngood,good\n")
    given = [argument.replace("RUN", str(baseline)).replace("DATA", str(data)) for argument in arguments]
    code, out, err = command("report", "errors", *given)
    assert (code, out) == (2, "")
    assert message.replace("DATA", str(data)) in err
    assert err.count("\n") == 1
