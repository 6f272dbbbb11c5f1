"""What is reported of changed texts, against counts made here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest
from tiny_weighted_words import WeightedWords

from groundswell.errors import DataError
from groundswell.evaluation.robustness.attack import Budget
from groundswell.evaluation.robustness.findings import RobustnessSettings, marked_changes, robustness_findings
from groundswell.evaluation.robustness.guarded_words import WordGuard, apply_edits
from groundswell.evaluation.robustness.perturbations import perturb, perturbations
from groundswell.evaluation.significance import compare_paired
from groundswell.text.cleaning import Edit

LABELS = ("negative", "positive")
WEIGHTS = {"lovely": 2.0, "charming": 1.5, "plot": 0.5, "grim": -2.0, "tiresome": -1.5, "noise": -0.4, "很": 0.1}
TEXTS = [
    "A lovely charming plot.", "lovely view, but noise", "charming staff and plot", "the plot is grim and tiresome",
    "grim noise at night", "tiresome people, tiresome noise", "nothing to say", "lovely", "grim", "plot noise plot",
]  # fmt: skip
GOLD = np.array([1, 1, 1, 0, 0, 0, 1, 1, 0, 0])
SETTINGS = RobustnessSettings(strength=0.4, budget=Budget(0.5, 30), seed=3)


class CountingBar:
    """Remembers what was begun and how much of it was done."""

    def __init__(self) -> None:
        self.stages: list[list[Any]] = []

    def begin(self, description: str, total: int) -> None:
        self.stages.append([description, total, 0])

    def advance(self, steps: int) -> None:
        self.stages[-1][2] += steps


def findings(settings: RobustnessSettings = SETTINGS, texts: Sequence[str] = TEXTS, gold: Any = GOLD) -> dict[str, Any]:
    return robustness_findings(texts, gold, WeightedWords(WEIGHTS, 0.01), LABELS, settings)


def interval(count: int, total: int) -> dict[str, float]:
    ends = binomtest(count, total).proportion_ci(method="wilson")
    return pytest.approx({"value": count / total, "low": ends.low, "high": ends.high})


def test_every_number_is_what_counting_gives() -> None:
    found, model, guard = findings(), WeightedWords(WEIGHTS, 0.01), WordGuard()
    before = model(TEXTS).argmax(axis=1)
    assert found["original"] == interval(int((before == GOLD).sum()), 10)
    assert (found["num_texts"], found["metric"], found["strength"]) == (10, "accuracy", 0.4)
    reported = {one["name"]: one for one in found["perturbations"]}
    assert reported.keys() | {one["name"] for one in found["skipped"]} == {kind.name for kind in perturbations()}
    for kind in perturbations():
        made = [perturb(guard(text), kind, strength=0.4, seed=3) for text in TEXTS]
        rows = [number for number, text in enumerate(made) if text is not None]
        if not rows:
            assert kind.name not in reported
            continue
        after = model([text for text in made if text is not None]).argmax(axis=1)
        one, kept, right = reported[kind.name], before[rows] == after, after == GOLD[rows]
        assert one["labels_kept"] == interval(int(kept.sum()), len(rows))
        assert one["accuracy"] == interval(int(right.sum()), len(rows))
        assert one["original"] == interval(int((before[rows] == GOLD[rows]).sum()), len(rows))
        assert (one["num_texts"], one["num_unchanged"]) == (len(rows), 10 - len(rows))
        paired = compare_paired(before[rows] == GOLD[rows], right, seed=3)
        assert one["lost"] == {"value": paired.difference, "low": paired.low, "high": paired.high}
        assert one["lost"]["value"] == pytest.approx(one["original"]["value"] - one["accuracy"]["value"])


def test_what_changes_no_text_is_said_with_its_reason() -> None:
    skipped = {one["name"]: one["why"] for one in findings(texts=["ok", "no"], gold=np.array([1, 0]))["skipped"]}
    assert skipped["homophone"] == skipped["other script"] == "no text in the language zh"
    assert skipped["dropped letter"] == "none of 2 texts could be changed"


def test_the_attack_is_reported() -> None:
    found = findings()
    attack, model = found["attack"], WeightedWords(WEIGHTS, 0.01)
    right = [text for text, gold in zip(TEXTS, GOLD, strict=True) if model([text]).argmax() == gold]
    assert attack["num_attacked"] == len(right)
    assert attack["accuracy"] == interval(len(right) - attack["num_turned"], 10)
    assert attack["budget"] == "at most 50% of the words changed (one at least), 30 queries a text"
    assert 0 < attack["num_turned"] <= len(right)
    assert 0 < attack["mean_queries"] <= 30
    assert 1 <= attack["mean_changed_words"] <= 3
    assert 0 < attack["mean_changed_share"] <= 1
    assert 0 < len(attack["examples"]) <= 5
    for one in attack["examples"]:
        assert one["text"] in right
        assert one["before"] == one["gold"] == LABELS[int(model([one["text"]]).argmax())]
        assert one["after"] == LABELS[int(model([one["attacked"]]).argmax())] != one["before"]
        assert one["confidence_before"] == pytest.approx(float(model([one["text"]]).max()))
        assert one["confidence_after"] == pytest.approx(float(model([one["attacked"]]).max()))
        for change in one["changes"]:
            assert one["attacked"][change["start"] : change["end"]] == change["after"]


def test_no_attack_when_none_is_wanted() -> None:
    assert "attack" not in findings(RobustnessSettings(budget=None))


def test_a_model_that_is_never_right_is_not_attacked() -> None:
    attack = findings(gold=1 - WeightedWords(WEIGHTS, 0.01)(TEXTS).argmax(axis=1))["attack"]
    assert (attack["num_attacked"], attack["mean_queries"], attack["mean_changed_words"], attack["examples"]) == (
        0,
        0,
        0,
        [],
    )
    assert attack["accuracy"]["value"] == 0


def test_the_same_seed_gives_the_same_findings_and_another_seed_others() -> None:
    assert findings() == findings()
    assert findings() != findings(RobustnessSettings(strength=0.4, budget=Budget(0.5, 30), seed=4))


def test_the_bar_ends_at_its_end() -> None:
    bar, model = CountingBar(), WeightedWords(WEIGHTS, 0.01)

    def score(texts: Sequence[str]) -> Any:
        bar.advance(len(texts))
        return model(texts)

    robustness_findings(TEXTS, GOLD, score, LABELS, SETTINGS, bar)
    assert [name for name, _, _ in bar.stages] == ["perturbing", "attacking"]
    assert all(total == done > 0 for _, total, done in bar.stages)


def test_changes_are_marked_where_they_stand_now() -> None:
    text, edits = "one two three", [Edit(8, 13, "3"), Edit(0, 3, "eins")]
    marked = marked_changes(text, edits)
    assert marked == [
        {"start": 0, "end": 4, "before": "one", "after": "eins"},
        {"start": 9, "end": 10, "before": "three", "after": "3"},
    ]
    assert apply_edits(text, edits)[9:10] == "3"


def test_bad_input_is_refused() -> None:
    with pytest.raises(DataError, match="robustness: found 0 texts, expected at least 1"):
        findings(texts=[], gold=np.array([], dtype=int))
    with pytest.raises(DataError, match="gold: found label id 2 in row 1"):
        findings(texts=["a"], gold=np.array([2]))
