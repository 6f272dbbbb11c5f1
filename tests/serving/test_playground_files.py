"""Files that a browser sends: encodings, rows without a text, results beside the rows."""

from __future__ import annotations

import base64
import csv
import io
import re

import pytest

from groundswell.errors import DataError
from groundswell.serving.playground.chosen_file import ChosenFile, FileRow, results_file


def sent(content: bytes, name: str = "reviews.csv") -> str:
    return f"{len(content)},{base64.b64encode(content).decode()},{name}"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_rows_of_any_encoding_that_the_readers_know(encoding: str) -> None:
    content = 'id,text\r\n1,"电池很耐用，但是屏幕太暗了。"\r\n\r\n2,我们的服务员很好\r\n'
    chosen = ChosenFile(sent(content.encode(encoding), "a,b.csv"))
    assert chosen.name == "a,b.csv"
    assert chosen.columns == ("id", "text")
    assert [row.text for row in chosen.rows("text")] == ["电池很耐用，但是屏幕太暗了。", "我们的服务员很好"]


def test_tabs_and_rows_that_cannot_be_read() -> None:
    rows = ChosenFile(sent(b"id\ttext\n1\tgood\n2\n3\tbad\n", "r.TSV")).rows("text")
    assert [row.text for row in rows] == ["good", None, "bad"]
    assert rows[1].error == {
        "code": "bad_row",
        "message": "r.TSV:3: 1 fields, but the header has 2 (id, text)",
    }


@pytest.mark.parametrize(
    ("given", "column", "told"),
    [
        ("", "text", "this is no file that the page sent"),
        ("5,!!!,a.csv", "text", "this is no file that the page sent"),
        (sent(b" \n"), "text", "the file is empty"),
        (sent(b"\x89PNG\r\n\xff\xfe\xfd"), "text", "and big5. Save it as CSV in UTF-8"),
        (sent(b"id,review\n1,good\n"), "text", "no column 'text'. Columns: id, review"),
        (sent(b'id,text\n1,"never closed\n'), "text", "reviews.csv:2: a quote that opens"),
    ],
)
def test_what_is_no_file_is_told(given: str, column: str, told: str) -> None:
    with pytest.raises(DataError, match=re.escape(told)):
        ChosenFile(given).rows(column)


def test_results_stand_beside_the_rows_and_take_no_name() -> None:
    rows = [FileRow(("1", "a, b"), "a, b"), FileRow((), None)]
    records = [{"label": "good", "scores": {"good": 1.0}, "warnings": []}, {"error": "bad_row: why"}]
    content = results_file(("predicted_label", "text"), rows, records)
    assert content.startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(content.decode("utf-8-sig")))) == [
        [
            "predicted_label",
            "text",
            "predicted_predicted_label",
            "predicted_predicted_scores",
            "predicted_predicted_error",
        ],
        ["1", "a, b", "good", '{"good": 1.0}', ""],
        ["", "", "", "", "bad_row: why"],
    ]


def test_no_cell_of_the_results_is_a_formula() -> None:
    """Header, cells of the file and what a model says; one apostrophe away they are what they were."""
    cells = [
        "=1+1",
        "+SUM(A1)",
        "-cmd|' /C calc'!A0",
        "@shop",
        "\t=1",
        "\r=1",
        "\n=1",
        "＝1",
        "'=1",
        "-1+2",
        "+",
        "-.5%x",
    ]
    plain = ["-3", "+4.5", "-1,000.25", "-5%", "-2e-7", "-.5", "a=1", "'twas good", " =1", "", "好-坏"]
    rows = [FileRow((str(number), cell), cell) for number, cell in enumerate([*cells, *plain])]
    records = [{"label": "@bad", "error": None}] * len(rows)
    content = results_file(("id", "=text"), rows, records)
    header, *found = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert header == ["id", "'=text", "predicted_label"]
    assert [row[1] for row in found[: len(cells)]] == [f"'{cell}" for cell in cells]
    assert [row[1] for row in found[len(cells) :]] == plain
    assert [row[0] for row in found] == [str(number) for number in range(len(rows))]
    assert {row[2] for row in found} == {"'@bad"}
