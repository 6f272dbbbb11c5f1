"""Emotions and their causes in documents of numbered clauses (ECPE).

One document, as it stands in the file (our own sentences; the data are news for research use, cite Xia & Ding 2019):

    7 3
     (3,2)
    1,null,null,昨天 下午
    2,null,null,孩子 考上 了 大学
    3,happiness,高兴,妈妈 非常 高兴

Number of the document and of its clauses; the pairs (emotion clause, cause clause), counted from 1; then each clause:
number, emotion, the word of the emotion, words separated by blanks. The text is the clauses with a Chinese comma
between them. A pair becomes an opinion: the emotion clause is its opinion words, the cause clause its aspect, the
emotion its category; happiness is positive, surprise neutral, everything else negative. It is read and not written: few
texts are made of such clauses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from groundswell.data.opinion_formats.document import Document, Line, Place
from groundswell.data.opinion_formats.drafts import BadElementError, DraftOpinion, DraftText, Mention, Role, draft_each
from groundswell.data.opinion_formats.intake import Intake

BETWEEN = "，"
POLARITY_OF = {"happiness": "positive", "surprise": "neutral"}
_HEAD = re.compile(r"\s*(\S+) (\d+)\s*")
_PAIR = re.compile(r"\(\s*(\d+)\s*,\s*(\d+)\s*\)")
_PAIRS = re.compile(r"\s*(\(\s*\d+\s*,\s*\d+\s*\)\s*,?\s*)*")


@dataclass(frozen=True)
class Clause:
    """A clause at its place in the text; `emotion` is None where it has none."""

    text: str
    start: int
    emotion: str | None


def read(document: Document, intake: Intake) -> None:
    """Gives every document to the intake; the row of a text is the line that it begins at."""
    lines = (line for line in document.lines() if line.text.strip())
    for head in lines:
        found = _HEAD.fullmatch(head.text)
        place = document.at(head.offset)
        if found is None:
            bad = BadElementError("no head", place, f"found {head.text[:40]!r}, expected: document number, clauses")
            intake.reject_text(bad, head.number, head.text)
            continue
        block = [line for _, line in zip(range(int(found[2]) + 1), lines, strict=False)]
        raw = "\n".join(line.text for line in (head, *block))
        try:
            intake.add(_draft(document, found[1], int(found[2]), head, block, raw))
        except BadElementError as bad:
            intake.reject_text(bad, head.number, raw)


def _draft(document: Document, name: str, size: int, head: Line, block: list[Line], raw: str) -> DraftText:
    place = document.at(head.offset)
    if len(block) != size + 1:
        raise BadElementError(
            "clauses missing", place, f"found {max(0, len(block) - 1)} clauses, expected {size}. The file may be cut."
        )
    pairs, *rows = block
    if not _PAIRS.fullmatch(pairs.text):
        raise BadElementError(
            "no pairs", document.at(pairs.offset), f"found {pairs.text[:40]!r}, expected pairs such as (7,9), (8,9)."
        )
    clauses = list(_clauses(document, rows))
    text = BETWEEN.join(clause.text for clause in clauses)
    opinions = draft_each(
        _PAIR.finditer(pairs.text),
        lambda pair: _draft_pair(document.at(pairs.offset + pair.start()), int(pair[1]), int(pair[2]), clauses),
    )
    return DraftText(name, text, head.number, place, raw, opinions)


def _clauses(document: Document, rows: list[Line]) -> Iterator[Clause]:
    start = 0
    for number, row in enumerate(rows, 1):
        fields = row.text.split(",", 3)
        if len(fields) != 4 or fields[0].strip() != str(number):
            raise BadElementError(
                "no clause",
                document.at(row.offset),
                f"found {row.text[:40]!r}, expected clause {number}: number, emotion, word, text.",
            )
        text = fields[3].strip()
        yield Clause(text, start, None if fields[1].strip() == "null" else fields[1].strip())
        start += len(text) + len(BETWEEN)


def _draft_pair(place: Place, emotion: int, cause: int, clauses: list[Clause]) -> DraftOpinion:
    for number in (emotion, cause):
        if not 1 <= number <= len(clauses):
            raise BadElementError(
                "clause out of range", place, f"clause {number} of {len(clauses)}, expected 1 to {len(clauses)}."
            )
    named = clauses[emotion - 1].emotion
    if named is None:
        raise BadElementError("no emotion", place, f"clause {emotion} has no emotion, expected one in a pair.")
    return DraftOpinion(
        place=place,
        aspect=_mention("aspect", clauses[cause - 1], place),
        category=named,
        opinion=_mention("opinion", clauses[emotion - 1], place),
        polarity=POLARITY_OF.get(named.partition("&")[0].strip(), "negative"),
    )


def _mention(role: Role, clause: Clause, place: Place) -> Mention:
    return Mention(role, clause.text, clause.start, clause.start + len(clause.text), place)
