"""`groundswell report behaviour`: which behaviour tests a run passes, and what swapping a group of people changes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from groundswell.cli.terminal import console, note, print_json
from groundswell.errors import BehaviourError, InputError

if TYPE_CHECKING:
    from rich.table import Table

LONGEST_SHOWN = 60
SHORT_KINDS = {"minimum functionality": "label", "invariance": "same label", "directional": "direction"}


def behaviour(  # noqa: PLR0913 - one parameter per option
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder written by `groundswell train`.")],
    language: Annotated[
        Literal["auto", "en", "zh", "both", "none"],
        typer.Option(help="Of the shipped cases; auto: what the run was trained on; none: --cases alone."),
    ] = "auto",
    cases: Annotated[list[Path] | None, typer.Option(metavar="FILE", help="Own cases in YAML; repeatable.")] = None,
    labels: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=POLARITY", help="positive, negative, neutral or none; repeatable."),
    ] = None,
    head: Annotated[str | None, typer.Option(help="Of a run with several heads, the one that is asked.")] = None,
    show: Annotated[
        str | None, typer.Option(metavar="CAPABILITY", help="Ask it alone, and print every failing case.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE.json", help="Write everything that was found.")] = None,
    fail_below: Annotated[
        float | None, typer.Option(min=0, max=1, help="Exit with 1 when any capability passes a smaller share.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """What a run can do with negation, irony, emoji, typing mistakes …, and whether groups of people matter to it."""
    from groundswell.behaviour_check import check_run

    found = check_run(
        run, language, head=head, say=note, own=cases or (), labels=_read_labels(labels or []), only=show
    )  # fmt: skip
    if out is not None:
        from groundswell.run_folder import write_json

        write_json(out, found)
    if as_json:
        print_json(found)
    elif show:
        _print_failures(found["behaviour"]["capabilities"])
    else:
        _print(found)
    if fail_below is not None:
        _check_gate(found["behaviour"]["capabilities"], fail_below)


def _read_labels(written: list[str]) -> dict[str, str]:
    labels: dict[str, str] = {}
    for words in written:
        # the name of a label may hold a =, a polarity cannot
        name, equals, polarity = words.rpartition("=")
        if not equals or not name:
            raise InputError(f"--labels: found {words!r}, expected NAME=POLARITY, such as good=positive")
        labels[name] = polarity
    return labels


def _print(found: dict[str, Any]) -> None:
    behaviour, screen = found["behaviour"], console()
    if behaviour["capabilities"]:
        screen.print(_capability_table(behaviour["capabilities"]))
    for skipped in behaviour["skipped"]:
        note(f"left out: {skipped['capability']} ({skipped['language']}): {skipped['why']}")
    if found["bias"]:
        screen.print(_bias_table(found["bias"]))
    passed = sum(one["num_passed"] for one in behaviour["capabilities"])
    asked = sum(one["num_cases"] for one in behaviour["capabilities"])
    screen.print(f"{passed:,} of {asked:,} cases passed", soft_wrap=True)
    renamed = [f"{label}: {polarity}" for label, polarity in behaviour["labels"].items() if label != polarity]
    if renamed:
        note(f"labels read as {', '.join(renamed)}; --labels says otherwise")


def _capability_table(capabilities: list[dict[str, Any]]) -> Table:
    from rich.table import Table

    table = Table(title="behaviour tests", title_justify="left")
    table.add_column("capability", overflow="fold", min_width=16)
    table.add_column("asks for", no_wrap=True)
    table.add_column("passed", justify="right", no_wrap=True)
    table.add_column("rate", justify="right", no_wrap=True)
    table.add_column("worst failure", overflow="fold")
    for one in capabilities:
        rate = one["rate"]
        interval = f"{rate['value']:.0%} {rate['low'] * 100:.0f}–{rate['high'] * 100:.0f}"
        worst = _failure(one["failures"][0], LONGEST_SHOWN) if one["failures"] else ""
        passes = f"{one['num_passed']}/{one['num_cases']}"
        table.add_row(one["capability"], SHORT_KINDS[one["kind"]], passes, interval, worst)
    return table


def _bias_table(rows: list[dict[str, Any]]) -> Table:
    from rich.table import Table

    table = Table(title="swapping a group of people", title_justify="left")
    table.add_column("attribute", overflow="fold")
    table.add_column("from", overflow="fold")
    table.add_column("to", overflow="fold")
    for name in ("pairs", "labels changed", "P(positive) moves"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        changed, shift = row["labels_changed"], row["mean_shift"]
        table.add_row(
            row["attribute"], row["first"], row["second"], str(row["num_pairs"]),
            f"{changed['value']:.0%} {changed['low'] * 100:.0f}–{changed['high'] * 100:.0f}",
            f"{shift['value']:+.2f} ({shift['low']:+.2f} to {shift['high']:+.2f})",
        )  # fmt: skip
    return table


def _print_failures(capabilities: list[dict[str, Any]]) -> None:
    for one in capabilities:
        typer.echo(f"{one['capability']}: {one['num_passed']} of {one['num_cases']} passed")
        for failure in one["failures"]:
            typer.echo(f"  {_failure(failure)}")
            if "original" in failure:
                typer.echo(f"    changed from: {_in_one_line(failure['original'])}")


def _failure(failure: dict[str, Any], most: int | None = None) -> str:
    told = f"expected {failure['expected']}, found {failure['found']} {failure['confidence']:.2f}"
    return f"{_in_one_line(failure['text'], most)} [{told}]"


def _in_one_line(text: str, most: int | None = None) -> str:
    line = " ".join(text.split())
    return line if most is None or len(line) <= most else f"{line[: most - 1]}…"


def _check_gate(capabilities: list[dict[str, Any]], least: float) -> None:
    below = [one for one in capabilities if one["rate"]["value"] < least]
    if below:
        named = ", ".join(f"{one['capability']} {one['rate']['value']:.2f}" for one in below)
        raise BehaviourError(
            f"behaviour: {len(below)} of {len(capabilities)} capabilities are below {least:g}: {named}. "
            "Read the cases with --show CAPABILITY, and train on texts like them"
        )
