"""Where people read: tables on standard output, notes on standard error."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import Console

PLAIN_WIDTH = 100  # where there is no terminal to ask


def console() -> Console:
    """A console on standard output; in a file or a pipe plain text, 100 columns wide."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH, highlight=False, markup=False)


def note(text: str) -> None:
    """Write each line of `text` to standard error, marked as ours."""
    for line in text.splitlines() or [""]:
        typer.echo(f"groundswell: {line}", err=True)


def print_json(value: object) -> None:
    """Write one JSON object in one line to standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False, default=str))
