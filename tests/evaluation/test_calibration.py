"""Calibration by hand, beside scikit-learn, and the intervals on simulated confidences. Trap E13."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import brier_score_loss
from sklearn.metrics import log_loss as their_log_loss

from groundswell.errors import DataError, SelfCheckError
from groundswell.evaluation.calibration import Calibrated, cross_fitted, score_calibration
from groundswell.evaluation.conformal import Promise
from groundswell.evaluation.reliability import bin_numbers, errors_by_chance, reliability_bins
from groundswell.evaluation.temperature import fit_temperature


def two_labels(confidence: list[float], right: list[bool]) -> tuple[np.ndarray, np.ndarray]:
    """Gold ids and probabilities; the model always says label 0."""
    first = np.array(confidence)
    return np.where(right, 0, 1), np.column_stack([first, 1 - first])


def plain(probabilities: np.ndarray, temperature: float = 1.0) -> Calibrated:
    return Calibrated(temperature, probabilities, probabilities)


def test_errors_by_hand() -> None:
    """Bins of 1/15: 0.55 in (8/15, 9/15], 0.95 in (14/15, 1].

    0.55: 2 rows, 1 right: |0.5 - 0.55| = 0.05      0.95: 3 rows, 2 right: |2/3 - 0.95| = 0.28333
    ECE    2/5 * 0.05 + 3/5 * 0.28333 = 0.19
    Brier  right: 2 (1 - c)^2, wrong: 2 c^2; (2 * 0.2025 + 2 * 0.3025 + 2 * 2 * 0.0025 + 2 * 0.9025) / 5 = 0.565
    """
    gold, probabilities = two_labels([0.55, 0.55, 0.95, 0.95, 0.95], [True, False, True, True, False])
    found = score_calibration(gold, plain(probabilities))
    assert found["ece"]["value"] == pytest.approx(0.19)
    assert found["brier"]["value"] == pytest.approx(0.565)
    loss = -(math.log(0.55) + math.log(0.45) + 2 * math.log(0.95) + math.log(0.05)) / 5
    assert found["log_loss"]["value"] == pytest.approx(loss)
    assert found["before"] == pytest.approx({"ece": 0.19, "brier": 0.565, "log_loss": loss})
    assert [(row["num_rows"], row["confidence"], row["accuracy"]) for row in found["bins"]] == [
        (2, pytest.approx(0.55), 0.5), (3, pytest.approx(0.95), pytest.approx(2 / 3))
    ]  # fmt: skip
    assert (found["bins"][0]["low"], found["bins"][0]["high"]) == pytest.approx((8 / 15, 9 / 15))
    assert found["num_rows"] == 5


def test_scikit_learn_agrees_on_many_labels() -> None:
    rng = np.random.default_rng(0)
    probabilities, gold = softmax(rng.normal(0, 2, (500, 4)), axis=1), rng.integers(0, 4, 500)
    found = score_calibration(gold, plain(probabilities))
    assert found["log_loss"]["value"] == pytest.approx(their_log_loss(gold, probabilities))
    assert found["brier"]["value"] == pytest.approx(brier_score_loss(gold, probabilities, scale_by_half=False))


def test_bins_end_where_they_say() -> None:
    assert bin_numbers(np.array([1 / 15, 1 / 15 + 1e-9, 0.999, 1.0, 0.0])).tolist() == [0, 1, 14, 14, 0]


def test_the_interval_of_a_bin_is_wilsons() -> None:
    """8 of 10: 0.4902 to 0.9433, the worked example of Brown, Cai and DasGupta's formula."""
    (found,) = reliability_bins(np.full(10, 0.7), np.arange(10) < 8, 1.959963984540054)
    assert (found["accuracy_low"], found["accuracy_high"]) == pytest.approx((0.4902, 0.9433), abs=1e-4)


def test_the_interval_of_the_log_loss_has_its_closed_form() -> None:
    """A mean of n values: the bootstrap gives mean ± 1.96 s / sqrt(n)."""
    rng = np.random.default_rng(1)
    gold, probabilities = two_labels(list(rng.uniform(0.5, 1, 800)), list(rng.random(800) < 0.75))
    found = score_calibration(gold, plain(probabilities), resamples=2000)["log_loss"]
    losses = -np.log(probabilities[np.arange(800), gold])
    half = 1.96 * losses.std() / math.sqrt(800)
    assert found["low"] == pytest.approx(losses.mean() - half, abs=0.12 * half)
    assert found["high"] == pytest.approx(losses.mean() + half, abs=0.12 * half)


@pytest.mark.parametrize(("num_rows", "gap"), [(100, 0.0), (100, 0.1), (200, 0.05)])
def test_the_interval_holds_the_error_that_was_simulated(num_rows: int, gap: float) -> None:
    """One confidence of 0.8 that is right with a chance of 0.8 - gap: the true error is the gap."""
    held = 0
    for seed in range(40):
        right = np.random.default_rng(seed).random(num_rows) < 0.8 - gap
        gold, probabilities = two_labels([0.8] * num_rows, list(right))
        found = score_calibration(gold, plain(probabilities), resamples=200, seed=seed)["ece"]
        assert found["low"] <= found["value"] <= found["high"]
        held += found["low"] <= gap <= found["high"]
    assert held >= 34


def test_what_chance_shows_is_what_true_confidences_show() -> None:
    rng = np.random.default_rng(3)
    confidence = rng.uniform(0.5, 1, 300)
    drawn = []
    for _ in range(300):
        gold, probabilities = two_labels(list(confidence), list(rng.random(300) < confidence))
        rows = reliability_bins(probabilities.max(axis=1), gold == 0, 1.96)
        drawn.append(sum(row["num_rows"] * abs(row["accuracy"] - row["confidence"]) for row in rows) / 300)
    found = errors_by_chance(confidence, resamples=2000, seed=0)
    assert found.mean() == pytest.approx(np.mean(drawn), rel=0.05)
    assert np.quantile(found, 0.975) == pytest.approx(np.quantile(drawn, 0.975), rel=0.1)


def overconfident(num_rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1.5, (num_rows, 3))
    labels = (softmax(logits, axis=1).cumsum(axis=1) < rng.random((num_rows, 1))).sum(axis=1)
    return 3 * logits, labels


def test_cross_fitting_measures_what_new_texts_would_show() -> None:
    """Few rows: fitted and measured on the same ones the loss is too good; cross-fitted it is not, on average."""
    fresh_logits, fresh_gold = overconfident(20_000, 999)
    own, crossed, new = [], [], []
    for seed in range(40):
        logits, gold = overconfident(40, seed)
        temperature = fit_temperature(logits, gold)
        found = score_calibration(gold, cross_fitted(gold, logits, temperature, seed=seed), resamples=100)
        crossed.append(found["log_loss"]["value"])
        rows = np.arange(40)
        own.append(-np.log(softmax(logits / temperature, axis=1)[rows, gold]).mean())
        new.append(-np.log(softmax(fresh_logits / temperature, axis=1)[np.arange(20_000), fresh_gold]).mean())
        assert found["temperature"] == temperature
    assert np.mean(crossed) > np.mean(own) + 0.005
    assert abs(np.mean(crossed) - np.mean(new)) < 0.06


def test_cross_fitted_sets_hold_what_they_promise() -> None:
    logits, gold = overconfident(2000, 5)
    found = score_calibration(gold, cross_fitted(gold, logits, 3.0), resamples=100)["conformal"]
    assert [row["coverage"] for row in found] == [0.8, 0.9, 0.95]
    for row in found:
        assert abs(row["achieved"]["value"] - row["coverage"]) < 0.025
        assert row["achieved"]["low"] < row["achieved"]["value"] < row["achieved"]["high"]
    assert found[0]["mean_size"] < found[1]["mean_size"] < found[2]["mean_size"]


def test_without_a_temperature_none_is_fitted_in_the_folds() -> None:
    logits, gold = overconfident(50, 6)
    np.testing.assert_array_equal(cross_fitted(gold, logits, 1.0).after, softmax(logits, axis=1))


def test_few_rows_promise_little() -> None:
    logits, gold = overconfident(8, 7)
    assert [promise.coverage for promise in cross_fitted(gold, logits, 1.0).promises] == [0.8]
    assert score_calibration(gold, cross_fitted(gold, logits, 1.0), resamples=100)["num_rows"] == 8
    logits, gold = overconfident(1, 7)
    found = score_calibration(gold, cross_fitted(gold, logits, 1.0), resamples=100)
    assert found["conformal"] == []
    assert len(found["risk_coverage"]) == 1


def test_promises_are_reported() -> None:
    gold, probabilities = two_labels([0.9, 0.6, 0.55, 0.8], [True, True, False, True])
    calibrated = Calibrated(1.0, probabilities, probabilities, [Promise(0.9, 0.42, 0.42)])
    (found,) = score_calibration(gold, calibrated)["conformal"]
    assert (found["coverage"], found["threshold"], found["mean_size"]) == (0.9, 0.42, 1.25)


def test_broken_values_are_refused() -> None:
    gold, probabilities = two_labels([0.9, 0.6], [True, True])
    with pytest.raises(SelfCheckError, match=r"probabilities: found nan in row 2"):
        score_calibration(gold, plain(np.array([[0.5, 0.5], [np.nan, 0.5]])))
    with pytest.raises(DataError, match="gold: found label id 2 in row 1"):
        score_calibration(np.array([2, 0]), plain(probabilities))
    with pytest.raises(DataError, match="found 1 gold and 2 predicted rows"):
        score_calibration(gold[:1], plain(probabilities))
