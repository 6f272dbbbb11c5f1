"""Finished models on the same texts, each against the first: as Markdown, and the sentence to take away."""

from __future__ import annotations

from dataclasses import dataclass

from groundswell.evaluation.number_wording import chance, interval, signed_interval
from groundswell.evaluation.report_metrics import metric_name

Interval = tuple[float, float, float]

SURE = 0.05  # a p value below it


@dataclass(frozen=True)
class RunRow:
    """A run against the first of the table.

    difference    its metric minus that of the first, low and high end
    p_value       of McNemar's exact test for one label a text, of the randomization test otherwise
    p_adjusted    by Holm for all tests of the table
    only_this, only_first   texts on which just one of the two is right; None where texts are not right or wrong
    """

    name: str
    found: Interval
    difference: Interval
    p_value: float
    p_adjusted: float
    only_this: int | None = None
    only_first: int | None = None


@dataclass(frozen=True)
class RunTable:
    """Runs measured on `num_texts` texts of `data`: the `first`, its metric with its ends, and `rows` of the others.

    test       name of the test behind the p values
    level      of the intervals
    warnings   whole sentences
    """

    data: str
    num_texts: int
    metric: str
    test: str
    level: float
    first: str
    found: Interval
    rows: tuple[RunRow, ...]
    warnings: tuple[str, ...] = ()


def to_markdown(table: RunTable) -> str:
    """A table with a heading, what its columns mean, and a closing sentence."""
    counted = any(row.only_this is not None for row in table.rows)
    header = ["run", metric_name(table.metric), f"minus {table.first}", "p"]
    header += ["p, Holm"] if len(table.rows) > 1 else []
    header += ["right where the first is wrong", "wrong where it is right"] if counted else []
    lines = [f"Measured on {table.num_texts:,} texts of {table.data}.", ""]
    lines += ["| " + " | ".join(header) + " |", "|---" + "|---:" * (len(header) - 1) + "|"]
    lines += ["| " + " | ".join([table.first, interval(table.found), *[""] * (len(header) - 2)]) + " |"]
    lines += ["| " + " | ".join(_cells(row, len(table.rows) > 1, counted)) + " |" for row in table.rows]
    return "\n".join([*lines, "", f"p: {_explained(table)}", verdict(table)]) + "\n"


def verdict(table: RunTable) -> str:
    """Which runs are better or worse than the first, and which cannot be told apart from it."""
    sure = [row for row in table.rows if row.p_adjusted < SURE]
    groups = (
        (f"better than {table.first}", [row for row in sure if row.difference[0] > 0]),
        (f"worse than {table.first}", [row for row in sure if row.difference[0] <= 0]),
        (f"not to be told apart from {table.first} on these texts", [row for row in table.rows if row not in sure]),
    )
    said = [f"{what}: {', '.join(row.name for row in rows)}" for what, rows in groups if rows]
    sentence = "; ".join(said)
    return f"{sentence[0].upper()}{sentence[1:]}."


def _explained(table: RunTable) -> str:
    adjusted = f", adjusted by Holm for {len(table.rows)} tests" if len(table.rows) > 1 else ""
    return f"{table.test}{adjusted}; intervals at {table.level:.0%}, of differences by the paired bootstrap."


def _cells(row: RunRow, adjusted: bool, counted: bool) -> list[str]:
    counts = [f"{row.only_this:,}", f"{row.only_first:,}"] if counted else []
    return [
        row.name,
        interval(row.found),
        signed_interval(row.difference),
        chance(row.p_value),
        *([chance(row.p_adjusted)] if adjusted else []),
        *counts,
    ]
