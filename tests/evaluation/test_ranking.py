"""AUROC and Spearman against scikit-learn, scipy, hand counts, and a bootstrap that really draws rows."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from groundswell.evaluation import ranking
from groundswell.evaluation.metrics import score_multi_label, score_regression, score_single_label
from groundswell.evaluation.ranking import auroc, auroc_interval, macro_auroc, spearman, spearman_interval

GENERATOR = np.random.default_rng(0)


def test_auroc_by_hand() -> None:
    """Positive 3, 2, 2; negative 2, 1: of 6 pairs 3 > both, each 2 > 1 and ties with 2: 2 + 2 · 1.5 = 5."""
    positive = np.array([True, True, True, False, False])
    assert auroc(positive, np.array([3.0, 2.0, 2.0, 2.0, 1.0])) == pytest.approx(5 / 6)


def test_constant_scores_tell_nothing() -> None:
    assert auroc(np.array([True, False, False]), np.full(3, 0.7)) == 0.5


@pytest.mark.parametrize("num_values", [2, 5, 1000])
def test_auroc_is_that_of_scikit_learn_with_ties(num_values: int) -> None:
    positive = GENERATOR.random(200) < 0.3
    scores = GENERATOR.integers(0, num_values, 200) / num_values + 0.2 * positive
    assert auroc(positive, scores) == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)


def test_weights_are_repeated_rows() -> None:
    positive, scores = GENERATOR.random(40) < 0.5, GENERATOR.integers(0, 9, 40).astype(float)
    other = scores + GENERATOR.integers(0, 5, 40)
    weights = GENERATOR.integers(0, 4, (7, 40))
    found = ranking._areas(weights.astype(float), positive, scores)
    for times, area in zip(weights, found, strict=True):
        assert area == pytest.approx(roc_auc_score(np.repeat(positive, times), np.repeat(scores, times)), abs=1e-12)
    whole = GENERATOR.multinomial(40, np.full(40, 1 / 40), size=7)
    found = ranking._rank_correlations(whole.astype(float), scores, other)
    for times, correlation in zip(whole, found, strict=True):
        expected = spearmanr(np.repeat(scores, times), np.repeat(other, times)).statistic
        assert correlation == pytest.approx(expected, abs=1e-12)


def test_macro_auroc_of_three_labels_is_that_of_scikit_learn() -> None:
    gold = GENERATOR.integers(0, 3, 120)
    logits = GENERATOR.normal(size=(120, 3)) + np.eye(3)[gold]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    found = score_single_label(gold, logits.argmax(axis=1), list("abc"), probabilities=probabilities, resamples=50)
    expected = roc_auc_score(gold, probabilities, multi_class="ovr", average="macro")
    assert found["auroc"]["value"] == pytest.approx(expected, abs=1e-12)
    assert found["auroc"]["resamples"] == 50


def test_two_labels_have_one_area() -> None:
    gold = GENERATOR.integers(0, 2, 90)
    second = 1 / (1 + np.exp(-GENERATOR.normal(size=90) - gold))
    probabilities = np.stack([1 - second, second], axis=1)
    found = score_single_label(gold, (second > 0.5).astype(int), ["a", "b"], probabilities=probabilities, resamples=50)
    assert found["auroc"]["value"] == pytest.approx(roc_auc_score(gold, second), abs=1e-12)


def test_multi_label_auroc_is_the_mean_of_the_labels() -> None:
    gold = GENERATOR.random((100, 4)) < 0.4
    probabilities = np.clip(GENERATOR.random((100, 4)) + 0.3 * gold, 0, 1)
    found = score_multi_label(gold, probabilities > 0.6, list("abcd"), probabilities=probabilities, resamples=50)
    assert found["auroc"]["value"] == pytest.approx(roc_auc_score(gold, probabilities, average="macro"), abs=1e-12)


def test_a_label_without_rows_leaves_the_area_out_and_says_so() -> None:
    gold, probabilities = np.array([0, 0, 1]), np.full((3, 3), 1 / 3)
    found = score_single_label(gold, gold, ["good", "bad", "odd"], probabilities=probabilities, resamples=10)
    assert "auroc" not in found
    assert "auroc: no row has 'odd', so it is not defined and left out" in found["warnings"]
    flags = np.array([[True, False], [True, True]])
    found = score_multi_label(flags, flags, ["good", "bad"], probabilities=flags.astype(float), resamples=10)
    assert "auroc: every row has 'good', so it is not defined and left out" in found["warnings"]


def test_without_probabilities_there_is_no_area() -> None:
    assert "auroc" not in score_single_label(np.array([0, 1]), np.array([0, 1]), ["a", "b"], resamples=10)


def test_probabilities_of_another_shape() -> None:
    from groundswell.errors import DataError

    with pytest.raises(DataError) as caught:
        score_single_label(np.array([0, 1]), np.array([0, 1]), ["a", "b"], probabilities=np.ones((2, 3)))
    assert str(caught.value) == "probabilities: found an array of shape (2, 3), expected (2, 2). Pass one a label"


def test_the_interval_of_the_area_is_near_that_of_drawn_rows() -> None:
    """Percentiles of scikit-learn's area on rows really drawn; BCa moves them little where the area is 0.76."""
    positive = GENERATOR.random(400) < 0.5
    scores = GENERATOR.normal(size=400) + positive
    low, high, resamples = auroc_interval(positive[:, None], scores[:, None], resamples=2000)
    drawn = []
    for _ in range(400):
        rows = GENERATOR.integers(0, 400, 400)
        drawn.append(roc_auc_score(positive[rows], scores[rows]))
    np.testing.assert_allclose([low, high], np.quantile(drawn, [0.025, 0.975]), atol=0.012)
    assert resamples == 2000


def test_very_many_rows_get_fewer_resamples_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "MOST_RANKED", 250 * 60)
    positive = np.arange(60)[:, None] % 3 == 0
    assert auroc_interval(positive, GENERATOR.random((60, 1)), resamples=1000)[2] == 250


def test_pulls_are_what_leaving_a_row_out_does() -> None:
    positive, scores = GENERATOR.random(30) < 0.4, GENERATOR.integers(0, 12, 30).astype(float)
    whole, kept = auroc(positive, scores), ~np.eye(30, dtype=bool)
    left_out = [whole - auroc(positive[rows], scores[rows]) for rows in kept]
    size = np.where(positive, positive.sum(), (~positive).sum())
    np.testing.assert_allclose(
        ranking._auroc_pulls(positive, scores), np.array(left_out) * (size - 1) / size, atol=1e-12
    )


@pytest.mark.parametrize("num_values", [3, 10, 10_000])
def test_spearman_is_that_of_scipy_with_ties(num_values: int) -> None:
    gold = GENERATOR.integers(0, num_values, 150).astype(float)
    predicted = gold + GENERATOR.integers(0, num_values, 150)
    assert spearman(gold, predicted) == pytest.approx(spearmanr(gold, predicted).statistic, abs=1e-12)
    scores = score_regression(gold, predicted, resamples=20)
    assert scores["spearman"]["value"] == pytest.approx(spearmanr(gold, predicted).statistic, abs=1e-12)


def test_the_interval_of_spearman_is_that_of_drawn_rows() -> None:
    gold = GENERATOR.normal(size=120)
    predicted = gold + GENERATOR.normal(size=120)
    drawn = []
    for _ in range(600):
        rows = GENERATOR.integers(0, 120, 120)
        drawn.append(spearmanr(gold[rows], predicted[rows]).statistic)
    found = spearman_interval(gold, predicted, resamples=3000)
    np.testing.assert_allclose(found, np.quantile(drawn, [0.025, 0.975]), atol=0.03)


def test_a_constant_side_has_no_rank_correlation() -> None:
    assert spearman(np.arange(4.0), np.ones(4)) == 0


def test_the_seed_decides() -> None:
    positive, scores = GENERATOR.random((50, 1)) < 0.5, GENERATOR.random((50, 1))
    ends = [auroc_interval(positive, scores, resamples=100, seed=seed) for seed in (1, 1, 2)]
    assert ends[0] == ends[1] != ends[2]
    assert macro_auroc(positive, scores) == auroc(positive[:, 0], scores[:, 0])
