"""The words of a text as a person sees them: the units that an explanation weighs, never pieces of words."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterable, Sequence

from groundswell.text.cleaning import Place
from groundswell.text.segmentation import Segmentation
from groundswell.text.segmentation_zh import HAN

_JOINER = "\N{ZERO WIDTH JOINER}"
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_FLAG_LETTERS = range(0x1F1E6, 0x1F200)


def word_places(text: str, tokens: Iterable[Place] = ()) -> list[Place]:
    """Where the words of a text stand, in order and apart: code points, end-exclusive.

    Words are runs of letters and digits, Chinese words by jieba, and marks of punctuation, of which a repeated one is a
    single word (`!!!`). What a person sees as one character (an emoji with its skin tone, a letter with its accent) is
    never cut.

    tokens   places of a model's tokens; one that reaches over several words makes them one, so that every token
             belongs to one word

    >>> word_places("It isn't 干净！！"), word_places("a-b", [(0, 3)])
    ([(0, 2), (3, 8), (9, 11), (11, 13)], [(0, 3)])
    """
    kind = "jieba" if HAN.search(text) else "words"
    places: list[Place] = []
    for _, (start, end) in _segmentation(kind).places(text):
        if places and places[-1][1] == start and _goes_on(text, places[-1], start):
            places[-1] = (places[-1][0], end)
        else:
            places.append((start, end))
    return _joined(places, sorted(place for place in tokens if place[0] < place[1]))


def _goes_on(text: str, before: Place, start: int) -> bool:
    """Whether the word before a place goes on behind it."""
    last, first = text[start - 1], text[start]
    if _hangs_on(first) or last == _JOINER:
        return True
    if ord(first) in _FLAG_LETTERS:
        return ord(last) in _FLAG_LETTERS and (start - before[0]) % 2 == 1
    if unicodedata.category(last).startswith("M"):
        return first.isalpha() and not HAN.match(first) and text[before[0]].isalpha()
    return first == last and not first.isalnum()


def _hangs_on(character: str) -> bool:
    """Whether a character changes the look of the one before it."""
    return character == _JOINER or unicodedata.category(character).startswith("M") or ord(character) in _SKIN_TONES


def _joined(places: list[Place], tokens: Sequence[Place]) -> list[Place]:
    """Words and tokens, both in order, with all words that one token touches made one."""
    found: list[Place] = []
    number = 0
    reach = 0  # how far the last token that touched the newest word reaches
    for start, end in places:
        if found and start < reach:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
            reach = 0
        while number < len(tokens) and tokens[number][0] < end:
            if tokens[number][1] > start:
                reach = max(reach, tokens[number][1])
            number += 1
    return found


@functools.cache
def _segmentation(kind: str) -> Segmentation:
    return Segmentation("jieba" if kind == "jieba" else "words")
