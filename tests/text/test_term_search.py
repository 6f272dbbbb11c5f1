"""Given aspects in a text."""

from __future__ import annotations

import re

import pytest

from groundswell.errors import DataError
from groundswell.text.term_search import check_terms, find_terms


def test_places_by_hand() -> None:
    text = "Room 5: the ROOM, a bedroom, c++ and 房间的房间 e\u0301"
    found = find_terms(text, ["room", "房间", "c++", "Bed", "e\u0301"])
    assert {term: [text[start:end] for start, end in places] for term, places in found.items()} == {
        "room": ["Room", "ROOM"], "房间": ["房间", "房间"], "c++": ["c++"], "Bed": [], "e\u0301": ["e\u0301"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ([], "aspects: found an empty list, expected at least one name. Leave it out to have aspects found"),
        (["a", " "], "aspects: name 2 of 2 is empty. Remove it"),
        (["Room", "bar", "room "], "aspects: 'room ' is given twice (as 'Room' before). Remove one"),
    ],
)
def test_lists_that_cannot_be_asked_for(terms: list[str], message: str) -> None:
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        check_terms(terms)
