"""An analysis for the eyes: aspects and opinions marked inside the text, and a list of them below.

    [1+ 屏幕]{1+ 很亮}👍。不过[2− 发热]{2− 有点严重}。

Square brackets hold aspects, curly ones opinions; the number leads to the list, the sign is the polarity. In a terminal
aspects are also underlined, opinions bold, and both have the colour of their polarity.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundswell.types import Analysis, Opinion, Polarity, Span

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text

SIGNS: dict[Polarity, str] = {"positive": "+", "neutral": "~", "negative": "\N{MINUS SIGN}"}
COLOURS: dict[Polarity, str] = {"positive": "green", "neutral": "cyan", "negative": "red"}
MIXED_COLOUR = "yellow"
_PLAIN_WIDTH = 100
# What would move the cursor, change colours or turn the reading direction is shown as a replacement character.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True)
class _Mark:
    """A span with the numbers and polarities of the opinions that it belongs to."""

    kind: str  # aspect or opinion
    start: int
    end: int
    opinions: tuple[tuple[int, Polarity], ...]

    @property
    def label(self) -> str:
        return ",".join(f"{number}{SIGNS[polarity]}" for number, polarity in self.opinions)

    @property
    def colour(self) -> str:
        polarities = {polarity for _, polarity in self.opinions}
        return COLOURS[polarities.pop()] if len(polarities) == 1 else MIXED_COLOUR


class AnalysisView:
    """Turns analyses into lines for people.

    coloured   None: where standard output is a terminal (and NO_COLOR is not set)
    """

    def __init__(self, coloured: bool | None = None) -> None:
        self._console = view_console(sys.stdout.isatty() if coloured is None else coloured)

    def __call__(self, analysis: Analysis) -> str:
        """The lines of one analysis, an empty one after the last."""
        with self._console.capture() as captured:
            for part in _parts(analysis):
                # the terminal breaks long lines itself, so that nothing is cut and copying gives the text
                self._console.print(part, soft_wrap=not _is_table(part))
            self._console.print()
        return "".join(f"{line.rstrip(' ')}\n" for line in captured.get().split("\n")[:-1])


def view_console(coloured: bool) -> Console:
    """A console to catch lines from, with colours or 100 columns wide without them."""
    from rich.console import Console

    if not coloured:
        return Console(width=_PLAIN_WIDTH, color_system=None, force_terminal=False, highlight=False, markup=False)
    return Console(force_terminal=True, highlight=False, markup=False, emoji=False)


def _is_table(part: RenderableType) -> bool:
    from rich.table import Table

    return isinstance(part, Table)


def _parts(analysis: Analysis) -> Iterator[RenderableType]:
    from rich.text import Text

    heading = "" if analysis.id is None else f"{visible(str(analysis.id))}  "
    if analysis.error is not None:
        yield Text.assemble(
            (heading, "bold"),
            (f"error {analysis.error.get('code', '')}: {visible(analysis.error.get('message', ''))}", "bold red"),
        )
        if analysis.text:
            yield Text(visible(analysis.text))
        return
    yield Text.assemble((heading, "bold"), *_verdict(analysis))
    if len(analysis.heads) > 1:
        yield Text("  " + " · ".join(_head(name, said) for name, said in analysis.heads.items()))
    yield marked_text(analysis)
    if analysis.opinions:
        yield _opinion_list(analysis)
    if len(analysis.sentences) > 1:
        yield _sentence_list(analysis)
    warnings = [*analysis.warnings, *(["truncated: a part of the text was not read"] if analysis.truncated else [])]
    for warning in warnings:
        yield Text(f"  ! {visible(warning)}", style="yellow")


def marked_text(analysis: Analysis) -> Text:
    """The text with brackets around its spans; nested and overlapping ones too.

    A bracket closes before another opens at the same place, the inner one first.
    """
    from rich.text import Text

    marks = _marks(analysis.opinions)
    ends = sorted({0, len(analysis.text), *(place for mark in marks for place in (mark.start, mark.end))})
    shown = Text()
    for start, end in zip(ends, [*ends[1:], None], strict=True):
        closing = [mark for mark in marks if mark.end == start]
        for mark in sorted(closing, key=lambda mark: (-mark.start, mark.kind == "aspect")):
            shown.append("]" if mark.kind == "aspect" else "}", style=mark.colour)
        opening = [mark for mark in marks if mark.start == start]
        for mark in sorted(opening, key=lambda mark: (-mark.end, mark.kind != "aspect")):
            shown.append("[" if mark.kind == "aspect" else "{", style=mark.colour)
            shown.append(f"{mark.label} ", style=mark.colour)
        if end is not None:
            covering = [mark for mark in marks if mark.start <= start and end <= mark.end]
            shown.append(visible(analysis.text[start:end]), style=_style(covering))
    return shown


def _marks(opinions: tuple[Opinion, ...]) -> list[_Mark]:
    """One mark per distinct span, in the order of the text."""
    found: dict[tuple[str, int, int], list[tuple[int, Polarity]]] = {}
    for number, opinion in enumerate(opinions, start=1):
        for kind, span in (("aspect", opinion.aspect), ("opinion", opinion.opinion)):
            if span is not None and span.start < span.end:
                found.setdefault((kind, span.start, span.end), []).append((number, opinion.polarity))
    marks = [_Mark(kind, start, end, tuple(belonging)) for (kind, start, end), belonging in found.items()]
    return sorted(marks, key=lambda mark: (mark.start, -mark.end, mark.kind))


def _style(covering: list[_Mark]) -> str:
    if not covering:
        return ""
    innermost = min(covering, key=lambda mark: (mark.end - mark.start, mark.kind == "aspect"))
    kinds = {mark.kind for mark in covering}
    styles = [
        innermost.colour,
        *(["underline"] if "aspect" in kinds else []),
        *(["bold"] if "opinion" in kinds else []),
    ]
    return " ".join(styles)


def _verdict(analysis: Analysis) -> list[tuple[str, str]]:
    """The label with its probability, or what stands in its place."""
    if analysis.label is not None:
        sure = analysis.scores.get(analysis.label, analysis.confidence)
        told = [(_label(analysis.label), f"bold {_colour(analysis.label)}")]
        told += [] if sure is None else [(f" {sure:.2f}", "")]
    elif analysis.labels is not None:
        named = ", ".join(f"{label} {analysis.scores.get(label, 0.0):.2f}" for label in analysis.labels)
        told = [(named or "no label", "bold")]
    else:
        told = [(", ".join(f"{name} {value:.3g}" for name, value in analysis.scores.items()) or "no label", "bold")]
    if analysis.intensity is not None:
        told.append((f", intensity {analysis.intensity:.2f}", ""))
    if analysis.prediction_set is not None and len(analysis.prediction_set) > 1:
        told.append((f", could be any of {', '.join(map(visible, analysis.prediction_set))}", ""))
    return [*told, *([(", to be read by a person", "bold yellow")] if analysis.needs_reading else [])]


def _head(name: str, said: Mapping[str, Any]) -> str:
    """What one head of several says: `arousal 3.2`, `topic room 0.91`, `emotions joy 0.80, relief 0.61`."""
    scores = said["scores"]
    if "label" in said:
        return f"{visible(name)} {visible(said['label'])} {said['confidence']:.2f}"
    if "labels" in said:
        return f"{visible(name)} {', '.join(f'{visible(one)} {scores[one]:.2f}' for one in said['labels']) or 'none'}"
    return f"{visible(name)} {next(iter(scores.values())):.3g}"


def _label(label: str) -> str:
    sign = next((SIGNS[polarity] for polarity in SIGNS if polarity == label), None)
    return visible(label) if sign is None else f"{sign} {label}"


def _colour(label: str) -> str:
    return next((COLOURS[polarity] for polarity in COLOURS if polarity == label), MIXED_COLOUR)


def _opinion_list(analysis: Analysis) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    for name in ("number", "pair", "category", "polarity", "score", "intensity"):
        table.add_column(justify="right" if name == "number" else "left", overflow="fold", no_wrap=name == "number")
    for number, opinion in enumerate(analysis.opinions, start=1):
        colour = COLOURS[opinion.polarity]
        table.add_row(
            Text(f"  {number}{SIGNS[opinion.polarity]}", style=colour),
            Text.assemble((_words(opinion.aspect), "underline"), " → ", (_words(opinion.opinion), "bold")),
            Text(visible(opinion.category or "")),
            Text(f"{opinion.polarity}{', negated' if opinion.negated else ''}", style=colour),
            Text(f"{opinion.score:.2f}"),
            Text("" if opinion.intensity is None else f"intensity {opinion.intensity:.2f}"),
        )
    return table


def _words(span: Span | None) -> str:
    return "(implied)" if span is None else " ".join(visible(span.text).split())


def _sentence_list(analysis: Analysis) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(3):
        table.add_column(overflow="fold")
    for sentence in analysis.sentences:
        sure = sentence.scores.get(sentence.label)
        words = " ".join(visible(analysis.text[sentence.start : sentence.end]).split())
        label = Text(f"  {_label(sentence.label)}", style=_colour(sentence.label))
        table.add_row(label, Text("" if sure is None else f"{sure:.2f}"), Text(words))
    return table


def visible(text: str) -> str:
    """The text with a replacement character for whatever would steer a terminal."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))
