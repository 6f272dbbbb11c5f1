"""Micro-batches of a causal language model: blocks of a corpus, in an order that follows from the seed alone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch

from groundswell.data.corpus.packing import NO_DOCUMENT, PackedBlocks
from groundswell.data.language_batch import NOT_PREDICTED, LanguageBatch


class BlockBatches:
    """The blocks of everything a training reads, in as many equal parts as it has epochs.

    rows   blocks of a micro-batch
    """

    def __init__(self, blocks: PackedBlocks, *, rows: int, epochs: int) -> None:
        self._blocks, self._rows = blocks, rows
        self._parts = epoch_parts(len(blocks), epochs)

    def plan(self, epoch: int) -> list[range]:
        """The micro-batches of an epoch, each the numbers of its blocks."""
        part = self._parts[epoch]
        return [range(first, min(first + self._rows, part.stop)) for first in range(part.start, part.stop, self._rows)]

    def collate(self, indices: Sequence[int], *, counted: bool = True) -> LanguageBatch:
        """The batch of some blocks; with `counted=False` nothing in it is predicted."""
        parts = [self._blocks.blocks(index, 1) for index in indices]
        token_ids, targets, documents = (
            torch.from_numpy(np.concatenate([getattr(part, name) for part in parts]))
            for name in ("token_ids", "labels", "document_ids")
        )
        padding = documents == NO_DOCUMENT
        if padding.any():
            documents = documents.masked_fill(padding, int(documents.max()) + 1)
        return LanguageBatch(token_ids, targets if counted else torch.full_like(targets, NOT_PREDICTED), documents)

    def describe(self, indices: Sequence[int]) -> str:
        """The numbers of some blocks, for an error message."""
        return f"blocks {', '.join(map(str, indices[:8]))} of the corpus, from 0"


def epoch_parts(num_items: int, epochs: int) -> list[range]:
    """The items in `epochs` parts that differ by one at most; with fewer items than epochs some parts are empty.

    >>> epoch_parts(5, 2)
    [range(0, 2), range(2, 5)]
    """
    borders = [num_items * epoch // epochs for epoch in range(epochs + 1)]
    return [range(first, end) for first, end in pairwise(borders)]
