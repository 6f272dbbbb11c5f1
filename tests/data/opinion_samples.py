"""Examples with opinions for the tests of formats, and how a test reads and writes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from groundswell.data.accounting import Accounting
from groundswell.data.opinion_formats.intake import opinion_order
from groundswell.data.opinion_formats.registry import read_opinions
from groundswell.errors import DataError
from groundswell.text.blank import is_blank
from groundswell.types import Example, Opinion, Polarity, Span

ENGLISH = "The noodles were superb but the staff ignored us twice."
CHINESE = "屏幕很亮👍。不过发热有点严重。"
# An accent of its own in front of a span and at its end, emoji joined of three, a flag, English within Chinese.
MIXED = "cafe\u0301 👨‍👩‍👧 WiFi很快，wifi慢🇨🇭 cafe\u0301!"


def span(text: str, term: str, number: int = 0) -> Span:
    """The nth occurrence of a term."""
    start = -1
    for _ in range(number + 1):
        start = text.index(term, start + 1)
    return Span(term, start, start + len(term))


def opinion(
    text: str,
    aspect: str | None,
    words: str | None,
    polarity: Polarity,
    category: str | None = None,
    numbers: tuple[int, int] = (0, 0),
) -> Opinion:
    """An opinion by its strings and the numbers of their occurrences."""
    return Opinion(
        None if aspect is None else span(text, aspect, numbers[0]),
        category,
        None if words is None else span(text, words, numbers[1]),
        polarity,
    )


SCREEN = opinion(CHINESE, "屏幕", "很亮", "positive", "DISPLAY#QUALITY")
HEAT = opinion(CHINESE, "发热", "有点严重", "negative", "LAPTOP#OPERATION_PERFORMANCE")


def example(text: str, *opinions: Opinion, row: int = 1, **more: Any) -> Example:
    """An example whose opinions are in the order of the text."""
    return Example(str(row), text, None, row, opinions=tuple(sorted(opinions, key=opinion_order)), **more)


def read(path: Path | str, format: str | None = None, **settings: Any) -> list[Example]:
    """The examples of a file."""
    return read_opinions(str(path), format=format, accounting=Accounting("test"), **settings)


_ALPHABET = "abé\u0301好屏👍‍🇨,。'\"<&#|  \u00a0\u3000"


@st.composite
def opinions_of(draw: st.DrawFn, text: str) -> Opinion:
    """Any opinion on a text."""
    spans = st.none() | st.builds(
        lambda first, second: Span(text[min(first, second) : max(first, second) + 1], min(first, second),
                                   max(first, second) + 1),
        st.integers(0, len(text) - 1), st.integers(0, len(text) - 1),
    ).filter(lambda found: not is_blank(found.text))  # fmt: skip
    categories = st.none() | st.sampled_from(["FOOD#QUALITY", "总体", 'a & "b"'])
    aspect, category, words = draw(spans), draw(categories), draw(spans)
    if aspect is None and category is None and words is None:
        category = "GENERAL"
    return Opinion(aspect, category, words, draw(st.sampled_from(["positive", "neutral", "negative"])))


@st.composite
def examples(draw: st.DrawFn) -> list[Example]:
    """Some texts that are not blank, with any opinions."""
    texts = st.text(alphabet=_ALPHABET, min_size=1, max_size=12).filter(lambda text: not is_blank(text))
    found = []
    for row, text in enumerate(draw(st.lists(texts, min_size=1, max_size=4, unique=True)), start=1):
        opinions = {
            (o.aspect, o.category, o.opinion, o.polarity): o for o in draw(st.lists(opinions_of(text), max_size=4))
        }
        found.append(example(text, *opinions.values(), row=row))
    return found


def refusal(path: Path | str, format: str | None = None) -> str:
    """What is said of a file that is refused."""
    with pytest.raises(DataError) as caught:
        read(path, format)
    return str(caught.value)
