"""Batches of texts with their gold opinions, as places of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from groundswell.text.tokenization import TokenIds, TokenizedText

# Columns of a gold tuple: window, first and last token of the aspect and of the opinion words (-1 when implicit),
# category and polarity (-1 when not given).
WINDOW, ASPECT, OPINION, CATEGORY, POLARITY = 0, slice(1, 3), slice(3, 5), 5, 6


class OpinionBatch(NamedTuple):
    """N texts in W windows of at most T tokens, with M gold tuples.

    token_ids      (W, T) int64
    mask           (W, T) bool, True at real tokens
    document       (W,) int64, number of the text (0 to N-1) a window belongs to
    begins, ends   (W, T) bool, tokens that a span may begin or end with
    tuples         (M, 7) int64: window, aspect first and last token, opinion first and last token, category, polarity
    weights        (N,) float, 1 for a text that counts, 0 for one that only fills a process's empty share
    given          (G, 3) int64: window, first and last token of the aspects that are asked for; None: they are found
    intensities    (M,) float, of each gold tuple, 0-1; NaN where nobody measured it
    """

    token_ids: Tensor
    mask: Tensor
    document: Tensor
    begins: Tensor
    ends: Tensor
    tuples: Tensor
    weights: Tensor
    given: Tensor | None = None
    intensities: Tensor | None = None

    def to(self, device: torch.device) -> OpinionBatch:
        """The same batch on a device."""
        return OpinionBatch(*(None if part is None else part.to(device) for part in self))  # type: ignore[arg-type]


@dataclass(frozen=True)
class OpinionWindow:
    """A window of tokens.

    begins, ends   numbers of the tokens that a span may begin or end with
    tuples         gold: aspect first and last token, opinion first and last token, category, polarity
    given          first and last token of the aspects that are asked for; None: they are to be found
    intensities    of each gold tuple, 0-1; NaN where nobody measured it
    """

    token_ids: TokenIds
    begins: Tensor
    ends: Tensor
    tuples: tuple[tuple[int, ...], ...] = ()
    given: tuple[tuple[int, int], ...] | None = None
    intensities: tuple[float, ...] = ()


@dataclass(frozen=True)
class OpinionDocuments:
    """Texts with their windows, ready to be collated; the counterpart of `batching.Documents`."""

    windows: Sequence[tuple[OpinionWindow, ...]]
    pad_id: int
    texts: Sequence[TokenizedText] = field(default=(), repr=False)

    def __len__(self) -> int:
        return len(self.windows)

    @property
    def lengths(self) -> list[tuple[int, int]]:
        """(longest window in tokens, number of windows) of each text."""
        return [(max(len(window.token_ids) for window in windows), len(windows)) for windows in self.windows]

    def collate(self, indices: Sequence[int], *, counted: bool = True) -> OpinionBatch:
        """The batch of some texts, by their numbers; with `counted=False` none of them has weight."""
        windows = [window for index in indices for window in self.windows[index]]
        sizes = torch.tensor([len(self.windows[index]) for index in indices])
        length = max(len(window.token_ids) for window in windows)
        token_ids = torch.full((len(windows), length), self.pad_id, dtype=torch.int64)
        mask, begins, ends = (torch.zeros(len(windows), length, dtype=torch.bool) for _ in range(3))
        tuples, given = [], []
        intensities = [number for window in windows for number in window.intensities]
        for row, window in enumerate(windows):
            size = len(window.token_ids)
            token_ids[row, :size] = torch.from_numpy(window.token_ids)
            mask[row, :size] = True
            begins[row, :size], ends[row, :size] = window.begins, window.ends
            tuples += [(row, *gold) for gold in window.tuples]
            given += [(row, *span) for span in window.given or ()]
        return OpinionBatch(
            token_ids,
            mask,
            torch.repeat_interleave(torch.arange(len(indices)), sizes),
            begins,
            ends,
            torch.tensor(tuples, dtype=torch.int64).reshape(-1, 7),
            torch.full((len(indices),), float(counted)),
            torch.tensor(given, dtype=torch.int64).reshape(-1, 3) if windows[0].given is not None else None,
            torch.tensor(intensities, dtype=torch.float32) if len(intensities) == len(tuples) else None,
        )
