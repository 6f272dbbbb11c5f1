"""Micro-batches of a masked language model: pieces of documents with some of their tokens left out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from groundswell.data.batching import shuffled_batches
from groundswell.data.language_batch import NOT_PREDICTED, LanguageBatch
from groundswell.data.language_blocks import epoch_parts
from groundswell.data.masking import Masking

_MOST_ROWS = 512
# Batches are padded to a multiple of it: kernels are compiled and kept for every shape, and without it few shapes come
# twice, which took gigabytes (docs/log.md).
_LENGTHS = 8


class MaskedPieces:
    """Documents in pieces of at most `piece_tokens` tokens, each between the two marks of its document.

    ids, offsets   (N,) ids of documents one behind the other and (D + 1,) where each begins; marks included
    order          (M,) documents in the order of reading, over all epochs; a document may stand there twice
    """

    def __init__(
        self,
        ids: NDArray[np.integer],
        offsets: NDArray[np.int64],
        order: NDArray[np.int64],
        *,
        piece_tokens: int,
        masking: Masking,
        pad_id: int,
    ) -> None:
        self._ids, self._masking, self._pad_id = ids, masking, pad_id
        room, self._most = piece_tokens - 2, piece_tokens
        sizes = np.diff(offsets)[order] - 2
        counts = np.maximum(1, -(-sizes // room))
        document = np.repeat(np.arange(len(order)), counts)
        within = np.arange(len(document)) - np.repeat(np.cumsum(counts) - counts, counts)
        self._starts = offsets[:-1][order][document] + 1 + within * room
        self._sizes = np.clip(sizes[document] - within * room, 0, room)
        self._marks = int(ids[offsets[0]]), int(ids[offsets[1] - 1])
        full = self._sizes > 0  # a document of marks alone has nothing to predict
        self._starts, self._sizes = self._starts[full], self._sizes[full]

    def __len__(self) -> int:
        """Number of pieces."""
        return len(self._starts)

    def plan(self, part: range, *, batch_tokens: int, seed: int, epoch: int) -> list[list[int]]:
        """Some pieces in batches of like length."""
        lengths = [(self._padded(size), 1) for size in self._sizes[part.start : part.stop].tolist()]
        found = shuffled_batches(lengths, batch_tokens=batch_tokens, batch_rows=_MOST_ROWS, seed=seed, epoch=epoch)
        return [[part.start + number for number in batch] for batch in found]

    def collate(self, indices: Sequence[int], *, counted: bool = True) -> LanguageBatch:
        """The batch of some pieces, each a document of its own; what is behind it is padding."""
        length = self._padded(int(self._sizes[list(indices)].max()))
        token_ids = torch.full((len(indices), length), self._pad_id)
        targets = torch.full((len(indices), length), NOT_PREDICTED)
        documents = torch.ones(len(indices), length, dtype=torch.int64)
        for row, index in enumerate(indices):
            start, size = int(self._starts[index]), int(self._sizes[index])
            read, wanted = self._masking(np.asarray(self._ids[start : start + size], dtype=np.int64), index)
            token_ids[row, : size + 2] = torch.tensor([self._marks[0], *read.tolist(), self._marks[1]])
            documents[row, : size + 2] = 0
            if counted:
                targets[row, 1 : size + 1] = torch.from_numpy(wanted)
        return LanguageBatch(token_ids, targets, documents)

    def _padded(self, size: int) -> int:
        """The length of a row for so many tokens and two marks."""
        return min(self._most, -(-(size + 2) // _LENGTHS) * _LENGTHS)


class MaskedBatches:
    """The pieces of everything a training reads, in as many equal parts as it has epochs."""

    def __init__(self, pieces: MaskedPieces, *, batch_tokens: int, epochs: int, seed: int) -> None:
        self._pieces, self._batch_tokens, self._seed = pieces, batch_tokens, seed
        self._parts = epoch_parts(len(pieces), epochs)
        self.collate = pieces.collate

    def plan(self, epoch: int) -> list[list[int]]:
        """The micro-batches of an epoch, each the numbers of its pieces."""
        return self._pieces.plan(self._parts[epoch], batch_tokens=self._batch_tokens, seed=self._seed, epoch=epoch)

    def describe(self, indices: Sequence[int]) -> str:
        """The numbers of some pieces, for an error message."""
        return f"pieces {', '.join(map(str, indices[:8]))} of the corpus, from 0"
