"""The lines of one order of an ARPA file as arrays, cut by compiled code.

    -1.2	the room	-0.3

A loop over lines runs only to find the one with a mistake.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from groundswell.errors import DataError
from groundswell.model.ngram.ngram_model import Logs

BLOCK_BYTES = 2**24
DAMAGED = "The file is damaged; fetch or write it again"
_HIGHEST_LOG = 1e-4  # some tools round a certain word up to a hair above 0


class Section(NamedTuple):
    """The lines of one order.

    size       words of an n-gram
    highest    whether no longer n-grams follow, so that lines have no back-off
    expected   n-grams that the head of the file promises
    line       1-based number of the first line
    content    the lines
    """

    path: str
    size: int
    highest: bool
    expected: int
    line: int
    content: memoryview


class Rows(NamedTuple):
    """The n-grams of one order as they stand in the file.

    words       (R, size) texts, row behind row, or their places in the words that were given
    log_probs   (R,)
    back_offs   (R,) 0 where a line has none
    """

    words: Any
    log_probs: Logs
    back_offs: Logs


def read_rows(section: Section, words: list[str] | None = None) -> Rows:
    """The n-grams of a section; their words as places in `words`, or as texts when there are none yet.

    Raises DataError, with the line, for a line that is none, an unknown word, and too few or too many lines.
    """
    known = None if words is None else pa.array(words, pa.large_string())
    blocks = [_rows(block, known) for block in _blocks(section)]
    empty = np.zeros(0, dtype=np.float32)
    log_probs = np.concatenate([empty, *(block.log_probs for block in blocks)])
    if len(log_probs) != section.expected:
        fault = "cut short" if len(log_probs) < section.expected else "longer than it says"
        raise DataError(
            f"{section.path}: {fault}: found {len(log_probs):,} {section.size}-grams, expected {section.expected:,} "
            f"as its head says. {DAMAGED}"
        )
    return Rows(
        [text for block in blocks for text in block.words.to_pylist()]
        if known is None
        else np.concatenate([np.zeros((0, section.size), dtype=np.int32), *(block.words for block in blocks)]),
        log_probs,
        np.concatenate([empty, *(block.back_offs for block in blocks)]),
    )


@dataclass(frozen=True)
class _Block:
    """Some lines of a section.

    lines     those that are not blank
    numbers   the number of each in the file
    """

    section: Section
    lines: Any
    numbers: NDArray[np.int64]

    def refuse(self, row: int, found: str = "") -> NoReturn:
        """Raise the error for one of the lines."""
        size, highest = self.section.size, self.section.highest
        shown = self.lines.cast(pa.large_binary())[row].as_py().decode("utf-8", "replace")[:80]
        raise DataError(
            f"{self.section.path}:{self.numbers[row]}: found {f'{found} in ' if found else ''}{shown!r}, expected a "
            f"logarithm, {size} word{'s' if size > 1 else ''}{'' if highest else ', and perhaps a back-off'}, between "
            f"tabs. {DAMAGED}"
        )

    def refuse_first(self, wrong: NDArray[np.bool_]) -> None:
        """Raise the error for the first of the wrong lines, if any is."""
        if wrong.any():
            self.refuse(int(wrong.argmax()))


def _blocks(section: Section) -> Iterator[_Block]:
    """Whole lines, some megabytes of them at a time."""
    first, start, content = section.line, 0, section.content
    while start < len(content):
        piece = bytes(content[start : start + BLOCK_BYTES])
        if start + len(piece) < len(content):
            piece = piece[: piece.rfind(b"\n") + 1] or piece
        offsets = pa.py_buffer(np.array([0, len(piece)], dtype=np.int64))
        text = pa.Array.from_buffers(pa.large_string(), 1, [None, offsets, pa.py_buffer(piece)])
        lines = pc.ascii_trim_whitespace(pc.split_pattern(text, "\n").flatten())
        filled = np.flatnonzero(_array(pc.binary_length(lines)))
        yield _Block(section, lines.take(pa.array(filled)), filled + first)
        first += piece.count(b"\n")
        start += len(piece)


def _rows(block: _Block, known: Any) -> Rows:
    size = block.section.size
    fields = pc.ascii_split_whitespace(block.lines)
    parts, starts = fields.flatten(), _array(fields.offsets).astype(np.int64)
    num_parts, starts = np.diff(starts), starts[:-1]
    has_back_off = num_parts == size + 2
    block.refuse_first((num_parts != size + 1) & (block.section.highest | ~has_back_off))
    log_probs = _parse(block, parts.take(pa.array(starts)), np.arange(len(starts)))
    back_offs = np.zeros(len(starts), dtype=np.float32)
    rows = np.flatnonzero(has_back_off)
    back_offs[rows] = _parse(block, parts.take(pa.array(starts[rows] + size + 1)), rows)
    block.refuse_first(~(log_probs <= _HIGHEST_LOG) | ~(back_offs < np.inf))  # NaN too
    texts = parts.take(pa.array((starts[:, None] + np.arange(1, size + 1)).ravel()))
    words = _checked(block, texts) if known is None else _known(block, texts, known)
    return Rows(words, np.minimum(log_probs, 0), back_offs)


def _parse(block: _Block, texts: Any, rows: NDArray[np.int64]) -> Logs:
    """The numbers that stand in some lines."""
    try:
        return _array(texts.cast(pa.float32()))
    except pa.ArrowInvalid:
        for row, text in zip(rows.tolist(), texts, strict=True):
            try:
                text.cast(pa.float32())
            except pa.ArrowInvalid:
                block.refuse(row)
        raise


def _known(block: _Block, texts: Any, known: Any) -> NDArray[np.int32]:
    """(R, size) the words as their places among known ones."""
    found = pc.index_in(texts, value_set=known)
    if found.null_count:
        row = int(_array(pc.is_null(found)).argmax()) // block.section.size
        block.refuse(row, "a word that the 1-grams lack")
    return _array(found).astype(np.int32).reshape(-1, block.section.size)


def _checked(block: _Block, texts: Any) -> Any:
    """The words, which must be UTF-8."""
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:
        for row, text in enumerate(texts.cast(pa.large_binary()).to_pylist()):
            try:
                text.decode("utf-8")
            except UnicodeDecodeError:
                block.refuse(row, "a word that is not UTF-8")
        raise
    return texts


def _array(values: Any) -> NDArray[Any]:
    found: NDArray[Any] = values.to_numpy(zero_copy_only=False)
    return found
