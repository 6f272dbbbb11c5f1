"""How well a language model foresees texts: perplexity, bits per byte, left-out tokens, each with its interval."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundswell.evaluation.intervals import Statistic, bootstrap_intervals
from groundswell.model.perplexity import Perplexity

Floats = NDArray[np.float64]


def score_causal(
    nats: Floats, predictions: NDArray[np.int64], num_bytes: NDArray[np.int64], **options: Any
) -> dict[str, dict[str, float]]:
    """Perplexity exp(sum of nats / predictions) and bits per byte sum of nats / (ln 2 * bytes); a row is a text.

    nats          (D,) -log P of each text, its end included
    predictions   (D,) how many tokens that are, its end included
    options       resamples, level, seed of the bootstrap over texts
    """
    rows = np.stack([nats, predictions.astype(float), num_bytes.astype(float)], axis=1)

    def statistic(sums: Floats) -> Floats:
        return np.stack([np.exp(sums[:, 0] / sums[:, 1]), sums[:, 0] / math.log(2) / sums[:, 2]], axis=1)

    return _with_intervals(("perplexity", "bits_per_byte"), rows, statistic, **options)


def score_masked(
    nats: Floats, right: Floats, predictions: NDArray[np.int64], **options: Any
) -> dict[str, dict[str, float]]:
    """Share of the left-out tokens that are the likeliest in their places, and their perplexity; a row is a piece."""
    rows = np.stack([nats, right, predictions.astype(float)], axis=1)

    def statistic(sums: Floats) -> Floats:
        return np.stack([sums[:, 1] / sums[:, 2], np.exp(sums[:, 0] / sums[:, 2])], axis=1)

    return _with_intervals(("masked_accuracy", "masked_perplexity"), rows, statistic, **options)


def perplexity_of(
    costs: list[Floats], known: list[NDArray[np.bool_]], num_bytes: int, *, num_blank: int, num_windowed: int
) -> Perplexity:
    """The whole account of texts from the cost of each token.

    costs   (T,) nats of every token of a text, its end the last
    known   (T,) False at unknown tokens; the end is known
    """
    every = np.concatenate(costs)
    ends = np.array([cost[-1] for cost in costs])
    is_known = np.concatenate(known)
    total, num_known = float(every.sum()), int(is_known.sum())
    return Perplexity(
        num_texts=len(costs),
        num_blank=num_blank,
        num_tokens=len(every) - len(costs),
        num_unknown=len(every) - num_known,
        with_ends=_perplexity(total, len(every)),
        without_ends=_perplexity(total - float(ends.sum()), len(every) - len(costs)),
        with_ends_known=_perplexity(float(every[is_known].sum()), num_known),
        bits_per_byte=total / math.log(2) / num_bytes,
        num_bytes=num_bytes,
        log10_prob=-total / math.log(10),
        num_windowed=num_windowed,
    )


def _perplexity(nats: float, predictions: int) -> float:
    """exp of the mean; infinite beyond what a float holds, and where nothing is predicted."""
    return math.exp(nats / predictions) if predictions and nats / predictions < 700 else math.inf


def _with_intervals(names: tuple[str, ...], rows: Floats, statistic: Statistic, **options: Any) -> dict[str, Any]:
    values = statistic(rows.sum(axis=0, keepdims=True))[0]
    intervals = bootstrap_intervals(rows, statistic, **options)
    return {
        name: {"value": float(value), "low": float(low), "high": float(high)}
        for name, value, (low, high) in zip(names, values, intervals, strict=True)
    }
