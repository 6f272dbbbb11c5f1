"""`groundswell data convert`: what it writes, says and refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

ROW = "The noodles were superb .####[([1], [3], 'POS'), ([1], [3], 'POS')]\n"


@pytest.fixture
def triplets(tmp_path: Path) -> Path:
    """200 texts with a repeated triplet each, and one with a token number out of range."""
    file = tmp_path / "train.txt"
    file.write_text(ROW * 200 + "Good .####[([7], [0], 'POS')]\n")
    return file


def test_triplets_become_records(command, triplets: Path, tmp_path: Path) -> None:
    target = tmp_path / "train.jsonl"
    code, out, err = command("data", "convert", triplets, target)
    assert code == 0
    assert out.splitlines() == [
        f"{triplets}: 201 texts read, 201 kept, 0 dropped",
        f"{triplets}: 401 opinions read, 200 kept, 201 dropped (repeated: rows 1, 2, 3, 4, 5 and 195 more; a token "
        "number out of range: row 201)",
        f"{target}: 201 texts and 200 opinions written as records",
    ]
    rejected = tmp_path / "train.jsonl.rejected.jsonl"
    assert err == f"groundswell: {rejected}: 1 rejected texts and opinions, with their places\n"
    assert [json.loads(line) for line in rejected.read_text().splitlines()] == [
        {
            "row": 201,
            "reason": f"{triplets}:201:13: aspect names token 7, but the text has 2 tokens, numbered from 0. Mend the "
            "number.",
            "raw": "Good .####[([7], [0], 'POS')]",
        }
    ]
    first = json.loads(target.read_text().splitlines()[0])
    assert first["opinions"] == [
        {
            "aspect": {"text": "noodles", "start": 4, "end": 11},
            "category": None,
            "opinion": {"text": "superb", "start": 17, "end": 23},
            "polarity": "positive",
            "score": 1.0,
            "negated": False,
        }
    ]


def test_what_the_target_has_no_place_for_is_said(command, tmp_path: Path) -> None:
    code, out, err = command("data", "convert", "groundswell/data/samples/en.jsonl", tmp_path / "en.xml", "--to",
                             "semeval16")  # fmt: skip
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert (
        "warning: groundswell/data/samples/en.jsonl: keys that are not kept: domain (240 rows), split (240 rows)"
        in lines
    )
    assert "  not held by semeval16: opinion words: 722" in lines
    assert not (tmp_path / "en.xml.rejected.jsonl").exists()


def test_for_machines(command, triplets: Path, tmp_path: Path) -> None:
    found = json.loads(command("data", "convert", triplets, tmp_path / "a", "--to", "zh_quads", "--json").out)
    assert found["written"] == {
        "files": [f"{tmp_path}/a_reviews", f"{tmp_path}/a_labels"],
        "format": "zh_quads",
        "texts": 201,
        "opinions": 200,
        "lost": {},
    }
    assert found["read"]["opinions"]["reasons"]["repeated"]["count"] == 200
    assert found["rejected"] == f"{tmp_path}/a.rejected.jsonl"


def test_too_many_mistakes_are_listed_and_nothing_is_written(command, tmp_path: Path) -> None:
    source, target = tmp_path / "a.txt", tmp_path / "b.jsonl"
    source.write_text("Good .####[([7], [0], 'POS')]\n")
    code, out, err = command("data", "convert", source, target)
    assert (code, out) == (2, "")
    assert err.splitlines()[-1].startswith(
        f"groundswell: {source}: 1 of 1 opinions are bad, more than the 1 % allowed."
    )
    assert not target.exists()
    assert (tmp_path / "b.jsonl.rejected.jsonl").exists()
    assert command("data", "convert", source, target, "--max-bad-share", "1").code == 0
    source.write_text(ROW)
    assert command("data", "convert", source, target).code == 0
    assert not (tmp_path / "b.jsonl.rejected.jsonl").exists()  # it told of an earlier file


def test_offsets_are_mended_on_request(command, tmp_path: Path) -> None:
    source = tmp_path / "a.jsonl"
    span = {"text": "good", "start": 1, "end": 5}
    source.write_text(json.dumps({"text": "good food", "opinions": [{"opinion": span, "polarity": "positive"}]}))
    code, _, err = command("data", "convert", source, tmp_path / "b.json")
    assert code == 2
    assert "Mend them, or allow more with --max-bad-share. The first: " in err
    assert err.endswith("'good' stands at 0-4: mend the offsets, or use --repair.\n")
    (rejected,) = (tmp_path / "b.json.rejected.jsonl").read_text().splitlines()
    assert json.loads(rejected)["reason"].endswith("mend the offsets, or use --repair.")
    code, out, _ = command("data", "convert", source, tmp_path / "b.json", "--repair")
    assert code == 0
    assert "repaired (wrong offsets; the nearest occurrence of the string is taken): row 1" in out


def test_what_cannot_be_told_is_named_by_options(command, tmp_path: Path) -> None:
    source = tmp_path / "a.txt"
    source.write_text("Good food.\n")
    err = command("data", "convert", source, tmp_path / "b.json").err
    assert ":1: the format cannot be told from the first lines. Name it with --from: semeval14, semeval16, " in err
    source.write_bytes("café".encode("latin-1"))
    err = command("data", "convert", source, tmp_path / "b.json").err
    assert err.endswith("is valid in none of utf-8, gb18030 and big5. Save the file as UTF-8.\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["A", "A"], "A: A and B are the same file, expected two; name another one to write"),
        (
            ["A", "B", "--to", "xml"],
            "--to xml: unknown format, expected one of semeval14, semeval16, aste, asqp, acos, dimabsa, zh_quads, "
            "label_studio, bio, bieos, setfit, records",
        ),
        (
            ["A", "B.csv"],
            "B.csv: the name does not say which format to write, expected one of .jsonl, .ndjson, .json, .aste, .asqp, "
            ".acos, .bio, .bieos at its end. Name the format with --to: semeval14, semeval16, aste, asqp, acos, "
            "dimabsa, zh_quads, label_studio, bio, bieos, setfit, records.",
        ),
        (["A", "B.jsonl", "--from", "aste2"],
         "unknown format 'aste2'. Did you mean 'aste'? Expected one of semeval14, semeval16, aste, asqp, acos, "
         "dimabsa, zh_quads, label_studio, bio, bieos, setfit, records, ecpe."),
    ],
)  # fmt: skip
def test_wrong_arguments(command, tmp_path: Path, monkeypatch, arguments: list[str], message: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("A").write_text(ROW)
    assert command("data", "convert", *arguments) == (2, "", f"groundswell: {message}\n")
    assert Path("A").read_text() == ROW
