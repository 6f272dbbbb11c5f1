"""`groundswell explain`: a text or rows in; words for and against in the terminal, as a page, as JSON."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from tiny_explained import linear

from groundswell.analyzer import Analyzer
from groundswell.cli.explanation_view import ExplanationView
from groundswell.explaining import explain

WEIGHTS = {"good": (0.0, 2.0), "bad": (2.0, 0.0), "slow": (0.5, 0.0), "干净": (0.0, 1.0), "the": (0.0, 0.01)}
TEXT = "The food was good but slow"
ANSI = re.compile("\x1b\\[[0-9;]*m")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run folder whose analyzer goes by four words."""
    folder = tmp_path / "planted"
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps({"model": "planted 1", "files": {}}))
    analyzer = Analyzer(linear(WEIGHTS, (0.1, 0.0), tokens="jieba"), "planted 1")
    monkeypatch.setattr("groundswell.explaining.load", lambda source: analyzer)
    monkeypatch.setattr("groundswell.analyzer.load", lambda source: analyzer)
    return folder


def test_a_text_with_its_words_for_and_against(command, run: Path) -> None:
    """Without colour: brackets in the text, and signed weights below it."""
    code, out, err = command("explain", run, TEXT)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "positive 0.80",
        "The food was [+ good] but [− slow]",
        "  +2.000  ████████████████████  good",
        "  −0.500  █████                 slow",
        "  weights: the words sum to +1.500; score +1.400, without words −0.100",
        "",
    ]


def test_in_colour_words_are_shaded_and_the_text_is_as_it_was() -> None:
    (found,) = explain(Analyzer(linear(WEIGHTS, (0.1, 0.0)), "m"), "good \x1b[31m& bad\u202e")
    lines = ExplanationView(5, coloured=True)(found)
    assert ANSI.sub("", lines).splitlines()[1] == "good �[31m& bad�"
    assert len(set(ANSI.findall(lines.splitlines()[1]))) > 2
    assert "\x1b[31m&" not in ANSI.sub("", lines)


def test_top_another_label_and_json(command, run: Path) -> None:
    out = command("explain", run, TEXT, "--top", "1").out
    assert "good" in out.splitlines()[2]
    assert "slow" not in "".join(out.splitlines()[2:])
    record = json.loads(command("explain", run, TEXT, "--label", "negative", "--json").out)
    assert record["label"] == "negative"
    weights = {word["text"]: word["weight"] for word in record["words"]}
    assert weights["good"] == pytest.approx(-2)
    assert weights["slow"] == pytest.approx(0.5)
    assert [record["text"][word["start"] : word["end"]] for word in record["words"]] == TEXT.split()


def test_rows_of_a_file(command, run: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    rows = [
        {"id": 7, "text": "good"},
        {"id": "b", "text": None},
        {"id": "c", "text": "很干净"},
        {"id": "d", "text": " "},
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows) + "{broken\n", encoding="utf-8")
    code, out, err = command("explain", run, file, "--json")
    assert code == 0
    found = [json.loads(line) for line in out.splitlines()]
    assert [record["id"] for record in found] == [7, "c", "d"]
    assert found[2]["warnings"] == ["blank_text: the text is blank; there is nothing to weigh"]
    assert f"groundswell: {file}: row 2: found no text in 'text'; left out\n" in err
    assert f"groundswell: {file}:5: " in err
    shown = command("explain", run, file).out
    assert "c  positive" in shown
    assert "! blank_text: the text is blank" in shown


def test_bytes_that_are_no_text_ask_for_no_option_that_is_not_there(command, run: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"good " * 60_000 + b"\n\xff\xfe broken\n")
    code, _, err = command("explain", run, tmp_path / "a.txt", "--json")
    assert code == 2
    assert err.endswith("a.txt:2: byte 0xff at offset 300001 is not valid utf-8. Save the file as UTF-8.\n")


def test_only_the_first_rows_unless_told_otherwise(command, run: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("".join(f"good {number}\n" for number in range(25)))
    outcome = command("explain", run, tmp_path / "a.txt", "--json")
    assert len(outcome.out.splitlines()) == 20
    assert "the first 20 rows; --limit N explains more, --limit 0 all" in outcome.err
    assert len(command("explain", run, tmp_path / "a.txt", "--json", "--limit", "3").out.splitlines()) == 3
    everything = command("explain", run, tmp_path / "a.txt", "--json", "--limit", "0")
    assert (len(everything.out.splitlines()), everything.err) == (25, "")


def test_texts_by_option_and_by_standard_input(command, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = command("explain", run, "--text", "bad.csv", "--text", "good", "--json")
    assert [json.loads(line)["text"] for line in outcome.out.splitlines()] == ["bad.csv", "good"]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("很干净\nbad\n".encode())))
    outcome = command("explain", run, "-", "--json")
    assert [json.loads(line)["text"] for line in outcome.out.splitlines()] == ["很干净", "bad"]


def test_the_page(command, run: Path, tmp_path: Path) -> None:
    page = tmp_path / "why.html"
    assert command("explain", run, TEXT, "--html", page) == (0, f"{page}\n", "")
    written = page.read_text(encoding="utf-8")
    assert ">good</mark>" in written
    assert "<script" not in written
    assert command("explain", run, TEXT, "--html", tmp_path).err == (
        f"groundswell: {tmp_path}: a folder, expected the name of a file to write\n"
    )


def test_faithfulness(command, run: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("".join(f"we had good food at number {number}\n" for number in range(12)))
    code, out, _ = command("explain", run, tmp_path / "a.txt", "--faithfulness")
    assert code == 0
    for name in ("weights", "occlusion", "12 texts", "best of these: "):
        assert name in out
    found: dict[str, Any] = json.loads(command("explain", run, tmp_path / "a.txt", "--faithfulness", "--json").out)
    assert set(found["faithfulness"]) == {"weights", "occlusion"}
    assert found["faithfulness"]["weights"]["gain"]["low"] > 0
    only = command("explain", run, tmp_path / "a.txt", "--faithfulness", "--method", "occlusion", "--json").out
    assert list(json.loads(only)["faithfulness"]) == ["occlusion"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.csv"], "missing.csv: no such file."),
        (["good", "--text", "x"], "found 'good' and --text, expected one of them"),
        (["good", "--label", "god"], "found the label 'god', expected one of negative, positive. Mend --label"),
        (
            ["good", "--method", "attention"],
            "found the method 'attention', expected one of auto, weights, occlusion for a weighted sum of features. "
            "Mend --method",
        ),
        (["good", "--head", "x"], "planted 1: has no heads. Leave the name of the head out"),
        (["good", "--aspect", "x"], "planted 1: finds no opinions, so it cannot be asked for aspects."),
        (["good", "--html", "a.html", "--faithfulness"], "found --html and --faithfulness, expected one of them"),
        ([" ", "--faithfulness"], "planted 1: found no text with a word, expected at least one."),
    ],
)
def test_wrong_input_is_one_line(command, run: Path, arguments: list[str], message: str) -> None:
    code, out, err = command("explain", run, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"groundswell: {message}")
    assert len(err.splitlines()) == 1


def test_a_folder_that_is_no_run(command, tmp_path: Path) -> None:
    code, _, err = command("explain", tmp_path / "none", "good")
    assert (code, err) == (
        2, f"groundswell: {tmp_path / 'none'}: there is no such run folder. `groundswell train RECIPE` writes one\n"
    )  # fmt: skip
