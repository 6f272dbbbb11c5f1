from __future__ import annotations

import random
from itertools import combinations

import pytest

from groundswell.data.corpus.copies import ExactCopies, NearCopies
from groundswell.data.near_duplicates import near_similarity, similarity
from groundswell.errors import DataError

LETTERS = "etaoinshrdlucmfwypvbgkjqxz很好大房间"


def near_copies(forms: list[str], least: float = 0.8) -> dict[int, int]:
    copies = NearCopies(least)
    for number, form in enumerate(forms):
        copies.add(number, form)
    return {copy.number: copy.of for copy in copies.find(lambda number: forms[number])}


def changed(text: str, num_edits: int, chances: random.Random) -> str:
    """The text with some of its characters replaced, removed or added."""
    letters = list(text)
    for _ in range(num_edits):
        place = chances.randrange(len(letters))
        letters[place : place + chances.randint(0, 1)] = chances.choices(LETTERS, k=chances.randint(0, 1))
    return "".join(letters)


def test_exact_copies() -> None:
    copies = ExactCopies()
    assert [copies.is_new(form) for form in ("a", "b", "a", "", "")] == [True, True, False, True, False]


@pytest.fixture(scope="module")
def planted() -> tuple[list[str], dict[tuple[int, int], float]]:
    """Texts with near copies planted among them, and the similarity of every pair."""
    chances = random.Random(1)
    words = ["".join(chances.choices(LETTERS, k=chances.randint(2, 7))) for _ in range(300)]
    forms = []
    for _ in range(60):
        text = "".join(chances.choices(words, k=chances.randint(20, 120)))
        forms += [text, *(changed(text, chances.randint(1, len(text) // 25), chances) for _ in range(2))]
    chances.shuffle(forms)
    return forms, {(a, b): similarity(forms[a], forms[b]) for a, b in combinations(range(len(forms)), 2)}


@pytest.mark.parametrize("least", [0.75, 0.8, 0.9])
def test_planted_near_copies_against_every_pair(
    planted: tuple[list[str], dict[tuple[int, int], float]], least: float
) -> None:
    """Precision is 1 by construction, recall 0.97 at the least; every pair of texts is compared to know."""
    forms, similarities = planted
    true_pairs = {pair for pair, value in similarities.items() if value >= least}
    expected: dict[int, int] = {}
    for left, right in sorted(true_pairs, key=lambda pair: (pair[1], pair[0])):
        if left not in expected and right not in expected:
            expected[right] = left
    found = near_copies(forms, least)
    assert len(expected) > 20
    assert {(left, right) for right, left in found.items()} <= true_pairs  # precision 1
    assert len(found.keys() & expected.keys()) >= 0.97 * len(expected)


def test_the_first_stays_and_copies_of_copies_do_not_count() -> None:
    """b is near a, c is near b only: b goes, and c stays because b is gone."""
    chances = random.Random(0)
    a = "".join(chances.choices(LETTERS, k=400))
    fresh = "".join(chances.choices(LETTERS, k=80))
    b, c = a[:380] + fresh[:20], a[:340] + fresh[:60]
    assert near_similarity(a, b, 0.9)
    assert near_similarity(a, c, 0.8) is None
    assert similarity(b, c) > 0.8
    assert near_copies([a, b, c], 0.8) == {1: 0}
    assert near_copies([c, b, a], 0.8) == {1: 0}


def test_short_texts_one_edit_apart_are_near_and_very_short_ones_never() -> None:
    assert near_copies(["batterydiedagain", "batterydiesagain", "somethingelsehere"]) == {1: 0}
    assert near_copies(["goodfilm", "goodfilms", "很好", "很好吃"]) == {}


def test_a_crowd_of_alike_texts_is_affordable() -> None:
    """Two thousand variants of a template: near the first, all but that one go."""
    chances = random.Random(0)
    template = "".join(chances.choices(LETTERS, k=300))
    forms = [template + f"{number:04d}" for number in range(2_000)]
    assert near_copies(forms) == dict.fromkeys(range(1, 2_000), 0)


def test_nothing_and_wrong_settings() -> None:
    assert near_copies([]) == {}
    with pytest.raises(DataError, match=r"found a least similarity of 0\.5, expected 0\.75 to 1"):
        NearCopies(0.5)
