"""The words of an n-gram model with their numbers, and texts as one long row of these numbers."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from groundswell.errors import DataError
from groundswell.text.vocabulary import UNKNOWN

BEGIN, END = "<s>", "</s>"
MARKS = (UNKNOWN, BEGIN, END)
UNKNOWN_ID, BEGIN_ID, END_ID = 0, 1, 2
TokenIds = NDArray[np.int32]


@dataclass(frozen=True)
class NgramWords:
    """Words by number: 0 stands for every unknown word, 1 and 2 for begin and end of a text, the rest as given.

    The vocabulary that probabilities are spread over is all of these but the begin mark, which no text continues with.

    >>> NgramWords(("<unk>", "<s>", "</s>", "good")).ids(["good", "bad"]).tolist()
    [3, 0]
    """

    words: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each word; the three marks are none, so no text can write them."""
        return {word: number for number, word in enumerate(self.words) if number > END_ID}

    def ids(self, tokens: Sequence[str]) -> TokenIds:
        """(T,) the number of each token."""
        # map and repeat stay in compiled code; a loop per token takes three times as long
        return np.fromiter(map(self.numbers.get, tokens, repeat(UNKNOWN_ID)), dtype=np.int32, count=len(tokens))

    def flat_ids(self, texts: Iterable[Sequence[str]]) -> TokenIds:
        """The numbers of all texts in one row, each text between the begin and the end mark."""
        flat, number_of = array("i"), self.numbers.get
        for tokens in texts:
            flat.append(BEGIN_ID)
            flat.extend(map(number_of, tokens, repeat(UNKNOWN_ID)))
            flat.append(END_ID)
        return np.frombuffer(flat, dtype=np.int32) if flat else np.zeros(0, dtype=np.int32)


class NumberedTexts(NamedTuple):
    """Training texts as numbers.

    tokens       one row, each text between begin and end mark
    num_texts    texts with at least one token
    num_blank    texts without one, left out
    num_rare     tokens that count as unknown because their word is rarer than asked for
    num_marks    tokens that spell a mark, such as `<s>`, and count as unknown
    """

    words: NgramWords
    tokens: TokenIds
    num_texts: int
    num_blank: int
    num_rare: int
    num_marks: int


def number_texts(texts: Iterable[Sequence[str]], *, min_count: int = 1) -> NumberedTexts:
    """The words of tokenized texts by falling count (equal ones as they come), and the texts as their numbers.

    min_count   rarer words are unknown

    Raises DataError when no text has a token.
    """
    numbers: defaultdict[str, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    for mark in MARKS:
        numbers[f"\n{mark}"]  # holds the mark's number under a name that no token has
    flat, num_texts, num_blank = array("i"), 0, 0
    for tokens in texts:
        if not tokens:
            num_blank += 1
            continue
        num_texts += 1
        flat.append(BEGIN_ID)
        flat.extend(map(numbers.__getitem__, tokens))
        flat.append(END_ID)
    if not num_texts:
        raise DataError(
            f"n-gram model: found {num_blank:,} texts and no word in any, expected at least one text with a word. "
            "Give a file with texts, one on each line"
        )
    return _renumbered(list(numbers)[len(MARKS) :], flat, min_count)._replace(num_texts=num_texts, num_blank=num_blank)


def _renumbered(found: list[str], flat: array[int], min_count: int) -> NumberedTexts:
    """Words by falling count; rare ones and spelt marks become the unknown one."""
    first_seen = np.frombuffer(flat, dtype=np.int32)
    counts = np.bincount(first_seen, minlength=len(MARKS) + len(found))
    is_word = counts >= min_count
    spelt = [len(MARKS) + place for place, word in enumerate(found) if word in MARKS]
    num_marks = int(counts[spelt].sum())
    is_word[: len(MARKS)] = False
    is_word[spelt] = False
    kept = np.flatnonzero(is_word)
    kept = kept[np.argsort(-counts[kept], kind="stable")]
    new_numbers = np.zeros(len(counts), dtype=np.int32)  # 0: unknown
    new_numbers[[BEGIN_ID, END_ID]] = BEGIN_ID, END_ID
    new_numbers[kept] = np.arange(len(MARKS), len(MARKS) + len(kept), dtype=np.int32)
    num_rare = int(counts[len(MARKS) :].sum() - counts[kept].sum()) - num_marks
    words = NgramWords((*MARKS, *(found[place - len(MARKS)] for place in kept.tolist())))
    return NumberedTexts(words, new_numbers[first_seen], 0, 0, num_rare, num_marks)
