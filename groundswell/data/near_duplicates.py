"""Pairs of texts that are probably near duplicates, found without comparing all pairs.

Two nets. Longer texts: MinHash over character n-grams, with one permutation (Li, Owen and Zhang 2012,
https://arxiv.org/abs/1208.1259) and empty bins filled by optimal densification (Shrivastava 2017,
https://arxiv.org/abs/1703.04664), cut into bands. Short texts, where one character touches most n-grams: hashes of
the text with each single character left out, of which two texts one edit apart share at least one.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Groups = tuple[NDArray[np.int64], NDArray[np.int64]]

NGRAM = 4
LEAST_LENGTH = 12  # below, one character is a different opinion rather than a copy
SHORT_LENGTH = 48  # texts up to this length also go into the second net
_NUM_BINS = 128
_BIN_BITS = 7
_ROWS_PER_BAND = 5  # at similarity 0.8 one of 25 bands agrees with a probability of 1 - 5e-5
_NUM_BANDS = _NUM_BINS // _ROWS_PER_BAND
_NUM_DONORS = 1024

# Odd constants of splitmix64 (Steele, Lea and Flood 2014) and of the golden ratio.
_BASE = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_BASE_POWERS: Hashes = np.cumprod(np.full(SHORT_LENGTH + 1, _BASE), dtype=np.uint64)
_BIN_EDGES: Hashes = np.arange(_NUM_BINS, dtype=np.uint64) << np.uint64(64 - _BIN_BITS)
# for each bin the bins it asks, in turn, when it is empty; the same in every process
_DONORS = np.random.Generator(np.random.PCG64(0)).integers(0, _NUM_BINS, size=(_NUM_BINS, _NUM_DONORS))


def shared_keys(forms: Sequence[str]) -> Iterator[Groups]:
    """For each net and band: `(owners, starts)`; `owners[a:b]` between two starts are texts that share a key.

    forms   normal forms of the texts, of at least `NGRAM` characters
    owners  (N,) places in `forms`; only texts that share their key with another one
    starts  (G + 1,) the place in `owners` where each group begins, and the end
    """
    table = KeyTable()
    for form in forms:
        table.add(form)
    yield from chain(table.band_groups(), table.short_groups())


class KeyTable:
    """The keys of texts that are added one by one; 200 bytes a text, and of short ones 16 for each character."""

    def __init__(self) -> None:
        self._bands, self._short_keys, self._short_owners = array("Q"), array("Q"), array("q")

    def __len__(self) -> int:
        return len(self._bands) // _NUM_BANDS

    def add(self, form: str) -> None:
        """Take in one more normal form, of at least `NGRAM` characters; its place is the number of earlier ones."""
        codes = np.frombuffer(form.encode("utf-32-le", errors="surrogatepass"), dtype=np.uint32).astype(np.uint64)
        if len(codes) <= SHORT_LENGTH:
            keys = _one_left_out(codes)
            self._short_keys.frombytes(keys.tobytes())
            self._short_owners.frombytes(np.full(len(keys), len(self), dtype=np.int64).tobytes())
        self._bands.frombytes(_band_keys(codes).tobytes())

    def band_groups(self) -> Iterator[Groups]:
        """For each band `(owners, starts)`, as `shared_keys` has them."""
        bands = np.array(self._bands, dtype=np.uint64).reshape(-1, _NUM_BANDS)
        for band in range(_NUM_BANDS):
            yield _groups(bands[:, band], np.arange(len(bands), dtype=np.int64))

    def short_groups(self) -> Iterator[Groups]:
        """The same of the short texts' net; nothing when there are none."""
        if self._short_keys:
            yield _groups(np.array(self._short_keys, dtype=np.uint64), np.array(self._short_owners, dtype=np.int64))


def similarity(left: str, right: str) -> float:
    """0-1: Jaccard similarity of the sets of character n-grams.

    >>> similarity("abcdef", "abcdeg")
    0.5
    """
    left_grams, right_grams = _ngrams(left), _ngrams(right)
    return len(left_grams & right_grams) / max(1, len(left_grams | right_grams))


def one_edit_apart(left: str, right: str) -> bool:
    """Whether replacing, adding or removing one character turns one text into the other."""
    if len(left) > len(right):
        left, right = right, left
    if len(right) - len(left) > 1:
        return False
    place = next((i for i, pair in enumerate(zip(left, right, strict=False)) if pair[0] != pair[1]), len(left))
    return left[place + (len(left) == len(right)) :] == right[place + 1 :]


def near_similarity(left: str, right: str, least: float) -> float | None:
    """The similarity of two normal forms, or None when they are no near duplicates.

    least   0-1; forms of `LEAST_LENGTH` to `SHORT_LENGTH` characters that are one edit apart are near whatever it says
    """
    length = max(len(left), len(right))
    if length < LEAST_LENGTH:
        return None
    value = similarity(left, right)
    if length <= SHORT_LENGTH and one_edit_apart(left, right):
        return max(value, 1 - 1 / length)
    return value if value >= least else None


def _ngrams(form: str) -> set[str]:
    return {form[start : start + NGRAM] for start in range(len(form) - NGRAM + 1)}


def _mix(hashes: Hashes) -> Hashes:
    hashes = (hashes ^ (hashes >> np.uint64(30))) * _MIX_1
    hashes = (hashes ^ (hashes >> np.uint64(27))) * _MIX_2
    return cast("Hashes", hashes ^ (hashes >> np.uint64(31)))


def _band_keys(codes: Hashes) -> Hashes:
    """(T,) code points -> (bands,) keys; equal keys of a band mean that its minima are equal."""
    num_grams = len(codes) - NGRAM + 1
    hashes = codes[:num_grams].copy()
    for offset in range(1, NGRAM):
        hashes *= _BASE
        hashes += codes[offset : offset + num_grams]
    hashes = np.sort(_mix(hashes))
    # sorted, the first hash at or behind the lower edge of a bin is the minimum of the bin, if it lies in the bin
    firsts = np.searchsorted(hashes, _BIN_EDGES)
    minima = hashes[np.minimum(firsts, num_grams - 1)]
    full = np.diff(firsts, append=num_grams) > 0
    if not full.all():
        empty = np.flatnonzero(~full)
        donors = _DONORS[empty]
        chosen = donors[np.arange(len(empty)), full[donors].argmax(axis=1)]
        minima[empty] = minima[chosen]
    rows = minima[: _NUM_BANDS * _ROWS_PER_BAND].reshape(_NUM_BANDS, _ROWS_PER_BAND)
    keys = rows[:, 0].copy()
    for column in range(1, _ROWS_PER_BAND):
        keys = _mix(keys * _BASE + rows[:, column])
    return keys


def _one_left_out(codes: Hashes) -> Hashes:
    """(T,) code points -> (T + 1,) hashes: of the whole text, and of it without each of its characters."""
    num_codes = len(codes)
    kept = np.concatenate(([np.uint64(0)], np.cumsum(codes * _BASE_POWERS[:num_codes], dtype=np.uint64)))
    # behind the gap every character moves one place forward
    moved = np.concatenate(([np.uint64(0)], np.cumsum(codes[1:] * _BASE_POWERS[: num_codes - 1], dtype=np.uint64)))
    hashes = np.concatenate((kept[-1:], kept[:-1] + moved[-1] - moved))
    return np.unique(_mix(hashes))


def _groups(keys: Any, owners: NDArray[np.int64]) -> Groups:
    order = np.argsort(keys, kind="stable")
    keys, owners = keys[order], owners[order]
    same_as_next = np.zeros(len(keys) + 1, dtype=bool)
    same_as_next[1:-1] = keys[1:] == keys[:-1]  # True at i: key i equals key i - 1
    shared = same_as_next[:-1] | same_as_next[1:]
    starts = np.flatnonzero(~same_as_next[:-1][shared])
    return owners[shared], np.append(starts, shared.sum()).astype(np.int64)
