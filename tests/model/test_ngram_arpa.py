"""ARPA files: ours and those of KenLM, there and back; damaged ones are refused with the place."""

from __future__ import annotations

import gzip
import math
import re
from pathlib import Path

import numpy as np
import pytest

from groundswell.errors import DataError
from groundswell.model.ngram import arpa_rows
from groundswell.model.ngram.arpa_reading import read_arpa
from groundswell.model.ngram.arpa_writing import write_arpa
from groundswell.model.ngram.learning import NgramSettings, learn_ngrams
from groundswell.model.ngram.ngram_model import NgramModel
from groundswell.model.ngram.words import NgramWords

# Sentences of our own, and what KenLM's estimator makes of them: lmplz -o 3 --text … --arpa …
LMPLZ = Path(__file__).with_name("lmplz_trigrams.arpa")
SENTENCES = [line.split() for line in LMPLZ.with_suffix(".txt").read_text(encoding="utf-8").splitlines()]
SMALL = """\
\\data\\
ngram 1=4
ngram 2=2

\\1-grams:
-1\t<unk>
-99\t<s>\t-0.5
-0.5\t</s>
-0.25\tgood\t-0.125

\\2-grams:
-0.5\t<s> good
-0.0625\tgood </s>

\\end\\
"""


def listed(path: Path) -> dict[str, list[float]]:
    """The n-grams of an ARPA file and their numbers, read line by line."""
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if "\t" in line)
    return {gram: [float(log_prob), *map(float, back_off)] for log_prob, gram, *back_off in rows}


def written(tmp_path: Path, text: str) -> str:
    path = tmp_path / "damaged.arpa"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    return str(path)


def assert_equal(one: NgramModel, other: NgramModel) -> None:
    assert one.words == other.words
    for name in ("keys", "log_probs", "back_offs"):
        for first, second in zip(getattr(one, name), getattr(other, name), strict=True):
            np.testing.assert_array_equal(first, second)


def test_the_same_file_as_kenlms_estimator(tmp_path: Path) -> None:
    learned = learn_ngrams(SENTENCES, NgramSettings(3))
    assert learned.warnings == ()
    write_arpa(learned.model, tmp_path / "ours.arpa")
    ours, theirs = listed(tmp_path / "ours.arpa"), listed(LMPLZ)
    assert ours.keys() == theirs.keys()
    assert (ours["<s>"][0], theirs["<s>"][0]) == (-99, 0)  # never predicted: KenLM writes a number it does not use
    ours["<s>"][0] = theirs["<s>"][0]
    for gram, numbers in theirs.items():
        assert ours[gram] == pytest.approx(numbers, abs=2e-6), gram


def test_a_file_of_kenlms_estimator_is_read() -> None:
    found = read_arpa(str(LMPLZ))
    assert found.warnings == ()
    assert found.reading is None
    ours = learn_ngrams(SENTENCES, NgramSettings(3)).model
    unseen = [["the", "view", "was", "not", "slow"], ["the", "unheard", "food"]]
    np.testing.assert_allclose(found.model.score(unseen).log10_probs, ours.score(unseen).log10_probs, atol=3e-6)


@pytest.mark.parametrize("name", ["model.arpa", "model.arpa.gz"])
@pytest.mark.parametrize("order", [1, 2, 5])
def test_there_and_back(tmp_path: Path, order: int, name: str) -> None:
    model = learn_ngrams([["很", "好", "gut"], ["好", "naïve"], ["\u3000很"]], NgramSettings(order)).model
    write_arpa(model, tmp_path / name, {"tokens": "characters"})
    found = read_arpa(str(tmp_path / name))
    assert found.reading == {"tokens": "characters"}
    assert_equal(found.model, model)
    if name.endswith(".gz"):
        first = (tmp_path / name).read_bytes()
        assert gzip.decompress(first).startswith(b"# groundswell ")
        write_arpa(model, tmp_path / "again.arpa.gz", {"tokens": "characters"})
        assert (tmp_path / "again.arpa.gz").read_bytes() == first


def test_by_hand(tmp_path: Path) -> None:
    """p(good | <s>) = 10^-0.5, p(</s> | good) = 10^-0.0625, p(good | good) = 10^(-0.125 - 0.25)."""
    scores = read_arpa(written(tmp_path, SMALL)).model.score([["good", "good"]])
    assert scores.log10_probs.tolist() == [-0.5, -0.375, -0.0625]
    assert scores.sizes.tolist() == [2, 1, 2]


@pytest.mark.parametrize(
    "change", [("\t", " "), ("\n", "\r\n"), ("<unk>", "<UNK>"), ("\n", "\n\n"), ("^", "some text\n")]
)
def test_other_tools_ways_of_writing(tmp_path: Path, change: tuple[str, str]) -> None:
    text = change[1] + SMALL if change[0] == "^" else SMALL.replace(*change)
    assert_equal(read_arpa(written(tmp_path, text)).model, read_arpa(written(tmp_path, SMALL)).model)


def test_rows_in_any_order(tmp_path: Path) -> None:
    lines = SMALL.splitlines()
    lines[11:13] = reversed(lines[11:13])
    lines[5:9] = reversed(lines[5:9])
    model = read_arpa(written(tmp_path, "\n".join(lines))).model
    assert model.score([["good", "good"]]).log10_probs.tolist() == [-0.5, -0.375, -0.0625]


def test_a_model_without_the_unknown_word(tmp_path: Path) -> None:
    path = written(tmp_path, SMALL.replace("-1\t<unk>\n", "").replace("ngram 1=4", "ngram 1=3"))
    found = read_arpa(path)
    assert found.warnings == (f"{path}: the 1-grams lack <unk>; unknown words get a logarithm of -100",)
    assert found.model.score([["bad"]]).log10_probs[0] == -100.5


def test_a_file_cut_short_anywhere_is_refused(tmp_path: Path) -> None:
    """At every byte but the last two, which are a line feed and nothing."""
    text = LMPLZ.read_text(encoding="utf-8")
    for end in [*range(0, len(text) - 2, 97), *range(len(text) - 60, len(text) - 1)]:
        with pytest.raises(DataError, match=re.escape("damaged.arpa")):
            read_arpa(written(tmp_path, text[:end]))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("\\data\\", "data", "no line `\\data\\`, expected an ARPA file"),
        ("ngram 1=4\n", "", "the head counts n-grams of the orders [2], expected 1 to n"),
        ("ngram 2=2", "ngram 2=2\nngram 3=0", "cut short: found the parts \\1-grams:, \\2-grams:, \\end\\"),
        ("\n\\end\\\n", "", "cut short: found the parts \\1-grams:, \\2-grams:, with 2 lines in the last one"),
        ("-0.5\t<s> good\n", "", "cut short: found 1 2-grams, expected 2 as its head says"),
        ("ngram 2=2", "ngram 2=1", "longer than it says: found 2 2-grams, expected 1"),
        ("-0.5\t</s>", "-0,5\t</s>", ":8: found '-0,5\\t</s>', expected a logarithm, 1 word, and perhaps a back-off"),
        ("\t-0.125", "\tx", ":9: found '-0.25\\tgood\\tx', expected"),
        ("-0.25\tgood", "0.25\tgood", ":9: found '0.25\\tgood\\t-0.125', expected"),
        ("-0.25\tgood", "nan\tgood", ":9: found 'nan\\tgood\\t-0.125', expected"),
        ("<s> good", "<s>", ":12: found '-0.5\\t<s>', expected a logarithm, 2 words, between tabs"),
        ("<s> good", "<s> good\t-1", ":12: found '-0.5\\t<s> good\\t-1', expected"),
        ("good </s>", "bad </s>", ":13: found a word that the 1-grams lack in '-0.0625\\tbad </s>'"),
        ("\tgood\t", "\tg\udcffod\t", ":9: found a word that is not UTF-8 in '-0.25\\tg�od\\t-0.125'"),
        ("\tgood\t", "\t</s>\t", "the 1-gram '</s>' is listed twice"),
        ("good </s>", "<s> good", "'<s> good' is listed twice"),
        ("-0.5\t</s>", "-0.5\tend", "the 1-grams lack </s>, expected both <s> and </s>"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert SMALL.count(old) >= 1
    path = written(tmp_path, SMALL.replace(old, new, 1))
    with pytest.raises(DataError, match=re.escape(path + (message if message[0] == ":" else f": {message}"))):
        read_arpa(path)


def test_an_ngram_without_its_beginning_is_refused(tmp_path: Path) -> None:
    text = SMALL.replace("ngram 2=2", "ngram 2=2\nngram 3=1")
    path = written(tmp_path, text.replace("\\end", "\\3-grams:\n-0.5\tgood good </s>\n\n\\end"))
    with pytest.raises(DataError, match="'good good </s>' is listed, but not 'good good', which it begins with"):
        read_arpa(path)


def test_an_empty_file_and_one_of_another_kind_are_refused(tmp_path: Path) -> None:
    for text in ("", "a,b\n1,2\n"):
        with pytest.raises(DataError, match="no line `"):
            read_arpa(written(tmp_path, text))


def test_lines_in_many_blocks_have_their_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arpa_rows, "BLOCK_BYTES", 40)
    assert_equal(read_arpa(str(LMPLZ)).model, read_arpa(str(LMPLZ)).model)
    lines = LMPLZ.read_text(encoding="utf-8").splitlines(keepends=True)
    place = next(number for number, line in enumerate(lines) if "the view was" in line)
    lines[place] = "oops\n"
    with pytest.raises(DataError, match=rf"damaged.arpa:{place + 1}: found 'oops'"):
        read_arpa(written(tmp_path, "".join(lines)))


def test_a_word_with_a_blank_cannot_be_written(tmp_path: Path) -> None:
    logs = np.full(4, -1, dtype=np.float32)
    model = NgramModel(NgramWords(("<unk>", "<s>", "</s>", "new york")), (), (logs,), ())
    with pytest.raises(DataError, match="the word 'new york' holds a blank"):
        write_arpa(model, tmp_path / "model.arpa")
    assert list(tmp_path.iterdir()) == []


def test_probability_zero_is_written_as_minus_99(tmp_path: Path) -> None:
    logs = np.array([-1, -np.inf, -1, -1e-7], dtype=np.float32)
    model = NgramModel(NgramWords(("<unk>", "<s>", "</s>", "a")), (), (logs,), ())
    write_arpa(model, tmp_path / "model.arpa")
    assert listed(tmp_path / "model.arpa")["<s>"] == [-99]
    assert math.isinf(read_arpa(str(tmp_path / "model.arpa")).model.log_probs[0][1])
