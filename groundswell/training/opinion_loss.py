"""The loss of opinion extraction: spans, pairs with their polarity, categories and intensities."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from groundswell.data.opinion_batching import ASPECT, CATEGORY, OPINION, POLARITY, WINDOW, OpinionBatch
from groundswell.training.losses import LossSum


def opinion_loss(model: nn.Module, batch: OpinionBatch) -> LossSum:
    """What finding the gold spans costs, and cross entropy over all pairs of candidates, and over the gold pairs'
    categories and intensities.

    The items are texts, so a text with many spans counts more than one with few: each of its decisions counts alike.
    `model` gives an `Extraction` (model/opinion_extractor).
    """
    found: Any = model(batch)
    weights = batch.weights[batch.document]  # (W,)
    losses = found.span_losses + _pair_losses(found, batch)
    return LossSum((losses * weights).sum(), batch.weights.sum())


def _pair_losses(found: Any, batch: OpinionBatch) -> Tensor:
    """(W,) binary cross entropy over polarities of all pairs, -log P of the gold categories, and binary cross entropy
    with the gold intensities, which is least where they are met."""
    windows = batch.tuples[:, WINDOW]
    aspect = _number_of(found.aspects.places, windows, batch.tuples[:, ASPECT])
    opinion = _number_of(found.opinions.places, windows, batch.tuples[:, OPINION])
    logits = found.pairs.polarity
    gold = torch.zeros_like(logits)
    gold[windows, aspect, opinion, batch.tuples[:, POLARITY].clamp(min=0)] = 1.0
    real = found.aspects.real.unsqueeze(2) & found.opinions.real.unsqueeze(1)
    losses: Tensor = functional.binary_cross_entropy_with_logits(logits, gold, reduction="none").sum(dim=3)
    total: Tensor = (losses * real).sum(dim=(1, 2))
    named = batch.tuples[:, CATEGORY] >= 0
    if found.pairs.category is not None and named.any():
        chosen = found.pairs.category[windows[named], aspect[named], opinion[named]]
        surprise = functional.cross_entropy(chosen, batch.tuples[named, CATEGORY], reduction="none")
        total = total.index_add(0, windows[named], surprise)
    if found.pairs.intensity is not None and batch.intensities is not None:
        known = ~batch.intensities.isnan()
        told = found.pairs.intensity[windows[known], aspect[known], opinion[known]]
        error = functional.binary_cross_entropy_with_logits(told, batch.intensities[known], reduction="none")
        total = total.index_add(0, windows[known], error)
    return total


def _number_of(places: Tensor, windows: Tensor, spans: Tensor) -> Tensor:
    """Which candidate of its window each gold span is; the implicit one is number 0."""
    same: Tensor = (places[windows] == spans.unsqueeze(1)).all(dim=2)  # (M, K)
    return same.int().argmax(dim=1)
