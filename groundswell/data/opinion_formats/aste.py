"""Aspect, opinion words and polarity by token numbers (ASTE-Data-V2).

One row, as it stands in the file (our own sentence; the data sets are for research use, cite Xu et al. 2020):

    The noodles were superb .####[([1], [3], 'POS'), ([1], [2, 3], 'POS')]

Tokens are separated by blanks and numbered from 0; all tokens of a span are listed. A list with a gap is a
discontinuous span, which is refused and counted. POS, NEU, NEG.

The variant of the Chinese data sets has characters for tokens, first and last token of a span, and (-1, -1) for an
implicit one:

    屏 幕 很 亮 。####[((0, 1), (2, 3), 'Positive')]

Implicit spans are read, but never written: the published form has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from groundswell.data.opinion_formats.document import Document, Line
from groundswell.data.opinion_formats.drafts import (
    BadElementError,
    DraftOpinion,
    DraftText,
    Mention,
    Role,
    draft_each,
)
from groundswell.data.opinion_formats.intake import DISCONTINUOUS, Intake
from groundswell.data.opinion_formats.line_rows import read_each_line
from groundswell.data.opinion_formats.polarity_names import SHORT_NAMES
from groundswell.data.opinion_formats.python_literals import Literal, parse_list
from groundswell.data.opinion_formats.tokens import Tokens, split_tokens, token_range
from groundswell.data.opinion_formats.writing import Holding, Tally, tokenized
from groundswell.types import Example, Span

SEPARATOR = "####"
_TOO_LARGE = 10**9
HOLDS = Holding(frozenset({"aspect", "opinion", "polarity"}), needs=(frozenset({"aspect"}), frozenset({"opinion"})))
_TRIPLET = "([aspect token numbers], [opinion token numbers], 'POS')"


def read(document: Document, intake: Intake) -> None:
    """Gives every line to the intake; the row of a text is its line."""
    read_each_line(document, intake, lambda line: _draft(document, line))


def render(examples: Sequence[Example], tally: Tally) -> str:
    """One line per text."""
    lines = []
    for example in examples:
        held = tokenized(example, tally)
        if held is None:
            continue
        triplets = [
            (_numbers(opinion.aspect, held.text), _numbers(opinion.opinion, held.text), SHORT_NAMES[opinion.polarity])
            for opinion in held.opinions or ()
        ]
        lines.append(f"{held.text}{SEPARATOR}{triplets}\n")
        tally.texts += 1
        tally.opinions += len(triplets)
    return "".join(lines)


def _numbers(span: Span | None, text: str) -> list[int]:
    return [] if span is None else list(token_range(span, text))


def _draft(document: Document, line: Line) -> DraftText:
    written, separator, triplets = line.text.rpartition(SEPARATOR)
    place = document.at(line.offset)
    if not separator:
        raise BadElementError(
            f"no {SEPARATOR}",
            place,
            f"no {SEPARATOR} between text and triplets, expected: text{SEPARATOR}[{_TRIPLET}, …]. Mend the line.",
        )
    tokens = Tokens(split_tokens(written))
    start = line.offset + len(written) + len(separator)
    leading = len(triplets) - len(triplets.lstrip())
    found = parse_list(document, start + leading, triplets.strip(), f"[{_TRIPLET}, …]")
    opinions = draft_each(found, lambda triplet: _draft_opinion(triplet, tokens))
    return DraftText(None, tokens.text, line.number, place, line.text, opinions)


def _draft_opinion(triplet: Literal, tokens: Tokens) -> DraftOpinion:
    aspect, opinion, polarity = triplet.elements(_TRIPLET, count=3)
    return DraftOpinion(
        place=triplet.place,
        aspect=_mention("aspect", aspect, tokens),
        category=None,
        opinion=_mention("opinion", opinion, tokens),
        polarity=str(polarity.value),
        polarity_place=polarity.place,
    )


def _mention(role: Role, numbers: Literal, tokens: Tokens) -> Mention | None:
    found = [element.value for element in numbers.elements("a list of token numbers")]
    if not found or not all(type(number) is int and abs(number) < _TOO_LARGE for number in found):
        raise BadElementError(
            "no token numbers",
            numbers.place,
            f"{role} {numbers.written_element}, expected the numbers of its tokens, such as [1, 2]. Mend the list.",
        )
    if isinstance(numbers.value, tuple):
        first, last = found[0], found[-1]
        return None if (first, last) == (-1, -1) else tokens.mention(role, first, last + 1, numbers.place)
    if any(after != before + 1 for before, after in pairwise(found)):
        raise BadElementError(
            DISCONTINUOUS,
            numbers.place,
            f"{role} {found} is a {DISCONTINUOUS}: its token numbers do not follow one another. "
            "A span here is one piece of text.",
        )
    return tokens.mention(role, found[0], found[-1] + 1, numbers.place)
