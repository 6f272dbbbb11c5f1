"""Held-out shares and draws: seeded, the same in every process, in the order of the file.

Chances come from `random.Random(seed)` alone; strata are visited in sorted order, so neither hash seeds nor the order
of a dict play a part.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from datetime import UTC, datetime

from groundswell.errors import DataError
from groundswell.types import Example

Split = tuple[list[Example], list[Example]]
_QUANTILE_BINS = 10
_SHOWN_ROWS = 5


def stratified_split(examples: Sequence[Example], share: float, seed: int) -> Split:
    """`(rest, held_out)`; the classes have the same shares on both sides, as far as whole rows allow.

    Labels are strata by name, regression targets by tenths of their range of ranks; multi label is drawn plainly.
    A class keeps at least one row in the rest. Raises DataError for fewer than two rows.
    """
    count = _num_held_out(len(examples), share)
    strata = _strata(examples)
    quotas = _quotas({key: len(rows) for key, rows in strata.items()}, count, spare=1)
    return _part(examples, _draw(strata, quotas, seed))


def stratified_draw(examples: Sequence[Example], count: int, seed: int) -> list[Example]:
    """`count` of the examples, with the class shares kept by largest remainder; all of them when there are no more."""
    if count < 1:
        raise DataError(f"data.limit: found {count}, expected at least 1 row.")
    if count >= len(examples):
        return list(examples)
    strata = _strata(examples)
    quotas = _quotas({key: len(rows) for key, rows in strata.items()}, count, spare=0)
    return _part(examples, _draw(strata, quotas, seed))[1]


def group_split(examples: Sequence[Example], share: float, seed: int) -> Split:
    """`(rest, held_out)` with no group on both sides; held out is at most the share, but at least one group.

    A row without a group is a group of its own. Raises DataError when there is one group only.
    """
    count = _num_held_out(len(examples), share)
    groups: dict[tuple[str, int], list[int]] = {}
    for index, example in enumerate(examples):
        key = ("", index) if example.group is None else (example.group, -1)
        groups.setdefault(key, []).append(index)
    if len(groups) < 2:
        raise DataError(
            f"all {len(examples):,} rows belong to group {examples[0].group!r}, so nothing can be held out. Name "
            "another column as data.group, or a file as data.dev."
        )
    order = sorted(groups)
    random.Random(seed).shuffle(order)
    held_out: set[int] = set()
    for key in order:
        if len(held_out) + len(groups[key]) <= count:
            held_out.update(groups[key])
    if not held_out:
        held_out.update(groups[min(order, key=lambda key: len(groups[key]))])
    return _part(examples, held_out)


def text_split(examples: Sequence[Example], share: float, seed: int) -> Split:
    """`(rest, held_out)`; a text goes to the same side in every file, so that no head learns from another's dev.

    A hash of seed and text decides, so the share holds on average only; the side that would be empty gets one row.
    Raises DataError for fewer than two rows.
    """
    _num_held_out(len(examples), share)
    places = [_place_of(example.text, seed) for example in examples]
    held_out = {index for index, place in enumerate(places) if place < share}
    if len(held_out) == len(examples):
        held_out.remove(places.index(max(places)))
    return _part(examples, held_out or {places.index(min(places))})


def time_split(examples: Sequence[Example], share: float) -> Split:
    """`(rest, held_out)`; no row of the rest is later than a held-out one.

    Times are ISO 8601; without a zone they count as UTC. Raises DataError for rows without a readable time.
    """
    count = _num_held_out(len(examples), share)
    times = [read_time(example.time) for example in examples]
    bad = [example for example, time in zip(examples, times, strict=True) if time is None]
    if bad:
        rows = ", ".join(f"row {example.row} ({example.time or 'none'})" for example in bad[:_SHOWN_ROWS])
        more = f" and {len(bad) - _SHOWN_ROWS:,} more" if len(bad) > _SHOWN_ROWS else ""
        raise DataError(
            f"{len(bad):,} of {len(examples):,} rows have no ISO 8601 time: {rows}{more}. Expected such as "
            "2024-05-01T12:30:00+08:00: mend the rows, or choose another data.split."
        )
    order = sorted(range(len(examples)), key=lambda index: (times[index], index))
    return _part(examples, set(order[len(order) - count :]))


def read_time(time: str | None) -> datetime | None:
    """An ISO 8601 time; without a zone it counts as UTC. None when it cannot be read."""
    try:
        moment = datetime.fromisoformat(time or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _place_of(text: str, seed: int) -> float:
    """Where a text falls between 0 and 1."""
    digest = hashlib.sha256(f"{seed}\0{text}".encode(errors="surrogatepass")).digest()
    return int.from_bytes(digest[:7], "big") / 2**56  # 56 bits make a float below 1


def _num_held_out(num_rows: int, share: float) -> int:
    if not 0 < share < 1:
        raise DataError(f"data.dev_share: found {share}, expected more than 0 and less than 1.")
    if num_rows < 2:
        raise DataError(f"{num_rows} row: at least 2 are needed to hold one out. Add rows, or name a file as data.dev.")
    return min(max(1, round(num_rows * share)), num_rows - 1)


def _part(examples: Sequence[Example], held_out: set[int]) -> Split:
    rest = [example for index, example in enumerate(examples) if index not in held_out]
    return rest, [examples[index] for index in sorted(held_out)]


def _strata(examples: Sequence[Example]) -> dict[str, list[int]]:
    numbers = [example.target for example in examples if isinstance(example.target, float)]
    if examples and len(numbers) == len(examples):
        order = sorted(range(len(examples)), key=lambda index: (numbers[index], index))
        num_bins = min(_QUANTILE_BINS, len(examples))
        bins: dict[str, list[int]] = {}
        for rank, index in enumerate(order):
            bins.setdefault(f"{rank * num_bins // len(order):02d}", []).append(index)
        return bins
    strata: dict[str, list[int]] = {}
    for index, example in enumerate(examples):
        strata.setdefault(example.target if isinstance(example.target, str) else "", []).append(index)
    return strata


def _quotas(sizes: dict[str, int], count: int, spare: int) -> dict[str, int]:
    """How many rows of each stratum: proportional, leaving `spare` rows of it where enough others have room."""
    total = sum(sizes.values())
    room = {key: max(0, size - spare) for key, size in sizes.items()}
    exact = {key: count * size / total for key, size in sizes.items()}
    quotas = {key: min(int(exact[key]), room[key]) for key in sizes}
    by_remainder = sorted(sizes, key=lambda key: (int(exact[key]) - exact[key], key))
    while sum(quotas.values()) < count:
        open_keys = [key for key in by_remainder if quotas[key] < room[key]]
        if not open_keys:  # every stratum is down to its spare row: more must be given up
            room = sizes
            continue
        for key in open_keys[: count - sum(quotas.values())]:
            quotas[key] += 1
    return quotas


def _draw(strata: dict[str, list[int]], quotas: dict[str, int], seed: int) -> set[int]:
    chances = random.Random(seed)
    return {index for key in sorted(strata) for index in chances.sample(strata[key], quotas[key])}
