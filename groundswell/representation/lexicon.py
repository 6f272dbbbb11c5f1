"""Feeling by counting words of a list, with negation and intensifiers: the oldest rung, and one that needs no data.

word,kind,value
good,polarity,0.5           strength of feeling, -1 to 1
not,negation,-0.75          what the next feeling word is multiplied by
very,intensifier,1.5        the same; below 1 it weakens
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from groundswell.errors import DataError

LEXICONS = Path(__file__).parent / "lexicons"
Kind = Literal["polarity", "negation", "intensifier"]
COLUMNS = ["word", "kind", "value"]
# How far a negation or an intensifier reaches, in tokens; a mark of punctuation ends it.
REACH = 3


@dataclass(frozen=True)
class Hit:
    """A feeling word at a place among the tokens.

    own_value   as the lexicon has it
    modifiers   place and factor of each negation and intensifier before it, the nearest first
    """

    place: int
    word: str
    own_value: float
    modifiers: tuple[tuple[int, float], ...] = ()

    @property
    def value(self) -> float:
        """After what stands before it."""
        return self.own_value * math.prod(factor for _, factor in self.modifiers)


@dataclass(frozen=True)
class LexiconScore:
    """What a text's feeling words come to.

    positive, negative   sums of the values above and below 0 (the second is not above 0)
    net                  (positive + negative) per square root of the tokens: long texts may say more, but not
                         in proportion
    """

    positive: float
    negative: float
    net: float
    hits: tuple[Hit, ...]


class Lexicon:
    """Scores tokens by a word list.

    >>> lexicon = Lexicon({"good": ("polarity", 0.5), "not": ("negation", -0.75), "very": ("intensifier", 1.5)})
    >>> lexicon(["not", "very", "good", "."]).hits[0].value
    -0.5625
    """

    def __init__(self, entries: dict[str, tuple[Kind, float]]) -> None:
        self.entries = entries

    def __call__(self, tokens: Sequence[str]) -> LexiconScore:
        """The score of one text's tokens; letters' case does not count."""
        words = [token.lower() for token in tokens]
        hits = []
        for place, word in enumerate(words):
            kind, value = self.entries.get(word, ("", 0.0))
            if kind == "polarity":
                hits.append(Hit(place, word, value, tuple(self._before(words, place))))
        positive = math.fsum(hit.value for hit in hits if hit.value > 0)
        negative = math.fsum(hit.value for hit in hits if hit.value < 0)
        net = (positive + negative) / math.sqrt(len(words)) if words else 0.0
        return LexiconScore(positive, negative, net, tuple(hits))

    def features(self, texts: Sequence[Sequence[str]]) -> NDArray[np.float64]:
        """(N, 3) positive, negative and net score of some tokenized texts."""
        scores = [self(tokens) for tokens in texts]
        return np.array([[score.positive, score.negative, score.net] for score in scores]).reshape(len(scores), 3)

    def _before(self, words: Sequence[str], place: int) -> Iterator[tuple[int, float]]:
        """Where words stand that a feeling word is multiplied by, and by how much."""
        for before in range(place - 1, max(-1, place - REACH - 1), -1):
            kind, value = self.entries.get(words[before], ("", 1.0))
            if kind == "polarity" or not any(character.isalnum() for character in words[before]):
                return
            if kind:
                yield before, value


def load_lexicon(path: Path) -> Lexicon:
    """The lexicon of a CSV file with the columns word, kind and value; DataError names the wrong row."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if reader.fieldnames != COLUMNS:
                raise DataError(
                    f"{path}: found the columns {', '.join(reader.fieldnames or ()) or 'none'}, "
                    f"expected {', '.join(COLUMNS)}. Write them as the first line"
                )
            entries: dict[str, tuple[Kind, float]] = {}
            for row in reader:
                entries[row["word"].lower()] = _entry(path, reader.line_num, row)
    except OSError as error:
        raise DataError(f"{path}: the lexicon cannot be read ({error.strerror}). Check the path") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: the lexicon is not UTF-8 (byte {error.start}). Save it as UTF-8") from error
    if not any(kind == "polarity" for kind, _ in entries.values()):
        raise DataError(f"{path}: the lexicon holds no word of the kind polarity. Add some")
    return Lexicon(entries)


def builtin_lexicon(language: Literal["en", "zh"]) -> Lexicon:
    """The lexicon that comes with the package: some hundred common words of reviews."""
    return load_lexicon(LEXICONS / f"{language}.csv")


def _entry(path: Path, line: int, row: dict[str, str]) -> tuple[Kind, float]:
    kinds = get_args(Kind)
    if row["kind"] not in kinds:
        raise DataError(f"{path}:{line}: found the kind {row['kind']!r}, expected one of {', '.join(kinds)}")
    try:
        value = float(row["value"])
    except (TypeError, ValueError):
        value = math.nan
    low, high = {"polarity": (-1.0, 1.0), "negation": (-2.0, 0.0), "intensifier": (0.0, 4.0)}[row["kind"]]
    if not low <= value <= high:
        raise DataError(f"{path}:{line}: found the value {row['value']!r}, expected a number from {low:g} to {high:g}")
    kind: Kind = row["kind"]  # type: ignore[assignment]
    return kind, value
