"""Words that give a label away."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from groundswell.evaluation.telling_words import telling_words

LABELS = np.array([0] * 60 + [1] * 60)


def presence(*columns: tuple[int, int]) -> csr_array:
    """For each word how many texts of label 0 and of label 1 hold it."""
    rows = np.zeros((120, len(columns)))
    for number, (first, second) in enumerate(columns):
        rows[:first, number] = 1
        rows[60 : 60 + second, number] = 1
    return csr_array(rows)


def test_a_word_of_one_label_alone_is_found() -> None:
    (found,) = telling_words(presence((30, 0), (30, 30), (20, 2)), ["sku", "the", "bad"], LABELS, 2)
    assert (found.word, found.label, found.num_texts, found.purity) == ("sku", 0, 30, 1.0)
    assert found.coverage == pytest.approx(0.5)


@pytest.mark.parametrize("counts", [(19, 0), (21, 0), (60, 2), (0, 10)])
def test_few_texts_and_exceptions_are_no_proof(counts: tuple[int, int]) -> None:
    """21 of 21: the Wilson interval begins at 21 / (21 + 1.96^2) = 0.845; 60 of 62 are 96.8 %."""
    assert telling_words(presence(counts), ["word"], LABELS, 2) == []


def test_the_most_frequent_comes_first() -> None:
    found = telling_words(presence((25, 0), (0, 40)), ["first", "second"], LABELS, 2)
    assert [(one.word, one.label) for one in found] == [("second", 1), ("first", 0)]


def test_a_label_that_nearly_all_texts_carry_is_not_told() -> None:
    labels = np.array([0] * 115 + [1] * 5)
    assert telling_words(presence((60, 0)), ["word"], labels, 2) == []
