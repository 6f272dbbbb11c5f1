"""Scores of many tokens at once against one next-word table after the other."""

from __future__ import annotations

import random

import numpy as np
import pytest

from groundswell.model.ngram import ngram_model
from groundswell.model.ngram.learning import NgramSettings, SmoothingName, learn_ngrams
from groundswell.model.ngram.ngram_model import NgramModel, find_keys

DRAW = random.Random(1)
TEXTS = [DRAW.choices("abcde", (9, 5, 3, 2, 1), k=DRAW.randint(1, 12)) for _ in range(60)]
UNSEEN = [DRAW.choices("abcdexy", k=DRAW.randint(1, 12)) for _ in range(20)]


def one_by_one(model: NgramModel, texts: list[list[str]]) -> list[float]:
    """The logarithm of every token and end, by the table of what comes next."""
    found = []
    for text in texts:
        ids = [1, *model.words.ids(text).tolist(), 2]
        found += [np.log10(model.next_probs(ids[:place])[ids[place]]) for place in range(1, len(ids))]
    return found


@pytest.mark.parametrize("smoothing", ["kneser_ney", "katz", "add_k"])
@pytest.mark.parametrize("order", [1, 2, 3, 6])
def test_all_tokens_at_once_score_as_one_by_one(smoothing: SmoothingName, order: int) -> None:
    model = learn_ngrams(TEXTS, NgramSettings(order, smoothing)).model
    scores = model.score(UNSEEN)
    np.testing.assert_allclose(scores.log10_probs, one_by_one(model, UNSEEN), atol=1e-9)
    assert 1 <= scores.sizes.min() <= scores.sizes.max() <= order


def test_blocks_and_neighbours_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    model = learn_ngrams(TEXTS, NgramSettings(5)).model
    whole = model.score(UNSEEN)
    apart = [model.score([text]).log10_probs for text in UNSEEN]
    assert np.concatenate(apart).tolist() == whole.log10_probs.tolist()
    for size in (1, 3, 7):
        monkeypatch.setattr(ngram_model, "BLOCK_TOKENS", size)
        blocks = model.score(UNSEEN)
        assert blocks.log10_probs.tolist() == whole.log10_probs.tolist()
        assert blocks.sizes.tolist() == whole.sizes.tolist()


def test_one_giant_line() -> None:
    """300,000 words in one text are learned and scored."""
    text = random.Random(2).choices([f"w{number}" for number in range(500)], k=300_000)
    learned = learn_ngrams([text], NgramSettings(3))
    assert (learned.num_texts, learned.num_tokens) == (1, 300_000)
    assert len(learned.model.score([text]).log10_probs) == 300_001


def test_nothing_to_score() -> None:
    model = learn_ngrams(TEXTS, NgramSettings(2)).model
    assert model.score([]).log10_probs.tolist() == []
    assert len(model.score([[]]).log10_probs) == 1  # the end of an empty text


def test_the_same_texts_give_the_same_model() -> None:
    one, other = (learn_ngrams(iter(TEXTS), NgramSettings(4)).model for _ in range(2))
    assert one.words == other.words
    for first, second in zip((*one.keys, *one.log_probs, *one.back_offs),
                             (*other.keys, *other.log_probs, *other.back_offs), strict=True):  # fmt: skip
        assert first.tobytes() == second.tobytes()


def test_a_text_shorter_than_the_order() -> None:
    model = learn_ngrams([["a"]], NgramSettings(6)).model
    assert model.num_ngrams == (4, 2, 1, 0, 0, 0)
    assert model.score([["a"]]).sizes.tolist() == [2, 3]


def test_keys_are_found_or_not() -> None:
    keys = np.array([2, 5, 9])
    assert find_keys(keys, np.array([9, 1, 5, 10, 2, -3])).tolist() == [2, -1, 1, -1, 0, -1]
    assert find_keys(keys[:0], np.array([1, 2])).tolist() == [-1, -1]
