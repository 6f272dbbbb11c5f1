"""An explanation for the eyes: the text with its words shaded for and against, and the weightiest listed below.

    positive 0.98
    The room was [+ spotless], [− but] the bath …
      +3.102  ██████████  spotless
      −0.804  ███         but

In a terminal words have a background, the stronger the more they count; brackets stand where there is no colour.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from groundswell.cli.analysis_view import view_console, visible
from groundswell.explanation.record import Explanation, WordWeight
from groundswell.explanation_page import SHOWN_GAP, signed
from groundswell.types import Span

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

BAR = 20
# From this share of the largest weight on; the colours tell for and against apart also without red and green.
SHADES = (
    (0.66, "bold white on #0b6b73", "bold white on #a8470f"),
    (0.33, "black on #8fd3d4", "black on #f3b78c"),
    (0.1, "cyan", "yellow"),
)


class ExplanationView:
    """Turns explanations into lines for people.

    top        words listed below each text
    coloured   None: where standard output is a terminal (and NO_COLOR is not set)
    """

    def __init__(self, top: int, coloured: bool | None = None) -> None:
        self._top = top
        self._coloured = sys.stdout.isatty() if coloured is None else coloured
        self._console = view_console(self._coloured)

    def __call__(self, explanation: Explanation) -> str:
        """The lines of one explanation, an empty one after the last."""
        from rich.table import Table

        with self._console.capture() as captured:
            for part in self._parts(explanation):
                self._console.print(part, soft_wrap=not isinstance(part, Table))
            self._console.print()
        return "".join(f"{line.rstrip(' ')}\n" for line in captured.get().split("\n")[:-1])

    def _parts(self, one: Explanation) -> Iterator[RenderableType]:
        from rich.text import Text

        heading = "" if one.id is None else f"{visible(str(one.id))}  "
        if one.error is not None:
            told = f"error {one.error.get('code', '')}: {visible(one.error.get('message', ''))}"
            yield Text.assemble((heading, "bold"), (told, "bold red"))
            return
        if heading or one.label is not None:
            yield Text.assemble((heading, "bold"), (_verdict(one), "bold"))
        first = one.top(self._top)
        largest = abs(first[0].weight or 0.0) if first else 0.0
        yield self._text(one, largest, {word.start for word in first})
        if first:
            yield _word_list(first, largest)
        if one.method is not None:
            yield Text(f"  {how(one)}", style="dim")
        for warning in one.warnings:
            yield Text(f"  ! {visible(warning)}", style="yellow")

    def _text(self, one: Explanation, largest: float, first: set[int]) -> Text:
        from rich.text import Text

        shown = Text()
        position = 0
        for word in one.words:
            shown.append(visible(one.text[position : word.start]))
            position = max(position, word.end)
            if word.weight is None:
                shown.append(visible(word.text), style="dim")
            elif not self._coloured and word.start in first:
                shown.append(f"[{'+' if word.weight > 0 else _MINUS} {visible(word.text)}]")
            else:
                shown.append(visible(word.text), style=_shade(word, largest))
        shown.append(visible(one.text[position:]))
        return shown


_MINUS = "\N{MINUS SIGN}"


def how(one: Explanation) -> str:
    """The method, and what its weights come to."""
    name = (one.method or "").replace("_", " ")
    if one.steps is not None:
        name += f" in {one.steps} steps"
    if one.start is None or one.score is None:
        meaning = {"occlusion": ": what the score loses without the word", "attention": ": shares, not for or against"}
        return name + meaning.get(name, "")
    total = sum(word.weight for word in one.words if word.weight)
    told = f"{name}: the words sum to {signed(total)}; score {signed(one.score)}, without words {signed(one.start)}"
    if one.steps is not None and abs(one.gap or 0.0) > SHOWN_GAP:
        told += f"; {signed(-(one.gap or 0.0))} is missing, --method integrated_gradients takes more steps"
    return told


def _verdict(one: Explanation) -> str:
    told = visible(one.label or "") + ("" if one.value is None else f" {one.value:.2f}")
    if one.opinion is not None:
        told += f"  {_span(one.opinion.aspect)} → {_span(one.opinion.opinion)}"
        told += f"  {visible(one.opinion.category)}" if one.opinion.category else ""
    return told


def _span(span: Span | None) -> str:
    return "(implied)" if span is None else " ".join(visible(span.text).split())


def _shade(word: WordWeight, largest: float) -> str:
    weight = word.weight or 0.0
    for share, speaks_for, speaks_against in SHADES:
        if largest and abs(weight) >= share * largest:
            return speaks_for if weight > 0 else speaks_against
    return ""


def _word_list(words: tuple[WordWeight, ...], largest: float) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True, min_width=BAR)
    table.add_column(overflow="fold")
    for word in words:
        weight = word.weight or 0.0
        style = "cyan" if weight > 0 else "yellow"
        bar = "█" * max(1, round(BAR * abs(weight) / largest))
        table.add_row(Text(f"  {signed(weight)}"), Text(bar, style=style), Text(" ".join(visible(word.text).split())))
    return table
