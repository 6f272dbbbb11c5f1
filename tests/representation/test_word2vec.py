"""Word vectors by gensim's engine: the same as gensim called by hand, and what we add."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from groundswell.errors import DataError, RunFolderError
from groundswell.representation import word2vec
from groundswell.representation.learned_vectors import load_learned, save_learned, vector_path
from groundswell.representation.vector_file import open_vectors
from groundswell.representation.word2vec import VectorSettings, find_phrases, learn_vectors

RANDOM = np.random.default_rng(0)
WORDS = [f"w{number}" for number in range(30)]
TEXTS = [[WORDS[number] for number in RANDOM.integers(0, 30, 12)] for _ in range(200)]
SMALL = VectorSettings(width=16, min_count=1, epochs=2, subsample=0.0)


@pytest.mark.parametrize("model", ["cbow", "skip_gram"])
@pytest.mark.parametrize("objective", ["negative", "hierarchical"])
def test_the_same_vectors_as_gensim_by_hand(model: Any, objective: Any) -> None:
    from gensim.models import Word2Vec

    found = learn_vectors(TEXTS, replace(SMALL, model=model, objective=objective))
    theirs = Word2Vec(
        TEXTS, vector_size=16, min_count=1, epochs=2, workers=1, seed=0, sample=0.0, sg=int(model == "skip_gram"),
        hs=int(objective == "hierarchical"), negative=5 if objective == "negative" else 0,
    )  # fmt: skip
    assert list(found.words) == theirs.wv.index_to_key
    np.testing.assert_array_equal(found.vectors, theirs.wv.vectors)


def test_one_worker_gives_the_same_twice_and_another_seed_does_not() -> None:
    first, second, other = (learn_vectors(TEXTS, replace(SMALL, seed=seed)).vectors for seed in (0, 0, 1))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_words_behind_ten_thousand_are_learned_too() -> None:
    """Trap R2: gensim alone leaves the vectors of such words as they began."""
    long = [["a", "b"] * 5500 + ["late", "words"] * 50, ["a", "b"]]
    settings = SMALL
    found = learn_vectors(long, settings)
    untouched = learn_vectors(long, replace(settings, rate=1e-12))
    for word in ("late", "words"):
        place = found.words.index(word)
        assert not np.allclose(found.vectors[place], untouched.vectors[untouched.words.index(word)], atol=1e-3)


def test_neighbours_are_words_of_the_same_company() -> None:
    texts = [["cat" if number % 2 else "dog", "eats", "meat"] for number in range(300)]
    texts += [["car" if number % 2 else "bus", "needs", "fuel"] for number in range(300)]
    found = learn_vectors(texts, replace(SMALL, epochs=40, window=2))
    from groundswell.representation.similarity import WordSpace

    space = WordSpace(found.words, found.vectors)
    assert {word for word, _ in space.similar("cat", 3)} == {"dog", "eats", "meat"}


def test_training_goes_on(tmp_path: Path) -> None:
    """Old words move on from where they were; new ones are added; counts are added up."""
    first = learn_vectors(TEXTS, SMALL)
    save_learned(first, {"tokens": "words"}, tmp_path)
    loaded, reading = load_learned(tmp_path)
    assert reading == {"tokens": "words"}
    assert loaded.words == first.words
    np.testing.assert_array_equal(loaded.vectors, first.vectors)
    np.testing.assert_array_equal(loaded.outputs, first.outputs)
    more = [["w1", "fresh", "w2"]] * 20
    second = learn_vectors(more, SMALL, start=loaded)
    assert set(second.words) == {*first.words, "fresh"}
    old = {word: first.vectors[place] for place, word in enumerate(first.words)}
    new = {word: second.vectors[place] for place, word in enumerate(second.words)}
    moved = {word for word in old if not np.array_equal(old[word], new[word])}
    assert moved == {"w1", "w2"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (replace(SMALL, width=8), "found width=8, but the vectors to go on with have 16"),
        (replace(SMALL, objective="hierarchical"), "found objective=hierarchical, but the vectors to go on with have"),
    ],
)
def test_going_on_with_other_settings_is_refused(settings: VectorSettings, message: str) -> None:
    first = learn_vectors(TEXTS, SMALL)
    with pytest.raises(DataError, match=message):
        learn_vectors(TEXTS, settings, start=first)


def test_going_on_along_a_huffman_tree_is_refused() -> None:
    settings = replace(SMALL, objective="hierarchical")
    with pytest.raises(DataError, match="new counts make another Huffman tree"):
        learn_vectors(TEXTS, settings, start=learn_vectors(TEXTS, settings))


def test_phrases_by_hand() -> None:
    """`new york`: (20 - 5) V / (20 * 20) = 0.0375 V; `in new`: 15 V / (115 * 20) = 0.0065 V; V is about 12."""
    texts = [["in", "new", "york"]] * 20 + [["in", "the", "old", "town"]] * 95
    joined = find_phrases(texts, threshold=0.2)
    assert joined[0] == ["in", "new_york"]


def test_one_line_is_no_corpus() -> None:
    with pytest.raises(DataError, match="found 1 text, expected many: one on each line"):
        learn_vectors([["a", "b"]], SMALL)


def test_no_word_is_frequent_enough() -> None:
    with pytest.raises(DataError) as error:
        learn_vectors([["a", "b"], ["a"]], replace(SMALL, min_count=5))
    assert str(error.value) == (
        "word vectors: no word stands 5 times (2 different ones, the most frequent one 2 times). Lower min_count, or "
        "give more text"
    )


def test_the_file_is_one_that_every_tool_reads(tmp_path: Path) -> None:
    found = learn_vectors(TEXTS, SMALL)
    save_learned(found, {}, tmp_path)
    assert vector_path(tmp_path) == tmp_path / "vectors.bin"
    assert vector_path(tmp_path / "vectors.bin") == tmp_path / "vectors.bin"
    np.testing.assert_array_equal(open_vectors(tmp_path / "vectors.bin").matrix(), found.vectors)


def test_another_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="holds no vectors that can be gone on with"):
        load_learned(tmp_path)


def test_pieces_are_what_gensim_reads_whole() -> None:
    text = [str(number) for number in range(25_000)]
    pieces = list(word2vec._Pieces([text, ["a"]]))
    assert [len(piece) for piece in pieces] == [10_000, 10_000, 5_000, 1]
    assert [word for piece in pieces[:3] for word in piece] == text
