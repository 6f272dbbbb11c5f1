"""Which opinion words hold a negation."""

from __future__ import annotations

import pytest

from groundswell.representation.negation import NegationFinder


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("not good", True), ("never again", True), ("Didn’t work", True), ("doesn't fit", True), ("knot good", False),
        ("good", False), ("noted", False), ("不好", True), ("没有味道", True), ("不错", False), ("非常好", False),
        ("并不好用", True), ("很好", False), ("无可挑剔", False), ("", False), ("👍", False),
    ],
)  # fmt: skip
def test_negation_by_hand(words: str, expected: bool) -> None:
    assert NegationFinder()(words) is expected
