from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundswell.data.corpus.held_out import EQUAL, SHARED, HeldOut
from groundswell.data.leakage import normal_form
from groundswell.errors import DataError

TEST = (
    "I went in with low hopes and left with a grin: the second half is the funniest thing that this director has ever "
    "put on a screen, and the last scene alone is worth the price of two tickets."
)
TEST_ZH = "这家店的老板非常热情，菜的味道也很正宗，就是上菜的速度实在太慢了，足足等了一个半小时才吃上饭，希望能够改进。"
SHORT = "The battery died after two days, never again."


def shares_span(form: str, held_out: list[str], span: int) -> bool:
    """By definition: a span of a held-out form, or all of a shorter one of at least half the span, is in the form."""
    for text in held_out:
        size = min(span, len(text))
        if size >= span // 2 and any(text[start : start + size] in form for start in range(len(text) - size + 1)):
            return True
    return False


def test_planted_leaks_are_found() -> None:
    held_out = HeldOut([TEST, TEST_ZH, SHORT, " "])
    around = "Some words before it. {} And some words after it, about something else."
    assert held_out.reason_to_drop(normal_form(TEST.upper() + "!!")) == EQUAL
    assert held_out.reason_to_drop(normal_form(around.format(TEST))) == SHARED
    assert held_out.reason_to_drop(normal_form(around.format(TEST[40:110].replace(" ", " , ")))) == SHARED
    assert held_out.reason_to_drop(normal_form(around.format(TEST_ZH))) == SHARED
    assert held_out.reason_to_drop(normal_form(around.format(SHORT))) == SHARED  # shorter than a span, but whole
    assert held_out.reason_to_drop(normal_form(around.format(TEST[40:80]))) is None
    assert held_out.reason_to_drop(normal_form("The battery died after two days")) is None
    assert held_out.reason_to_drop("") is None


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_agrees_with_the_definition(seed: int) -> None:
    """Spans of 15 to 25 characters are planted anywhere, for a limit of 20, in texts of few letters."""
    chances = random.Random(seed)
    letters = "abcd很"
    held_out = ["".join(chances.choices(letters, k=chances.randint(3, 90))) for _ in range(5)]
    document = chances.choices(letters, k=chances.randint(0, 120))
    text = chances.choice(held_out)
    start = chances.randrange(len(text))
    place = chances.randint(0, len(document))
    form = "".join([*document[:place], text[start : start + chances.randint(15, 25)], *document[place:]])
    found = HeldOut(held_out, span=20).reason_to_drop(form)
    assert (found is not None) == (form in held_out or shares_span(form, held_out, 20))


def test_texts_too_short_for_a_span_are_found_as_a_whole_document_only() -> None:
    held_out = HeldOut(["很好。", "Good film!"])
    assert held_out.reason_to_drop(normal_form("good FILM")) == EQUAL
    assert held_out.reason_to_drop(normal_form("A good film, " * 20)) is None


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(DataError, match="2 texts, all blank"):
        HeldOut([" ", "\n"])
    with pytest.raises(DataError, match="found 5 characters, expected at least 16"):
        HeldOut([TEST], span=5)
