"""Blocks of equal length for a language model, cut from documents that stand one behind the other.

Two documents in blocks of 6 tokens, `|` between blocks, and what each token has to predict:

    <s> a b c </s> <s> | d e </s> <pad> <pad> <pad>
     a  b c </s> -   d | e </s> -   -     -     -

Every token of the documents is in exactly one block, and every one but the first of a document is predicted exactly
once, from its own document: where a block ends inside a document, its last token predicts the first of the next block.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from groundswell.data.corpus.mixing import Mix
from groundswell.data.corpus.token_file import TokenFile
from groundswell.data.language_batch import NOT_PREDICTED
from groundswell.errors import DataError

NO_DOCUMENT = -1


class Blocks(NamedTuple):
    """B blocks of T tokens.

    token_ids      (B, T) int64
    labels         (B, T) int64, already shifted: what stands at a place is what the token there predicts; -100 at the
                   last token of a document and at padding
    document_ids   (B, T) int64, 0 at the first document of a block, 1 at the next ...; -1 at padding. A token may see
                   the tokens of its own document only
    positions      (B, T) int64, 0 at the first token of a document, or of what is left of it in this block
    """

    token_ids: NDArray[np.int64]
    labels: NDArray[np.int64]
    document_ids: NDArray[np.int64]
    positions: NDArray[np.int64]


class PackedBlocks:
    """The blocks of a mix; any of them can be asked for, so a training goes on from the number of a block.

    block_tokens   T, at least 2
    """

    def __init__(self, tokens: TokenFile, mix: Mix, *, block_tokens: int) -> None:
        if block_tokens < 2:
            raise DataError(f"block_tokens: found {block_tokens}, expected at least 2. Raise it.")
        self.block_tokens = block_tokens
        self._ids, self._pad_id = tokens.ids, tokens.index.pad_id
        lengths = np.diff(tokens.offsets)[mix.order]
        self._starts = tokens.offsets[:-1][mix.order]  # of each document in the file
        self._ends = np.cumsum(lengths)  # of each document in the stream that is cut
        self._begins = self._ends - lengths
        self.num_tokens = int(lengths.sum())
        self.num_documents = len(lengths)

    def __len__(self) -> int:
        """Number of blocks."""
        return -(-self.num_tokens // self.block_tokens)

    @property
    def num_padding(self) -> int:
        """Places of the last block that hold no token."""
        return len(self) * self.block_tokens - self.num_tokens

    def blocks(self, first: int, count: int) -> Blocks:
        """Blocks `first` to `first + count - 1`, as far as there are so many; in memory for each token 80 bytes."""
        if not 0 <= first < len(self) or count < 1:
            raise DataError(f"blocks: found {first} and {count} more, expected a first block of 0 to {len(self) - 1}.")
        size = self.block_tokens
        begin, end = first * size, min((first + count) * size, self.num_tokens)
        documents, places = self._places(begin, min(end + 1, self.num_tokens))  # one more, for the last label
        ids = np.asarray(self._ids[places], dtype=np.int64)
        goes_on = documents[1:] == documents[:-1]
        labels = np.full(end - begin, NOT_PREDICTED, dtype=np.int64)
        labels[: len(goes_on)][goes_on] = ids[1:][goes_on]
        rows = -(-(end - begin) // size)
        padding = rows * size - (end - begin)
        padded = [
            np.append(part, np.full(padding, filler)).reshape(rows, size)
            for part, filler in (
                (ids[: end - begin], self._pad_id), (labels, NOT_PREDICTED), (documents[: end - begin], NO_DOCUMENT)
            )
        ]  # fmt: skip
        return Blocks(padded[0], padded[1], *_numbered(padded[2]))

    def stream(self, rows: int, *, first: int = 0) -> Iterator[Blocks]:
        """All blocks from `first` on, `rows` at a time."""
        for block in range(first, len(self), rows):
            yield self.blocks(block, rows)

    def _places(self, begin: int, end: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Of the tokens `begin` to `end - 1` of the stream: the number of the document, the place in the file."""
        first, last = np.searchsorted(self._ends, [begin, end - 1], side="right")
        ends = self._ends[first : last + 1]
        starts = np.concatenate(([begin], ends[:-1]))
        lengths = np.minimum(ends, end) - starts
        documents = np.repeat(np.arange(first, last + 1), lengths)
        # what must be added to a place in the stream to get the one in the file
        moved = self._starts[first : last + 1] - self._begins[first : last + 1]
        return documents, np.arange(begin, end) + np.repeat(moved, lengths)


def _numbered(documents: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(B, T) numbers in the whole stream -> numbers within each block, and positions within each document."""
    begins = np.ones(documents.shape, dtype=bool)
    begins[:, 1:] = documents[:, 1:] != documents[:, :-1]
    places = np.broadcast_to(np.arange(documents.shape[1]), documents.shape)
    positions = places - np.maximum.accumulate(np.where(begins, places, 0), axis=1)
    numbers = np.where(documents == NO_DOCUMENT, NO_DOCUMENT, np.cumsum(begins, axis=1) - 1)
    return numbers, positions
