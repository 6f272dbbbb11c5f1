"""Word vectors by the definition itself, the softmax over the whole vocabulary: for small ones, and for proof."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn


class Pairs(NamedTuple):
    """Word and context numbers: one training pair each; skip-gram.

    centers, contexts   (P,) int64
    num_words           T, places that were gone through
    """

    centers: Tensor
    contexts: Tensor
    num_words: int


class FullSoftmax(nn.Module):
    """Skip-gram with P(o | c) = exp(u_o . v_c) / sum over w of exp(u_w . v_c).

    Mikolov et al. 2013 (https://arxiv.org/abs/1310.4546), equations 1 and 2. `vectors` holds v, `outputs` u, both
    (V, D); v starts small and random, u at zero, as word2vec does.
    """

    def __init__(self, num_words: int, width: int) -> None:
        super().__init__()
        self.vectors = nn.Parameter((torch.rand(num_words, width) - 0.5) / width)
        self.outputs = nn.Parameter(torch.zeros(num_words, width))

    def forward(self, centers: Tensor) -> Tensor:
        """centers (P,) -> log P(o | c) for every word o, (P, V)."""
        scores: Tensor = self.vectors[centers] @ self.outputs.T
        log_probabilities: Tensor = scores.log_softmax(dim=1)
        return log_probabilities

    def loss(self, pairs: Pairs) -> Tensor:
        """-1/T times the sum over places t and places j around it of log P(w_{t+j} | w_t)."""
        log_probabilities = self(pairs.centers).gather(1, pairs.contexts.unsqueeze(1))
        total: Tensor = -log_probabilities.sum()
        return total / pairs.num_words


def pairs_of(texts: Sequence[Sequence[int]], window: int) -> Pairs:
    """Every word with every other one at most `window` places away in its text.

    >>> pairs_of([[5, 6, 7]], 1).centers.tolist(), pairs_of([[5, 6, 7]], 1).contexts.tolist()
    ([5, 6, 6, 7], [6, 5, 7, 6])
    """
    found = [
        (text[place], text[other])
        for text in texts
        for place in range(len(text))
        for other in range(max(0, place - window), min(len(text), place + window + 1))
        if other != place
    ]
    centers, contexts = zip(*found, strict=True) if found else ((), ())
    return Pairs(
        torch.tensor(centers, dtype=torch.int64), torch.tensor(contexts, dtype=torch.int64), sum(map(len, texts))
    )


def learn_full_softmax(  # noqa: PLR0913  (the settings of a training)
    pairs: Pairs, num_words: int, width: int, *, epochs: int, rate: float, seed: int = 0,
    device: torch.device | None = None, batch_pairs: int = 4096,
) -> FullSoftmax:  # fmt: skip
    """The model after some epochs of Adam over shuffled batches of pairs; each step costs pairs x vocabulary."""
    torch.manual_seed(seed)
    model = FullSoftmax(num_words, width).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    order = torch.Generator().manual_seed(seed)
    for _ in range(epochs):
        shuffled = torch.randperm(len(pairs.centers), generator=order)
        for begin in range(0, len(shuffled), batch_pairs):
            places = shuffled[begin : begin + batch_pairs]
            centers, contexts = pairs.centers[places].to(device), pairs.contexts[places].to(device)
            optimizer.zero_grad()
            # One place per pair in a batch: the scale of a step does not depend on how a text was cut.
            model.loss(Pairs(centers, contexts, len(centers))).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    return model
