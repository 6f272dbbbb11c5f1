"""Spans from tags and tags from spans: BIO and BIEOS, read strictly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Scheme = Literal["bio", "bieos"]
_LETTERS: dict[Scheme, str] = {"bio": "BI", "bieos": "BIES"}


@dataclass(frozen=True)
class TaggedSpan:
    """Tokens from `first` up to, not with, `end`, and the type behind the hyphen."""

    first: int
    end: int
    kind: str


@dataclass(frozen=True)
class WrongTag:
    """A tag that fits no span: its token and what is wrong."""

    token: int
    finding: str


def read_tags(tags: Sequence[str], scheme: Scheme, kinds: Sequence[str]) -> list[TaggedSpan | WrongTag]:
    """Every span and every wrong tag, in order; a span with a wrong tag in it is no span.

    B always begins a new span, so touching spans of one type stay apart.

    >>> read_tags(["B-ASP", "B-ASP", "O", "I-ASP"], "bio", ["ASP"])[2]
    WrongTag(token=3, finding="'I-ASP' follows 'O', expected 'B-ASP' or 'I-ASP' before it")
    """
    found: list[TaggedSpan | WrongTag] = []
    open_span: tuple[int, str] | None = None  # where it begins, and its type
    broken = ""  # the type of a span that a wrong tag began: its other tags are not complained of again
    for number, tag in enumerate([*tags, "O"]):
        letter, _, kind = tag.partition("-")
        if tag != "O" and (letter not in _LETTERS[scheme] or not letter or kind not in kinds):
            found += _closed(open_span, number, scheme, tags)
            found.append(WrongTag(number, f"tag {tag!r} is unknown, expected {_expected(scheme, kinds)}"))
            open_span, broken = None, kind
        elif letter in "IE" and open_span is not None and open_span[1] == kind:
            if letter == "E":
                found.append(TaggedSpan(open_span[0], number + 1, kind))
                open_span = None
        elif letter in "IE":
            found += _closed(open_span, number, scheme, tags)
            if broken != kind:
                found.append(WrongTag(number, _without_beginning(tags, number, kind)))
            open_span, broken = None, "" if letter == "E" else kind
        else:
            found += _closed(open_span, number, scheme, tags)
            broken = ""
            open_span = (number, kind) if letter == "B" else None
            if letter == "S":
                found.append(TaggedSpan(number, number + 1, kind))
    return found


def write_tags(spans: Sequence[TaggedSpan], num_tokens: int, scheme: Scheme) -> tuple[list[str], int]:
    """One tag per token, and how many spans found a token taken by an earlier one and are not there."""
    tags = ["O"] * num_tokens
    num_left_out = 0
    for span in spans:
        if any(tag != "O" for tag in tags[span.first : span.end]):
            num_left_out += 1
            continue
        length = span.end - span.first
        letters = "B" + "I" * (length - 1)
        if scheme == "bieos":
            letters = "S" if length == 1 else "B" + "I" * (length - 2) + "E"
        tags[span.first : span.end] = [f"{letter}-{span.kind}" for letter in letters]
    return tags, num_left_out


def _closed(
    open_span: tuple[int, str] | None, end: int, scheme: Scheme, tags: Sequence[str]
) -> list[TaggedSpan | WrongTag]:
    """What ends before a token: a span in BIO, an unfinished one in BIEOS."""
    if open_span is None:
        return []
    first, kind = open_span
    if scheme == "bio":
        return [TaggedSpan(first, end, kind)]
    return [WrongTag(first, f"{tags[first]!r} begins a span that no 'E-{kind}' ends; one token alone is 'S-{kind}'")]


def _without_beginning(tags: Sequence[str], number: int, kind: str) -> str:
    before = f"follows {tags[number - 1]!r}" if number else "is the first tag"
    return f"{tags[number]!r} {before}, expected 'B-{kind}' or 'I-{kind}' before it"


def _expected(scheme: Scheme, kinds: Sequence[str]) -> str:
    letters = _LETTERS[scheme]
    return f"O, or one of {', '.join(letters)} with -{', -'.join(kinds)}"
