"""`groundswell vectors`: from a file of texts to neighbours, figures and pictures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

ANIMALS, CARS = ("cat", "dog"), ("car", "bus")


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """Two companies of words that never meet; one blank line."""
    lines = [f"{ANIMALS[number % 2]} eats meat daily" for number in range(200)]
    lines += [f"{CARS[number % 2]} needs fuel weekly" for number in range(200)]
    path = tmp_path / "texts.txt"
    path.write_text("\n".join([*lines, " "]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def learned(texts: Path, tmp_path: Path, command) -> Path:
    out = tmp_path / "vectors"
    options = ["--width", "16", "--epochs", "40", "--subsample", "0", "--window", "2"]
    code, printed, err = command("vectors", "train", str(texts), "--out", str(out), *options)
    assert (code, printed) == (0, f"{out}\n")
    assert "400 texts read, 0 of them without a word; 1,600 words, 10 of them with a vector" in err
    assert "groundswell: epoch 40 of 40" in err
    return out


def test_neighbours(learned: Path, command) -> None:
    code, out, _ = command("vectors", "similar", str(learned), "cat", "--count", "3", "--json")
    assert code == 0
    assert {word for word, _ in json.loads(out)["cat"]} <= {"dog", "eats", "meat", "daily"}
    code, out, _ = command("vectors", "similar", str(learned / "vectors.bin"), "cat")
    assert code == 0
    assert "cosine" in out


def test_an_unknown_word_is_named_with_its_neighbour_in_spelling(learned: Path, command) -> None:
    for verb in (["similar"], ["show"]):
        code, out, err = command("vectors", *verb, str(learned), "meet", "xyz")
        assert (code, out) == (2, "")
        assert err == "groundswell: unknown words: 'meet' (did you mean 'meat'?); 'xyz'. 10 are known\n"


def test_an_analogy(learned: Path, command) -> None:
    code, out, _ = command("vectors", "analogy", str(learned), "cat", "dog", "car", "--json")
    assert code == 0
    ((question, found),) = json.loads(out).items()
    assert question == "cat : dog = car : ?"
    assert not {word for word, _ in found} & {"cat", "dog", "car"}


def test_what_a_file_holds(learned: Path, command) -> None:
    code, out, _ = command("vectors", "show", str(learned), "cat")
    assert code == 0
    first, second = out.splitlines()
    assert first.startswith("10 words, 16 numbers each, binary; the first: ")
    assert len(second.split()) == 17
    code, out, _ = command("vectors", "show", str(learned), "--json")
    assert json.loads(out) == {"words": 10, "width": 16, "binary": True, "vectors": {}}


def test_figures(learned: Path, command) -> None:
    code, out, _ = command("vectors", "evaluate", str(learned), "--json")
    assert code == 0
    found = json.loads(out)
    assert found["wordsim353"]["of"] == 353
    assert found["simlex999"]["of"] == 999
    assert found["analogies"] == {"figure": "accuracy", "value": None, "used": 0, "of": 19544}
    code, out, _ = command("vectors", "evaluate", str(learned))
    assert code == 0
    assert "simlex999" in out


def test_pictures(learned: Path, tmp_path: Path, command) -> None:
    pytest.importorskip("matplotlib", reason="pip install 'groundswell[pictures]'")
    for method in ("pca", "tsne"):
        code, out, _ = command("vectors", "project", str(learned), "--out", str(tmp_path / method), "--method", method)
        assert (code, out) == (0, f"{tmp_path / method}.png\n{tmp_path / method}.html\n")
        assert (tmp_path / f"{method}.png").read_bytes().startswith(b"\x89PNG")
        page = (tmp_path / f"{method}.html").read_text(encoding="utf-8")
        assert all(f">{word}<" in page for word in (*ANIMALS, *CARS))
    code, _, err = command("vectors", "project", str(learned), "cat", "dog", "--out", str(tmp_path / "few"))
    assert (code, err) == (2, "groundswell: projection: found 2 words, expected at least 3. Name more words\n")


def test_training_goes_on(learned: Path, texts: Path, tmp_path: Path, command) -> None:
    more = tmp_path / "more.txt"
    more.write_text("cat sees fresh snow\n" * 20, encoding="utf-8")
    arguments = ["vectors", "train", str(more), "--continue", str(learned), "--width", "16"]
    code, _, _ = command(*arguments, "--out", str(tmp_path / "second"))
    assert code == 0
    code, out, _ = command("vectors", "show", str(tmp_path / "second"), "--json")
    assert json.loads(out)["words"] == 13  # sees, fresh and snow are new
    code, _, err = command(*arguments, "--out", str(tmp_path / "third"), "--tokens", "characters")
    assert (code, err) == (
        2,
        f"groundswell: {learned}: found --tokens characters, but its texts were read with --tokens words. "
        "Read the new texts alike\n",
    )
    code, _, err = command(*arguments, "--out", str(tmp_path / "third"), "--phrases")
    assert "found --phrases, but its texts were read with no --phrases. " in err


def test_a_place_that_cannot_be_written_is_told_before_learning(learned: Path, texts: Path, command) -> None:
    for out, told in (
        (learned, "exists already. Choose another --out, or remove it"),
        (texts / "in-a-file", f"cannot be made ({texts}: File exists). Choose another --out"),
    ):
        code, _, err = command("vectors", "train", str(texts), "--out", str(out))
        assert (code, err) == (2, f"groundswell: {out}: {told}\n")
    out = learned / "none" / "picture"
    code, _, err = command("vectors", "project", str(learned), "--out", str(out))
    told = f"groundswell: --out {out}: there is no folder '{out.parent}'. Create it, or name another place\n"
    assert (code, err) == (2, told)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--min-count", "999"], "the most frequent one 400 times). Lower --min-count, or give more text"),
        (["--text-column", "body"], "Columns: text. Name the right one with --text-column."),
        (["--encoding", "utf-9"], "--encoding: unknown encoding 'utf-9'. Did you mean 'utf-8'? Leave it out to have "),
        (["--objective", "full", "--model", "cbow"], "found --model cbow, but --objective full is defined for "
         "skip_gram. Set --model skip_gram, or choose --objective negative\n"),
        (["--continue", "."], "but the vectors to go on with have 16. Set --width 16, or start anew"),
        (["--continue", ".", "--width", "16", "--objective", "hierarchical"], "found --objective hierarchical, but the "
         "vectors to go on with have negative. Set --objective negative, or start anew"),
        (["--continue", ".", "--width", "16", "--objective", "full"], "goes on with --objective negative only."),
    ],
)  # fmt: skip
def test_errors_name_the_options(options: list[str], told: str, learned: Path, tmp_path: Path, command) -> None:
    lines = [json.dumps({"text": line}) for line in ["cat eats meat daily"] * 400]
    (tmp_path / "texts.jsonl").write_text("\n".join(lines), encoding="utf-8")
    options = [str(learned) if option == "." else option for option in options]
    command_line = ["vectors", "train", str(tmp_path / "texts.jsonl"), "--out", str(tmp_path / "none"), *options]
    code, out, err = command(*command_line)
    assert (code, out) == (2, "")
    assert told in err
    assert not (tmp_path / "none").exists()


def test_bytes_that_are_no_text_ask_for_the_encoding(tmp_path: Path, command) -> None:
    (tmp_path / "latin.txt").write_bytes("café déjà vu\n".encode("latin-1") * 20)
    arguments = ["vectors", "train", str(tmp_path / "latin.txt"), "--out", str(tmp_path / "vectors"), "--epochs", "1"]
    code, _, err = command(*arguments)
    assert code == 2
    assert "or name its encoding: --encoding gb18030 (or big5, utf-16, latin-1 ...)." in err
    code, _, _ = command(*arguments, "--encoding", "latin-1")
    assert code == 0


def test_a_corpus_of_one_line(tmp_path: Path, command) -> None:
    (tmp_path / "one.txt").write_text("only one line here\n", encoding="utf-8")
    code, _, err = command("vectors", "train", str(tmp_path / "one.txt"), "--out", str(tmp_path / "none"))
    assert code == 2
    assert "found 1 text, expected many: one on each line" in err
    assert not (tmp_path / "none").exists()
