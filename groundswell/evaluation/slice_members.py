"""Which rows belong to which slice: by length, language, label, time, or the values of a column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from groundswell.data.splitting import read_time
from groundswell.text.language import detect_language
from groundswell.types import Example

Rows = NDArray[np.intp]
Members = dict[str, Rows]  # name of a slice -> its rows, in the order to show them in

LENGTH, LANGUAGE, LABEL, TIME = "length", "language", "label", "time"
BY_TEXT = (LENGTH, LANGUAGE)
MOST_SLICES = 20  # of one kind; rarer values share the last one
MOST_BINS = 4
ROWS_OF_A_BIN = 30
NOTHING, NO_TIME = "(none)", "(no time)"
_LANGUAGES = {"en": "English", "zh": "Chinese", "other": "other"}
_MONTHS_BY_MONTH, _MONTHS_BY_QUARTER = 12, 36


def slice_members(by: str, examples: Sequence[Example]) -> Members:
    """The slices of one kind and the rows of each; empty where no row says what it would be sliced by.

    A text with several labels is in the slice of each, one without labels in none of them.
    """
    if by == LENGTH:
        return by_number([len(example.text) for example in examples])
    if by == LANGUAGE:
        return by_value([(_LANGUAGES[detect_language(example.text)],) for example in examples])
    if by == LABEL:
        return _by_label(examples)
    if by == TIME and not any(TIME in example.columns for example in examples):
        return by_time([example.time for example in examples])
    if not any(by in example.columns for example in examples):
        return {}
    values = [example.columns.get(by, "") for example in examples]
    return by_time(values) if by == TIME else _by_column(values)


def by_number(values: Sequence[float]) -> Members:
    """Up to four slices of about as many rows each, between round edges.

    >>> {name: len(rows) for name, rows in by_number(range(1, 101)).items()}
    {'1–34': 34, '35–65': 31, 'over 65': 35}
    """
    numbers = np.asarray(values, dtype=np.float64)
    num_bins = min(MOST_BINS, max(2, len(numbers) // ROWS_OF_A_BIN))
    quantiles = np.quantile(numbers, np.arange(1, num_bins) / num_bins)
    edges = sorted({_round(edge) for edge in quantiles.tolist()})
    edges = [edge for edge in edges if numbers.min() <= edge < numbers.max()]
    place = np.searchsorted(edges, numbers, side="left")  # an edge belongs to what lies below it
    whole = bool((numbers == np.round(numbers)).all())
    names = _bin_names(edges, float(numbers.min()), float(numbers.max()), whole=whole)
    return _filled({name: np.flatnonzero(place == number) for number, name in enumerate(names)})


def by_value(values: Sequence[tuple[str, ...]]) -> Members:
    """A slice for each value, in order; the rarest ones together where there are too many. A row may have several."""
    counts = Counter(value for row in values for value in row)
    kept = [value for value, _ in counts.most_common(MOST_SLICES - 1 if len(counts) > MOST_SLICES else None)]
    members = {
        value or NOTHING: np.array([row for row, found in enumerate(values) if value in found], dtype=np.intp)
        for value in sorted(kept, key=_order_of)
    }
    rest = counts.keys() - set(kept)
    if rest:
        rows = [row for row, found in enumerate(values) if rest & set(found)]
        members[f"({len(rest):,} others)"] = np.array(rows, dtype=np.intp)
    return members


def by_time(values: Sequence[str | None]) -> Members:
    """A slice for each month of up to a year, each quarter of up to three, else each year; empty without any time."""
    times = [read_time(value) for value in values]
    months = [12 * time.year + time.month - 1 for time in times if time is not None]
    if not months:
        return {}
    span = max(months) - min(months) + 1
    return by_value([(NO_TIME if time is None else _period(time, span),) for time in times])


def _by_label(examples: Sequence[Example]) -> Members:
    targets = [example.target for example in examples]
    if any(isinstance(target, float) for target in targets):
        return _by_column([f"{target:g}" for target in targets if isinstance(target, float)])
    return by_value([target if isinstance(target, tuple) else (str(target),) for target in targets])


def _by_column(values: Sequence[str]) -> Members:
    """By value, or between round edges where there are many and all are numbers."""
    there = np.array([row for row, value in enumerate(values) if value], dtype=np.intp)
    numbers = [_number_of(values[row]) for row in there]
    if len(set(values)) <= MOST_SLICES or None in numbers:
        return by_value([(value,) for value in values])
    members = {name: there[rows] for name, rows in by_number([number or 0.0 for number in numbers]).items()}
    return _filled({**members, NOTHING: np.setdiff1d(np.arange(len(values)), there)})


def _period(time: datetime, months: int) -> str:
    if months <= _MONTHS_BY_MONTH:
        return f"{time.year}-{time.month:02d}"
    return f"{time.year} Q{(time.month + 2) // 3}" if months <= _MONTHS_BY_QUARTER else str(time.year)


def _round(value: float) -> float:
    """The nearest number with two digits, above 20 an even one, above 50 with 0 or 5 at its end."""
    if value == 0:
        return 0.0
    digit = 10.0 ** (np.floor(np.log10(abs(value))) - 1)
    step = digit * next(size for size, below in ((1, 20), (2, 50), (5, np.inf)) if abs(value) / digit < below)
    return float(np.round(np.round(value / step) * step, 12))


def _bin_names(edges: Sequence[float], least: float, most: float, *, whole: bool) -> list[str]:
    if not edges:
        return [f"{_shown(least)}–{_shown(most)}" if least < most else _shown(least)]
    starts = [least, *(edge + 1 if whole else edge for edge in edges[:-1])]
    spans = [
        _shown(start) if start == edge else f"{_shown(start)}–{_shown(edge)}"
        for start, edge in zip(starts, edges, strict=True)
    ]
    return [*spans, f"over {_shown(edges[-1])}"]


def _shown(value: float) -> str:
    return f"{value:,.6g}"


def _order_of(value: str) -> tuple[bool, float, str]:
    """Numbers by size, before names in alphabetical order; what is missing comes last."""
    number, is_missing = _number_of(value), value in ("", NO_TIME)
    return (number is None, float("inf") if number is None else number, "\uffff" if is_missing else value)


def _number_of(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if np.isfinite(number) else None


def _filled(members: Mapping[str, Rows]) -> Members:
    return {name: rows for name, rows in members.items() if len(rows)}
