"""How good a model is on parts of the rows, each with its interval, and which of them are too small to tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from groundswell.evaluation.intervals import bootstrap_intervals, studentized_intervals
from groundswell.evaluation.proportions import deviations, wilson
from groundswell.evaluation.resampling import distinct_rows
from groundswell.evaluation.slice_members import BY_TEXT, TIME, Rows, slice_members
from groundswell.types import Example

Array = NDArray[Any]
Interval = tuple[float, float, float]

FEWEST_ROWS = 30
WIDEST = 0.2  # interval of a metric from 0 to 1
WIDEST_ERROR = 0.5  # interval of an error, in the error of all rows
_SHOWN_SMALL = 5


class SliceMetric(NamedTuple):
    """The metric of a task that is read off slices.

    name     as in the metrics of all rows
    of       value, low and high end of some rows
    widest   an interval that is wider tells nothing
    """

    name: str
    of: Callable[[Rows], Interval]
    widest: float = WIDEST


def accuracy_of(right: Array, options: Mapping[str, Any]) -> SliceMetric:
    """The share of rows that are right (N,), by Wilson; options as everywhere: resamples, level, seed."""

    def of(rows: Rows) -> Interval:
        share = wilson(int(right[rows].sum()), len(rows), deviations(options["level"]))
        return share.value, share.low, share.high

    return SliceMetric("accuracy", of)


def micro_f1_of(counts: Array, name: str, options: Mapping[str, Any]) -> SliceMetric:
    """F1 of what each row has right, predicted and gold, (N, 3)."""

    def statistic(sums: Array) -> Array:
        return np.asarray(2 * sums[:, :1] / np.maximum(sums[:, 1:2] + sums[:, 2:], 1))

    def of(rows: Rows) -> Interval:
        found, times = distinct_rows(counts[rows].astype(np.float64))
        low, high = bootstrap_intervals(found, statistic, counts=times, **options)[0].tolist()
        return float(statistic(counts[rows].sum(axis=0)[None])[0, 0]), low, high

    return SliceMetric(name, of)


def error_of(errors: Array, options: Mapping[str, Any]) -> SliceMetric:
    """The mean of absolute errors (N,)."""

    def of(rows: Rows) -> Interval:
        chosen = errors[rows][:, None]
        mean: Callable[[Array], Array] = lambda sums: sums / len(rows)  # noqa: E731
        low, high = studentized_intervals(chosen, mean, limits=[(0.0, np.inf)], **options)[0].tolist()
        return float(chosen.mean()), low, high

    return SliceMetric("mae", of, WIDEST_ERROR * float(errors.mean()))


def with_slices(
    scores: Mapping[str, Any], by: Sequence[str], examples: Sequence[Example], metric: SliceMetric
) -> dict[str, Any]:
    """The scores with their "slices", and a warning where some are too small.

    by        `length`, `language`, `label`, `time`, or names of columns that the examples carry
    returns   "slices": [{"by", "name", "num_rows", "metric", "value", "low", "high", "small"}], `length` under the
              name `characters`; small: fewer than 30 rows, or an interval wider than 0.2 (of an error: than half the
              error of all rows)
    """
    found: list[dict[str, Any]] = []
    warnings = list(scores.get("warnings", ()))
    for kind in by:
        members = slice_members(kind, examples)
        if not members and kind == TIME:
            warnings.append(
                "slices: no row has a readable ISO 8601 time, so there are none by time. Name its column as data.time"
            )
        found += [_slice(kind, name, rows, metric) for name, rows in members.items()]
    small = [one for one in found if one["small"]]
    if small:
        warnings.append(_small_warning(small, len(found), metric))
    return {**scores, **({"slices": found} if found else {}), **({"warnings": warnings} if warnings else {})}


def of_texts(by: Sequence[str]) -> tuple[str, ...]:
    """Those kinds that need nothing but the texts."""
    return tuple(kind for kind in by if kind in BY_TEXT)


def _slice(kind: str, name: str, rows: Rows, metric: SliceMetric) -> dict[str, Any]:
    value, low, high = metric.of(rows)
    return {
        "by": "characters" if kind == "length" else kind,
        "name": name,
        "num_rows": len(rows),
        "metric": metric.name,
        "value": value,
        "low": low,
        "high": high,
        "small": len(rows) < FEWEST_ROWS or high - low > metric.widest,
    }


def _small_warning(small: Sequence[Mapping[str, Any]], num_slices: int, metric: SliceMetric) -> str:
    named = [f"{one['by']} {one['name']} ({one['num_rows']:,} rows)" for one in small[:_SHOWN_SMALL]]
    more = f" and {len(small) - _SHOWN_SMALL} more" if len(small) > _SHOWN_SMALL else ""
    return (
        f"slices: {len(small)} of {num_slices} tell little, with fewer than {FEWEST_ROWS} rows or an interval of "
        f"{metric.name} wider than {metric.widest:.3g}: {', '.join(named)}{more}"
    )
