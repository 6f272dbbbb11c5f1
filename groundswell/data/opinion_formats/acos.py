"""Quads by token numbers (ACOS), with blanks, tabs or `####` between their parts, or as objects of strings.

One row of each form, as it stands in the file (our own sentence; the data sets are for research use, cite Cai et al.
2021), with tabs in the first:

    the noodles were superb .	1,2 FOOD#QUALITY 2 3,4
    the noodles were superb .####1,2 FOOD#QUALITY 2 3,4
    {"text": "the noodles were superb .", "labels": [{"aspect": "noodles", "opinion": "superb",
     "polarity": "positive", "category": "FOOD#QUALITY"}]}

Token numbers count from 0, ends are exclusive, `-1,-1` (NULL in the objects) is implicit; 0 negative, 1 neutral,
2 positive. In the files named `*_quad_bert.tsv` tokens are word pieces, which is their text then. Tabs are written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from groundswell.data.opinion_formats.document import Document, Line
from groundswell.data.opinion_formats.drafts import BadElementError, DraftOpinion, DraftText, Mention, Role, draft_each
from groundswell.data.opinion_formats.intake import Intake
from groundswell.data.opinion_formats.json_places import JsonValue, parse_json
from groundswell.data.opinion_formats.line_rows import read_each_line
from groundswell.data.opinion_formats.tokens import Tokens, split_tokens, token_range
from groundswell.data.opinion_formats.writing import Holding, Tally, tokenized
from groundswell.types import Example, Polarity, Span

HOLDS = Holding(frozenset({"aspect", "category", "opinion", "polarity"}))
QUAD = re.compile(r"\s*(-?\d{1,9}),(-?\d{1,9})\s+(\S.*?)\s+(\S+)\s+(-?\d{1,9}),(-?\d{1,9})\s*")
_POLARITY_OF: dict[str, Polarity] = {"0": "negative", "1": "neutral", "2": "positive"}
_NUMBER_OF = {polarity: number for number, polarity in _POLARITY_OF.items()}
_IMPLICIT, _NO_CATEGORY = (-1, -1), "NULL"


def read(document: Document, intake: Intake) -> None:
    """Gives every line to the intake; the row of a text is its line."""
    read_each_line(document, intake, lambda line: _draft(document, line))


def render(examples: Sequence[Example], tally: Tally) -> str:
    """One line per text, its parts separated by tabs."""
    lines = []
    for example in examples:
        held = tokenized(example, tally)
        if held is None:
            continue
        quads = [
            f"{_numbers(opinion.aspect, held.text)} {opinion.category or _NO_CATEGORY} "
            f"{_NUMBER_OF[opinion.polarity]} {_numbers(opinion.opinion, held.text)}"
            for opinion in held.opinions or ()
        ]
        lines.append("\t".join([held.text, *(quads or [""])]) + "\n")
        tally.texts += 1
        tally.opinions += len(quads)
    return "".join(lines)


def _numbers(span: Span | None, text: str) -> str:
    if span is None:
        return "-1,-1"
    numbers = token_range(span, text)
    return f"{numbers.start},{numbers.stop}"


def _draft(document: Document, line: Line) -> DraftText:
    if line.text.lstrip().startswith('{"'):
        return _draft_object(parse_json(document, line.offset, line.text), line)
    separator = "\t" if "\t" in line.text else "####"
    written, *quads = line.text.split(separator)
    tokens = Tokens(split_tokens(written))
    placed = []
    start = line.offset + len(written)
    for quad in quads:
        start += len(separator)
        if quad.strip():
            placed.append((start, quad))
        start += len(quad)
    opinions = draft_each(placed, lambda found: _draft_quad(document, *found, tokens))
    return DraftText(None, tokens.text, line.number, document.at(line.offset), line.text, opinions)


def _draft_quad(document: Document, start: int, quad: str, tokens: Tokens) -> DraftOpinion:
    match = QUAD.fullmatch(quad)
    if match is None:
        raise BadElementError(
            "not a quad",
            document.at(start),
            f"{quad!r} is no quad, expected: first,end CATEGORY 0-2 first,end, such as 1,2 FOOD#QUALITY 2 3,4. "
            "Mend the quad.",
        )
    return DraftOpinion(
        place=document.at(start),
        aspect=_mention("aspect", document, start, match, tokens),
        category=None if match[3] == _NO_CATEGORY else match[3],
        opinion=_mention("opinion", document, start, match, tokens),
        polarity=_polarity(document, start + match.start(4), match[4]),
    )


def _mention(role: Role, document: Document, start: int, match: re.Match[str], tokens: Tokens) -> Mention | None:
    group = 1 if role == "aspect" else 5
    first, end = int(match[group]), int(match[group + 1])
    place = document.at(start + match.start(group))
    return None if (first, end) == _IMPLICIT else tokens.mention(role, first, end, place)


def _polarity(document: Document, offset: int, number: str) -> str:
    if number not in _POLARITY_OF:
        raise BadElementError(
            "unknown polarity",
            document.at(offset),
            f"polarity {number!r} is unknown, expected 0 (negative), 1 (neutral) or 2 (positive). Mend the number.",
        )
    return _POLARITY_OF[number]


def _draft_object(row: JsonValue, line: Line) -> DraftText:
    opinions = draft_each(row.need("labels").items(), _draft_label)
    return DraftText(None, row.need("text").string(), line.number, row.place, line.text, opinions)


def _draft_label(label: JsonValue) -> DraftOpinion:
    category = label.get("category")
    named = category.string() if category else _NO_CATEGORY
    polarity = label.need("polarity")
    return DraftOpinion(
        place=label.place,
        aspect=_string_mention("aspect", label),
        category=None if named == _NO_CATEGORY else named,
        opinion=_string_mention("opinion", label),
        polarity=polarity.string(),
        polarity_place=polarity.place,
    )


def _string_mention(role: Role, label: JsonValue) -> Mention | None:
    found = label.get(role)
    if found is None or found.string() == "NULL":
        return None
    return Mention(role, found.string(), None, None, found.place)
