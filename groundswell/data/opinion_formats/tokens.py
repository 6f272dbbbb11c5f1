"""Texts of blank-separated tokens: where each token stands, and how a text is cut into tokens to be written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from groundswell.data.opinion_formats.document import Place
from groundswell.data.opinion_formats.drafts import BadElementError, Mention, Role
from groundswell.types import Example, Span

_MARKS = "\u0300-\u036f\u200d\ufe0e\ufe0f\U0001f3fb-\U0001f3ff"  # accents and what joins or colours emoji
_ASIAN = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
# A run of letters and digits of scripts with blanks between words, or one character; accents stay with theirs.
_TOKEN = re.compile(f"(?:[^\\W{_ASIAN}][{_MARKS}]*)+|\\S[{_MARKS}]*(?:(?<=\u200d)\\S[{_MARKS}]*)*")


def split_tokens(written: str) -> list[str]:
    """The tokens of a line; blanks are U+0020 only, as the formats have them.

    >>> split_tokens(" a  b")
    ['a', 'b']
    """
    return [token for token in written.split(" ") if token]


def token_starts(tokens: Sequence[str]) -> list[int]:
    """The code point of each token in `" ".join(tokens)`.

    >>> token_starts(["ab", "c"])
    [0, 3]
    """
    starts = [0]
    for token in tokens[:-1]:
        starts.append(starts[-1] + len(token) + 1)
    return starts[: len(tokens)]


class Tokens:
    """The tokens of one text as it stands in a file."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self.tokens = tokens
        self.text = " ".join(tokens)
        self._starts = token_starts(self.tokens)

    def mention(self, role: Role, first: int, end: int, place: Place) -> Mention:
        """The tokens from `first` up to, not with, `end`; BadElementError when there are no such tokens."""
        if first >= end:
            raise BadElementError(
                "an empty span",
                place,
                f"{role} from token {first} up to token {end} is empty, expected at least one token. Mend the numbers.",
            )
        if first < 0 or end > len(self.tokens):
            raise BadElementError(
                "a token number out of range",
                place,
                f"{role} names token {first if first < 0 else end - 1}, but the text has {len(self.tokens)} tokens, "
                "numbered from 0. Mend the number.",
            )
        text = " ".join(self.tokens[first:end])
        start = self._starts[first]
        return Mention(role, text, start, start + len(text), place)


def retokenized(example: Example) -> Example:
    """The same example over a text of blank-separated tokens in which every span begins and ends with a token.

    A text that is so already comes back as it is. Otherwise words, Chinese characters and punctuation marks become
    tokens, and spans follow. An opinion with a span of nothing but blanks is left out.
    """
    opinions = example.opinions or ()
    spans = [span for opinion in opinions for span in (opinion.aspect, opinion.opinion) if span is not None]
    if _is_tokenized(example.text, spans):
        return example
    borders = {border for span in spans for border in (span.start, span.end)}
    pieces = _pieces(example.text, borders)
    text = " ".join(example.text[start:end] for start, end in pieces)
    new_starts = token_starts([example.text[start:end] for start, end in pieces])
    moved = []
    for opinion in opinions:
        aspect = _moved(opinion.aspect, pieces, new_starts, text)
        words = _moved(opinion.opinion, pieces, new_starts, text)
        if (aspect is None) == (opinion.aspect is None) and (words is None) == (opinion.opinion is None):
            moved.append(replace(opinion, aspect=aspect, opinion=words))
    return replace(example, text=text, opinions=tuple(moved) if example.opinions is not None else None)


def token_range(span: Span, text: str) -> range:
    """The numbers of the tokens of a span in a text that `retokenized` gave.

    >>> token_range(Span("c d", 3, 6), "ab c d e")
    range(1, 3)
    """
    first = text[: span.start].count(" ")
    return range(first, first + span.text.count(" ") + 1)


def _is_tokenized(text: str, spans: list[Span]) -> bool:
    if any(token.split() != [token] for token in text.split(" ")):
        return False
    padded = f" {text} "
    return all(
        padded[span.start] == " " == padded[span.end + 1] and span.text == span.text.strip(" ") for span in spans
    )


def _pieces(text: str, borders: set[int]) -> list[tuple[int, int]]:
    """Start and end of every token, cut at every border."""
    pieces = []
    for match in _TOKEN.finditer(text):
        inner = sorted(border for border in borders if match.start() < border < match.end())
        pieces += list(pairwise([match.start(), *inner, match.end()]))
    return pieces


def _moved(span: Span | None, pieces: list[tuple[int, int]], starts: list[int], text: str) -> Span | None:
    if span is None:
        return None
    inside = [number for number, (start, end) in enumerate(pieces) if span.start <= start and end <= span.end]
    if not inside:  # nothing but blanks, which are no tokens
        return None
    first, last = inside[0], inside[-1]
    start = starts[first]
    end = starts[last] + pieces[last][1] - pieces[last][0]
    return Span(text[start:end], start, end)
