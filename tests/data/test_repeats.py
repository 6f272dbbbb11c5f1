"""Repeated texts of one file, beside all pairs compared."""

from __future__ import annotations

from itertools import combinations

from tiny_labelled_texts import make_texts

from groundswell.data.leakage import normal_form
from groundswell.data.near_duplicates import near_similarity
from groundswell.data.repeats import find_repeats

TEXTS = [example.text for example in make_texts(60)]


def test_exact_and_near_copies_are_found_once_each() -> None:
    texts = [*TEXTS, TEXTS[3].upper() + "!", TEXTS[3], TEXTS[10].replace(".", " again."), "", " "]
    found = [(repeat.kind, repeat.index, repeat.of) for repeat in find_repeats(texts)]
    assert found == [("exact", 60, 3), ("exact", 61, 3), ("near", 62, 10)]


def test_similarity_is_that_of_the_normal_forms() -> None:
    (near,) = find_repeats([TEXTS[0], TEXTS[0] + " Twice."])
    assert near.similarity == near_similarity(normal_form(TEXTS[0]), normal_form(TEXTS[0] + "twice"), 0.8)


def test_different_texts_repeat_nothing() -> None:
    assert find_repeats(TEXTS) == []
    pairs = combinations([normal_form(text) for text in TEXTS], 2)
    assert all(near_similarity(left, right, 0.8) is None for left, right in pairs)
    assert find_repeats([]) == []
