"""The temperature by hand, against every temperature of a grid, and against scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax

from groundswell.evaluation.temperature import can_fit_temperature, fit_temperature, folds, log_loss


def held_out(seed: int, temperature: float, num_rows: int = 400, num_classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are too large by `temperature`, and labels drawn from the true probabilities."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (num_rows, num_classes))
    labels = (softmax(logits, axis=1).cumsum(axis=1) < rng.random((num_rows, 1))).sum(axis=1)
    return temperature * logits, labels


def test_the_temperature_by_hand() -> None:
    """Three of four right with a margin of 1 each: the best margin is the one whose sigmoid is 3/4, ln 3."""
    logits = np.array([[0.0, 1.0], [0.0, 1.0], [1.0, 0.0], [1.0, 0.0]])
    assert fit_temperature(logits, np.array([1, 1, 0, 1])) == pytest.approx(1 / math.log(3), abs=1e-4)


def test_the_temperature_of_several_labels_by_hand() -> None:
    """Each flag has a logit of 2 or -2, three of four are right: 2 / T = ln 3."""
    logits = np.array([[2.0, -2.0], [2.0, -2.0]])
    flags = np.array([[True, False], [True, True]])
    assert fit_temperature(logits, flags) == pytest.approx(2 / math.log(3), abs=1e-4)


@pytest.mark.parametrize("temperature", [0.4, 1.0, 3.0])
def test_no_temperature_of_a_grid_is_better(temperature: float) -> None:
    logits, labels = held_out(0, temperature)
    found = fit_temperature(logits, labels)
    losses = {
        t: -np.log(softmax(logits / t, axis=1)[np.arange(len(labels)), labels]).mean()
        for t in np.exp(np.linspace(-3, 3, 2001))
    }
    best = min(losses, key=losses.__getitem__)
    assert found == pytest.approx(best, rel=0.004)
    assert log_loss(logits / found, labels) <= losses[best] + 1e-9


def test_scikit_learn_finds_the_same_temperature() -> None:
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.frozen import FrozenEstimator

    class Given(ClassifierMixin, BaseEstimator):
        """Gives its input as logits."""

        classes_ = np.arange(3)

        def fit(self, logits: np.ndarray, labels: np.ndarray) -> Given:
            self.n_features_in_ = logits.shape[1]
            return self

        def decision_function(self, logits: np.ndarray) -> np.ndarray:
            return logits

        def predict(self, logits: np.ndarray) -> np.ndarray:
            return logits.argmax(axis=1)

    logits, labels = held_out(1, 2.0)
    frozen = FrozenEstimator(Given().fit(logits, labels))
    theirs = CalibratedClassifierCV(frozen, method="temperature", ensemble=False).fit(logits, labels)
    ours = softmax(logits / fit_temperature(logits, labels), axis=1)
    np.testing.assert_allclose(ours, theirs.predict_proba(logits), atol=1e-3)


def test_the_true_temperature_is_found_again() -> None:
    logits, labels = held_out(2, 2.5, num_rows=20_000)
    assert fit_temperature(logits, labels) == pytest.approx(2.5, rel=0.05)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.05, 20))
def test_logits_of_another_scale_give_the_same_probabilities(scale: float) -> None:
    logits, labels = held_out(3, 1.0, num_rows=100)
    assert fit_temperature(scale * logits, labels) == pytest.approx(scale * fit_temperature(logits, labels), rel=1e-3)


def test_nothing_is_learned_from_too_few_mistakes() -> None:
    """Where all rows are right the most probable temperature is 0."""
    logits = np.array([[1.0, 0.0]] * 100)
    assert not can_fit_temperature(logits, np.zeros(100, dtype=int))
    assert not can_fit_temperature(logits, np.arange(100) // 91)
    assert can_fit_temperature(logits, np.arange(100) // 90)
    assert not can_fit_temperature(logits, np.arange(100) // 9)
    flags = np.tile([[True, False]], (20, 1))
    assert not can_fit_temperature(np.where(flags, 1.0, -1.0), flags)
    assert can_fit_temperature(np.ones((20, 2)), flags)


def test_every_row_is_held_out_once() -> None:
    found = list(folds(23, 5, seed=1))
    assert sorted(np.concatenate([held for _, held in found])) == list(range(23))
    for fitting, held in found:
        assert sorted([*fitting, *held]) == list(range(23))
        assert len(held) in (4, 5)
    assert any((one != other).any() for (_, one), (_, other) in zip(found[:4], list(folds(23, 5, seed=2)), strict=False)
               if len(one) == len(other))  # fmt: skip
