"""Models on the same texts, best first: as Markdown, CSV, and a page with accuracy against cost."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import stdev
from typing import Any, Literal

from groundswell.evaluation.leaderboard_picture import Point, cost_picture
from groundswell.evaluation.number_wording import chance, interval
from groundswell.evaluation.report_markup import number, section, table, tag
from groundswell.evaluation.report_page import page


@dataclass(frozen=True)
class SeedScore:
    """What one seed reached."""

    seed: int
    accuracy: float
    macro_f1: float


@dataclass(frozen=True)
class Row:
    """One model.

    accuracy, macro_f1     value, low and high end of the interval over texts, 0-1; of several seeds their mean
    difference, p_value    accuracy minus that of the best model, and a test of it: McNemar's, of several seeds the
                           randomization test; 0 and 1 for the best
    seeds                  what each of several seeds reached; empty for a single one
    training_seconds       of the whole training
    megabytes              of the model folder
    documents_per_second   many texts at once
    p50_ms, p99_ms         of one text at a time
    """

    name: str
    encoder: str
    accuracy: tuple[float, float, float]
    macro_f1: tuple[float, float, float]
    difference: float
    p_value: float
    training_seconds: float
    parameters: int
    megabytes: float
    documents_per_second: float
    p50_ms: float
    p99_ms: float
    seeds: tuple[SeedScore, ...] = ()

    def deviation(self, metric: Literal["accuracy", "macro_f1"]) -> float | None:
        """Standard deviation of a metric over seeds (n - 1); None for a single seed."""
        return stdev(getattr(one, metric) for one in self.seeds) if len(self.seeds) > 1 else None


@dataclass(frozen=True)
class Leaderboard:
    """Rows by falling accuracy, measured on `split` with `num_texts` texts of `data`.

    within     accuracy that one would give up for a cheaper model
    cheapest   name of the model that costs least per text among those within that of the best
    """

    rows: tuple[Row, ...]
    data: str
    split: str
    num_texts: int
    within: float
    cheapest: str


HEADER = (
    "model", "accuracy", "macro F1", "to the best", "p", "training s", "parameters", "MB", "texts/s", "p50 ms",
    "p99 ms",
)  # fmt: skip


def cheapest_within(rows: Sequence[Row], within: float) -> str:
    """The fastest model per text whose accuracy is at most `within` below the best."""
    best = max(row.accuracy[0] for row in rows)
    good = [row for row in rows if row.accuracy[0] >= best - within - 1e-12]
    return max(good, key=lambda row: row.documents_per_second).name


def to_markdown(board: Leaderboard) -> str:
    """A table with a heading and a closing sentence."""
    lines = [
        f"Measured on {board.num_texts:,} texts ({board.split} of {board.data}). {_over_seeds(board)}".rstrip(),
        "",
    ]
    lines += ["| " + " | ".join(HEADER) + " |", "|---" + "|---:" * (len(HEADER) - 1) + "|"]
    lines += ["| " + " | ".join(cells) + " |" for cells in _cells(board)]
    return "\n".join([*lines, "", verdict(board)]) + "\n"


def to_csv(board: Leaderboard) -> str:
    """One line per model, every number in full."""
    file = io.StringIO()
    columns: list[str] = []
    for row in board.rows:
        values = _flat(row)
        if not columns:
            columns = list(values)
            csv.writer(file, lineterminator="\n").writerow(columns)
        csv.writer(file, lineterminator="\n").writerow([values[column] for column in columns])
    return file.getvalue()


def to_html(board: Leaderboard) -> str:
    """A page that opens anywhere and loads nothing."""
    points = [Point(row.name, 1000 / row.documents_per_second, *row.accuracy) for row in board.rows]
    picture = cost_picture("Accuracy against cost", "milliseconds per text, many at once", points)
    trained = [Point(row.name, max(row.training_seconds, 0.01), *row.accuracy) for row in board.rows]
    return page(
        f"Leaderboard on {board.data}",
        tag(
            "header",
            tag("h1", f"Leaderboard on {board.data}"),
            tag("p", verdict(board), class_="result"),
            tag("p", f"{board.num_texts:,} texts of {board.split}. {_over_seeds(board)}".rstrip(), class_="muted"),
        ),
        section("What accuracy costs", picture, cost_picture("Accuracy against training", "seconds", trained)),
        section("Every model", table("best first", HEADER, _cells(board), numbers=range(1, len(HEADER)))),
    )


def verdict(board: Leaderboard) -> str:
    """The one sentence to take away."""
    best = board.rows[0]
    if board.cheapest == best.name:
        return f"{best.name} is the best ({best.accuracy[0]:.3f}); no faster model comes within {board.within:g}."
    row = next(row for row in board.rows if row.name == board.cheapest)
    times = row.documents_per_second / best.documents_per_second
    return (
        f"{best.name} is the best ({best.accuracy[0]:.3f}); {row.name} comes within {board.within:g} "
        f"({row.accuracy[0]:.3f}) and reads {times:.1f} times as many texts a second."
    )


def _cells(board: Leaderboard) -> list[list[str]]:
    """The table's body; the best model has nothing to be compared with."""
    return [
        [
            row.name,
            _cell(row.accuracy, row.deviation("accuracy")),
            _cell(row.macro_f1, row.deviation("macro_f1")),
            *(("best", "") if row is board.rows[0] else (f"{row.difference:+.3f}", chance(row.p_value))),
            number(row.training_seconds, 1),
            number(row.parameters),
            number(row.megabytes, 1),
            number(row.documents_per_second, 0),
            number(row.p50_ms, 2),
            number(row.p99_ms, 2),
        ]
        for row in board.rows
    ]


def _cell(found: tuple[float, float, float], deviation: float | None) -> str:
    """`0.910 (0.900–0.920)`, of several seeds `0.910 ± 0.004 (0.900–0.920)`."""
    value, _, ends = interval(found).partition(" ")
    return f"{value} {ends}" if deviation is None else f"{value} ± {deviation:.3f} {ends}"


def _over_seeds(board: Leaderboard) -> str:
    """What the figures of several seeds are; nothing for a single one."""
    seeds = [str(one.seed) for one in board.rows[0].seeds]
    if not seeds:
        return ""
    return (
        f"Accuracy and macro F1: mean of {len(seeds)} seeds ({', '.join(seeds)}) ± their standard deviation; intervals "
        "over texts. Training seconds are means too, speed is that of the first seed."
    )


def _flat(row: Row) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in asdict(row).items():
        if name == "seeds":
            values |= {
                "num_seeds": max(len(row.seeds), 1),
                "accuracy_deviation": row.deviation("accuracy"),
                "macro_f1_deviation": row.deviation("macro_f1"),
            }
        elif isinstance(value, tuple):
            values |= {name: value[0], f"{name}_low": value[1], f"{name}_high": value[2]}
        else:
            values[name] = value
    return values
