from __future__ import annotations

import json
import random
import time

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from groundswell.data.leakage import Overlap, find_conflicts, find_overlaps, leakage_summary, normal_form
from groundswell.data.near_duplicates import _band_keys, _one_left_out, one_edit_apart, similarity
from groundswell.types import Example

SENTENCES = [
    "The room was clean and the staff were friendly, we would come back any time.",
    "房间很大，服务也很好，早餐种类丰富，下次还会再来，推荐给大家！",
    "Battery died after two days and nobody answered my messages. Never again.",
]


def random_texts(count: int, length: int, seed: int, alphabet: str = "abcdefghij") -> list[str]:
    chances = random.Random(seed)
    return ["".join(chances.choices(alphabet, k=length)) for _ in range(count)]


def test_normal_form() -> None:
    assert normal_form("  Great_Noodles, ß!\n") == "greatnoodlesss"
    assert normal_form("房间 很大。") == "房间很大"
    assert normal_form("👍 !") == "👍!"  # nothing but signs: they are the text
    assert normal_form(" \n") == ""


def test_planted_copies_are_found() -> None:
    """Case, blanks and punctuation differ: exact. One character differs: near."""
    changed = SENTENCES[2].replace("two", "twx")
    test = [
        "something else entirely, about noodles and soup",
        SENTENCES[0].upper() + " !",
        changed,
        SENTENCES[1].replace("大", "小", 1),
    ]
    found = find_overlaps({"train": SENTENCES, "test": test})
    assert [(overlap.kind, overlap.left_index, overlap.right_index) for overlap in found] == [
        ("exact", 0, 1),
        ("near", 2, 2),
        ("near", 1, 3),
    ]
    assert found[0] == Overlap("exact", "train", 0, "test", 1, 1.0)
    # 60 characters: 57 four-grams, of which the changed character touches 4
    assert len(normal_form(changed)) == 60
    assert found[1].similarity == 53 / 61


def test_one_changed_character_is_found_at_every_length_and_place() -> None:
    for length in (12, 13, 30, 47, 48, 49, 50, 80, 400):
        train = random_texts(60, length, seed=length)
        chances = random.Random(length)
        edited = []
        for text in train:
            place = chances.randrange(length)
            edited.append(text[:place] + chances.choice(["Z", "", "Z" + text[place]]) + text[place + 1 :])
        found = find_overlaps({"train": train, "test": edited})
        assert [(overlap.left_index, overlap.right_index) for overlap in found] == [(n, n) for n in range(60)], length


def test_short_or_different_texts_are_not_near() -> None:
    assert find_overlaps({"train": ["很好吃", "not good"], "test": ["不好吃", "not food"]}) == []
    assert find_overlaps({"train": random_texts(300, 60, 1), "test": random_texts(300, 60, 2)}) == []


def test_found_pairs_equal_brute_force() -> None:
    """Texts of 60-150 characters with 0 to 12 random edits; all pairs are compared for the oracle."""
    chances = random.Random(5)
    train = [text[: chances.randrange(60, 150)] for text in random_texts(80, 150, 3)]
    test = []
    for text in train:
        characters = list(text)
        for _ in range(chances.randrange(13)):
            characters[chances.randrange(len(characters))] = chances.choice("klmn")
        test.append("".join(characters))
    expected = {right for right, b in enumerate(test) if any(similarity(a, b) >= 0.8 for a in train)}
    assert 10 < len(expected) < 80
    assert {overlap.right_index for overlap in find_overlaps({"train": train, "test": test})} == expected


def test_splits_are_compared_in_their_order_and_inner_repeats_are_none() -> None:
    found = find_overlaps(
        {"train": ["a copy", "a copy", "other"], "dev": ["A copy!"], "test": ["a-copy", "acopy", "dev", ""]}
    )
    assert [(o.left_split, o.left_index, o.right_split, o.right_index) for o in found] == [
        ("train", 0, "dev", 0),
        ("train", 0, "test", 0),
        ("train", 0, "test", 1),
        ("dev", 0, "test", 0),
        ("dev", 0, "test", 1),
    ]


def test_many_variants_of_a_template_stay_affordable() -> None:
    train = [
        f"This is a standard review of our product number {number}, thank you very much for sending it so fast."
        for number in range(3000)
    ]
    test = [text.replace("standard", "Standard!") for text in train[:500]] + [
        text.replace("our", "the") for text in train[:500]
    ]
    start = time.perf_counter()
    found = find_overlaps({"train": train, "test": test})
    assert time.perf_counter() - start < 10
    assert leakage_summary(found)["train/test"]["exact"] == 500
    assert 490 <= leakage_summary(found)["train/test"]["near"] <= 500  # 64 of a crowd are compared, as documented


def test_the_summary_is_json() -> None:
    summary = leakage_summary(find_overlaps({"train": SENTENCES, "test": [SENTENCES[1]] * 7}))
    assert json.loads(json.dumps(summary)) == {
        "train/test": {
            "exact": 7,
            "near": 0,
            "first": [{"kind": "exact", "train": 1, "test": index, "similarity": 1.0} for index in range(5)],
        }
    }
    assert leakage_summary([]) == {}


def test_conflicts() -> None:
    targets = [
        ("Good!", "positive"),
        ("fine", "neutral"),
        ("good", "negative"),
        ("fine", "neutral"),
        ("GOOD", "positive"),
    ]
    examples = [Example(str(row), text, target, row) for row, (text, target) in enumerate(targets, start=1)]
    (conflict,) = find_conflicts(examples)
    assert (conflict.text, conflict.rows, conflict.targets) == ("Good!", (1, 3, 5), ("positive", "negative"))


def test_similarity_by_hand() -> None:
    """abcd bcde cdef against abcd bcde cdeg: 2 of 4."""
    assert similarity("abcdef", "abcdeg") == 0.5
    assert similarity("abcdef", "abcdef") == 1.0
    assert similarity("ab", "ab") == 0.0  # too short for an n-gram


@given(st.text("ab", max_size=6), st.text("ab", max_size=6))
def test_one_edit_apart_equals_brute_force(left: str, right: str) -> None:
    within_one = {left}
    for place in range(len(left) + 1):
        within_one |= {left[:place] + new + left[place:] for new in "ab"}
        within_one |= {left[:place] + new + left[place + 1 :] for new in ("", "a", "b")}
    assert one_edit_apart(left, right) == (right in within_one)


@given(st.text("abc好", min_size=2, max_size=20))
def test_a_text_shares_a_hash_with_each_of_its_shorter_texts(text: str) -> None:
    shorter = {text[:place] + text[place + 1 :] for place in range(len(text))}
    hashes = one_left_out(text)
    assert len(hashes) == len(shorter) + 1  # and one of its own
    assert all(np.intersect1d(hashes, one_left_out(other)).size for other in shorter)
    assert np.intersect1d(hashes, one_left_out("x" * len(text))).size == 0


def one_left_out(text: str) -> np.ndarray:
    return _one_left_out(np.array([ord(character) for character in text], dtype=np.uint64))


def test_minima_estimate_the_similarity() -> None:
    """The share of equal bands over many pairs is near s ** 5, for pairs of one known similarity."""
    chances = random.Random(0)
    equal, expected = 0.0, 0.0
    for text in random_texts(200, 600, 4, "abcdefghijklmnopqrst"):
        characters = list(text)
        for _ in range(8):
            characters[chances.randrange(600)] = "Z"
        other = "".join(characters)
        codes = [np.frombuffer(t.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64) for t in (text, other)]
        equal += float((_band_keys(codes[0]) == _band_keys(codes[1])).mean()) / 200
        expected += similarity(text, other) ** 5 / 200
    assert abs(equal - expected) < 0.03
