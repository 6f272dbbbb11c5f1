"""Records read back: what an analysis and an explanation say survives the way through JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.explanation.record import Explanation, WordWeight
from groundswell.types import Analysis, Opinion, Sentence, Span

SHARES = st.integers(0, 10**6).map(lambda number: number / 10**6)  # as many decimals as a record has
SPANS = st.builds(Span, st.text(max_size=4), st.integers(0, 99), st.integers(0, 99))
OPINIONS = st.builds(
    Opinion, SPANS | st.none(), st.none() | st.just("ROOM#COMFORT"), SPANS | st.none(),
    st.sampled_from(["positive", "neutral", "negative"]), SHARES, SHARES | st.none(), st.booleans(),
)  # fmt: skip
SENTENCES = st.builds(
    Sentence, st.integers(0, 9), st.integers(0, 9), st.just("positive"), st.just({"positive": 0.75, "negative": 0.25})
)
WORDS = st.builds(WordWeight, st.text(max_size=3), st.just(0), st.just(1), st.none() | SHARES)
ANALYSES = st.builds(
    Analysis,
    text=st.text(max_size=9),
    language=st.sampled_from(["zh", "en", "other"]),
    label=st.none() | st.text(max_size=5),
    scores=st.dictionaries(st.text(max_size=5), SHARES, max_size=3),
    confidence=st.none() | SHARES,
    intensity=st.none() | SHARES,
    sentences=st.lists(SENTENCES, max_size=2).map(tuple),
    opinions=st.lists(OPINIONS, max_size=2).map(tuple),
    truncated=st.booleans(),
    warnings=st.lists(st.text(max_size=5), max_size=2).map(tuple),
    model=st.text(max_size=5),
    labels=st.none() | st.lists(st.text(max_size=3), max_size=2).map(tuple),
    heads=st.dictionaries(st.text(max_size=3), st.just({"label": "good", "scores": {"good": 0.5}}), max_size=1),
    id=st.none() | st.integers() | st.text(max_size=3),
    abstained=st.none() | st.booleans(),
    prediction_set=st.none() | st.lists(st.text(max_size=3), max_size=2).map(tuple),
)


@given(ANALYSES)
def test_an_analysis_survives(analysis: Analysis) -> None:
    assert Analysis.from_dict(json.loads(analysis.to_json())) == analysis


def test_an_analysis_with_an_error_and_one_with_less_and_more() -> None:
    failed = Analysis(text="", id="a", error={"code": "blank", "message": "empty"})
    assert Analysis.from_dict(failed.to_dict()) == failed
    assert Analysis.from_dict({"text": "a", "label": None, "of a later version": 1}) == Analysis(text="a")


@given(
    st.builds(
        Explanation, text=st.text(max_size=5), label=st.none() | st.just("good"), value=st.none() | SHARES, gap=SHARES,
        steps=st.none() | st.integers(1, 50), method=st.none() | st.just("occlusion"), id=st.none() | st.integers(),
        words=st.lists(WORDS).map(tuple),
        opinion=st.none() | OPINIONS, warnings=st.just(("a: b",)), model=st.just("m"),
    )
)  # fmt: skip
def test_an_explanation_survives(explanation: Explanation) -> None:
    assert Explanation.from_dict(json.loads(explanation.to_json())) == explanation


@pytest.mark.parametrize("kind", [Analysis, Explanation])
@pytest.mark.parametrize("record", [{}, {"label": "good"}, {"text": "a", "opinions": [{}], "words": [{}]}])
def test_what_is_no_record_is_an_error(kind: Any, record: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError)):
        kind.from_dict(record)
