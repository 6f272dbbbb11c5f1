"""Words of the same meaning: from WordNet for English, from word vectors for any language."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from groundswell.errors import DataError
from groundswell.representation.learned_vectors import vector_path
from groundswell.representation.similarity import WordSpace
from groundswell.representation.vector_file import open_vectors
from groundswell.representation.wordnet import open_wordnet
from groundswell.types import Language

Synonyms = Callable[[str], Sequence[str]]

SHORTEST = 3
# Rarer words of a vector file have poor neighbours, and looking through all takes ten times as long.
MOST_VECTORS = 50_000
NEIGHBOURS = 8
LEAST_COSINE = 0.6


@dataclass(frozen=True)
class SynonymSource:
    """Where synonyms come from, for which languages, and what finds those of a word, nearest first."""

    name: str
    languages: tuple[Language, ...]
    find: Synonyms


def wordnet_source(folder: Path | None = None) -> SynonymSource:
    """Synonyms of English words by WordNet; MissingExtraError, saying what to install, when it is not there.

    Words of one meaning are those that mostly mean the same: the first sense of each, in the word class in which the
    word is met most often. Plurals, -s and -ing are carried over; other inflected forms and function words have none.
    """
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    wordnet = open_wordnet(folder)

    @functools.cache
    def find(word: str) -> Sequence[str]:
        if len(word) < SHORTEST or not word.isalpha() or word in ENGLISH_STOP_WORDS:
            return ()
        return tuple(_of_wordnet(wordnet, word))

    return SynonymSource("WordNet", ("en",), find)


def vector_source(path: Path) -> SynonymSource:
    """The nearest words of a vector file or of a folder of `groundswell vectors train`, cosine 0.6 or more.

    Only the 50,000 words that come first in the file are looked at. Vectors also bring words near that are met in the
    same company (`monday`, `tuesday`); DataError when the file cannot be read or holds no word.
    """
    file = open_vectors(vector_path(path))
    words = file.words[:MOST_VECTORS]
    if not words:
        raise DataError(f"{path}: found no word vector, expected some. Name another file of word vectors")
    space = WordSpace(words, np.ascontiguousarray(file.rows(words)))

    @functools.cache
    def find(word: str) -> Sequence[str]:
        if word not in space.numbers:
            return ()
        near = [other for other, cosine in space.similar(word, NEIGHBOURS) if cosine >= LEAST_COSINE]
        return tuple(other for other in near if other.isalpha() and other == other.lower())

    return SynonymSource("vectors", ("en", "zh"), find)


def _of_wordnet(wordnet: Any, word: str) -> list[str]:
    base, kind = _usual_reading(wordnet, word)
    if not base:
        return []
    ending = next((ending for ending in ("", "s", "ing") if _with_ending(base, ending) == word), None)
    if ending is None:
        return []
    sense = wordnet.synsets(base, kind)[0]
    names = [lemma.name() for lemma in sense.lemmas()]
    found = [
        _with_ending(name, ending)
        for name in names
        if name != base and name.isalpha() and name == name.lower() and wordnet.synsets(name, kind)[0] == sense
    ]
    return [other for other in found if other]


def _usual_reading(wordnet: Any, word: str) -> tuple[str, str]:
    """The base form and the word class (n, v, a, r) in which a word is met most often in WordNet's counted texts."""
    best, most = ("", ""), -1
    for kind in "nvar":
        base = wordnet.morphy(word, kind)
        if base:
            count = sum(
                lemma.count() for sense in wordnet.synsets(base, kind) for lemma in sense.lemmas()
                if lemma.name().lower() == base
            )  # fmt: skip
            if count > most:
                best, most = (base, kind), count
    return best


def _with_ending(base: str, ending: str) -> str:
    """The regular form of a word with -s or -ing; "" where a consonant might have to be doubled."""
    if not ending:
        return base
    if ending == "s":
        if base.endswith(("s", "x", "z", "ch", "sh")):
            return base + "es"
        return base[:-1] + "ies" if base.endswith("y") and base[-2:-1] not in "aeiou" else base + "s"
    if base.endswith("e") and not base.endswith(("ee", "ye", "oe", "ie")):
        return base[:-1] + "ing"
    ends_in_one_vowel = base[-1:] not in "aeiouwxy" and base[-2:-1] in "aeiou" and base[-3:-2] not in "aeiou"
    return "" if ends_in_one_vowel or base.endswith("ie") else base + "ing"
