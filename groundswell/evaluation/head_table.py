"""Two ways to train the same tasks, such as together and alone, side by side: as Markdown and as a page."""

from __future__ import annotations

from dataclasses import dataclass

from groundswell.evaluation.number_wording import interval, signed_interval
from groundswell.evaluation.paired_metrics import PairedMetric
from groundswell.evaluation.report_markup import number, section, table, tag
from groundswell.evaluation.report_metrics import metric_name
from groundswell.evaluation.report_page import page


@dataclass(frozen=True)
class HeadRow:
    """One task.

    found      its metric of the first way, of the second, and the gain
    split      the texts it is measured on: `test`, or `dev`, which has chosen the epochs and flatters both
    seconds    of training the second way
    """

    head: str
    found: PairedMetric
    split: str
    num_texts: int
    seconds: float


@dataclass(frozen=True)
class HeadTable:
    """All tasks of a recipe; `seconds` of training the first way, and what the two ways are called."""

    recipe: str
    rows: tuple[HeadRow, ...]
    seconds: float
    first: str = "together"
    second: str = "alone"

    @property
    def header(self) -> tuple[str, ...]:
        """Names of the columns."""
        return ("task", "metric", "measured on", self.second, self.first, "gain", f"training {self.second}, s")


def to_markdown(found: HeadTable) -> str:
    """A table and a closing sentence."""
    lines = ["| " + " | ".join(found.header) + " |", "|---|---|---|---:|---:|---:|---:|"]
    lines += ["| " + " | ".join(cells) + " |" for cells in map(_cells, found.rows)]
    return "\n".join([*lines, "", verdict(found)]) + "\n"


def to_html(found: HeadTable) -> str:
    """A page that opens anywhere and loads nothing."""
    title = f"{found.first.capitalize()} and {found.second}: {found.recipe}"
    return page(
        title,
        tag("header", tag("h1", title), tag("p", verdict(found), class_="result")),
        section("Every task", table("as in the recipe", found.header, map(_cells, found.rows), numbers=(3, 4, 5, 6))),
    )


def verdict(found: HeadTable) -> str:
    """The sentences to take away; a gain counts when its interval lies on one side of 0."""
    better = [row.head for row in found.rows if row.found.difference[1] > 0]
    worse = [row.head for row in found.rows if row.found.difference[2] < 0]
    unclear = [row.head for row in found.rows if row.head not in (*better, *worse)]
    said = (
        (better, f"better {found.first}"),
        (worse, f"better {found.second}"),
        (unclear, "no difference that is sure"),
    )
    second = sum(row.seconds for row in found.rows)
    parts = [f"{what}: {', '.join(names)}" for names, what in said if names]
    training = f"Training took {found.seconds:,.0f} s {found.first} and {second:,.0f} s {found.second}."
    return f"{'; '.join(parts).capitalize()}. {training}"


def _cells(row: HeadRow) -> list[str]:
    return [
        row.head,
        metric_name(row.found.metric),
        f"{row.num_texts:,} texts of {row.split}",
        interval(row.found.second),
        interval(row.found.first),
        signed_interval(row.found.difference),
        number(row.seconds, 1),
    ]
