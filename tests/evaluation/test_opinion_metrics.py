"""Opinion metrics by hand; the worked example has precision, recall and F1 that all differ (traps E1, E3, E4)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from groundswell.evaluation.opinion_metrics import micro_f1, score_opinions
from groundswell.types import Opinion, Span

TEXT = "The noodles were superb but the staff ignored us twice."
NOODLES, SUPERB, STAFF, IGNORED_US = (Span(TEXT[a:b], a, b) for a, b in ((4, 11), (17, 23), (32, 37), (38, 48)))
IGNORED, FOOD = Span("ignored", 38, 45), Span("oodles", 5, 11)
TRIPLET = ("aspect", "opinion", "polarity")
GOLD = [Opinion(NOODLES, None, SUPERB, "positive"), Opinion(STAFF, None, IGNORED_US, "negative")]
FOUND = [
    Opinion(NOODLES, None, SUPERB, "positive", score=0.9),
    Opinion(NOODLES, None, SUPERB, "positive", score=0.4),
    Opinion(STAFF, None, IGNORED, "negative"),
    Opinion(FOOD, None, SUPERB, "positive"),
]


def figures(scores: dict[str, Any], name: str) -> tuple[float, ...]:
    return tuple(round(scores[f"{name}_f1@span"][key], 6) for key in ("precision", "recall", "value"))


def test_the_worked_example() -> None:
    """3 different predictions, 2 gold, 1 right: P 1/3, R 1/2, F1 2/5; a count with repeats would say 2/4 and 2/2."""
    scores = score_opinions([GOLD], [FOUND], TRIPLET)
    assert figures(scores, "triplet") == (0.333333, 0.5, 0.4)
    assert figures(scores, "pair") == (0.333333, 0.5, 0.4)
    assert figures(scores, "aspect") == (0.666667, 1.0, 0.8)
    assert figures(scores, "opinion") == (0.5, 0.5, 0.5)
    assert scores["gold"] == {"tuples": 2, "repeated": 0, "implicit": 0}
    assert scores["predicted"] == {"tuples": 3, "repeated": 1}
    assert scores["per_polarity"]["negative"] == {"precision": 0, "recall": 0, "f1": 0, "support": 1}
    assert scores["per_polarity"]["positive"] == pytest.approx(
        {"precision": 0.5, "recall": 1.0, "f1": 2 / 3, "support": 1}
    )
    assert "explicit_triplet_f1@span" not in scores


def test_a_repeated_wrong_tuple_costs_one() -> None:
    assert micro_f1([GOLD], [[*GOLD, FOUND[3], *[FOUND[3]] * 9]], TRIPLET) == pytest.approx(4 / 5)


def test_the_same_words_elsewhere_are_no_hit() -> None:
    """`@span` compares places: a comparison of strings would take the second `room` for the first."""
    text = "good room, room bad"
    first, second = (Opinion(Span("room", at, at + 4), None, None, "positive") for at in (5, 11))
    scores = score_opinions([[first]], [[second]], ("aspect", "polarity"))
    assert text[5:9] == text[11:15] == "room"
    assert {value["value"] for name, value in scores.items() if name.endswith("@span")} == {0.0}
    assert {name.partition("@")[2] for name in scores if "f1" in name} == {"span"}


def test_implicit_spans_equal_each_other_only() -> None:
    """Gold has two implicit aspects of three; the prediction has one of them and one where there is none."""
    gold = [[Opinion(None, "FOOD", SUPERB, "positive"), Opinion(None, "FOOD", IGNORED_US, "negative"), GOLD[0]]]
    found = [[Opinion(None, "FOOD", SUPERB, "positive"), Opinion(None, None, SUPERB, "positive"), GOLD[0]]]
    scores = score_opinions(gold, found, ("aspect", "opinion", "category", "polarity"))
    assert figures(scores, "quad") == (0.666667, 0.666667, 0.666667)
    assert figures(scores, "explicit_quad") == (1.0, 1.0, 1.0)
    assert figures(scores, "aspect") == (1.0, 1.0, 1.0)
    assert scores["gold"] == {"tuples": 3, "repeated": 0, "implicit": 2}


def test_what_is_left_out_does_not_tell_apart() -> None:
    two = [Opinion(NOODLES, None, SUPERB, "positive"), Opinion(NOODLES, None, IGNORED, "positive")]
    scores = score_opinions([two], [two[:1]], ("aspect", "polarity"))
    assert figures(scores, "aspect_polarity") == (1.0, 1.0, 1.0)
    assert scores["gold"]["repeated"] == 1


def test_texts_without_anything() -> None:
    assert micro_f1([[], []], [[], []], TRIPLET) == 0
    assert figures(score_opinions([[], GOLD], [[], GOLD], TRIPLET), "triplet") == (1.0, 1.0, 1.0)


def test_the_interval_against_drawing_texts_one_by_one() -> None:
    rng = np.random.default_rng(0)
    gold = [[GOLD[0]] * int(rng.integers(0, 2)) + [GOLD[1]] * int(rng.integers(0, 2)) for _ in range(200)]
    found = [[opinion for opinion in GOLD if rng.random() < 0.6] for _ in range(200)]
    scores = score_opinions(gold, found, TRIPLET, resamples=2000)["triplet_f1@span"]
    drawn = []
    for _ in range(2000):
        rows = rng.integers(0, 200, 200)
        drawn.append(micro_f1([gold[row] for row in rows], [found[row] for row in rows], TRIPLET))
    assert (scores["low"], scores["high"]) == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.01)
