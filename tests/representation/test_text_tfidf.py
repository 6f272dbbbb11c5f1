"""TF-IDF rows of any texts."""

from __future__ import annotations

import numpy as np
import pytest

from groundswell.errors import DataError
from groundswell.representation.text_tfidf import learn_rows


def test_words_of_two_texts_are_the_columns() -> None:
    rows = learn_rows(["Good food, good.", "Bad food!", "good once"])
    assert rows.words == ("food", "good")
    assert rows.presence().toarray().tolist() == [[1, 1], [1, 0], [0, 1]]
    np.testing.assert_allclose(np.sqrt((rows.values.toarray() ** 2).sum(axis=1)), 1)


def test_chinese_is_read_by_characters_and_pairs() -> None:
    rows = learn_rows(["味道不错", "味道很差", "不错"])
    assert set(rows.words) == {"味", "道", "不", "错", "味道", "不错"}


def test_a_text_without_known_words_is_a_row_of_zeros() -> None:
    assert learn_rows(["a b", "a b", "c"]).values.toarray()[2].tolist() == [0, 0]


def test_nothing_in_common_is_refused() -> None:
    with pytest.raises(DataError, match="no word stands in two of the 2 texts, so they cannot be compared"):
        learn_rows(["one", "two"])
