"""In which order a training reads the documents of several sources, so that each gets its share of the tokens.

A source's documents come shuffled, all of them before any comes again. Between the sources that one is next which is
behind most, as in weighted fair queueing (Demers, Keshav and Shenker 1989, https://doi.org/10.1145/75246.75248): the
shares hold at every point of the training to within one document. The order follows from sizes, weights and seed alone,
so a training goes on from a number of tokens or blocks, and a longer one begins like a shorter one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundswell.data.corpus.token_file import SourceTokens
from groundswell.data.suggestion import did_you_mean
from groundswell.errors import DataError

# Up to here repeated text is nearly as good as new text (Muennighoff et al. 2023, https://arxiv.org/abs/2305.16264).
MOST_EPOCHS = 4


@dataclass(frozen=True)
class MixedSource:
    """What a training reads of one source.

    weight      share of the tokens that was asked for, 0-1
    documents   how many are read, repeated ones each time
    tokens      of those
    epochs      tokens / tokens the source has; 1.0 is everything once
    """

    name: str
    weight: float
    documents: int
    tokens: int
    epochs: float


@dataclass(frozen=True)
class Mix:
    """order   (M,) int64, numbers of documents in the token file, in reading order; a number can stand there twice."""

    order: NDArray[np.int64]
    sources: tuple[MixedSource, ...]

    def warnings(self) -> list[str]:
        """A sentence for every source that is read more than four times."""
        return [
            f"source {source.name!r} is read {source.epochs:.1f} times: beyond {MOST_EPOCHS} times repeated text "
            "teaches little. Lower its weight, or add text."
            for source in self.sources
            if source.epochs > MOST_EPOCHS
        ]


def mix_documents(
    sources: Sequence[SourceTokens],
    offsets: NDArray[np.int64],
    *,
    weights: Mapping[str, float] | None,
    num_tokens: int | None,
    seed: int,
) -> Mix:
    """The reading order of about `num_tokens` tokens; the last document of a source is read to its end.

    sources, offsets   as the token file has them
    weights            positive, of every source; None: each by its size
    num_tokens         None: as many as the corpus has

    With neither weights nor number every document is read exactly once. Raises DataError for weights that do not fit.
    """
    total = int(offsets[-1])
    wanted = total if num_tokens is None else num_tokens
    if wanted < 1:
        raise DataError(f"num_tokens: found {wanted}, expected at least 1. Raise it, or leave it out for one epoch.")
    sizes = {source.name: float(source.tokens) for source in sources}
    shares = weight_shares(list(sizes), sizes if weights is None else weights)
    orders, times, firsts, reports = [], [], [0], []
    for place, (source, share) in enumerate(zip(sources, shares, strict=True)):
        target = source.tokens * wanted / total if weights is None else share * wanted
        lengths = np.diff(offsets[firsts[-1] : firsts[-1] + source.documents + 1])
        order, starts = _shuffled(lengths, math.ceil(target), [seed, place])
        orders.append(order + firsts[-1])
        times.append(starts / share)
        firsts.append(firsts[-1] + source.documents)
        read = int(lengths[order].sum())
        reports.append(MixedSource(source.name, share, len(order), read, read / source.tokens))
    merged = np.argsort(np.concatenate(times), kind="stable")
    return Mix(np.concatenate(orders)[merged], tuple(reports))


def weight_shares(names: Sequence[str], weights: Mapping[str, float]) -> list[float]:
    """The share of each source, all adding up to 1; DataError names every weight that is missing, wrong or nobody's."""
    problems = [
        f"weights: no source {name!r}.{did_you_mean(name, names)} Sources: {', '.join(names)}."
        for name in weights
        if name not in names
    ]
    problems += [
        f"weights: source {name!r} has none. Give it one, or leave the source out of the corpus."
        for name in names
        if name not in weights
    ]
    problems += [
        f"weights: {name!r} has {weight}, expected a positive number. Change it."
        for name, weight in weights.items()
        if not 0 < weight < math.inf
    ]
    if problems:
        raise DataError("\n".join(problems))
    whole = math.fsum(weights.values())
    return [weights[name] / whole for name in names]


def _shuffled(
    lengths: NDArray[np.int64], target: int, seed: list[int]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(K,) documents of a source until `target` tokens are reached, and the tokens that stand before each."""
    size = int(lengths.sum())
    num_epochs = -(-target // size)
    epochs = [np.random.default_rng([*seed, epoch]).permutation(len(lengths)) for epoch in range(num_epochs)]
    order = np.concatenate(epochs)
    starts = np.cumsum(lengths[order]) - lengths[order]
    read = starts < target
    return order[read], starts[read].astype(np.float64)
