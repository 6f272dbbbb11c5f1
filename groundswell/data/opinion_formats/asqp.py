"""Quads of strings, without offsets (ASQP lines).

One row, as it stands in the file (our own sentence; the data sets are for research use, cite Zhang et al. 2021):

    The noodles were superb .####[['noodles', 'food quality', 'positive', 'superb']]

Aspect, category, polarity, opinion words; NULL is implicit. A string that occurs more than once is placed at the
occurrence nearest to its partner, and counted.
"""

from __future__ import annotations

from collections.abc import Sequence

from groundswell.data.opinion_formats.document import Document, Line
from groundswell.data.opinion_formats.drafts import BadElementError, DraftOpinion, DraftText, Mention, Role, draft_each
from groundswell.data.opinion_formats.intake import Intake
from groundswell.data.opinion_formats.line_rows import read_each_line
from groundswell.data.opinion_formats.python_literals import Literal, parse_list
from groundswell.data.opinion_formats.writing import Holding, Tally, count_lost_places, single_line
from groundswell.text.blank import is_blank
from groundswell.types import Example, Span

IMPLICIT = "NULL"
SEPARATOR = "####"
HOLDS = Holding(frozenset({"aspect", "category", "opinion", "polarity"}))
_QUAD = "['aspect', 'category', 'positive', 'opinion words']"


def read(document: Document, intake: Intake) -> None:
    """Gives every line to the intake; the row of a text is its line."""
    read_each_line(document, intake, lambda line: _draft(document, line))


def render(examples: Sequence[Example], tally: Tally) -> str:
    """One line per text; texts stay as they are."""
    lines = []
    for example in examples:
        if is_blank(example.text):
            tally.lost["blank texts, not written"] += 1
            continue
        count_lost_places(example, tally)
        text = single_line(example.text, tally)
        quads = [
            [_string(o.aspect, text), o.category or IMPLICIT, o.polarity, _string(o.opinion, text)]
            for o in example.opinions or ()
        ]
        lines.append(f"{text}{SEPARATOR}{quads}\n")
        tally.texts += 1
        tally.opinions += len(quads)
    return "".join(lines)


def _mention(role: Role, string: Literal) -> Mention | None:
    named = str(string.value)
    return None if named == IMPLICIT else Mention(role, named, None, None, string.place)


def _string(span: Span | None, text: str) -> str:
    return IMPLICIT if span is None else text[span.start : span.end]


def _draft(document: Document, line: Line) -> DraftText:
    # the list is behind the first separator that a bracket follows: a text may hold the separator, hardly both
    at = line.text.find(f"{SEPARATOR}[")
    place = document.at(line.offset)
    if at < 0:
        raise BadElementError(
            f"no {SEPARATOR}",
            place,
            f"no {SEPARATOR} between text and quads, expected: text{SEPARATOR}[{_QUAD}, …]. Mend the line.",
        )
    start = at + len(SEPARATOR)
    quads = parse_list(document, line.offset + start, line.text[start:].rstrip(), f"[{_QUAD}, …]")
    return DraftText(None, line.text[:at], line.number, place, line.text, draft_each(quads, _draft_opinion))


def _draft_opinion(quad: Literal) -> DraftOpinion:
    aspect, category, polarity, opinion = quad.elements(_QUAD, count=4)
    named = str(category.value)
    return DraftOpinion(
        place=quad.place,
        aspect=_mention("aspect", aspect),
        category=None if named == IMPLICIT else named,
        opinion=_mention("opinion", opinion),
        polarity=str(polarity.value),
        polarity_place=polarity.place,
    )
