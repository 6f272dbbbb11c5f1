"""Whether a document holds text that is kept for the test.

Compared are normal forms, without case, punctuation and blanks, so that a quotation with other commas is found. A
document that shares one long span of characters with a held-out text has seen part of the test, whatever surrounds it
(as in the 13-gram rule of GPT-3, https://arxiv.org/abs/2005.14165, appendix C; here in characters, as Chinese needs).

How a span is found: of every held-out text the windows of w characters are kept that begin at a multiple of
span - w + 1. Any span of that many characters covers one of them whole, so a rolling hash over the document meets it,
and the neighbours of the meeting place decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from groundswell.data.leakage import form_digest, normal_form
from groundswell.errors import DataError

SPAN = 50  # characters of a normal form: some 13 English words
EQUAL = "equals a held-out text"
SHARED = "shares a span with a held-out text"
NEARLY_EQUAL = "nearly equals a held-out text"
_LEAST_SPAN = 16
_LEAST_FILTER_BITS = 12
_SPARE_FILTER_BITS = 5  # a byte in 32 or fewer is set, which turns most windows away before they are searched

Hashes = NDArray[np.uint64]
_BASE = np.uint64(0x9E3779B97F4A7C15)
_INVERSE = np.uint64(pow(0x9E3779B97F4A7C15, -1, 2**64))  # an odd number has one
_MIX = np.uint64(0xBF58476D1CE4E5B9)


class HeldOut:
    """The held-out texts, asked about one document at a time.

    texts   as they stand in the test files; blank ones are left out
    span    characters of normal form that a document and a held-out text may not have in common; of a held-out text
            that is shorter, but has at least half as many, the whole text

    Raises DataError when no text is left, or the span is below 16.
    """

    def __init__(self, texts: Sequence[str], *, span: int = SPAN) -> None:
        if span < _LEAST_SPAN:
            raise DataError(
                f"held-out span: found {span} characters, expected at least {_LEAST_SPAN}: shorter ones are shared by "
                "chance. Raise it."
            )
        self.span, self._window = span, span // 2
        self.forms = list(dict.fromkeys(form for form in map(normal_form, texts) if form))
        if not self.forms:
            raise DataError(f"held-out files: {len(texts)} texts, all blank. Name the files that hold the test texts.")
        self._digests = {form_digest(form) for form in self.forms}
        hashes, owners, starts = self._indexed()
        order = np.argsort(hashes, kind="stable")
        self._hashes, self._owners, self._starts = hashes[order], owners[order], starts[order]
        bits = max(_LEAST_FILTER_BITS, len(hashes).bit_length() + _SPARE_FILTER_BITS)
        self._shift = np.uint64(64 - bits)
        self._filter = np.zeros(1 << bits, dtype=bool)
        self._filter[hashes >> self._shift] = True

    def reason_to_drop(self, form: str) -> str | None:
        """Why a document of this normal form must stay out of training, or None."""
        if form_digest(form) in self._digests:
            return EQUAL
        hashes = _window_hashes(form, self._window)
        places = np.flatnonzero(self._filter[hashes >> self._shift])
        first = np.searchsorted(self._hashes, hashes[places])
        met = np.flatnonzero(self._hashes[np.minimum(first, len(self._hashes) - 1)] == hashes[places])
        last = np.searchsorted(self._hashes, hashes[places[met]], side="right")
        for place, low, high in zip(places[met].tolist(), first[met].tolist(), last.tolist(), strict=True):
            for owner, start in zip(self._owners[low:high].tolist(), self._starts[low:high].tolist(), strict=True):
                text = self.forms[owner]
                if _common_span(form, place, text, start, self._window) >= min(self.span, len(text)):
                    return SHARED
        return None

    def _indexed(self) -> tuple[Hashes, NDArray[np.int64], NDArray[np.int64]]:
        """Hash, number of the text and place in it of every window that is kept."""
        stride = self.span - self._window + 1
        found = [_window_hashes(form, self._window)[::stride] for form in self.forms]
        counts = [len(hashes) for hashes in found]
        owners = np.repeat(np.arange(len(found)), counts)
        starts = np.concatenate([stride * np.arange(count) for count in counts])
        return np.concatenate(found), owners, starts


def _window_hashes(form: str, window: int) -> Hashes:
    """(T,) characters -> (T - window + 1,) hashes of the windows; none when the text is shorter."""
    codes = np.frombuffer(form.encode("utf-32-le", errors="surrogatepass"), dtype=np.uint32).astype(np.uint64)
    if len(codes) < window:
        return np.empty(0, dtype=np.uint64)
    powers = np.cumprod(np.full(len(codes), _BASE), dtype=np.uint64)
    sums = np.concatenate(([np.uint64(0)], np.cumsum((codes + np.uint64(1)) * powers, dtype=np.uint64)))
    # the window at i has the powers i + 1 ... i + w; divided by the i-th they are the same for every window
    divisors = np.cumprod(np.full(len(codes) - window + 1, _INVERSE), dtype=np.uint64)
    hashes = (sums[window:] - sums[:-window]) * divisors
    hashes = (hashes ^ (hashes >> np.uint64(29))) * _MIX
    return cast("Hashes", hashes ^ (hashes >> np.uint64(32)))


def _common_span(left: str, left_start: int, right: str, right_start: int, window: int) -> int:
    """Length of the longest common span of two texts around two windows; 0 when the windows differ after all."""
    if left[left_start : left_start + window] != right[right_start : right_start + window]:
        return 0
    before = 0
    while before < min(left_start, right_start) and left[left_start - before - 1] == right[right_start - before - 1]:
        before += 1
    left_end, right_end, after = left_start + window, right_start + window, 0
    most = min(len(left) - left_end, len(right) - right_end)
    while after < most and left[left_end + after] == right[right_end + after]:
        after += 1
    return before + window + after
