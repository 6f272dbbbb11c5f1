"""From a run folder and labelled rows to robustness findings, through the command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_run import reviews, write

import groundswell as gs
from groundswell import robustness_check
from groundswell.cli.main import run
from groundswell.cli.report_robustness import marked_text
from groundswell.errors import DataError, InputError, MissingExtraError
from groundswell.evaluation.robustness.attack import Budget
from groundswell.representation.vector_file import save_vectors
from groundswell.representation.wordnet import HOW_TO_GET_IT
from groundswell.robustness_check import RobustnessPlan, check_robustness
from groundswell.run_folder import MODEL


def train(folder: Path, rows: list[dict[str, Any]], **sections: Any) -> Path:
    data = {"train": write(folder / "train.jsonl", rows), "dev": write(folder / "dev.jsonl", rows)}
    return gs.train({"data": data, "output": {"folder": str(folder / "runs")}, **sections}).folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("robustness")


@pytest.fixture(scope="module")
def trained(folder: Path) -> Path:
    return train(folder, reviews(), text={"min_count": 1}, model={"encoder": "logistic_regression"})


@pytest.fixture
def no_wordnet(monkeypatch: pytest.MonkeyPatch) -> None:
    """WordNet takes seconds to read, and not every machine has it."""

    def missing() -> None:
        raise MissingExtraError(HOW_TO_GET_IT)

    monkeypatch.setattr(robustness_check, "wordnet_source", missing)


def command(*arguments: str | Path) -> int:
    return run(["report", "robustness", *map(str, arguments)])


def test_numbers_agree_with_the_analyzer(trained: Path, folder: Path, no_wordnet: None) -> None:
    found = check_robustness(trained, str(folder / "dev.jsonl"), RobustnessPlan(budget=Budget(0.5, 20)))
    rows, analyzer = reviews(), gs.load(trained)
    right = [row for row in rows if analyzer(row["text"]).label == row["label"]]
    assert found["original"]["value"] == len(right) / len(rows)
    assert found["num_texts"] == len(rows) == found["rows"]["kept"]
    assert found["model"] == analyzer.name
    attack = found["attack"]
    assert attack["num_attacked"] == len(right)
    assert attack["num_turned"] > 0
    for one in attack["examples"]:
        before, after = analyzer(one["text"]), analyzer(one["attacked"])
        assert (before.label, after.label) == (one["before"], one["after"])
        assert after.confidence == pytest.approx(one["confidence_after"])
    names = {one["name"] for one in found["perturbations"]}
    assert {"swapped letters", "dropped words", "white space"} <= names
    assert {"name": "synonyms (WordNet)", "why": HOW_TO_GET_IT} in found["skipped"]


def test_a_draw_is_seeded(trained: Path, folder: Path, no_wordnet: None) -> None:
    def texts(seed: int) -> list[int]:
        plan = RobustnessPlan(limit=7, budget=None, seed=seed)
        drawn = robustness_check._drawn(list(range(40)), plan)  # type: ignore[arg-type]
        assert drawn == sorted(set(drawn))
        return drawn  # type: ignore[return-value]

    assert len(texts(0)) == 7
    assert texts(0) == texts(0) != texts(1)
    found = check_robustness(trained, str(folder / "dev.jsonl"), RobustnessPlan(limit=7, budget=None))
    assert found["num_texts"] == 7
    with pytest.raises(InputError, match="limit: found 0, expected at least 1 text"):
        check_robustness(trained, str(folder / "dev.jsonl"), RobustnessPlan(limit=0))


def test_wordnet_is_read_for_english_texts_only(trained: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(robustness_check, "wordnet_source", lambda: pytest.fail("WordNet was read"))
    source = write(folder / "chinese.jsonl", [{"text": "房间很干净，服务员很热情。", "label": "positive"}])
    found = check_robustness(trained, source, RobustnessPlan(budget=None))
    assert {"name": "synonyms (WordNet)", "why": "no text in the language en"} in found["skipped"]
    assert {"homophone", "other script", "dropped words"} <= {one["name"] for one in found["perturbations"]}


def test_vectors_give_synonyms(
    trained: Path, folder: Path, no_wordnet: None, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = np.array([[1, 0], [1, 0.1], [0, 1]], dtype=np.float32)
    save_vectors(folder / "vectors.bin", ["food", "meals", "room"], rows, binary=True)
    assert command(trained, folder / "dev.jsonl", "--vectors", folder / "vectors.bin", "--no-attack", "--json") == 0
    found = {one["name"]: one for one in json.loads(capsys.readouterr().out)["perturbations"]}
    with_food = sum("food" in row["text"].split() for row in reviews())
    assert found["synonyms (vectors)"]["num_texts"] == with_food
    assert found["synonyms (vectors)"]["num_unchanged"] == len(reviews()) - with_food


def test_the_command_prints_tables_for_people(
    trained: Path, folder: Path, no_wordnet: None, capsys: pytest.CaptureFixture[str]
) -> None:
    out = folder / "found.json"
    assert command(trained, folder / "dev.jsonl", "--max-changed", 0.5, "--max-queries", 20, "--out", out) == 0
    printed, noted = capsys.readouterr()
    found = json.loads(out.read_text(encoding="utf-8"))
    assert printed.splitlines()[0].endswith("on 40 texts as they are; strength 0.1")
    row = next(line.split() for line in printed.splitlines() if line.strip().startswith("swapped letters"))
    first = found["perturbations"][0]
    assert row[2:5] == [
        str(first["num_texts"]),
        f"{first['original']['value']:.3f}",
        f"{first['accuracy']['value']:.3f}",
    ]
    assert f"accuracy under attack {found['attack']['accuracy']['value']:.3f}" in printed
    assert "at most 50% of the words changed (one at least), 20 queries a text" in printed
    example = found["attack"]["examples"][0]
    assert f"[{example['changes'][0]['before']} -> {example['changes'][0]['after']}]" in printed
    assert (
        "left out: homophone, look-alike character, dropped particles, other script: no text in the language zh"
        in noted
    )
    assert "left out: synonyms (WordNet): WordNet's files are not on this machine" in noted


def test_json_is_what_is_written_and_the_same_again(
    trained: Path, folder: Path, no_wordnet: None, capsys: pytest.CaptureFixture[str]
) -> None:
    out = folder / "again.json"
    assert command(trained, folder / "dev.jsonl", "--limit", 8, "--out", out, "--json") == 0
    first = capsys.readouterr()
    assert first.err == ""
    assert json.loads(first.out) == json.loads(out.read_text(encoding="utf-8"))
    assert command(trained, folder / "dev.jsonl", "--limit", 8, "--json") == 0
    assert capsys.readouterr().out == first.out


def test_columns_have_the_names_that_are_given(
    trained: Path, folder: Path, no_wordnet: None, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"review": row["text"], "stars": row["label"]} for row in reviews(1)]
    source = write(folder / "other.jsonl", [*rows, {"review": " ", "stars": "positive"}])
    assert command(trained, source, "data.text=review", "data.label=stars", "--no-attack", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["num_texts"], found["rows"]["dropped"]) == (len(rows), 1)
    assert command(trained, source, "--no-attack") == 2
    assert "no column 'text'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--strength", "0"], "strength: found 0, expected a share above 0 and at most 1. 0.1 is usual"),
        (["--max-changed", "2"], "max_changed: found 2, expected a share above 0 and at most 1"),
        (["--vectors", "missing.bin"], "missing.bin: the word vectors cannot be read"),
        (["--head", "label"], "has no heads. Leave the name of the head out"),
    ],
)
def test_wrong_options_are_one_line(
    trained: Path, folder: Path, no_wordnet: None, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    assert command(trained, folder / "dev.jsonl", *options) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert printed.err.count("\n") == 1
    assert printed.out == ""


def test_a_folder_is_no_file_to_write(trained: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(trained, folder / "dev.jsonl", "--out", folder) == 2
    assert f"{folder}: a folder, expected the name of a file to write" in capsys.readouterr().err


def test_labels_that_the_run_does_not_know_are_refused(trained: Path, folder: Path, no_wordnet: None) -> None:
    source = write(folder / "unknown.jsonl", [{"text": "fine", "label": "excellent"}])
    with pytest.raises(DataError, match="excellent"):
        check_robustness(trained, source)


@pytest.mark.parametrize("task", ["multi_label", "regression"])
def test_runs_whose_answers_are_not_right_or_wrong_are_refused(tmp_path: Path, task: str) -> None:
    targets: dict[str, tuple[Any, Any]] = {"multi_label": (["good"], ["bad"]), "regression": (1.0, 0.0)}
    good, bad = targets[task]
    rows = [{**row, "label": good if row["label"] == "positive" else bad} for row in reviews()]
    trained = train(tmp_path, rows, task=task, model={"encoder": "bag"}, training={"epochs": 1})
    with pytest.raises(DataError) as error:
        check_robustness(trained, str(tmp_path / "dev.jsonl"))
    assert f"the task is {task}, expected single_label: an answer must be right or wrong. Use a run that" in str(
        error.value
    )


def test_a_folder_without_a_run_is_refused_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(tmp_path / MODEL, "missing.jsonl") == 2
    assert str(tmp_path / MODEL) in capsys.readouterr().err


def test_changes_are_shown_with_what_stands_around_them() -> None:
    """Of a long text only the surroundings of the changes; line breaks become blanks."""
    text = f"{'a' * 60} bad\n{'b' * 100} dull {'c' * 60}"
    example = {
        "attacked": text,
        "changes": [
            {"start": 61, "end": 64, "before": "good", "after": "bad"},
            {"start": 166, "end": 170, "before": "fine", "after": "dull"},
        ],
    }
    assert marked_text(example).plain == (
        f"…{'a' * 39} [good -> bad] {'b' * 39} … {'b' * 39} [fine -> dull] {'c' * 39}…"
    )
    short = {"attacked": "bad\nroom", "changes": [{"start": 0, "end": 3, "before": "good", "after": "bad"}]}
    assert marked_text(short).plain == "[good -> bad] room"
