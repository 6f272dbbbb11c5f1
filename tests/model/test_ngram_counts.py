"""Counts of n-grams against counting one by one."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundswell.errors import DataError
from groundswell.model.ngram.counts import OrderCounts, count_ngrams
from groundswell.model.ngram.words import NgramWords, number_texts

TEXTS = st.lists(st.lists(st.sampled_from("abcd"), min_size=1, max_size=9), min_size=1, max_size=12)


def spelt(words: NgramWords, orders: list[OrderCounts], size: int) -> list[tuple[str, ...]]:
    """The n-grams of one order as words, by way of their contexts."""
    grams = orders[size - 1]
    if size == 1:
        return [(words.words[word],) for word in grams.words]
    shorter = spelt(words, orders, size - 1)
    return [(*shorter[c], words.words[w]) for c, w in zip(grams.contexts, grams.words, strict=True)]


@given(TEXTS)
@settings(max_examples=40, deadline=None)
def test_every_order_counts_what_counting_one_by_one_counts(texts: list[list[str]]) -> None:
    numbered = number_texts(texts)
    orders = count_ngrams(numbered.tokens, len(numbered.words), 6)
    marked = [("<s>", *text, "</s>") for text in texts]
    for size in range(1, 7):
        expected = Counter(text[at : at + size] for text in marked for at in range(len(text) - size + 1))
        grams = spelt(numbered.words, orders, size)
        counted = {gram: int(count) for gram, count in zip(grams, orders[size - 1].counts, strict=True) if count}
        assert counted == expected
        assert [gram[0] == "<s>" for gram in grams] == orders[size - 1].at_begin.tolist()
        if size > 1:
            shorter = spelt(numbered.words, orders, size - 1)
            assert [shorter[number] for number in orders[size - 1].suffixes] == [gram[1:] for gram in grams]
            keys = orders[size - 1].contexts.astype(np.int64) * len(numbered.words) + orders[size - 1].words
            assert (np.diff(keys) > 0).all()


def test_words_by_falling_count_and_rare_ones_unknown() -> None:
    numbered = number_texts([["b", "a"], [], ["a", "c", "c", "a"]], min_count=2)
    assert numbered.words.words == ("<unk>", "<s>", "</s>", "a", "c")
    assert numbered.tokens.tolist() == [1, 0, 3, 2, 1, 3, 4, 4, 3, 2]
    assert (numbered.num_texts, numbered.num_blank, numbered.num_rare, numbered.num_marks) == (2, 1, 1, 0)


def test_a_text_cannot_write_the_marks() -> None:
    numbered = number_texts([["<s>", "a", "</s>", "<unk>"]])
    assert numbered.words.words == ("<unk>", "<s>", "</s>", "a")
    assert numbered.tokens.tolist() == [1, 0, 3, 0, 0, 2]
    assert (numbered.num_rare, numbered.num_marks) == (0, 3)
    assert numbered.words.ids(["</s>", "a"]).tolist() == [0, 3]


@pytest.mark.parametrize("texts", [[], [[], []]])
def test_texts_without_a_word_are_refused(texts: list[list[str]]) -> None:
    with pytest.raises(DataError, match=rf"found {len(texts)} texts and no word in any"):
        number_texts(texts)


@pytest.mark.parametrize("order", [0, 7])
def test_an_order_out_of_range_is_refused(order: int) -> None:
    with pytest.raises(DataError, match=f"found order {order}, expected 1 to 6"):
        count_ngrams(np.array([1, 3, 2], dtype=np.int32), 4, order)
