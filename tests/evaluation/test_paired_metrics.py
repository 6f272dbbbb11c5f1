"""The difference of a metric between two models on the same texts."""

from __future__ import annotations

import numpy as np
import pytest

from groundswell.errors import DataError
from groundswell.evaluation.metrics import score_regression, score_single_label
from groundswell.evaluation.paired_metrics import (
    compare_metric,
    of_one_label,
    of_opinions,
    of_several_labels,
    of_values,
    randomization_p,
    with_interval,
)
from groundswell.evaluation.significance import compare_paired, holm
from groundswell.types import Opinion, Span

RANDOM = np.random.default_rng(0)


def test_accuracies_by_hand_and_as_the_test_of_shares_has_it() -> None:
    gold = np.zeros(200, dtype=int)
    first, second = np.repeat([0, 1], [160, 40]), np.repeat([1, 0], [60, 140])
    found = compare_metric(of_one_label(gold, first), of_one_label(gold, second), resamples=4000)
    assert (found.metric, found.first[0], found.second[0]) == ("accuracy", 0.8, 0.7)
    other = compare_paired(gold == first, gold == second, resamples=4000)
    assert found.difference == pytest.approx((other.difference, other.low, other.high), abs=0.02)


def test_a_model_against_itself_shows_no_difference() -> None:
    gold = RANDOM.normal(size=100)
    predicted = gold + RANDOM.normal(size=100)
    found = compare_metric(of_values(gold, predicted), of_values(gold, predicted))
    assert found.difference == pytest.approx((0, 0, 0), abs=1e-12)
    assert found.first[0] == pytest.approx(np.corrcoef(gold, predicted)[0, 1])
    assert found.first[1] < found.first[0] < found.first[2]


def test_what_both_share_cancels_out() -> None:
    """Values that differ by little noise of their own: the interval of the gain is far narrower than either's."""
    gold = RANDOM.normal(size=300)
    shared = gold + 2 * RANDOM.normal(size=300)
    first, second = shared + 0.1 * RANDOM.normal(size=300), shared + 0.1 * RANDOM.normal(size=300)
    found = compare_metric(of_values(gold, first), of_values(gold, second))
    width = [high - low for _, low, high in (found.first, found.difference)]
    assert width[1] < width[0] / 4


def test_several_labels_and_opinions_by_scikit_learn_and_by_hand() -> None:
    from sklearn.metrics import f1_score

    gold, first, second = (RANDOM.random((60, 4)) < 0.4 for _ in range(3))
    found = compare_metric(of_several_labels(gold, first), of_several_labels(gold, second))
    expected = [f1_score(gold, flags, average="macro") for flags in (first, second)]
    assert [found.first[0], found.second[0]] == pytest.approx(expected)
    one = Opinion(Span("a", 0, 1), None, None, "positive")
    other = Opinion(Span("b", 2, 3), None, None, "positive")
    answers = [of_opinions([[one], [other]], said, ("aspect", "polarity")) for said in ([[one], []], [[one], [other]])]
    paired = compare_metric(answers[0], answers[1])
    assert (paired.first[0], paired.second[0]) == (pytest.approx(2 / 3), 1.0)


def test_other_texts_or_metrics_are_refused() -> None:
    gold = np.zeros(3, dtype=int)
    with pytest.raises(DataError, match="3 texts and accuracy of 2"):
        compare_metric(of_one_label(gold, gold), of_one_label(gold[:2], gold[:2]))


def test_the_p_value_is_that_of_all_deals_of_the_answers() -> None:
    """10 texts: dealt in all 1,024 ways by hand; the test draws 20,000 of them and counts the deal that was found."""
    gold = RANDOM.normal(size=10)
    first, second = gold + 0.3 * RANDOM.normal(size=10), gold + 1.5 * RANDOM.normal(size=10)
    found = abs(np.corrcoef(gold, first)[0, 1] - np.corrcoef(gold, second)[0, 1])
    as_large = 0
    for deal in range(1024):
        swapped = np.array([bool(deal >> text & 1) for text in range(10)])
        one, other = np.where(swapped, second, first), np.where(swapped, first, second)
        as_large += abs(np.corrcoef(gold, one)[0, 1] - np.corrcoef(gold, other)[0, 1]) >= found - 1e-12
    paired = compare_metric(of_values(gold, first), of_values(gold, second), resamples=20_000)
    assert paired.p_value == pytest.approx(as_large / 1024, abs=0.01)


def test_chance_alone_gives_small_p_values_as_seldom_as_they_say() -> None:
    below = 0
    for _ in range(200):
        gold = RANDOM.random((60, 3)) < 0.4
        one, other = (gold ^ (RANDOM.random((60, 3)) < 0.2) for _ in range(2))
        answers = of_several_labels(gold, one), of_several_labels(gold, other)
        below += randomization_p(*answers, 100, 0) <= 0.1
    assert 0.04 <= below / 200 <= 0.16


def test_models_that_answer_alike_cannot_be_told_apart() -> None:
    gold = RANDOM.integers(0, 2, 30)
    assert compare_metric(of_one_label(gold, gold), of_one_label(gold, gold)).p_value == 1


def test_the_metric_of_one_model_has_the_interval_of_its_evaluation() -> None:
    gold = RANDOM.normal(size=50)
    predicted = gold + RANDOM.normal(size=50)
    expected = score_regression(gold, predicted)["pearson"]
    assert with_interval(of_values(gold, predicted)) == pytest.approx(tuple(expected.values()), abs=1e-6)
    ids = RANDOM.integers(0, 2, 50)
    expected = score_single_label(ids, 1 - ids, ["a", "b"], resamples=10)["accuracy"]
    assert with_interval(of_one_label(ids, 1 - ids)) == tuple(expected.values())


def test_holm_by_hand() -> None:
    """In order 0.005, 0.01, 0.03, 0.04: times 4, 3, 2, 1 is 0.02, 0.03, 0.06, 0.04, and the last may not be less."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
