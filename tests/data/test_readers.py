from __future__ import annotations

import csv
import gzip
import io
import json
import sys
import tracemalloc
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundswell.data.readers import open_rows
from groundswell.data.rows import BadRow
from groundswell.errors import DataError


def write(path: Path, content: str | bytes) -> str:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def values(source: str, **settings: Any) -> list[dict[str, Any]]:
    return [row.values for row in open_rows(source, **settings)]


def refusal(source: str, **settings: Any) -> str:
    with pytest.raises(DataError) as caught:
        list(open_rows(source, **settings))
    return str(caught.value)


def test_csv_by_rfc_4180(tmp_path: Path) -> None:
    """Doubled quotes, delimiter and line breaks inside quotes, CRLF between records; every value stays text."""
    content = 'text,label\r\n"He said ""no"",\r\ntwice.",1\r\n\r\nNA,null\r\nNone,007\r\n'
    source = open_rows(write(tmp_path / "a.csv", content))
    assert (source.format, source.encoding, source.columns) == ("csv", "utf-8", ("text", "label"))
    rows = [(row.number, row.values["text"], row.values["label"]) for row in source]
    assert rows == [(1, 'He said "no",\r\ntwice.', "1"), (2, "NA", "null"), (3, "None", "007")]
    assert [row.number for row in source] == [1, 2, 3]  # it can be read again


def test_csv_bad_rows_have_their_place(tmp_path: Path) -> None:
    """Record 1 covers lines 2 and 3, so the short record 2 stands in line 4."""
    path = write(tmp_path / "a.csv", 'text,label\n"a\nb",1\nshort\nx,1,2\n"a"b,1\ngood,1\n')
    bad: list[BadRow] = []
    assert values(path, on_bad_row=bad.append) == [{"text": "a\nb", "label": "1"}, {"text": "good", "label": "1"}]
    assert bad == [
        BadRow(2, f"{path}:4", "1 fields, but the header has 2 (text, label)", "short"),
        BadRow(3, f"{path}:5", "3 fields, but the header has 2 (text, label)", "x,1,2"),
        BadRow(
            4,
            f"{path}:6",
            "quotes do not follow RFC 4180 (',' expected after '\"'): double a quote inside a quoted field",
            '"a"b,1',
        ),
    ]
    assert refusal(path) == (f"{path}:4: 1 fields, but the header has 2 (text, label). Mend the row or remove it.")


def test_a_quote_that_never_closes_does_not_swallow_rows(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 'text,label\ngood,1\n"bad,0\n' + "more,1\n" * 50)
    assert refusal(path, on_bad_row=lambda bad: None) == (
        f"{path}:3: a quote that opens in this record never closes, so the rest of the file would be one field. Close "
        "it, "
        "or double a quote that belongs to the text."
    )


def test_headers_that_cannot_serve(tmp_path: Path) -> None:
    assert refusal(write(tmp_path / "a.csv", "text,text\na,b\n")) == (
        f"{tmp_path}/a.csv:1: column 'text' stands twice in the header. Give each column a name of its own."
    )
    assert refusal(write(tmp_path / "b.csv", '"text"x,label\na,b\n')) == (
        f"{tmp_path}/b.csv:1: the header cannot be read (',' expected after '\"'). The first line must hold the column "
        "names, such as text,label."
    )


def test_a_missing_column_is_named_with_those_there_are(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "id,txt,label\n1,a,b\n")
    assert refusal(path, text_column="text") == (
        f"{path}: no column 'text'. Columns: id, txt, label. Did you mean 'txt'? Name the right one as data.text."
    )
    path = write(tmp_path / "b.csv", "text;label\na;b\n")
    assert refusal(path, text_column="text") == (
        f"{path}: no column 'text'. Columns: text;label. The header seems to be separated by "
        "semicolons: save the file with commas, or as .tsv with tabs. Name the right one as data.text."
    )


FIELDS = st.text(alphabet='ab好 ,"\n\r\t\x00\u2028\ufeff;', max_size=8)


@settings(deadline=None)
@given(st.lists(st.tuples(FIELDS, FIELDS), min_size=1, max_size=6), st.sampled_from(["csv", "tsv"]))
def test_whatever_the_standard_writer_writes_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], kind: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"property.{kind}"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter={"csv": ",", "tsv": "\t"}[kind], quoting=csv.QUOTE_ALL)
        writer.writerows([("text", "label"), *rows])
    assert [(row["text"], row["label"]) for row in values(str(path))] == rows


def test_json_lines(tmp_path: Path) -> None:
    rows = [{"text": "a\u2028b\r", "n": 1}, {"text": "NA", "extra": None}, {"text": "\x00"}]
    content = "\r\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\r\n \n"
    source = open_rows(write(tmp_path / "a.jsonl", content))
    assert (source.format, source.columns) == ("jsonl", ("text", "n", "extra"))
    assert [row.values for row in source] == rows


def test_json_lines_bad_rows(tmp_path: Path) -> None:
    lines = [
        '{"text": "a"}',
        '{"text": b}',
        "",
        "[1]",
        '"x"',
        "true",
        "null",
        "7",
        "[" * 100_000,
        '{"n": ' + "9" * 5000 + "}",
    ]
    path = write(tmp_path / "a.jsonl", "\n".join([*lines, '{"text": "z"}']))
    bad: list[BadRow] = []
    assert values(path, on_bad_row=bad.append) == [{"text": "a"}, {"text": "z"}]
    assert [row.number for row in bad] == [2, 4, 5, 6, 7, 8, 9, 10]
    assert [row.reason for row in bad[:6]] == [
        "not JSON (Expecting value at character 10)",
        "not a JSON object but a list",
        "not a JSON object but a string",
        "not a JSON object but a boolean",
        "not a JSON object but null",
        "not a JSON object but a number",
    ]
    assert all(row.reason.startswith("not readable JSON (") for row in bad[6:])
    assert bad[0].raw == '{"text": b}'
    assert refusal(path) == f"{path}:2: not JSON (Expecting value at character 10). Mend the row or remove it."


def test_a_json_array_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", '[{"text": "a"}]')
    assert refusal(path) == (
        f"{path}: one JSON array, but one object per line (JSON Lines) is expected. "
        f"Convert it: jq -c '.[]' {path} > rows.jsonl"
    )
    assert values(write(tmp_path / "b.json", '{"text": "a"}\n')) == [{"text": "a"}]


def test_plain_text_has_one_text_per_line(tmp_path: Path) -> None:
    source = open_rows(write(tmp_path / "a.txt", "\ufeffone\r\n\ntwo\u2028three\n"))
    assert (source.format, source.encoding, source.columns) == ("text", "utf-8-sig", ("text",))
    assert [(row.number, row.values) for row in source] == [
        (1, {"text": "one"}),
        (2, {"text": ""}),
        (3, {"text": "two\u2028three"}),
    ]
    assert values(str(tmp_path / "a.txt"), text_column="review")[0] == {"review": "one"}


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_parquet(tmp_path: Path, suffix: str) -> None:
    rows = [{"text": f"text {number}", "label": number % 2, "tags": ["a"]} for number in range(2500)] + [
        {"text": None, "label": None, "tags": []}
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    if suffix:
        (tmp_path / "a.parquet.gz").write_bytes(gzip.compress((tmp_path / "a.parquet").read_bytes()))
    source = open_rows(str(tmp_path / f"a.parquet{suffix}"))
    assert (source.format, source.encoding, source.columns) == ("parquet", None, ("text", "label", "tags"))
    read = list(source)
    assert [row.values for row in read] == rows
    assert [row.number for row in read] == list(range(1, 2502))


def test_parquet_that_is_none(tmp_path: Path) -> None:
    assert refusal(write(tmp_path / "a.parquet", "text,label\n")) == (
        f"{tmp_path}/a.parquet: not a Parquet file: it does not begin with PAR1. Give the file the suffix of its "
        "format."
    )
    with pytest.raises(DataError, match=r"b\.parquet: not a readable Parquet file \("):
        open_rows(write(tmp_path / "b.parquet", b"PAR1" + b"x" * 100))


@pytest.mark.parametrize("content", [b"", b"\n \r\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"])
def test_an_empty_file(tmp_path: Path, content: bytes) -> None:
    for name in ("a.csv", "a.jsonl", "a.txt", "a.parquet"):
        assert refusal(write(tmp_path / name, content)) == (
            f"{tmp_path}/{name}: the file is empty. Expected a header and rows, or one JSON object per line."
        )


@pytest.mark.parametrize(
    ("content", "text_column", "kind", "expected"),
    [
        ('\n {"text": "a"}\n', None, "jsonl", ["a"]),
        ("id,text\n1,a\n", None, "csv", ["a"]),
        ('id\t"text"\n1\ta\n', "text", "tsv", ["a"]),
        ("id,review\n1,a\n", "review", "csv", ["a"]),
        ("a good one, text me\nb\n", None, "text", ["a good one, text me", "b"]),
        ("id,review\n1,a\n", None, "text", ["id,review", "1,a"]),
    ],
)
def test_standard_input_is_told_by_its_content(
    monkeypatch: pytest.MonkeyPatch, content: str, text_column: str | None, kind: str, expected: list[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content.encode())))
    source = open_rows("-", text_column=text_column)
    assert (source.name, source.format) == ("standard input", kind)
    for _ in range(2):
        assert [row.values[text_column or "text"] for row in source] == expected


def test_empty_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"")))
    assert refusal("-").startswith("standard input: the file is empty.")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16", "utf-16-le"])
def test_encodings_line_ends_and_marks(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path / "a.csv", "text,label\r\n房间很大，很好。,1\r\n不好，很差。,0\r\n".encode(encoding))
    source = open_rows(path)
    assert source.encoding == {"utf-16-le": "utf-16-le"}.get(encoding, encoding)
    assert [row.values["text"] for row in source] == ["房间很大，很好。", "不好，很差。"]
    assert source.columns == ("text", "label")


def test_a_named_encoding_is_used(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text\ncafé\n".encode("latin-1"))
    assert values(path, encoding="latin-1") == [{"text": "café"}]
    assert refusal(path, encoding="latin1x").startswith(
        "data.encoding: unknown encoding 'latin1x'. Did you mean 'latin-1'?"
    )
    assert refusal(path, encoding="utf-8").startswith(f"{path}:2: byte 0xe9 at offset 8 is not valid utf-8.")


def test_a_field_of_ten_megabytes(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text,label\n" + '"' + "好\n" * 2_500_000 + '",1\n')
    assert len(values(path)[0]["text"]) == 5_000_000


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", ('{"text": "' + "x" * 1000 + '"}\n') * 8_000)
    tracemalloc.start()
    count = sum(1 for _ in open_rows(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 8_000
    assert peak < 2_000_000  # the file has 8 MB
