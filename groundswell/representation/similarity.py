"""Nearest neighbours and analogies among word vectors, and how well they agree with what people say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from groundswell.errors import DataError

Vectors = NDArray[np.float32]
SHOWN_NEAR = 3


@dataclass(frozen=True)
class WordSpace:
    """Words with their vectors (V, D)."""

    words: Sequence[str]
    vectors: Vectors

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The row of each word."""
        return {word: len(self.words) - 1 - number for number, word in enumerate(reversed(self.words))}

    @cached_property
    def directions(self) -> Vectors:
        """(V, D) vectors of length 1; a vector of zeros stays."""
        lengths = np.linalg.norm(self.vectors, axis=1, keepdims=True)
        lengths[lengths == 0] = 1
        found: Vectors = self.vectors / lengths
        return found

    def similar(self, word: str, count: int = 10) -> list[tuple[str, float]]:
        """The nearest words with their cosine, nearest first; DataError names words that are spelt nearly alike."""
        (number,) = self.rows([word])
        return self._nearest(self.directions[number], {number}, count)

    def analogy(self, first: str, second: str, third: str, count: int = 10) -> list[tuple[str, float]]:
        """What is to `third` as `second` is to `first`: nearest to second - first + third, the three left out.

        Mikolov et al. 2013 (https://aclanthology.org/N13-1090), on vectors of length 1.
        """
        a, b, c = self.rows([first, second, third])
        target = self.directions[b] - self.directions[a] + self.directions[c]
        return self._nearest(target / max(float(np.linalg.norm(target)), 1e-12), {a, b, c}, count)

    def rows(self, words: Sequence[str]) -> list[int]:
        """The row of each word; DataError names all that are unknown, and what is spelt nearly alike."""
        unknown_words(words, self.numbers, self.words)
        return [self.numbers[word] for word in words]

    def _nearest(self, direction: Vectors, without: set[int], count: int) -> list[tuple[str, float]]:
        cosines = self.directions @ direction
        cosines[list(without)] = -np.inf
        count = min(count, len(self.words) - len(without))
        best = np.argpartition(-cosines, count - 1)[:count] if count else np.array([], dtype=int)
        return [(self.words[number], float(cosines[number])) for number in best[np.argsort(-cosines[best])]]


def unknown_words(words: Sequence[str], known: Mapping[str, int], spelt: Sequence[str]) -> None:
    """Nothing; raises DataError when some words are not known, each with what is spelt nearly alike."""
    unknown = [word for word in words if word not in known]
    if unknown:
        near = {word: nearest_spelling(word, spelt) for word in unknown}
        named = "; ".join(
            f"{word!r}" + (f" (did you mean {', '.join(map(repr, found))}?)" if found else "")
            for word, found in near.items()
        )
        raise DataError(f"unknown word{'s' if len(unknown) > 1 else ''}: {named}. {len(spelt):,} are known")


def nearest_spelling(word: str, words: Sequence[str], *, count: int = SHOWN_NEAR) -> list[str]:
    """The words of the smallest edit distance, at most half the word's length; of equal ones the first."""
    from rapidfuzz import process
    from rapidfuzz.distance import Levenshtein

    most = max(1, len(word) // 2)
    found = process.extract(word, words, scorer=Levenshtein.distance, limit=count, score_cutoff=most)
    return [near for near, _, _ in found]
