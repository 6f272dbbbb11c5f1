"""Word vectors by the definition itself, the softmax over the whole vocabulary: for small ones, and for proof."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from scipy.sparse import csr_array
from torch import Tensor, nn

from groundswell.errors import DataError
from groundswell.representation.word2vec import Texts, VectorSettings, WordVectors, check_many, nothing_frequent

BATCH_WORDS = 32


class Neighbours(NamedTuple):
    """How often each word has each other one near it.

    counts      (V, V) sparse float32: row c, column o; a pair that counts in part adds its share
    num_words   T, places that were gone through
    """

    counts: csr_array
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
        """centers (C,) -> log P(o | c) for every word o, (C, V)."""
        scores: Tensor = self.vectors[centers] @ self.outputs.T
        log_probabilities: Tensor = scores.log_softmax(dim=1)
        return log_probabilities

    def loss(self, centers: Tensor, counts: Tensor, num_words: float) -> Tensor:
        """-1/T times the sum over places t and places j around it of log P(w_{t+j} | w_t).

        All places with the same word in their middle share one softmax: their log-probabilities are weighed by how
        often each neighbour occurs, which is the same sum.

        centers (C,), counts (C, V) rows of `Neighbours.counts`, num_words T
        """
        total: Tensor = -(self(centers) * counts).sum()
        return total / num_words


def count_neighbours(
    texts: Sequence[Sequence[int]], num_words: int, window: int, *, falling: bool = False
) -> Neighbours:
    """Every word with every other one at most `window` places away in its text.

    falling   a neighbour at distance d counts (window - d + 1) / window: what a window drawn from 1 to `window`, as
              word2vec draws it, gives on average

    >>> count_neighbours([[0, 1, 2]], 3, 1).counts.toarray().tolist()
    [[0.0, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
    """
    words = np.fromiter((word for text in texts for word in text), dtype=np.int64)
    text_of = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    counts = csr_array((num_words, num_words), dtype=np.float32)
    for distance in range(1, window + 1):
        inside = text_of[distance:] == text_of[:-distance]
        left, right = words[:-distance][inside], words[distance:][inside]
        weights = np.full(len(left), (window - distance + 1) / window if falling else 1.0, dtype=np.float32)
        counts = counts + csr_array((weights, (left, right)), shape=(num_words, num_words))
    return Neighbours(csr_array(counts + counts.T), len(words))


def learn_full_softmax(
    texts: Texts, settings: VectorSettings, *, device: torch.device | None = None,
    on_epoch: Callable[[int], None] = lambda epoch: None,
) -> WordVectors:  # fmt: skip
    """Vectors of the words of tokenized texts, the settings read as `word2vec.learn_vectors` reads them.

    An epoch is one pass over all words of the vocabulary, in shuffled batches, by Adam with a falling rate; it costs
    V * V * D multiplications however long the texts are, and memory for BATCH_WORDS * V numbers. Windows and
    subsampling, which word2vec draws by chance, count as their mean.

    Raises DataError for fewer than two texts, when no word is frequent enough, or for `cbow`.
    """
    check_many(texts)
    if settings.model != "skip_gram":
        raise DataError(
            f"word vectors: found model={settings.model}, but objective=full is defined for skip_gram. Set "
            "model=skip_gram, or choose objective=negative"
        )
    found = Counter(word for text in texts for word in text)
    counted = [(word, count) for word, count in found.items() if count >= settings.min_count]
    if not counted:
        raise nothing_frequent(texts, settings.min_count)
    counted.sort(key=lambda pair: (-pair[1], pair[0]))
    number = {word: place for place, (word, _) in enumerate(counted)}
    numbered = [[number[word] for word in text if word in number] for text in texts]
    neighbours = count_neighbours(numbered, len(number), settings.window, falling=True)
    counts = np.array([count for _, count in counted])
    model = _fit(_subsampled(neighbours.counts, counts, settings.subsample), settings, device, on_epoch)
    vectors, outputs = (weight.detach().float().cpu().numpy() for weight in (model.vectors, model.outputs))
    return WordVectors(settings, tuple(number), tuple(count for _, count in counted), vectors, outputs)


def _subsampled(counts: csr_array, frequencies: np.ndarray, share: float) -> csr_array:
    """Each pair times the chance that both of its words are kept (see VectorSettings.subsample)."""
    if not share:
        return counts
    relative = frequencies / frequencies.sum()
    kept = np.minimum(1.0, np.sqrt(share / relative) + share / relative).astype(np.float32)
    return csr_array(counts.multiply(kept[:, None]).multiply(kept[None, :]))


def _fit(
    counts: csr_array, settings: VectorSettings, device: torch.device | None, on_epoch: Callable[[int], None]
) -> FullSoftmax:
    torch.manual_seed(settings.seed)
    model = FullSoftmax(counts.shape[0], settings.width).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=settings.rate)
    order = np.random.default_rng(settings.seed)
    alone = counts.sum(axis=1) == 0  # a word without neighbours says nothing
    words = np.flatnonzero(~alone)
    steps = settings.epochs * max(1, -(-len(words) // BATCH_WORDS))
    falling = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, min(1.0, 1e-4 / settings.rate), total_iters=steps)
    for epoch in range(settings.epochs):
        shuffled = order.permutation(words)
        for begin in range(0, len(shuffled), BATCH_WORDS):
            batch = shuffled[begin : begin + BATCH_WORDS]
            rows = torch.from_numpy(counts[batch].toarray()).to(device)
            optimizer.zero_grad()
            # T is that of the batch: a step keeps its scale whatever words are drawn.
            model.loss(torch.from_numpy(batch).to(device), rows, rows.sum().item()).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            falling.step()
        on_epoch(epoch + 1)
    return model
