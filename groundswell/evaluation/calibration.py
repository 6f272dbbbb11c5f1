"""How far the probabilities of a model that gives one label can be believed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from groundswell.evaluation.checks import checked_ids, require_finite, require_same_shape
from groundswell.evaluation.classification import one_hot
from groundswell.evaluation.conformal import Promise, lowest_probabilities, score_promise
from groundswell.evaluation.intervals import bootstrap_intervals
from groundswell.evaluation.reliability import errors_by_chance, gaps, reliability_bins
from groundswell.evaluation.risk_coverage import risk_coverage
from groundswell.evaluation.temperature import fit_temperature, folds

Array = NDArray[Any]
Floats = NDArray[np.float64]

COVERAGES = (0.8, 0.9, 0.95)
NUM_FOLDS = 5
SMALLEST = 1e-15


class Calibrated(NamedTuple):
    """What is measured.

    temperature     that the model has; 1 for none
    before, after   probabilities (N, C) at temperature 1, and as they are given
    promises        of prediction sets
    """

    temperature: float
    before: Floats
    after: Floats
    promises: Sequence[Promise] = ()


def score_calibration(
    gold: Array, found: Calibrated, *, resamples: int = 1000, level: float = 0.95, seed: int = 0
) -> dict[str, Any]:
    """Calibration error, Brier score and log loss with intervals, reliability, risk and coverage, as plain values.

    ece         expected calibration error: 15 equal-width bins of the confidence, the probability of the most probable
                label; sum over bins of (rows in it / N) |accuracy - mean confidence|, 0 to 1
    brier       mean over rows of sum over labels (p - y)^2, 0 to 2 (Brier 1950); for two labels twice that of one
    log_loss    mean of -ln p(right label), in nats
    by_chance   mean error that as many rows would show if every confidence were true; an ECE near it is none

    gold      (N,) label ids
    returns   {"num_rows", "temperature", "ece": {"value", "low", "high"}, "brier": {...}, "log_loss": {...},
              "by_chance", "before": {"ece", "brier", "log_loss"}, "bins", "risk_coverage", "conformal"}
    """
    from scipy.stats import norm

    z = float(norm.ppf((1 + level) / 2))
    before, after = found.before, found.after
    require_finite("probabilities", after)
    gold = checked_ids("gold", gold, after.shape[1])
    require_same_shape(gold, after.argmax(axis=1))
    confidence, right = after.max(axis=1), after.argmax(axis=1) == gold
    rows = _rows(gold, after)
    values = _values(rows.sum(axis=0), len(gold))
    options: dict[str, Any] = {"resamples": resamples, "level": level, "seed": seed}
    # The error of calibration is a sum of absolute values, which have a kink where a bin is right.
    ends = bootstrap_intervals(rows, lambda sums: _values(sums, len(gold)), corrected=False, **options)
    chance = errors_by_chance(confidence, resamples=resamples, seed=seed)
    ece = _error_interval(float(values[0]), ends[0], float(np.quantile(chance, (1 + level) / 2)))
    return {
        "num_rows": len(gold),
        "temperature": found.temperature,
        "ece": ece,
        **{name: _interval(float(values[place]), ends[place]) for place, name in ((1, "brier"), (2, "log_loss"))},
        "by_chance": float(chance.mean()),
        "before": dict(zip(("ece", "brier", "log_loss"), _plain_values(gold, before), strict=True)),
        "bins": reliability_bins(confidence, right, z),
        "risk_coverage": risk_coverage(confidence, right),
        "conformal": [score_promise(gold, after, promise, z) for promise in found.promises],
    }


def cross_fitted(gold: Array, logits: Array, temperature: float, *, seed: int = 0) -> Calibrated:
    """What can be measured on the rows that temperature and thresholds were fitted on, without measuring the fit.

    The rows are dealt into five folds; each fold is scaled by a temperature, and gets sets by thresholds, that were
    fitted on the other four. `temperature` 1 means that none was fitted, and none is.
    """
    from scipy.special import softmax

    logits = np.asarray(logits, dtype=np.float64)
    before, after = softmax(logits, axis=1), softmax(logits / temperature, axis=1)
    served = lowest_probabilities(after[np.arange(len(gold)), gold], COVERAGES)
    scaled, lowest = after.copy(), np.full((len(COVERAGES), len(gold)), np.nan)
    for fitting, held_out in folds(len(gold), NUM_FOLDS, seed):
        own = 1.0 if temperature == 1.0 else fit_temperature(logits[fitting], gold[fitting])
        probabilities = softmax(logits / own, axis=1)
        scaled[held_out] = probabilities[held_out]
        found = lowest_probabilities(probabilities[fitting, gold[fitting]], COVERAGES)
        lowest[:, held_out] = np.array(found, dtype=np.float64)[:, None]  # None becomes NaN
    promises = [
        Promise(coverage, threshold, own_lowest)
        for coverage, threshold, own_lowest in zip(COVERAGES, served, lowest, strict=True)
        if threshold is not None and not np.isnan(own_lowest).any()
    ]
    return Calibrated(temperature, before, scaled, promises)


def _rows(gold: Array, probabilities: Floats) -> Floats:
    """(N, 17): the gap of each row in the column of its bin, its Brier score, its log loss."""
    truth = one_hot(gold, probabilities.shape[1])
    right = probabilities.argmax(axis=1) == gold
    brier = ((probabilities - truth) ** 2).sum(axis=1)
    log_loss = -np.log(np.maximum(probabilities[np.arange(len(gold)), gold], SMALLEST))
    return np.column_stack([gaps(probabilities.max(axis=1), right), brier, log_loss])


def _values(sums: Floats, num_rows: int) -> Floats:
    """(…, 3): ECE, Brier score and log loss, from sums of `_rows`."""
    return np.stack([np.abs(sums[..., :-2]).sum(axis=-1), sums[..., -2], sums[..., -1]], axis=-1) / num_rows


def _plain_values(gold: Array, probabilities: Floats) -> list[float]:
    return [float(value) for value in _values(_rows(gold, probabilities).sum(axis=0), len(gold))]


def _interval(value: float, ends: Floats) -> dict[str, float]:
    return {"value": value, "low": float(ends[0]), "high": float(ends[1])}


def _error_interval(value: float, ends: Floats, by_chance: float) -> dict[str, float]:
    """The interval of a calibration error, which chance alone makes larger and resampling makes larger once more.

    Percentiles of resamples therefore begin above the error that is sought: the low end is the high one mirrored at the
    value (the basic bootstrap), and 0 where true confidences may well show this error too. The high end stays.
    """
    high = max(value, float(ends[1]))
    return {"value": value, "low": 0.0 if value <= by_chance else max(0.0, 2 * value - high), "high": high}
