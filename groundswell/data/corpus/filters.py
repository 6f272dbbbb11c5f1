"""Which documents are worth learning from: small rules, each with the reason it gives.

The thresholds are those of Gopher (Rae et al. 2021, https://arxiv.org/abs/2112.11446, appendix A.1) where it has the
rule, except for the least length: opinions are short. A word is a run of letters and digits, and a Chinese character is
one by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from groundswell.errors import DataError
from groundswell.text.blank import is_blank
from groundswell.text.language import detect_language
from groundswell.text.segmentation import UNSPACED
from groundswell.types import Language

_WORD = re.compile(rf"[{UNSPACED}]|[^\W{UNSPACED}]+")
_NO_LETTER = re.compile(r"[^\w\s]|[\d_]")
_HASH_OR_ELLIPSIS = re.compile(r"#|…|\.\.\.")
_SURROGATE = re.compile("[\ud800-\udfff]")
_JUDGED_CHARACTERS = 2_000  # of a long document the language is told from its beginning
_TOP_NGRAMS = {2: 0.20, 3: 0.18, 4: 0.16}
_REPEATED_NGRAMS = {5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.10}


@dataclass(frozen=True)
class Quality:
    """What a document must be like; every share is 0-1.

    least_words, most_words     number of words
    most_repeated_lines         share of the lines that repeat an earlier one
    most_repeated_characters    share of the characters in such lines
    repetition_from             words from which on repeated phrases are looked for: a short text repeats by chance
    most_symbols                `#` and ellipses for each word
    least_letters               share of the visible characters that are letters
    languages                   those that are kept; empty: all
    """

    least_words: int = 5
    most_words: int = 100_000
    most_repeated_lines: float = 0.30
    most_repeated_characters: float = 0.20
    repetition_from: int = 50
    most_symbols: float = 0.10
    least_letters: float = 0.60
    languages: tuple[Language, ...] = ()

    def __post_init__(self) -> None:
        shares = ("most_repeated_lines", "most_repeated_characters", "least_letters")
        wrong = [f"{name}: found {getattr(self, name)}, expected 0 to 1" for name in shares if not self._is_share(name)]
        if not 0 <= self.least_words <= self.most_words:
            wrong.append(f"least_words: found {self.least_words}, expected 0 to most_words, {self.most_words}")
        if not self.most_symbols >= 0:
            wrong.append(f"most_symbols: found {self.most_symbols}, expected at least 0")
        wrong += [f"languages: found {name!r}, expected zh, en, other" for name in self._unknown_languages()]
        if wrong:
            raise DataError("\n".join(f"quality.{problem}. Change it." for problem in wrong))

    def _is_share(self, name: str) -> bool:
        return bool(0 <= getattr(self, name) <= 1)

    def _unknown_languages(self) -> list[str]:
        return [name for name in self.languages if name not in ("zh", "en", "other")]


class Measured:
    """A text with what several rules ask about, found out at most once."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def words(self) -> list[str]:
        """The words, in order."""
        return _WORD.findall(self.text)

    @cached_property
    def num_visible(self) -> int:
        """Characters that are no blanks."""
        return len("".join(self.text.split()))


def reason_to_drop(text: str, quality: Quality) -> str | None:
    """The first rule that the text breaks, or None when it is kept; the same text always gets the same answer.

    >>> reason_to_drop("#win #win #win #prize #now ...", Quality())
    'symbols'
    """
    measured = Measured(text)
    return next((reason for reason, breaks in RULES.items() if breaks(measured, quality)), None)


def repeated_line_shares(text: str) -> tuple[float, float]:
    """Of the lines that are not blank: the share that repeats an earlier one, and the share of characters in those.

    >>> repeated_line_shares("ab\\nab\\nabcd\\nab")
    (0.5, 0.4)
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return 0.0, 0.0
    num_repeated = len(lines) - len(set(lines))
    if not num_repeated:
        return 0.0, 0.0
    all_characters = sum(map(len, lines))
    return num_repeated / len(lines), 1 - sum(map(len, set(lines))) / all_characters


def ngram_shares(words: list[str]) -> dict[int, float]:
    """Share of the characters of the words that stand in repeated n-grams of words, by n from 2 to 10.

    2-4    in all occurrences of the most frequent n-gram (the longest of those), if it stands more than once
    5-10   in any n-gram that stands more than once, each character counted once

    Ends at the first n of which no n-gram repeats: none of a greater n does.
    """
    numbers: dict[str, int] = {}
    word_ids = np.array([numbers.setdefault(word, len(numbers)) for word in words], dtype=np.int64)
    sizes = np.array(list(map(len, words)), dtype=np.int64)
    ends = np.concatenate(([0], np.cumsum(sizes)))
    shares: dict[int, float] = {}
    grams = word_ids
    for n in range(2, 11):
        if len(words) < n:
            break
        _, grams, counts = np.unique(
            grams[:-1] * len(numbers) + word_ids[n - 1 :], return_inverse=True, return_counts=True
        )
        if counts.max() == 1:
            break
        if n in _TOP_NGRAMS:
            top = counts[grams] == counts.max()
            characters = counts.max() * (ends[n:] - ends[:-n])[top].max()
        else:
            characters = sizes[_covered(counts[grams] > 1, n)].sum()
        shares[n] = float(characters / ends[-1])
    return shares


def _covered(repeated: NDArray[np.bool_], n: int) -> NDArray[np.bool_]:
    """(W - n + 1,) whether the n-gram that begins at a word counts -> (W,) whether the word stands in one."""
    change = np.zeros(len(repeated) + n, dtype=np.int64)
    change[: len(repeated)] += repeated
    change[n:] -= repeated
    return np.cumsum(change)[:-1] > 0


def _too_short(measured: Measured, quality: Quality) -> bool:
    return len(measured.words) < quality.least_words


def _too_long(measured: Measured, quality: Quality) -> bool:
    return len(measured.words) > quality.most_words


def _symbols(measured: Measured, quality: Quality) -> bool:
    return len(_HASH_OR_ELLIPSIS.findall(measured.text)) > quality.most_symbols * len(measured.words)


def _few_letters(measured: Measured, quality: Quality) -> bool:
    return len(_NO_LETTER.findall(measured.text)) > (1 - quality.least_letters) * measured.num_visible


def _other_language(measured: Measured, quality: Quality) -> bool:
    return bool(quality.languages) and detect_language(measured.text[:_JUDGED_CHARACTERS]) not in quality.languages


def _repeated_lines(measured: Measured, quality: Quality) -> bool:
    lines, characters = repeated_line_shares(measured.text)
    return lines > quality.most_repeated_lines or characters > quality.most_repeated_characters


def _repeated_phrases(measured: Measured, quality: Quality) -> bool:
    if len(measured.words) < quality.repetition_from:
        return False
    limits = _TOP_NGRAMS | _REPEATED_NGRAMS
    return any(share > limits[n] for n, share in ngram_shares(measured.words).items())


RULES: dict[str, Callable[[Measured, Quality], bool]] = {
    "blank": lambda measured, quality: is_blank(measured.text),
    "NUL in text": lambda measured, quality: "\x00" in measured.text,
    "unpaired surrogate in text": lambda measured, quality: _SURROGATE.search(measured.text) is not None,
    "too short": _too_short,
    "too long": _too_long,
    "symbols": _symbols,
    "few letters": _few_letters,
    "other language": _other_language,
    "repeated lines": _repeated_lines,
    "repeated phrases": _repeated_phrases,
}
