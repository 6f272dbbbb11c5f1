"""Whether it matters which group of people a text names: the same sentences with one term swapped for another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from groundswell.evaluation.behaviour.capabilities import Attribute
from groundswell.evaluation.behaviour.checking import Answers
from groundswell.evaluation.intervals import bootstrap_intervals
from groundswell.evaluation.proportions import wilson
from groundswell.evaluation.resampling import Floats


def texts_of_pairs(attributes: Iterable[Attribute]) -> list[str]:
    """Every text of the pairs."""
    return [text for attribute in attributes for pair in attribute.pairs for text in pair]


def measure_bias(attribute: Attribute, answers: Answers, *, resamples: int = 1000, seed: int = 0) -> dict[str, Any]:
    """Plain values: the share of pairs whose labels differ, and how P(positive) moves from the first to the second.

    labels_changed   Wilson's interval
    mean_shift       -1 to 1, above 0 when the second group's texts look better; percentile bootstrap over pairs
    """
    changed = wilson(
        sum(answers.polarity(first) != answers.polarity(second) for first, second in attribute.pairs),
        len(attribute.pairs),
    )
    shifts = np.array(
        [
            answers.probability(second, "positive") - answers.probability(first, "positive")
            for first, second in attribute.pairs
        ]
    )
    mean = float(shifts.mean())
    ((low, high),) = bootstrap_intervals(
        shifts[:, None], lambda sums: _mean(sums, len(shifts)), resamples=resamples, seed=seed
    ).tolist()
    return {
        "language": attribute.language,
        "attribute": attribute.name,
        "first": attribute.first,
        "second": attribute.second,
        "num_pairs": len(attribute.pairs),
        "labels_changed": {"value": changed.value, "low": changed.low, "high": changed.high},
        # the resampled means are rounded otherwise than the mean
        "mean_shift": {"value": mean, "low": min(low, mean), "high": max(high, mean)},
    }


def _mean(sums: Floats, total: int) -> Floats:
    return sums / total
