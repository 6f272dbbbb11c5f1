"""`groundswell data`: the sample, and what a check finds in files made for it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from tiny_labelled_texts import make_texts
from tiny_run import write


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    """Five rows: two spellings of one text with two labels, a third text, a blank one and a broken one."""
    file = tmp_path / "reviews.csv"
    file.write_text('text,label\nGood food.,good\nBad food.,bad\n"good FOOD",bad\n,good\nBroken,good,x\n')
    return file


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_sample_is_written_with_a_note_on_its_splits(command, tmp_path: Path, language: str) -> None:
    file = tmp_path / "sample.jsonl"
    code, out, err = command("data", "sample", language, "--out", file)
    assert (code, out) == (0, f"{file}\n")
    assert err == f"groundswell: {file}: 240 rows; the column `split` says train, dev or test\n"
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 240
    assert {row["split"] for row in rows} == {"train", "dev", "test"}


def test_a_check_counts_rows_labels_repeats_and_conflicts(command, reviews: Path) -> None:
    (file,) = json.loads(command("data", "check", reviews, "--json").out)["files"]
    assert (file["accounting"]["read"], file["accounting"]["kept"]) == (5, 3)
    assert file["labels"] == {"bad": 2, "good": 1}
    assert (file["format"], file["encoding"], file["columns"]) == ("csv", "utf-8", ["text", "label"])
    assert file["repeated"] == 1
    assert file["conflicts"] == [{"text": "Good food.", "rows": [1, 3], "targets": ["good", "bad"]}]
    assert [rejected["row"] for rejected in file["rejected"]] == [5]


def test_a_check_for_people(command, reviews: Path) -> None:
    code, out, err = command("data", "check", reviews)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == f"{reviews}: 5 rows read, 3 kept, 2 dropped (blank text: row 4; unreadable row: row 5)"
    assert lines[1] == "  format csv, encoding utf-8, columns text, label"
    assert any(line.split() == ["│", "bad", "│", "2", "│", "66.7%", "│"] for line in lines)
    at = lines.index("SERIOUS 1 text carries different labels (2 rows), first 'Good food.': good, bad")
    assert lines[at + 1] == "    rows 1 and 3"
    assert "WARNING 1 row repeats the text of an earlier row" in lines
    assert "NOTE labels were not checked for errors: it takes 50 rows, and two labels with 10 texts each" in lines
    severities = [line.split()[0] for line in lines if line.startswith(("SERIOUS", "WARNING", "NOTE"))]
    assert severities == sorted(severities, key=["SERIOUS", "WARNING", "NOTE"].index)
    assert lines[-1] == "verdict: 2 serious, 3 warnings, 1 note"


def test_strict_fails_when_something_serious_is_found(command, reviews: Path, tmp_path: Path) -> None:
    code, out, err = command("data", "check", reviews, "--strict")
    assert (code, out.splitlines()[-1]) == (1, "verdict: 2 serious, 3 warnings, 1 note")
    assert err == (
        "groundswell: found label_conflicts, dropped_rows, expected nothing serious. Mend the files, or leave --strict "
        "out\n"
    )
    clean = tmp_path / "clean.jsonl"
    write(clean, [{"text": one.text, "label": one.target} for one in make_texts(200)])
    assert command("data", "check", clean, "--strict").code == 0
    assert command("data", "check", clean).out.splitlines()[-1] == "verdict: nothing found"


def test_lists_of_rows_are_written(command, reviews: Path, tmp_path: Path) -> None:
    folder = tmp_path / "lists"
    code, out, err = command("data", "check", reviews, "--out", folder, "--json")
    assert code == 0
    names = err.removeprefix(f"groundswell: {folder}: ").strip().split(", ")
    assert sorted(names) == sorted(path.name for path in folder.iterdir())
    assert {"findings.json", "label_conflicts.csv", "repeated_texts.csv", "rare_labels.csv"} == set(names)
    assert json.loads((folder / "findings.json").read_text(encoding="utf-8")) == json.loads(out)
    rows = list(csv.DictReader((folder / "repeated_texts.csv").read_text(encoding="utf-8").splitlines()))
    assert rows == [
        {
            "file": str(reviews), "row": "3", "id": "3", "label": "bad", "of_row": "1", "of_label": "good",
            "similarity": "1.0", "text": "good FOOD",
        }
    ]  # fmt: skip
    taken = tmp_path / "taken"
    taken.write_text("")
    outcome = command("data", "check", reviews, "--out", taken)
    assert outcome == (2, "", f"groundswell: {taken}: a file, expected the name of a folder to write\n")


def test_findings_as_json(command, reviews: Path) -> None:
    found = json.loads(command("data", "check", reviews, "--json").out)
    assert found["verdict"] == {"serious": 2, "warning": 3, "note": 1}
    conflict = found["findings"][0]
    assert (conflict["code"], conflict["count"], conflict["rows"]) == ("label_conflicts", 1, [[1, 3]])
    assert conflict["mend"]


def test_label_errors_are_found_unless_they_are_not_asked_for(command, tmp_path: Path) -> None:
    rows = [{"text": one.text, "label": one.target} for one in make_texts(200)]
    for row in (rows[10], rows[150]):
        row["label"] = "bad" if row["label"] == "good" else "good"
    file = tmp_path / "rows.jsonl"
    write(file, rows)
    (found,) = json.loads(command("data", "check", file, "--json").out)["findings"]
    assert (found["code"], sorted(found["rows"])) == ("label_errors", [11, 151])
    assert command("data", "check", file, "--no-label-errors").out.splitlines()[-1] == "verdict: nothing found"


def test_gold_opinions_are_checked_too(command, tmp_path: Path) -> None:
    food = {"aspect": {"text": "food", "start": 5, "end": 9}, "category": "FOOD", "opinion": None,
            "polarity": "positive"}  # fmt: skip
    other = {**food, "polarity": "negative"}
    file = tmp_path / "opinions.jsonl"
    write(file, [{"text": "good food", "opinions": said} for said in ([food, food], [other])])
    found = {
        one["code"]: one
        for one in json.loads(command("data", "check", file, "task=opinions", "--json").out)["findings"]
    }
    assert found["label_conflicts"]["what"].startswith("1 text carries different opinions (2 rows)")
    assert "dropped_rows" in found


def test_texts_that_two_files_share(command, reviews: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("review,stars\nBAD food!!,1\nQuite another text,5\n")
    renamed = tmp_path / "renamed.csv"
    renamed.write_text(other.read_text().replace("review,stars", "text,label"))
    found = json.loads(command("data", "check", reviews, renamed, "--json").out)["overlaps"]
    assert list(found) == [f"{reviews}/{renamed}"]
    assert (found[f"{reviews}/{renamed}"]["exact"], found[f"{reviews}/{renamed}"]["near"]) == (1, 0)
    outcome = command("data", "check", reviews, renamed, "data.overlap=refuse")
    assert outcome.code == 1
    assert outcome.err == (
        f"groundswell: {reviews}/{renamed}: the files share texts; remove them from one side, "
        "or set data.overlap=warn\n"
    )
    assert "no text stands in two files\n" in command("data", "check", renamed, "sample:en#dev").out


def test_settings_name_columns_and_labels(command, tmp_path: Path) -> None:
    file = tmp_path / "a=b.csv"
    file.write_text("review,stars\nGood.,5\nBad.,1\n")
    outcome = command(
        "data", "check", file, "data.text=review", "data.label=stars", "data.labels.5=good", "--json"
    )  # fmt: skip
    assert json.loads(outcome.out)["files"][0]["labels"] == {"1": 1, "good": 1}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["data.text=x"], "found only settings (data.text=x), expected at least one file"),
        (["FILE", "data.txt=x"], "command line: unknown key 'data.txt'; did you mean 'data.text'?"),
        (["FILE", "data.text=txt"],
            (
                "FILE: no column 'txt'. Columns: text, label. Did you mean 'text'? Name the right one as data.text."
            )),
        (["FILE", "data.max_bad_share=0"],
            (
                "FILE: 1 of 5 rows are bad, more than the 0 % allowed (row 5: 3 fields, but the header has 2 (text, "
                "label)). Mend them, or allow more with data.max_bad_share."
            )),
    ],
)  # fmt: skip
def test_wrong_arguments(command, reviews: Path, arguments: list[str], message: str) -> None:
    outcome = command("data", "check", *(argument.replace("FILE", str(reviews)) for argument in arguments))
    assert outcome == (2, "", f"groundswell: {message.replace('FILE', str(reviews))}\n")


@pytest.mark.parametrize("task", ["language_model", "multi_task"])
def test_tasks_without_labels_of_their_own_are_refused(task: str, command) -> None:
    code, out, err = command("data", "check", "sample:en", f"task={task}")
    assert (code, out) == (2, "")
    assert "task" in err
