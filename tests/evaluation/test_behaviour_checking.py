"""Which cases pass and how failures are told, by hand; how far texts move when a group is swapped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binomtest

from groundswell.errors import DataError
from groundswell.evaluation.behaviour.bias import measure_bias, texts_of_pairs
from groundswell.evaluation.behaviour.capabilities import Attribute, Capability, Case
from groundswell.evaluation.behaviour.checking import Answers, check_capabilities, texts_of
from groundswell.types import Polarity

TWO: tuple[Polarity, ...] = ("positive", "negative")


def answers(positive: dict[str, float]) -> Answers:
    """P(positive) of each text, given."""

    def score(texts: Sequence[str]) -> NDArray[np.float64]:
        return np.array([[positive[text], 1 - positive[text]] for text in texts])

    return Answers(list(positive), score, TWO)


def check(capability: Capability, positive: dict[str, float], **options: Any) -> dict[str, Any]:
    (found,), skipped = check_capabilities([capability], answers(positive), **options)
    assert skipped == []
    return found


def test_minimum_functionality_asks_for_the_label() -> None:
    cases = tuple(Case((text,), label) for text, label in (("a", "positive"), ("b", "negative"), ("c", "negative")))
    found = check(Capability("words", "minimum functionality", "en", "", cases), {"a": 0.9, "b": 0.7, "c": 0.95})
    interval = binomtest(1, 3).proportion_ci(method="wilson")
    assert found == {
        "language": "en",
        "capability": "words",
        "kind": "minimum functionality",
        "num_cases": 3,
        "num_passed": 1,
        "rate": {
            "value": pytest.approx(1 / 3), "low": pytest.approx(interval.low), "high": pytest.approx(interval.high)
        },
        "failures": [
            {"text": "c", "expected": "negative", "found": "positive", "confidence": 0.95},
            {"text": "b", "expected": "negative", "found": "positive", "confidence": 0.7},
        ],
    }  # fmt: skip


def test_invariance_forgives_a_change_within_the_tolerance() -> None:
    cases = tuple(Case(texts, None) for texts in (("a", "b"), ("a", "c", "d"), ("a", "e")))
    capability = Capability("spelling", "invariance", "en", "", cases, tolerance=0.05)
    found = check(capability, {"a": 0.52, "b": 0.48, "c": 0.4, "d": 0.1, "e": 1.0})
    # b has another label and 0.04 less; of c and d the farther one is told; e has the same label
    assert found["num_passed"] == 2
    assert found["failures"] == [
        {"text": "d", "expected": "positive", "found": "negative", "confidence": 0.9, "original": "a"}
    ]


@pytest.mark.parametrize(
    ("direction", "passes", "expected"), [("not lower", [0.46, 0.9], 0.45), ("not higher", [0.5, 0.1], 0.65)]
)
def test_directions(direction: Any, passes: list[float], expected: float) -> None:
    capability = Capability(
        "more", "directional", "en", "", (Case(("a", "b"), "positive"),), tolerance=0.1, direction=direction
    )
    for after in passes:
        assert check(capability, {"a": 0.55, "b": after})["failures"] == []
    wrong = 0.44 if direction == "not lower" else 0.66
    (failure,) = check(capability, {"a": 0.55, "b": wrong})["failures"]
    word = "least" if direction == "not lower" else "most"
    assert failure["expected"] == f"positive at {word} {expected:.2f}"
    assert (failure["found"], failure["confidence"]) == ("positive" if wrong > 0.5 else "negative", wrong)


def test_the_direction_of_a_negative_text_is_that_of_its_own_label() -> None:
    capability = Capability("more", "directional", "en", "", (Case(("bad", "very bad"), "negative"),), tolerance=0.1)
    assert check(capability, {"bad": 0.3, "very bad": 0.05})["num_passed"] == 1
    assert check(capability, {"bad": 0.3, "very bad": 0.45})["num_passed"] == 0


def test_three_failures_are_told_or_all() -> None:
    texts = {str(number): 0.5 + number / 10 for number in range(1, 6)}
    capability = Capability(
        "words", "minimum functionality", "en", "", tuple(Case((text,), "negative") for text in texts)
    )
    assert [one["text"] for one in check(capability, texts)["failures"]] == ["5", "4", "3"]
    assert len(check(capability, texts, most_failures=None)["failures"]) == 5


def test_without_a_neutral_label_neutral_cases_are_left_out() -> None:
    neutral = Capability("facts", "minimum functionality", "en", "", (Case(("a",), "neutral"),))
    mixed = Capability("mixed", "minimum functionality", "en", "", (Case(("a",), "neutral"), Case(("b",), "positive")))
    checked, skipped = check_capabilities([neutral, mixed], answers({"a": 0.9, "b": 0.9}))
    assert skipped == [{"language": "en", "capability": "facts", "why": "the run has no label for neutral"}]
    assert [(one["capability"], one["num_cases"]) for one in checked] == [("mixed", 1)]


def test_each_text_is_scored_once() -> None:
    asked: list[list[str]] = []

    def score(texts: Sequence[str]) -> NDArray[np.float64]:
        asked.append(list(texts))
        return np.full((len(texts), 2), 0.5)

    capability = Capability("x", "invariance", "en", "", (Case(("a", "b"), None), Case(("a", "c"), None)))
    Answers(texts_of([capability]), score, TWO)
    assert asked == [["a", "b", "c"]]
    Answers([], score, TWO)
    assert len(asked) == 1


@pytest.mark.parametrize("scores", [np.full((1, 3), 0.3), np.full((2, 2), 0.5), np.array([[np.nan, 1.0]])])
def test_scores_that_cannot_be_probabilities(scores: NDArray[np.float64]) -> None:
    with pytest.raises(DataError, match=r"expected finite ones of shape \(1, 2\)"):
        Answers(["a"], lambda texts: scores, TWO)


def test_bias_by_hand() -> None:
    pairs = (("he a", "she a"), ("he b", "she b"), ("he c", "she c"), ("he d", "she d"))
    attribute = Attribute("gender", "en", "men", "women", pairs)
    assert texts_of_pairs([attribute]) == [text for pair in pairs for text in pair]
    positive = {
        "he a": 0.5,
        "she a": 0.6,
        "he b": 0.9,
        "she b": 0.8,
        "he c": 0.3,
        "she c": 0.7,
        "he d": 0.2,
        "she d": 0.2,
    }
    found = measure_bias(attribute, answers(positive))
    changed = binomtest(1, 4).proportion_ci(method="wilson")
    # the moves are 0.1, -0.1, 0.4 and 0; of 0.5 and 0.5 the first column counts
    assert found["mean_shift"]["value"] == pytest.approx(0.1)
    assert found["labels_changed"] == {
        "value": 0.25, "low": pytest.approx(changed.low), "high": pytest.approx(changed.high)
    }  # fmt: skip
    assert -0.1 <= found["mean_shift"]["low"] < 0.1 < found["mean_shift"]["high"] <= 0.4
    assert {name: found[name] for name in ("language", "attribute", "first", "second", "num_pairs")} == {
        "language": "en", "attribute": "gender", "first": "men", "second": "women", "num_pairs": 4
    }  # fmt: skip


def test_the_interval_of_a_shift_is_that_of_the_normal_formula() -> None:
    generator = np.random.default_rng(0)
    moves = generator.normal(0.05, 0.02, size=400)
    pairs = tuple((f"he {number}", f"she {number}") for number in range(400))
    positive = {first: 0.4 for first, _ in pairs} | {
        pair[1]: 0.4 + move for pair, move in zip(pairs, moves, strict=True)
    }
    shift = measure_bias(Attribute("gender", "en", "men", "women", pairs), answers(positive))["mean_shift"]
    half = 1.96 * moves.std(ddof=1) / np.sqrt(400)
    assert shift["low"] == pytest.approx(moves.mean() - half, abs=4e-4)
    assert shift["high"] == pytest.approx(moves.mean() + half, abs=4e-4)


def test_a_model_that_does_not_look_at_groups_moves_by_nothing() -> None:
    attribute = Attribute("gender", "en", "men", "women", (("he a", "she a"), ("he b", "she b")))
    found = measure_bias(attribute, answers(dict.fromkeys(["he a", "she a", "he b", "she b"], 0.7)))
    assert found["mean_shift"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert found["labels_changed"]["value"] == 0.0
