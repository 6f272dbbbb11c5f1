"""Batches filled to a token budget from texts of like length, in an order that follows from seed and epoch alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from groundswell.text.tokenization import TokenIds

# Texts are sorted by length times a random factor of up to this, so that batches differ from epoch to epoch.
LENGTH_NOISE = 0.1


class Batch(NamedTuple):
    """N texts in W windows of at most T tokens.

    token_ids   (W, T) int64
    mask        (W, T) bool, True at real tokens
    document    (W,) int64, number of the text (0 to N-1) a window belongs to
    targets     (N,) int64 class ids, (N, C) float 0/1, or (N,) float values; zeros when unlabelled
    weights     (N,) float, 1 for a text that counts, 0 for one that only fills a process's empty share
    states      (W, T, D) cached states that enter the lowest computed layer, or None
    features    (W, D) cached pooled vectors, or None
    """

    token_ids: Tensor
    mask: Tensor
    document: Tensor
    targets: Tensor
    weights: Tensor
    states: Tensor | None = None
    features: Tensor | None = None

    def to(self, device: torch.device) -> Batch:
        """The same batch on a device."""
        required = (part.to(device) for part in self[:5])
        cached = (None if part is None else part.to(device) for part in self[5:])
        return Batch(*required, *cached)


@dataclass(frozen=True)
class Documents:
    """Tokenized texts with their targets, ready to be collated.

    windows    windows of each text
    targets    Tensor of N rows, or None when unlabelled
    features   (number of all windows, D) pooled vectors, or None
    states     from window numbers and a padded length to their cached states (W, T, D), or None
    """

    windows: Sequence[tuple[TokenIds, ...]]
    targets: Tensor | None
    pad_id: int
    features: Tensor | None = None
    states: Callable[[Sequence[int], int], Tensor] | None = None

    def __len__(self) -> int:
        return len(self.windows)

    @property
    def lengths(self) -> list[tuple[int, int]]:
        """(longest window in tokens, number of windows) of each text."""
        if self.features is not None:
            return [(1, len(windows)) for windows in self.windows]
        return [(max(map(len, windows)), len(windows)) for windows in self.windows]

    @property
    def first_window(self) -> list[int]:
        """Number of each text's first window, counted over all texts."""
        counts = [0, *(len(windows) for windows in self.windows)]
        return list(np.cumsum(counts)[:-1])

    def with_cache(
        self, *, features: Tensor | None = None, states: Callable[[Sequence[int], int], Tensor] | None = None
    ) -> Documents:
        """The same texts with cached vectors or states."""
        return replace(self, features=features, states=states)

    def collate(self, indices: Sequence[int], *, counted: bool = True) -> Batch:
        """The batch of some texts, by their numbers; with `counted=False` none of them has weight."""
        windows = [window for index in indices for window in self.windows[index]]
        sizes = [len(self.windows[index]) for index in indices]
        length = max(map(len, windows)) if self.features is None else 1
        token_ids = torch.full((len(windows), length), self.pad_id, dtype=torch.int64)
        mask = torch.zeros(len(windows), length, dtype=torch.bool)
        if self.features is None:
            for row, window in enumerate(windows):
                token_ids[row, : len(window)] = torch.from_numpy(window)
                mask[row, : len(window)] = True
        numbers = self._window_numbers(indices) if self.features is not None or self.states is not None else []
        targets = torch.zeros(len(indices)) if self.targets is None else self.targets[torch.tensor(indices)]
        return Batch(
            token_ids,
            mask,
            torch.repeat_interleave(torch.arange(len(indices)), torch.tensor(sizes)),
            targets,
            torch.full((len(indices),), float(counted)),
            None if self.states is None else self.states(numbers, length),
            None if self.features is None else self.features[torch.tensor(numbers)],
        )

    def _window_numbers(self, indices: Sequence[int]) -> list[int]:
        first = self.first_window
        return [first[index] + offset for index in indices for offset in range(len(self.windows[index]))]


def shuffled_batches(
    lengths: Sequence[tuple[int, int]], *, batch_tokens: int, batch_rows: int, seed: int, epoch: int
) -> list[list[int]]:
    """Every text number once, in batches of like length, the batches in random order.

    lengths        (longest window, number of windows) of each text
    batch_tokens   most tokens of a batch padded to its longest text; a text that is longer alone stands alone
    batch_rows     most texts of a batch

    The order depends on seed and epoch only, so a resumed run sees the same batches.
    """
    order = np.random.default_rng([seed, epoch])
    noisy = np.array([length for length, _ in lengths]) * (1 + LENGTH_NOISE * order.random(len(lengths)))
    if len(lengths) and min(lengths) == max(lengths):
        noisy = order.random(len(lengths))  # nothing to sort by
    batches = _fill(lengths, np.argsort(noisy, kind="stable").tolist(), batch_tokens, batch_rows)
    return [batches[place] for place in order.permutation(len(batches))]


def sorted_batches(lengths: Sequence[tuple[int, int]], *, batch_tokens: int, batch_rows: int) -> list[list[int]]:
    """Every text number once, in batches of like length, longest first (so that memory is asked for at once)."""
    order = sorted(range(len(lengths)), key=lambda index: lengths[index], reverse=True)
    return _fill(lengths, order, batch_tokens, batch_rows)


def _fill(lengths: Sequence[tuple[int, int]], order: list[int], batch_tokens: int, batch_rows: int) -> list[list[int]]:
    batches: list[list[int]] = []
    longest = windows = 0
    for index in order:
        length, count = lengths[index]
        longest_with = max(longest, length)
        full = not batches or longest_with * (windows + count) > batch_tokens or len(batches[-1]) >= batch_rows
        if full:
            batches.append([])
            longest_with, windows = length, 0
        batches[-1].append(index)
        longest, windows = longest_with, windows + count
    return batches
