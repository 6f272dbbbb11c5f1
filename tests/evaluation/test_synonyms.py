"""Synonyms from WordNet and from word vectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from groundswell.errors import DataError, MissingExtraError
from groundswell.evaluation.robustness import synonyms
from groundswell.evaluation.robustness.synonyms import SynonymSource, vector_source, wordnet_source
from groundswell.representation.vector_file import save_vectors
from groundswell.representation.wordnet import open_wordnet


@pytest.fixture(scope="module")
def wordnet() -> SynonymSource:
    try:
        return wordnet_source()
    except MissingExtraError:
        pytest.skip("needs WordNet's files: apt-get install wordnet-base")


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("movie", "film"),
        ("movies", "films"),
        ("film", "movie"),
        ("start", "begin"),
        ("starts", "begins"),
        ("starting", "commencing"),
        ("car", "automobile"),
        ("story", "tale"),
        ("stories", "tales"),
    ],
)
def test_words_of_one_meaning(wordnet: SynonymSource, word: str, expected: str) -> None:
    assert expected in wordnet.find(word)
    assert word not in wordnet.find(word)


@pytest.mark.parametrize(
    "word", ["a", "in", "he", "was", "have", "it's", "3d", "", "qwertz", "bought", "children", "Movie"]
)
def test_words_without_synonyms(wordnet: SynonymSource, word: str) -> None:
    """Of short words WordNet has chemical elements and the like; irregular forms are not carried over."""
    assert wordnet.find(word) == ()


def test_a_word_that_mostly_means_something_else_is_no_synonym(wordnet: SynonymSource) -> None:
    assert "picture" in open_wordnet().synset("movie.n.01").lemma_names()
    assert "picture" not in wordnet.find("movie")  # but a picture is first of all an image
    assert wordnet.languages == ("en",)


@pytest.mark.parametrize(
    ("base", "s", "ing"),
    [
        ("film", "films", "filming"),
        ("match", "matches", "matching"),
        ("story", "stories", "storying"),
        ("play", "plays", "playing"),
        ("begin", "begins", ""),  # beginning: whether the consonant is doubled cannot be told from the letters
        ("commence", "commences", "commencing"),
        ("see", "sees", "seeing"),
        ("tie", "ties", ""),
        ("start", "starts", "starting"),
        ("cook", "cooks", "cooking"),
        ("show", "shows", "showing"),
    ],
)
def test_regular_endings(base: str, s: str, ing: str) -> None:
    assert [synonyms._with_ending(base, ending) for ending in ("", "s", "ing")] == [base, s, ing]


def test_a_machine_without_wordnet_is_told_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(MissingExtraError, match="apt-get install wordnet-base"):
        wordnet_source(tmp_path)


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    """room and chamber point the same way, Lobby nearly, 酒店 and 宾馆 too, far apart from these; pool is alone."""
    words = ["room", "chamber", "Lobby", "酒店", "宾馆", "pool", "room2"]
    rows = [[1, 0, 0], [2, 0.1, 0], [1, 0.2, 0], [0, 1, 0], [0, 3, 0.5], [0, 0, 1], [1, 0, 0]]
    save_vectors(tmp_path / "vectors.bin", words, np.array(rows, dtype=np.float32), binary=True)
    return tmp_path


def test_near_words_of_vectors_by_hand(vectors: Path) -> None:
    source = vector_source(vectors)  # the folder of `vectors train`
    assert source.find("room") == ("chamber",)  # Lobby may be a name, room2 is none
    assert source.find("酒店") == ("宾馆",)
    assert source.find("pool") == ()
    assert source.find("unknown") == ()
    assert source.languages == ("en", "zh")
    assert vector_source(vectors / "vectors.bin").find("chamber") == ("room",)


def test_only_the_first_words_of_the_file_are_looked_at(vectors: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synonyms, "MOST_VECTORS", 1)
    assert vector_source(vectors).find("room") == ()


def test_vector_files_that_cannot_be_used_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        vector_source(tmp_path / "missing.bin")
    (tmp_path / "empty.txt").write_text("0 3\n")
    with pytest.raises(DataError) as error:
        vector_source(tmp_path / "empty.txt")
    assert (
        str(error.value)
        == f"{tmp_path / 'empty.txt'}: found no word vector, expected some. Name another file of word vectors"
    )
