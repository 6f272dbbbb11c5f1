"""Neighbours and analogies by hand."""

from __future__ import annotations

import numpy as np
import pytest

from groundswell.errors import DataError
from groundswell.representation.similarity import WordSpace, nearest_spelling

SPACE = WordSpace(
    ["king", "queen", "man", "woman", "frog"],
    np.array([[1, 0, 1, 0], [0, 1, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 5]], dtype=np.float32),
)


def test_neighbours_by_hand() -> None:
    """cos(king, man) = 1/sqrt 2, cos(king, queen) = 1/2; length does not count."""
    found = SPACE.similar("king", 2)
    assert [word for word, _ in found] == ["man", "queen"]
    np.testing.assert_allclose([cosine for _, cosine in found], [0.5**0.5, 0.5], rtol=1e-6)


def test_more_than_there_are() -> None:
    assert len(SPACE.similar("frog", 99)) == 4


def test_the_classic_analogy() -> None:
    assert SPACE.analogy("man", "king", "woman", 1)[0][0] == "queen"


def test_unknown_words_are_named_with_what_is_spelt_alike() -> None:
    with pytest.raises(DataError) as error:
        SPACE.analogy("man", "kign", "zzzzzz")
    assert str(error.value) == "unknown words: 'kign' (did you mean 'king'?); 'zzzzzz'. 5 are known"


def test_nearest_spelling_goes_by_edit_distance() -> None:
    assert nearest_spelling("wman", SPACE.words) == ["man", "woman"]
    assert nearest_spelling("屏目", ["屏幕", "很好"]) == ["屏幕"]


def test_a_vector_of_zeros_is_no_neighbour_and_no_error() -> None:
    space = WordSpace(["a", "b", "nothing"], np.array([[1, 0], [1, 1], [0, 0]], dtype=np.float32))
    assert space.similar("a", 2)[-1] == ("nothing", 0.0)
