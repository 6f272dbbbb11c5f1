"""N-gram features, beside scikit-learn's own chain and by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from groundswell.errors import DataError
from groundswell.representation.ngram_features import learn_ngrams, ngrams_of

TEXTS = [["a", "b", "a"], ["b", "c"], ["a"]]


def test_ngrams_by_hand() -> None:
    assert ngrams_of(["a", "b", "c"], (2, 3)) == ["a b", "b c", "a b c"]
    assert ngrams_of(["a"], (2, 3)) == []


def test_binary_and_counts_by_hand() -> None:
    features, counts = learn_ngrams(TEXTS, sizes=(1, 1), weighting="counts", min_count=1, max_features=10)
    assert features.grams == ("a", "b", "c")
    assert counts.toarray().tolist() == [[2, 1, 0], [0, 1, 1], [1, 0, 0]]
    _, binary = learn_ngrams(TEXTS, sizes=(1, 1), weighting="binary", min_count=1, max_features=10)
    assert binary.toarray().tolist() == [[1, 1, 0], [0, 1, 1], [1, 0, 0]]


def test_tfidf_by_hand() -> None:
    """Row 1: a twice, in 2 of 3 texts; b once, in 2 of 3 texts; idf = 1 + ln(4 / 3) for both."""
    _, rows = learn_ngrams(TEXTS, sizes=(1, 1), weighting="tfidf", min_count=1, max_features=10)
    a, b = 1 + math.log(2), 1.0
    length = math.hypot(a, b)
    np.testing.assert_allclose(rows.toarray()[0], [a / length, b / length, 0.0])


@pytest.mark.parametrize("weighting", ["binary", "counts", "tfidf"])
def test_the_same_row_alone_and_with_others(weighting: Any) -> None:
    features, rows = learn_ngrams(TEXTS, sizes=(1, 2), weighting=weighting, min_count=1, max_features=10)
    np.testing.assert_allclose(features([TEXTS[1]]).toarray()[0], rows.toarray()[1])
    assert features([["z"]]).nnz == 0


def test_rare_ngrams_are_left_out_and_the_most_frequent_stay() -> None:
    features, _ = learn_ngrams(TEXTS, sizes=(1, 2), weighting="counts", min_count=2, max_features=10)
    assert features.grams == ("a", "b")
    features, _ = learn_ngrams(TEXTS, sizes=(1, 2), weighting="counts", min_count=1, max_features=1)
    assert features.grams == ("a",)


def test_nothing_left_is_refused() -> None:
    with pytest.raises(DataError) as error:
        learn_ngrams(TEXTS, sizes=(1, 2), weighting="counts", min_count=3, max_features=9)
    assert str(error.value) == (
        "no n-gram of 1 to 2 tokens stands in at least 3 of the 3 training texts. Lower text.min_count, or train on "
        "more text"
    )


def test_the_share_of_known_tokens() -> None:
    features, _ = learn_ngrams(TEXTS, sizes=(1, 2), weighting="counts", min_count=2, max_features=9)
    assert features.known_share(["a", "c", "a", "b"]) == 0.75
    assert features.known_share([]) == 1.0
