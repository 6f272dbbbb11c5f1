"""Metrics of the order in which scores put rows: area under the ROC curve, and Spearman's correlation.

They are no sums over rows, so every resample is a weight for each row, and all resamples of a block are ranked at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundswell.evaluation.intervals import bca_ends
from groundswell.evaluation.regression import pearson
from groundswell.evaluation.resampling import Floats, check_resampling, draws

Bools = NDArray[np.bool_]

MOST_RANKED = 100_000_000  # rows times columns times resamples, a few seconds of one core
FEWEST_RESAMPLES = 200


def auroc(positive: Bools, scores: Floats) -> float:
    """Area under the ROC curve, 0-1: how often a positive row scores higher than a negative one, ties counting half.

    positive, scores   (N,), of both kinds at least one row
    """
    return float(_areas(np.ones((1, len(scores))), positive, scores)[0])


def macro_auroc(positive: Bools, scores: Floats) -> float:
    """Mean of the columns' AUROC; positive, scores (N, C)."""
    return float(np.mean([auroc(*column) for column in zip(positive.T, scores.T, strict=True)]))


def auroc_interval(
    positive: Bools, scores: Floats, *, resamples: int = 1000, level: float = 0.95, seed: int = 0
) -> tuple[float, float, int]:
    """Low and high end of `macro_auroc`, (N, C) each, by the BCa bootstrap; and from how many resamples.

    Fewer than asked for where rows times columns are very many. A resample without a row of one kind is left out.
    """
    check_resampling(len(scores), resamples, level)
    enough = min(resamples, max(FEWEST_RESAMPLES, MOST_RANKED // scores.size))
    columns = list(zip(positive.T, scores.T, strict=True))
    drawn = [
        np.mean([_areas(weights, *column) for column in columns], axis=0)
        for weights in _row_weights(len(scores), enough, seed)
    ]
    pulls = np.mean([_auroc_pulls(*column) for column in columns], axis=0)[:, None]
    value, ones = np.array([macro_auroc(positive, scores)]), np.ones(len(scores), dtype=np.int64)
    low, high = bca_ends(np.concatenate(drawn)[:, None], value, pulls, ones, level)[0].tolist()
    return low, high, enough


def auroc_entry(
    positive: Bools, scores: Floats, names: Sequence[str], options: dict[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """{"auroc": {"value", "low", "high", "resamples"}} of probabilities (N, C), and warnings.

    The mean of each label against the rest, which for two single labels is the one area that there is. No entry, but a
    warning, where a label has no row or nothing but such rows: then the order tells nothing about it.

    options   resamples, level, seed
    """
    share = positive.mean(axis=0)
    for which, one_sided in (("no row has", share == 0), ("every row has", share == 1)):
        if one_sided.any():
            found = ", ".join(repr(name) for name, alone in zip(names, one_sided, strict=True) if alone)
            return {}, [f"auroc: {which} {found}, so it is not defined and left out"]
    low, high, resamples = auroc_interval(positive, scores, **options)
    value = macro_auroc(positive, scores)
    return {"auroc": {"value": value, "low": low, "high": high, "resamples": resamples}}, []


def spearman(gold: Floats, predicted: Floats) -> float:
    """Spearman's rank correlation, -1 to 1, ties sharing their mean rank; 0 where one side is constant.

    gold, predicted   (N,)
    """
    return float(_rank_correlations(np.ones((1, len(gold))), gold, predicted)[0])


def spearman_interval(
    gold: Floats, predicted: Floats, *, resamples: int = 1000, level: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """Low and high end of `spearman`, by percentiles of the bootstrap; a resample with a constant side counts as 0."""
    check_resampling(len(gold), resamples, level)
    drawn = [_rank_correlations(weights, gold, predicted) for weights in _row_weights(len(gold), resamples, seed)]
    low, high = np.quantile(np.concatenate(drawn), [(1 - level) / 2, (1 + level) / 2]).tolist()
    return low, high


def _row_weights(num_rows: int, resamples: int, seed: int) -> Iterator[Floats]:
    return draws(np.ones(num_rows, dtype=np.int64), resamples, seed)


def _areas(weights: Floats, positive: Bools, scores: Floats) -> Floats:
    """AUROC under each line of weights (R, N) -> (R,); not a number where one kind weighs nothing."""
    order = np.argsort(scores, kind="stable")
    starts = _starts_of_ties(scores[order])
    sorted_weights = weights[:, order]
    hits = _sums_of_ties(sorted_weights * positive[order], starts)
    misses = _sums_of_ties(sorted_weights, starts) - hits
    won = (hits * (np.cumsum(misses, axis=1) - misses / 2)).sum(axis=1)
    pairs = hits.sum(axis=1) * misses.sum(axis=1)
    return np.asarray(np.divide(won, pairs, out=np.full(len(weights), np.nan), where=pairs > 0))


def _auroc_pulls(positive: Bools, scores: Floats) -> Floats:
    """How much each row moves the area, (N,): DeLong et al. 1988 (https://doi.org/10.2307/2531595).

    The share of the other kind that a row is on the right side of, less the mean of its own kind, over their number.
    """
    from scipy.stats import rankdata

    ranks, pulls = rankdata(scores), np.empty(len(scores))
    for kind, sign in ((positive, 1.0), (~positive, -1.0)):
        below = (ranks[kind] - rankdata(scores[kind])) / (~kind).sum()
        pulls[kind] = sign * (below - below.mean()) / kind.sum()
    return pulls


def _rank_correlations(weights: Floats, gold: Floats, predicted: Floats) -> Floats:
    """Spearman under each line of weights (R, N) -> (R,)."""
    num_rows = len(gold)
    g, p = (_mid_ranks(weights, values) - num_rows / 2 for values in (gold, predicted))
    pairs = ((g, None), (p, None), (g, g), (p, p), (g, p))
    sums = [np.einsum("rn,rn->r", weights, a) if b is None else np.einsum("rn,rn,rn->r", weights, a, b)
            for a, b in pairs]  # fmt: skip
    return pearson(np.stack(sums, axis=-1), num_rows)


def _mid_ranks(weights: Floats, values: Floats) -> Floats:
    """The weight below each row plus half of that beside it, (R, N)."""
    order = np.argsort(values, kind="stable")
    starts = _starts_of_ties(values[order])
    tied = _sums_of_ties(weights[:, order], starts)
    ranks = np.cumsum(tied, axis=1) - tied / 2
    group = np.empty(len(values), dtype=np.int64)
    group[order] = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(values))))
    return np.asarray(ranks[:, group])


def _starts_of_ties(in_order: Floats) -> NDArray[np.int64]:
    """Where runs of equal values begin."""
    return np.flatnonzero(np.append(True, in_order[1:] != in_order[:-1]))


def _sums_of_ties(in_order: Floats, starts: NDArray[np.int64]) -> Floats:
    """The weight of each run of equal values, (R, N) -> (R, number of runs)."""
    if len(starts) == in_order.shape[1]:
        return in_order
    up_to = np.cumsum(in_order, axis=1)[:, np.append(starts[1:], in_order.shape[1]) - 1]
    return np.asarray(np.diff(up_to, axis=1, prepend=0.0))
