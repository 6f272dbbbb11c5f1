"""What a person sees while training runs: a bar with the time left, on stderr."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


class ProgressBar:
    """A bar over known numbers of steps; shows nothing when not wanted or stderr is no terminal."""

    def __init__(self, wanted: bool | None = None) -> None:
        shown = sys.stderr.isatty() if wanted is None else wanted
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=Console(stderr=True),
            disable=not shown,
        )
        self._task: TaskID | None = None
        self._stage = ""

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def begin(self, description: str, total: int, done: int = 0) -> None:
        """Start a new bar under the older ones."""
        self._task = self._progress.add_task(description, total=total, completed=done, note="")

    def advance(self, steps: int = 1, note: str = "") -> None:
        """Move the newest bar on."""
        if self._task is not None:
            self._progress.update(self._task, advance=steps, note=note)

    def stage(self, description: str, done: int, total: int | None) -> None:
        """Set how far a stage is, under a bar of its own; without a total nobody knows how much there is."""
        if description != self._stage:
            self._stage = description
            self._task = self._progress.add_task(description, total=total, note="")
        assert self._task is not None
        self._progress.update(self._task, completed=done, total=total)

    def say(self, line: str) -> None:
        """A line above the bars."""
        if not self._progress.disable:
            self._progress.console.print(line, highlight=False, markup=False)
