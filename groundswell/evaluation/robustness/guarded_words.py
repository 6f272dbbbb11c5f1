"""The words of a text, and which of them may be changed without changing what the text says."""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from groundswell.representation.lexicon import Kind, builtin_lexicon
from groundswell.representation.negation import NegationFinder
from groundswell.text.cleaning import Edit, Place, clean, clean_with_places
from groundswell.text.language import detect_language
from groundswell.text.segmentation import Segmentation
from groundswell.types import Language

Guard = Literal["plain", "feeling", "fixed", "mark"]
# Inside these nothing is changed: a number or an address that is spelt differently is another one.
_NUMBER = re.compile(r"\d+(?:[.,:/\-]\d+)*%?")
_MAIL = re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Word:
    """A word or mark of a text; `document[start:end] == text`, code points.

    guard   plain     may be respelt, replaced, moved or left out
            feeling   a feeling word or intensifier of the lexicons: may be respelt, as readers see through that
            fixed     a negator or a number: stays as it is
            mark      no word: no letter or digit in it, or part of an address, a user name or markup
    """

    text: str
    start: int
    end: int
    guard: Guard


@dataclass(frozen=True)
class GuardedText:
    """A text with its words and marks, in order.

    fixed   places in which nothing may be changed
    """

    text: str
    language: Language
    words: tuple[Word, ...]
    fixed: tuple[Place, ...]

    @property
    def num_words(self) -> int:
        """How many words there are, marks left out."""
        return sum(word.guard != "mark" for word in self.words)

    def is_free(self, start: int, end: int) -> bool:
        """Whether no fixed place lies in `text[start:end]`, or around it."""
        return not any(first < max(end, start + 1) and start < last for first, last in self.fixed)


class WordGuard:
    """Tells words apart by the lexicons of the package; reads jieba's dictionary at the first Chinese text.

    In a language without a lexicon only numbers, addresses, user names and markup are fixed.
    """

    def __init__(self) -> None:
        self._negation = NegationFinder()

    def __call__(self, text: str, language: Language | None = None) -> GuardedText:
        """The words of a text; its language is found when not given."""
        language = language or detect_language(text)
        # one character for one, so places hold, and both scripts are looked up in one lexicon
        read = clean(text, ["traditional_to_simplified"]) if language == "zh" else text
        no_words = wordless_places(text)
        tokens = (_chinese() if language == "zh" else Segmentation("words")).places(read)
        words = []
        for token, (start, end) in tokens:
            overlaps = any(first < end and start < last for first, last in no_words)
            words.append(Word(text[start:end], start, end, "mark" if overlaps else self._guard(token)))
        numbers = [match.span() for match in _NUMBER.finditer(text)]
        places = [*no_words, *numbers, *((word.start, word.end) for word in words if word.guard == "fixed")]
        return GuardedText(text, language, tuple(words), tuple(sorted(set(places))))

    def _guard(self, token: str) -> Guard:
        if not any(character.isalnum() for character in token):
            return "mark"
        if any(character.isnumeric() for character in token) or self._negation(token):
            return "fixed"
        return "feeling" if is_in_lexicon(token) else "plain"


def wordless_places(text: str) -> list[Place]:
    """Where addresses, user names, markup and entities stand."""
    kept = [place for place in clean_with_places(text, ["html", "urls", "user_names"])[1] if place[1] - place[0] == 1]
    places, position = [], 0
    for start, end in [*kept, (len(text), len(text))]:
        if start > position:
            places.append((position, start))
        position = end
    return sorted([*places, *(match.span() for match in _MAIL.finditer(text))])


def is_in_lexicon(word: str) -> bool:
    """Whether a word is a feeling word, an intensifier or a negator of the English or Chinese lexicon."""
    return word.lower().replace("’", "'") in _lexicon()


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """The text with pieces replaced; where deletions overlap, what they cover together is gone."""
    pieces, position = [], 0
    for edit in sorted(edits):
        pieces += [text[position : edit.start], edit.replacement]
        position = max(position, edit.end)
    return "".join(pieces) + text[position:]


def deletion(text: str, word: Word) -> Edit:
    """The edit that leaves a word out, with one of the blanks beside it."""
    if text[word.end : word.end + 1].isspace():
        return Edit(word.start, word.end + 1, "")
    blank_before = text[max(0, word.start - 1) : word.start].isspace()
    return Edit(word.start - blank_before, word.end, "")


def shuffled(words: Sequence[Word], generator: random.Random) -> list[Word]:
    """The words in random order."""
    return generator.sample(words, len(words))


@functools.cache
def _lexicon() -> dict[str, Kind]:
    return {word: kind for language in ("en", "zh") for word, (kind, _) in builtin_lexicon(language).entries.items()}


@functools.cache
def _chinese() -> Segmentation:
    """Words by jieba, with those of the lexicon kept whole: 强烈推荐 is one feeling word."""
    return Segmentation("jieba", tuple(word for word in builtin_lexicon("zh").entries if len(word) > 1))
