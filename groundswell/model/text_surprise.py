"""What every token of a text costs a language model, also of texts longer than the model reads at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from groundswell.model.neural_lm.language_model import LanguageModel
from groundswell.model.surprise import places_at_once

_BATCH_TOKENS = 16_384


class _Window(NamedTuple):
    """Tokens `begin` to `end - 1` of a document are read; from `first` on the next token is predicted."""

    document: int
    begin: int
    first: int
    end: int


@torch.inference_mode()
def text_surprises(
    model: LanguageModel, documents: Sequence[Sequence[int]], *, on_batch: Callable[[int], None] = lambda texts: None
) -> list[NDArray[np.float64]]:
    """-log P in nats of every token but the first of each document, given those before it: (T - 1,) each.

    A document of more tokens than the model has places for is read in windows that overlap by a half; each token is
    predicted once, from at least half a window.
    """
    windows = [window for number, ids in enumerate(documents) for window in _windows(number, len(ids) - 1, model)]
    found = [np.empty(max(0, len(ids) - 1)) for ids in documents]
    windows.sort(key=lambda window: window.begin - window.end)  # longest first
    begin = 0
    while begin < len(windows):
        longest = windows[begin].end - windows[begin].begin
        batch = windows[begin : begin + max(1, _BATCH_TOKENS // longest)]
        for window, costs in zip(batch, _costs(model, documents, batch), strict=True):
            found[window.document][window.first : window.end] = costs
        begin += len(batch)
        on_batch(sum(window.begin == 0 for window in batch))
    return found


def num_windowed(model: LanguageModel, documents: Sequence[Sequence[int]]) -> int:
    """How many documents are too long to be read at once."""
    return sum(model.positions is not None and len(ids) - 1 > model.positions for ids in documents)


def _windows(number: int, size: int, model: LanguageModel) -> list[_Window]:
    """How a document of which `size` tokens are followed by another one is read."""
    if size < 1:
        return []
    room = size if model.positions is None else model.positions
    ends = [min(room, size)]
    while ends[-1] < size:
        ends.append(min(ends[-1] + (room + 1) // 2, size))
    firsts = [0, *ends[:-1]]
    return [_Window(number, max(0, end - room), first, end) for first, end in zip(firsts, ends, strict=True)]


def _costs(
    model: LanguageModel, documents: Sequence[Sequence[int]], batch: Sequence[_Window]
) -> list[NDArray[np.float64]]:
    longest = batch[0].end - batch[0].begin
    device = model.output.weight.device
    token_ids = torch.zeros(len(batch), longest, dtype=torch.int64)
    targets, wanted = torch.zeros_like(token_ids), torch.zeros(token_ids.shape, dtype=torch.bool)
    for row, (document, begin, first, end) in enumerate(batch):
        ids = torch.tensor(documents[document][begin : end + 1])
        token_ids[row, : end - begin] = ids[:-1]
        targets[row, : end - begin] = ids[1:]
        wanted[row, first - begin : end - begin] = True
    # what is behind a text is read by nothing before it
    states = model.states(token_ids.to(device))[wanted.to(device)]
    costs = _in_pieces(model, states, targets[wanted].to(device)).double().cpu().numpy()
    return np.split(costs, np.cumsum(wanted.sum(dim=1).numpy())[:-1])


def _in_pieces(model: LanguageModel, states: Tensor, targets: Tensor) -> Tensor:
    """-log P (N,) float32 of the tokens (N,) after states (N, D)."""
    parts = [
        functional.cross_entropy(model.output(states[some]).float(), targets[some], reduction="none")
        for some in places_at_once(len(targets), model.num_tokens)
    ]
    return torch.cat(parts)
