"""`groundswell predict`: one record per row, in order, whatever the rows are."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stand_ins import CHUNK_ROWS, StandInAnalyzer

from groundswell.data.rows import BadRow, Row
from groundswell.serving.predictions.records import PredictionRecords


def records(out: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.splitlines()]


@given(st.lists(st.sampled_from(["bad row", "no text", "number", "good", "boom"]), max_size=20))
def test_records_stand_in_the_order_of_the_rows(kinds: list[str]) -> None:
    """The analyzer reads ahead in chunks of three; rows without a text never reach it."""
    written = io.StringIO()
    out = PredictionRecords(written, "text", "id")

    def rows():
        for number, kind in enumerate(kinds, start=1):
            if kind == "bad row":
                out.refuse(BadRow(number, f"a.csv:{number}", "broken", f"raw {number}"))
            else:
                text = {"no text": None, "number": 5, "good": f"text {number}", "boom": "boom"}[kind]
                yield Row(number, {"text": text, "id": number})

    for analysis in StandInAnalyzer().stream_rows(out.texts(rows(), "a.csv")):
        out.take(analysis)
    out.finish()
    found = records(written.getvalue())
    assert [_kind_of(record) for record in found] == kinds
    assert [record["id"] for record in found if "id" in record] == [
        number for number, kind in enumerate(kinds, start=1) if kind != "bad row"
    ]
    assert (out.counts.rows, out.counts.errors) == (len(kinds), sum(kind != "good" for kind in kinds))


def _kind_of(record: dict[str, str]) -> str:
    if "label" in record:
        return "good"
    return {"": "no text", "5": "number", "boom": "boom"}.get(record["text"], "bad row")


def test_errors_are_written_at_once_when_nothing_before_them_waits() -> None:
    written = io.StringIO()
    PredictionRecords(written, "text", None).refuse(BadRow(1, "a.csv:2", "broken", "x"))
    assert len(records(written.getvalue())) == 1


def test_a_file_with_good_and_bad_rows(command, finished_run: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(
        '{"id": 7, "text": "Good food."}\n'
        "{broken\n"
        '{"id": "b", "text": null}\n'
        '{"id": "c", "text": ["x"]}\n'
        '{"id": "d", "text": " "}\n'
        '{"id": "e", "text": "boom"}\n',
        encoding="utf-8",
    )
    code, out, err = command("predict", finished_run, file)
    found = records(out)
    assert code == 0
    assert [record.get("id") for record in found] == [7, None, "b", "c", "d", "e"]
    assert found[0]["label"] == "positive"
    assert found[1]["text"] == "{broken"
    assert [record["error"]["code"] for record in found if "error" in record] == ["bad_row"] * 3 + ["too_long"]
    assert found[1]["error"]["message"].startswith(f"{file}:2: ")
    assert found[2] == {
        "id": "b",
        "text": "",
        "error": {"code": "bad_row", "message": f"{file}: row 3: found no value in 'text', expected a text"},
    }
    assert found[3]["error"]["message"] == f"{file}: row 4: found [\"x\"] in 'text', expected a text"
    counts = r"6 rows in \d+\.\d s \([\d,]+ rows/s\), 4 errors, 1 warnings, encoding utf-8\n"
    assert re.fullmatch(f"groundswell: {re.escape(str(file))}: {counts}", err)


def test_row_numbers_are_no_ids(command, finished_run: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,key\nGood food.,k1\n")
    (record,) = records(command("predict", finished_run, tmp_path / "a.csv").out)
    assert "id" not in record
    (record,) = records(command("predict", finished_run, tmp_path / "a.csv", "--id-column", "key").out)
    assert record["id"] == "k1"


def test_standard_input(command, finished_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for arguments in ([], ["-"]):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("好评！\nBad.\n".encode())))
        outcome = command("predict", finished_run, *arguments)
        assert [record["text"] for record in records(outcome.out)] == ["好评！", "Bad."]
        assert "standard input: 2 rows" in outcome.err


def test_other_columns_and_encodings(command, finished_run: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes("review\n很好\n".encode("gb18030"))
    outcome = command("predict", finished_run, file, "--text-column", "review", "--encoding", "gb18030")
    assert [record["text"] for record in records(outcome.out)] == ["很好"]
    assert outcome.err.endswith("encoding gb18030\n")


def test_texts_on_the_command_line(command, finished_run: Path) -> None:
    outcome = command("predict", finished_run, "--text", "Good food.", "--text", "好", "--precision", "auto")
    assert [record["text"] for record in records(outcome.out)] == ["Good food.", "好"]
    assert "好" in outcome.out
    assert outcome.err == ""
    assert (finished_run / "precision.txt").read_text() == "auto"
    assert command("predict", finished_run, "a.csv", "--text", "x") == (
        2,
        "",
        "groundswell: found FILE 'a.csv' and --text, expected one of them\n",
    )


def test_an_unpaired_surrogate_stays_json(command, finished_run: Path, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "half \\ud83d"}\n')
    for out in ([], ["--out", str(tmp_path / "out.jsonl")]):
        printed = command("predict", finished_run, tmp_path / "a.jsonl", *out).out
        (record,) = records(printed or (tmp_path / "out.jsonl").read_text(encoding="utf-8"))
        assert record["text"] == "half \ud83d"


def test_a_file_appears_whole_or_not_at_all(command, finished_run: Path, tmp_path: Path) -> None:
    rows = "".join(f"text {number}\n" for number in range(10 * CHUNK_ROWS))
    (tmp_path / "a.txt").write_text(rows)
    out = tmp_path / "out.jsonl"
    assert command("predict", finished_run, tmp_path / "a.txt", "--out", out).out == ""
    assert len(records(out.read_text())) == 10 * CHUNK_ROWS
    before = sorted(path.name for path in tmp_path.iterdir())
    (tmp_path / "a.txt").write_bytes(b"good " * 60_000 + b"\n\xff\xfe broken\n")
    outcome = command("predict", finished_run, tmp_path / "a.txt", "--out", out)
    assert outcome.code == 2
    assert "is not valid utf-8. Save the file as UTF-8, or name its encoding: --encoding gb18030 (or " in outcome.err
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert len(records(out.read_text())) == 10 * CHUNK_ROWS


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "no column 'text'. Columns: review, stars. Name the right one with --text-column."),
        (
            ["--text-column", "reviw"],
            "no column 'reviw'. Columns: review, stars. Did you mean 'review'? Name the right one with --text-column.",
        ),
        (
            ["--text-column", "review", "--id-column", "star"],
            "no column 'star'. Columns: review, stars. Did you mean 'stars'? Name the right one with --id-column.",
        ),
    ],
)
def test_a_missing_column(command, finished_run: Path, tmp_path: Path, options: list[str], message: str) -> None:
    file = tmp_path / "a.csv"
    file.write_text("review,stars\nGood.,5\n")
    assert command("predict", finished_run, file, *options) == (2, "", f"groundswell: {file}: {message}\n")


def test_a_folder_that_is_no_run(command, tmp_path: Path) -> None:
    assert command("predict", tmp_path / "none", "--text", "x") == (
        2,
        "",
        f"groundswell: {tmp_path / 'none'}: there is no such run folder. `groundswell train RECIPE` writes one\n",
    )


def test_output_into_a_folder(command, finished_run: Path, tmp_path: Path) -> None:
    assert command("predict", finished_run, "--text", "x", "--out", tmp_path) == (
        2,
        "",
        f"groundswell: {tmp_path}: a folder, expected the name of a file to write\n",
    )


@pytest.mark.parametrize("printed", [False, True])
def test_a_person_at_a_terminal_sees_how_far_it_is_unless_records_are_in_the_way(
    command, finished_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, printed: bool
) -> None:
    (tmp_path / "a.csv").write_text("text\n" + "good\n" * 700)
    monkeypatch.setenv("TERM", "xterm")
    for stream in (sys.stdout, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    place = [] if printed else ["--out", tmp_path / "out.jsonl"]
    outcome = command("predict", finished_run, tmp_path / "a.csv", *place)
    assert outcome.code == 0
    assert ("700 rows" in outcome.err.partition("groundswell: ")[0]) is not printed
