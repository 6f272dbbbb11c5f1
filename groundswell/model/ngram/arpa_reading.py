"""The n-gram model of an ARPA file, from whichever tool; `arpa_writing` shows how such a file looks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundswell.data.byte_source import find_bytes
from groundswell.errors import DataError
from groundswell.model.ngram.arpa_rows import DAMAGED, Rows, Section, read_rows
from groundswell.model.ngram.arpa_writing import READING_MARK
from groundswell.model.ngram.counts import HIGHEST_ORDER
from groundswell.model.ngram.ngram_model import Logs, NgramModel, find_keys
from groundswell.model.ngram.words import BEGIN, BEGIN_ID, END, MARKS, UNKNOWN_ID, NgramWords
from groundswell.text.vocabulary import UNKNOWN

UNKNOWN_LOG = -100.0  # of `<unk>` in a file without it; KenLM does the same
_HEAD = re.compile(rb"^\\data\\[ \t\r]*$", re.MULTILINE)
_HEADER = re.compile(rb"\\(?:\d+-grams:|end\\)")
_COUNT = re.compile(rb"^ngram[ \t]+(\d+)[ \t]*=[ \t]*(\d+)[ \t\r]*$", re.MULTILINE)


@dataclass(frozen=True)
class ArpaFile:
    """What an ARPA file holds.

    reading    how texts become words, where the file says so
    warnings   what was added to make the model whole
    """

    model: NgramModel
    reading: dict[str, Any] | None
    warnings: tuple[str, ...]


def read_arpa(path: str) -> ArpaFile:
    """The model of an ARPA file, also compressed.

    Raises DataError for a file that is cut short, holds something else, lists an n-gram twice or one whose first words
    it does not list; where a line is at fault with its number.
    """
    with find_bytes(path).open() as stream:
        content = stream.read()
    sections = _sections(path, content)
    singles = read_rows(sections[0])
    listed = ["<unk>" if word == "<UNK>" else word for word in singles.words]  # SRILM's and others' way to write it
    words, numbers, warnings = _number_words(path, listed)
    log_probs = [np.full(len(words), UNKNOWN_LOG, dtype=np.float32)]
    log_probs[0][numbers] = singles.log_probs
    log_probs[0][BEGIN_ID] = -np.inf  # whatever stands there: it is never predicted
    back_offs = [np.zeros(len(words), dtype=np.float32)]
    back_offs[0][numbers] = singles.back_offs
    keys: list[NDArray[np.int64]] = []
    for section in sections[1:]:
        rows = read_rows(section, singles.words)
        found, logs, factors = _sorted(section, rows, numbers, keys, words)
        keys.append(found)
        log_probs.append(logs)
        back_offs.append(factors)
    model = NgramModel(words, tuple(keys), tuple(log_probs), tuple(back_offs[:-1]))
    return ArpaFile(model, _reading(content), warnings)


def _sections(path: str, content: bytes) -> list[Section]:
    """The parts of the file by order; each ends where the next line begins with a backslash."""
    head = _HEAD.search(content)
    if not head:
        raise DataError(f"{path}: no line `\\data\\`, expected an ARPA file. Name a file that holds an n-gram model")
    headers = list(_headers(content, head.end()))
    first = headers[0][1] if headers else len(content)
    counts = {int(size): int(count) for size, count in _COUNT.findall(content[head.end() : first])}
    if not counts or sorted(counts) != list(range(1, len(counts) + 1)) or len(counts) > HIGHEST_ORDER:
        raise DataError(
            f"{path}: the head counts n-grams of the orders {sorted(counts) or 'none'}, expected 1 to n with n at most "
            f"{HIGHEST_ORDER}. {DAMAGED}"
        )
    names = [name for name, _, _ in headers]
    expected = [*(f"\\{size}-grams:" for size in range(1, len(counts) + 1)), "\\end\\"]
    ends = [*(start for _, start, _ in headers[1:]), len(content)]
    parts = [memoryview(content)[begin:end] for (_, _, begin), end in zip(headers, ends, strict=True)]
    if names != expected:
        last = parts[-1].tobytes().splitlines() if parts else []
        held = f", with {sum(map(bool, last)):,} lines in the last one" if names else ""
        raise DataError(
            f"{path}: cut short: found the parts {', '.join(names) or 'none'}{held}, expected {', '.join(expected)} "
            f"with {', '.join(f'{count:,}' for count in counts.values())} lines. {DAMAGED}"
        )
    return [
        Section(path, size, size == len(counts), counts[size], content.count(b"\n", 0, begin) + 1, part)
        for size, ((_, _, begin), part) in enumerate(zip(headers[:-1], parts[:-1], strict=True), start=1)
    ]


def _headers(content: bytes, begin: int) -> Iterator[tuple[str, int, int]]:
    """The lines that begin with a backslash: what they say, where they begin and where they end."""
    while (begin := content.find(b"\n\\", begin)) >= 0:
        end = content.find(b"\n", begin + 1)
        end = len(content) if end < 0 else end
        line = content[begin + 1 : end].rstrip()
        if _HEADER.fullmatch(line):
            yield line.decode(), begin + 1, end
        begin = end - 1 if end > begin + 1 else end


def _number_words(path: str, listed: list[str]) -> tuple[NgramWords, NDArray[np.int32], tuple[str, ...]]:
    """The words with the marks in front, the number of each listed one, and what had to be added."""
    numbers = dict.fromkeys((*MARKS, *listed))
    for number, word in enumerate(numbers):
        numbers[word] = number
    present = set(listed)
    if len(present) < len(listed):
        twice = next(word for first, word in pairwise(sorted(listed)) if first == word)
        raise DataError(f"{path}: the 1-gram {twice!r} is listed twice. {DAMAGED}")
    for mark in (BEGIN, END):
        if mark not in present:
            raise DataError(
                f"{path}: the 1-grams lack {mark}, expected both {BEGIN} and {END}. Add it, or learn the model from "
                "texts with marks"
            )
    warnings = []
    if UNKNOWN not in present:
        warnings.append(f"{path}: the 1-grams lack {UNKNOWN}; unknown words get a logarithm of {UNKNOWN_LOG:g}")
    assert numbers[UNKNOWN] == UNKNOWN_ID
    return (
        NgramWords(tuple(numbers)),
        np.array([numbers[word] for word in listed], dtype=np.int32),
        tuple(warnings),
    )


def _sorted(
    section: Section, rows: Rows, numbers: NDArray[np.int32], keys: list[NDArray[np.int64]], words: NgramWords
) -> tuple[NDArray[np.int64], Logs, Logs]:
    """Keys, logarithms and back-offs of one order, by ascending key."""
    ids = numbers[rows.words]  # (R, size)
    contexts = ids[:, 0]
    for shorter, column in zip(keys, range(1, section.size - 1), strict=True):
        contexts = find_keys(shorter, contexts.astype(np.int64) * len(words) + ids[:, column])
        if (contexts < 0).any():
            gram = [words.words[word] for word in ids[int((contexts < 0).argmax())]]
            raise DataError(
                f"{section.path}: {' '.join(gram)!r} is listed, but not {' '.join(gram[: column + 1])!r}, which it "
                f"begins with. {DAMAGED}"
            )
    found = contexts.astype(np.int64) * len(words) + ids[:, -1]
    order = np.argsort(found)
    found = found[order]
    twice = np.flatnonzero(found[1:] == found[:-1])
    if len(twice):
        gram = [words.words[word] for word in ids[order[twice[0]]]]
        raise DataError(f"{section.path}: {' '.join(gram)!r} is listed twice. {DAMAGED}")
    return found, rows.log_probs[order], rows.back_offs[order]


def _reading(content: bytes) -> dict[str, Any] | None:
    """What the first line says about how texts become words; None where it says nothing."""
    first = content[: content.find(b"\n") + 1]
    if not first.startswith(READING_MARK.encode()):
        return None
    try:
        found = json.loads(first[len(READING_MARK) :])
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
