"""`groundswell data redact`: what it writes, counts, leaves and refuses."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

ROWS = [
    {"id": 1, "text": "Call me: 13812345678 or joe@example.com", "user": "li@example.com", "stars": 5},
    {"id": 2, "text": "Fine, 4 stars.", "user": "anna", "stars": 4},
    {"id": 3, "text": "再打 13912345678 \u2028。", "user": "13712345678", "stars": 1},
]


def jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def read(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n")[:-1]]


def test_texts_are_redacted_and_other_columns_told(command, tmp_path: Path) -> None:
    source, out = jsonl(tmp_path / "in.jsonl", ROWS), tmp_path / "out.jsonl"
    code, printed, err = command("data", "redact", source, "--out", out)
    assert code == 0
    assert printed.split() == [
        "kind", "found", "PHONE", "2", "EMAIL", "1", "ID_CARD", "0", "BANK_CARD", "0", "IP", "0", "PLATE", "0",
        f"{out}:", "3", "rows,", "2", "changed",
    ]  # fmt: skip
    assert err == (
        f"groundswell: {source}: column 'user': 2 values hold personal data and were left; add --column user\n"
    )
    assert read(out) == [
        ROWS[0] | {"text": "Call me: [PHONE] or [EMAIL]"},
        ROWS[1],
        ROWS[2] | {"text": "再打 [PHONE] \u2028。"},
    ]


def test_columns_are_chosen_and_json_is_one_object(command, tmp_path: Path) -> None:
    source, out = jsonl(tmp_path / "in.jsonl", ROWS), tmp_path / "out.jsonl"
    code, printed, err = command(
        "data", "redact", source, "--out", out, "--column", "text", "--column", "user", "--json"
    )
    assert (code, err) == (0, "")
    assert json.loads(printed) == {
        "out": str(out), "columns": ["text", "user"], "rows": 3, "changed": 2, "found": {"PHONE": 3, "EMAIL": 2},
        "left": {},
    }  # fmt: skip
    assert [row["user"] for row in read(out)] == ["[EMAIL]", "anna", "[PHONE]"]


def test_spans_of_opinions_move_along(command, tmp_path: Path) -> None:
    text = "13812345678: staff was rude, room joe@example.com fine"
    opinions = [
        {"aspect": {"text": "staff", "start": 13, "end": 18}, "opinion": {"text": "rude", "start": 23, "end": 27}},
        {"aspect": None, "opinion": {"text": "joe@example.com fine", "start": 34, "end": 54}},
    ]
    record = {"text": text, "opinions": opinions, "sentences": [{"start": 0, "end": len(text), "label": "negative"}]}
    out = tmp_path / "out.jsonl"
    assert command("data", "redact", jsonl(tmp_path / "in.jsonl", [record]), "--out", out).code == 0
    (written,) = read(out)
    assert written["text"] == "[PHONE]: staff was rude, room [EMAIL] fine"
    for opinion in written["opinions"]:
        for span in (opinion["aspect"], opinion["opinion"]):
            assert span is None or written["text"][span["start"] : span["end"]] == span["text"]
    assert [opinion["opinion"]["text"] for opinion in written["opinions"]] == ["rude", "[EMAIL] fine"]
    assert written["sentences"] == [{"start": 0, "end": len(written["text"]), "label": "negative"}]


@pytest.mark.parametrize(("suffix", "delimiter"), [(".csv", ","), (".tsv", "\t")])
def test_tables_stay_tables(command, tmp_path: Path, suffix: str, delimiter: str) -> None:
    source, out = tmp_path / f"in{suffix}", tmp_path / f"out{suffix}"
    with source.open("w", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([["text", "id"], ['He said "13812345678",\nthen left', "007"]])
    assert command("data", "redact", source, "--out", out).code == 0
    with out.open(newline="") as file:
        assert list(csv.reader(file, delimiter=delimiter)) == [["text", "id"], ['He said "[PHONE]",\nthen left', "007"]]


def test_plain_text_and_other_encodings(command, tmp_path: Path) -> None:
    source, out = tmp_path / "in.txt", tmp_path / "out.txt"
    source.write_bytes("打我电话１３８１２３４５６７８，谢谢。\n房间很好。\n".encode("gb18030"))
    assert command("data", "redact", source, "--out", out).code == 0
    assert out.read_text("utf-8") == "打我电话[PHONE]，谢谢。\n房间很好。\n"


def test_nested_values_of_a_chosen_column(command, tmp_path: Path) -> None:
    source = jsonl(tmp_path / "in.jsonl", [{"text": "fine", "replies": [{"by": "joe@example.com"}, "203.0.113.7"]}])
    out = tmp_path / "out.jsonl"
    assert command("data", "redact", source, "--out", out, "--column", "replies", "--json").code == 0
    assert read(out) == [{"text": "fine", "replies": [{"by": "[EMAIL]"}, "[IP]"]}]


def test_bytes_that_are_no_text_ask_for_the_encoding(command, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"good " * 60_000 + b"\n\xff\xfe broken\n")
    code, _, err = command("data", "redact", tmp_path / "a.txt", "--out", tmp_path / "out.txt")
    assert code == 2
    assert err.endswith("or name its encoding: --encoding gb18030 (or big5, utf-16, latin-1 ...).\n")


def test_what_is_refused_writes_nothing(command, tmp_path: Path) -> None:
    source, out = jsonl(tmp_path / "in.jsonl", ROWS), tmp_path / "out.jsonl"
    wanted = "expected .jsonl or .ndjson."
    refused = {
        (source, "--out", source): f"{source}: FILE and --out are the same file, expected two; name",
        (source, "--out", tmp_path / "out.csv"): f"{tmp_path}/out.csv: found .csv, {wanted}",
        (source, "--out", tmp_path / "out"): f"{tmp_path}/out: found no suffix, {wanted}",
        (source, "--out", out, "--column", "txt"): f"{source}: no column 'txt'. Columns: id, text, user,",
        (source, "--out", out, "--column", "text", "--column", "usr"): f"{source}: no column 'usr'.",
        (tmp_path / "none.csv", "--out", out): f"{tmp_path}/none.csv: ",
    }
    for words, message in refused.items():
        code, printed, err = command("data", "redact", *words)
        assert (code, printed) == (2, "")
        assert err.startswith(f"groundswell: {message}")
        assert "data.text" not in err
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_a_row_that_cannot_be_read_stops_it(command, tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text('{"text": "good"}\nnot json\n')
    code, _, err = command("data", "redact", source, "--out", out)
    assert code == 2
    assert err.startswith(f"groundswell: {source}:2: not JSON")
    assert not out.exists()
