"""`groundswell report`: tables, page, files and what is said about every record."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

import pytest

from groundswell.data.sample import sample_path

FILES = ["aspects.png", "categories.png", "opinions.csv", "opinions.html"]


@pytest.fixture
def three(tmp_path: Path) -> Path:
    """Two opinions on the room by two names, one that implies the price, an error and a record without opinions."""

    def opinion(text: str, aspect: str | None, words: str, polarity: str, score: float) -> dict[str, object]:
        def span(found: str | None) -> dict[str, object] | None:
            return found and {"text": found, "start": text.index(found), "end": text.index(found) + len(found)}

        said = {"aspect": span(aspect), "opinion": span(words)}
        return {**said, "category": "HOTEL", "polarity": polarity, "score": score}

    first, second = "The room was dark.", "Nice bedroom, pricey."
    rows = [
        {"id": 1, "text": first, "opinions": [opinion(first, "room", "dark", "negative", 0.9)]},
        {"id": 2, "text": second, "opinions": [
            opinion(second, "bedroom", "Nice", "positive", 0.8), opinion(second, None, "pricey", "negative", 0.3),
        ]},
        {"id": 3, "text": "boom", "error": {"code": "too_long", "message": "boom"}},
        {"id": 4, "text": "Hm.", "opinions": []},
    ]  # fmt: skip
    path = tmp_path / "three.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_tables_and_accounting(command, three: Path) -> None:
    code, out, err = command("report", "opinions", three)
    assert code == 0
    lines = [re.split(r" {2,}", line.strip()) for line in out.splitlines()]
    assert ["HOTEL", "3", "1", "2", "33% 6–79", "0% 0–56", "67% 21–94", "−33"] in lines
    assert ["room", "HOTEL", "2", "2", "50% 9–91", "0% 0–66", "50% 9–91", "0"] in lines
    assert ["price", "HOTEL", "1", "1", "1", "0% 0–79", "0% 0–79", "100% 21–100", "−100"] in lines
    assert err == (
        f"groundswell: {three}: 4 records read, 1 with an error, 1 without an opinion; 3 opinions: 2 with a named "
        "aspect, 1 with an implied one, 0 with neither\n"
    )
    assert max(map(len, out.splitlines())) <= 100


def test_top_and_min_score(command, three: Path) -> None:
    out = command("report", "opinions", three, "--top", "1").out
    assert "price" not in out
    assert "1 of 2; --top 2 shows all" in out
    code, out, err = command("report", "opinions", three, "--min-score", "0.5")
    assert (code, "price" in out) == (0, False)
    assert err.endswith("; 1 left out with a score below 0.5\n")


def test_json(command, three: Path) -> None:
    found = json.loads(command("report", "opinions", three, "--json").out)
    assert found["records"]["errors"] == 1
    assert [each["aspect"] for each in found["categories"][0]["aspects"]] == ["room", "price"]
    assert found["categories"][0]["aspects"][0]["names"] == {"bedroom": 1, "room": 1}


def test_own_lists(command, three: Path, tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("canonical,synonym\nchamber,room\nchamber,bedroom\n")
    (tmp_path / "own2.csv").write_text("opinion,aspect\npricey,room rate\n")
    options = ["--synonyms", tmp_path / "own.csv", "--implied", tmp_path / "own2.csv", "--json"]
    for more, expected in (([], ["chamber", "price"]), (["--no-shipped"], ["chamber", "room rate"])):
        found = json.loads(command("report", "opinions", three, *options, *more).out)
        assert [each["aspect"] for each in found["categories"][0]["aspects"]] == expected


def test_files(command, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="pip install 'groundswell[pictures]'")
    for language, words in (("en", "What people talk about"), ("zh", "大家在谈什么")):
        folder = tmp_path / language
        code, out, err = command("report", "opinions", sample_path(language), "--out", folder)
        assert (code, "warning" in err) == (0, False)
        assert out.endswith(f"{folder / 'opinions.html'}\n")
        assert sorted(path.name for path in folder.iterdir()) == FILES
        assert words in (folder / "opinions.html").read_text(encoding="utf-8")
    again = tmp_path / "again"
    command("report", "opinions", sample_path("zh"), "--out", again, "--page-language", "zh")
    for name in FILES:
        assert (again / name).read_bytes() == (tmp_path / "zh" / name).read_bytes(), "the same input, another file"


def test_standard_input(command, three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(three.read_bytes())))
    found = json.loads(command("report", "opinions", "-", "--json").out)
    assert (found["source"], found["overall"]["opinions"]) == ("standard input", 3)


def test_nothing_to_report(command, three: Path, tmp_path: Path) -> None:
    assert command("report", "opinions", three, "--min-score", "0.95") == (
        2, "",
        f"groundswell: {three}: found 3 opinions, all with a score below 0.95, expected some above. "
        "Lower --min-score\n",
    )  # fmt: skip
    (tmp_path / "none.jsonl").write_text('{"text": "Hm.", "opinions": []}\n')
    assert command("report", "opinions", tmp_path / "none.jsonl") == (
        2, "",
        f"groundswell: {tmp_path / 'none.jsonl'}: found no opinion (records: 1, with an error: 0), expected some. "
        "Use the records of a model that extracts opinions, or records with gold opinions\n",
    )  # fmt: skip
    assert command("report", "opinions", three, "--out", three) == (
        2, "", f"groundswell: {three}: a file, expected the name of a folder to write\n",
    )  # fmt: skip


@pytest.mark.parametrize(("kind", "header"), [("synonyms", "canonical,synonym"), ("implied", "opinion,aspect")])
def test_shipped_lists_are_printed_to_be_edited(command, three: Path, tmp_path: Path, kind: str, header: str) -> None:
    code, out, _ = command("report", kind, "zh")
    assert (code, out.splitlines()[0]) == (0, header)
    (tmp_path / "edited.csv").write_text(out, encoding="utf-8")
    assert command("report", "opinions", three, f"--{kind}", tmp_path / "edited.csv").code == 0
