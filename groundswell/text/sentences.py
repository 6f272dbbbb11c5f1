"""Where the sentences of a text begin and end, in Chinese and English."""

from __future__ import annotations

import re

from groundswell.text.cleaning import Place

# A full stop ends a sentence when a blank follows; Chinese marks end one wherever they stand.
_CLAUSE_MARK = re.compile(r"[，,。！？；;!?…\n]+[\"'”’」』）)\]]*")
_END = re.compile(r"(?:[。！？!?…]+|(?<![.])\.+(?=\s|[\"'”’)\]]|$))[\"'”’」』）)\]]*|\n+")
_ABBREVIATION = re.compile(
    r"(?:^|[^\w.])(?:mr|mrs|ms|dr|prof|st|jr|sr|vs|etc|approx|no|e\.g|i\.e|a\.m|p\.m|u\.s|[a-z])\.$", re.IGNORECASE
)


def split_sentences(text: str) -> list[Place]:
    """The sentences of a text as code points, end-exclusive: in order, apart, and with all of its characters that are
    not blank; none begins or ends with a blank.

    >>> split_sentences("Dr. Wu smiled. 很好！ 但是贵")
    [(0, 14), (15, 18), (19, 22)]
    """
    ends = [match.end() for match in _END.finditer(text) if not _ABBREVIATION.search(text[: match.end()][-8:])]
    sentences: list[Place] = []
    start = 0
    for end in [*ends, len(text)]:
        piece = text[start:end]
        begin = start + len(piece) - len(piece.lstrip())
        if piece.strip():
            sentences.append((begin, begin + len(piece.strip())))
        start = end
    return sentences


def split_clauses(text: str) -> list[Place]:
    """The pieces between marks of punctuation, commas included, without the marks; in order, none of them blank.

    >>> split_clauses("屏幕很亮，很好。ok")
    [(0, 4), (5, 7), (8, 10)]
    """
    clauses: list[Place] = []
    start = 0
    for begin, end in [*(match.span() for match in _CLAUSE_MARK.finditer(text)), (len(text), len(text))]:
        piece = text[start:begin]
        if piece.strip():
            first = start + len(piece) - len(piece.lstrip())
            clauses.append((first, first + len(piece.strip())))
        start = end
    return clauses
