"""`groundswell evaluate`: a run folder and labelled rows in, metrics with intervals out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from groundswell.cli.terminal import console, note, print_json

if TYPE_CHECKING:
    from rich.table import Table


def evaluate(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder written by `groundswell train`.")],
    source: Annotated[str, typer.Argument(metavar="DATA", help="Labelled rows: a file, -, or hub:owner/name#split.")],
    overrides: Annotated[
        list[str] | None, typer.Argument(metavar="KEY=VALUE", help="Such as data.text=review data.label=stars.")
    ] = None,
    head: Annotated[str | None, typer.Option(help="Of a run with several heads, the one that is measured.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Measure a run on labelled data, with an interval on every number."""
    from groundswell import pipeline

    metrics = pipeline.evaluate(run, source, head=head, overrides=overrides or [])
    if as_json:
        print_json(metrics)
        return
    screen = console()
    screen.print(metrics_table(metrics))
    per_class = metrics.get("per_class")
    if isinstance(per_class, dict) and per_class:
        screen.print(_class_table(per_class))
    calibration = metrics.get("calibration")
    if isinstance(calibration, dict):
        screen.print(calibration_line(calibration), soft_wrap=True)
    if metrics.get("slices"):
        screen.print(_slice_table(metrics["slices"]))
    for warning in metrics.get("warnings", ()):
        note(f"warning: {warning}")
    rows = metrics.get("rows")
    if isinstance(rows, dict):
        screen.print(_row_line(rows), soft_wrap=True)


def metrics_table(metrics: dict[str, Any]) -> Table:
    """A row per metric that has an interval."""
    from rich.table import Table

    table = Table("metric", "value", "interval")
    for name, found in metrics.items():
        if isinstance(found, dict) and {"value", "low", "high"} <= found.keys():
            table.add_row(name, f"{found['value']:.4f}", f"{found['low']:.4f} to {found['high']:.4f}")
    return table


def calibration_line(found: dict[str, Any]) -> str:
    """How far the confidences can be believed, in one line."""
    ece, before = found["ece"], found["before"]
    line = (
        f"calibration: ECE {ece['value']:.3f} ({ece['low']:.3f} to {ece['high']:.3f}; {found['by_chance']:.3f} would "
        f"be chance), Brier {found['brier']['value']:.3f}, temperature {found['temperature']:.2f}"
    )
    if found["temperature"] == 1:
        return line
    return f"{line}; without it ECE {before['ece']:.3f}, Brier {before['brier']:.3f}"


def _class_table(per_class: dict[str, dict[str, Any]]) -> Table:
    from rich.table import Table

    columns = [name for name in next(iter(per_class.values())) if name not in ("f1_low", "f1_high")]
    has_ends = all("f1_low" in measured for measured in per_class.values())
    table = Table("label", *columns, *(["interval of f1"] if has_ends else []))
    for label, measured in per_class.items():
        ends = [f"{measured['f1_low']:.4f} to {measured['f1_high']:.4f}"] if has_ends else []
        table.add_row(label, *(_shown(measured.get(column)) for column in columns), *ends)
    return table


def _slice_table(slices: list[dict[str, Any]]) -> Table:
    """The parts of the rows; those that are too small to tell are marked."""
    from rich.table import Table

    table = Table("part of the rows", "", "rows", slices[0]["metric"], "interval", "")
    for number, one in enumerate(slices):
        kind = one["by"] if number == 0 or slices[number - 1]["by"] != one["by"] else ""
        table.add_row(
            kind, one["name"], f"{one['num_rows']:,}", f"{one['value']:.4f}", f"{one['low']:.4f} to {one['high']:.4f}",
            "too small to tell" if one["small"] else "",
        )  # fmt: skip
    return table


def _row_line(rows: dict[str, Any]) -> str:
    """`1,000 rows read, 998 kept, 2 dropped (blank text: 2)`."""
    counts = [f"{rows[name]:,} {name}" for name in ("kept", "cut", "dropped") if rows.get(name)]
    reasons = [f"{reason}: {found['count']:,}" for reason, found in rows.get("reasons", {}).items()]
    return ", ".join([f"{rows.get('read', 0):,} rows read", *counts]) + (f" ({', '.join(reasons)})" if reasons else "")


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
