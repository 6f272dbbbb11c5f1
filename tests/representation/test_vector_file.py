"""Word2vec's files, beside gensim's reader and writer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from groundswell.errors import DataError
from groundswell.representation.vector_file import open_vectors, save_vectors

WORDS = ["the", "屏幕", "don't", "😀", "x"]
VECTORS = np.random.default_rng(0).normal(size=(5, 7)).astype(np.float32)


@pytest.fixture(params=[False, True], ids=["text", "binary"])
def binary(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def saved(tmp_path: Path, binary: bool) -> Path:
    path = tmp_path / "vectors"
    save_vectors(path, WORDS, VECTORS, binary=binary)
    return path


def test_what_was_written_is_read(saved: Path, binary: bool) -> None:
    file = open_vectors(saved)
    assert (file.words, file.width, file.binary, len(file)) == (WORDS, 7, binary, 5)
    np.testing.assert_array_equal(file.matrix(), VECTORS)


def test_rows_of_some_words_and_nan_for_the_unknown(saved: Path) -> None:
    found = open_vectors(saved).rows(["😀", "never", "the"])
    np.testing.assert_array_equal(found[[0, 2]], VECTORS[[3, 0]])
    assert np.isnan(found[1]).all()


def test_gensim_reads_ours_and_we_read_gensims(saved: Path, binary: bool, tmp_path: Path) -> None:
    gensim: Any = pytest.importorskip("gensim.models")
    theirs = gensim.KeyedVectors.load_word2vec_format(str(saved), binary=binary)
    assert theirs.index_to_key == WORDS
    np.testing.assert_array_equal(theirs.vectors, VECTORS)
    theirs.save_word2vec_format(str(tmp_path / "theirs"), binary=binary)
    file = open_vectors(tmp_path / "theirs")
    assert file.words == WORDS
    np.testing.assert_allclose(file.matrix(), VECTORS, rtol=1e-6)


def test_binary_rows_may_end_in_a_line_feed_or_not(tmp_path: Path) -> None:
    rows = [word.encode() + b" " + vector.tobytes() for word, vector in zip(WORDS, VECTORS, strict=True)]
    for name, between in (("with", b"\n"), ("without", b"")):
        (tmp_path / name).write_bytes(b"5 7\n" + between.join(rows) + between)
        assert open_vectors(tmp_path / name).words == WORDS


def test_numbers_that_hold_blanks_and_line_feeds_are_no_ends(tmp_path: Path) -> None:
    odd = np.frombuffer(b" \n \n" * 7 * 5, dtype="<f4").reshape(5, 7)
    save_vectors(tmp_path / "odd", WORDS, odd, binary=True)
    file = open_vectors(tmp_path / "odd")
    assert file.words == WORDS
    np.testing.assert_array_equal(file.matrix(), odd)


def test_blocks_may_end_anywhere(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for size in (1, 5, 16, 31):
        monkeypatch.setattr("groundswell.representation.vector_file.BLOCK", size)
        file = open_vectors(saved)
        assert file.words == WORDS
        np.testing.assert_array_equal(file.matrix(), VECTORS)


def test_of_a_word_that_stands_twice_the_first_counts(tmp_path: Path) -> None:
    (tmp_path / "twice").write_text("3 1\na 1\nb 2\na 3\n", encoding="utf-8")
    assert open_vectors(tmp_path / "twice").rows(["a"]).tolist() == [[1.0]]


def message(path: Path) -> str:
    with pytest.raises(DataError) as error:
        open_vectors(path).matrix()
    return str(error.value).removeprefix(f"{path}: ")


def test_a_missing_file(tmp_path: Path) -> None:
    expected = "the word vectors cannot be read (No such file or directory). Check the path"
    assert message(tmp_path / "none.vec") == expected


@pytest.mark.parametrize("line", ["the 0.1 0.2", "5", "5 0", "five 7", ""])
def test_a_wrong_first_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "wrong.vec"
    path.write_text(f"{line}\nthe 0.1\n", encoding="utf-8")
    assert message(path) == (
        f"the first line is {line!r}, expected two whole numbers: rows and width (at most 100,000), such as "
        "`400000 300`. Write that line first (GloVe's files lack it)"
    )


def test_a_file_cut_short(saved: Path) -> None:
    saved.write_bytes(saved.read_bytes()[:-25])
    assert message(saved) == (
        "cut short: found 4 whole rows, expected 5 as the first line says. Fetch or write it again"
    )


def test_more_rows_than_said(saved: Path) -> None:
    saved.write_bytes(saved.read_bytes().replace(b"5 7", b"4 7", 1))
    assert message(saved) == "holds more than the 4 rows that the first line says. Correct the first line"


def test_a_row_of_another_width(tmp_path: Path) -> None:
    path = tmp_path / "ragged.vec"
    path.write_text("2 3\na 1 2 3\nb 1 2\n", encoding="utf-8")
    assert message(path) == (
        "row 2 ('b'): found 2 numbers, expected 3 as the first line says. The file is damaged; fetch or write it again"
    )


@pytest.mark.parametrize("number", ["nan", "-Infinity", "1e39"])
def test_a_number_that_is_none_is_refused_with_its_place(
    number: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`屏幕 1 nan 3`: the number begins behind five characters. Float32 holds nothing beyond 3.4e38."""
    path = tmp_path / "none.vec"
    path.write_text(f"3 3\nnan 4 5 6\n\n屏幕 1 {number} 3\nb {number} 1 2\n", encoding="utf-8")
    found = f"found {number!r} as number 2 of the row, expected a finite number. The file is damaged; fetch or write it"
    with pytest.raises(DataError) as error:
        open_vectors(path).matrix()
    assert str(error.value) == f"{path}:4:6: {found} again"
    monkeypatch.setattr("groundswell.representation.vector_file.BLOCK", 3)
    with pytest.raises(DataError, match=f"{path}:5:3: found {number!r} as number 1 of the row, expected a finite"):
        open_vectors(path).rows(["b", "nan"])
    assert open_vectors(path).rows(["nan"]).tolist() == [[4.0, 5.0, 6.0]]  # what is not read is not judged


def test_a_binary_number_that_is_none_is_refused(tmp_path: Path) -> None:
    broken = VECTORS.copy()
    broken[3, 1] = np.nan
    save_vectors(tmp_path / "v", WORDS, broken, binary=True)
    assert message(tmp_path / "v") == (
        "row 4 ('😀'): found nan as number 2, expected a finite number. The file is damaged; fetch or write it again"
    )


def test_the_largest_numbers_are_finite(tmp_path: Path) -> None:
    largest = np.full((5, 7), np.finfo(np.float32).max)
    save_vectors(tmp_path / "v", WORDS, largest, binary=False)
    np.testing.assert_array_equal(open_vectors(tmp_path / "v").matrix(), largest)


def test_a_file_without_a_row(tmp_path: Path) -> None:
    (tmp_path / "none.vec").write_text("0 3\n", encoding="utf-8")
    assert open_vectors(tmp_path / "none.vec").matrix().shape == (0, 3)


def test_a_word_with_a_blank_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="may hold no blank"):
        save_vectors(tmp_path / "v", ["new york"], VECTORS[:1], binary=False)
    assert list(tmp_path.iterdir()) == []
