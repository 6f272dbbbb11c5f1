"""The loss of several tasks on one encoder, weighted by fixed numbers or by how uncertain each task is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor, nn

from groundswell.data.head_batch import HeadBatch
from groundswell.training.losses import Loss, LossSum


def multi_task_loss(losses: Mapping[str, Loss], weights: Mapping[str, float], squared: frozenset[str]) -> Loss:
    """The loss of the task that a batch belongs to: w L, or with a learned variance what `uncertain_loss` makes of it.

    losses    of each task, called with what stands for its model
    weights   w of each task, used where the model learns no variances
    squared   the tasks whose loss is a squared error
    """

    def loss(model: nn.Module, batch: HeadBatch) -> LossSum:
        found: Any = model(batch)  # a HeadOutput (model/multi_task)
        answer: Any = _answering(found.output)
        total, num_items = losses[batch.head](answer, batch.texts)
        if found.log_variance is None:
            return LossSum(weights[batch.head] * total, num_items)
        uncertain = uncertain_loss(total, num_items, found.log_variance, squared=batch.head in squared)
        return LossSum(uncertain, num_items)

    return loss


def uncertain_loss(total: Tensor, num_items: Tensor, log_variance: Tensor, *, squared: bool) -> Tensor:
    """exp(-s) L + n s / 2, or exp(-s) L / 2 + n s / 2 for a squared error, with s = log of the task's variance.

    total, num_items   L summed over n items

    Kendall, Gal and Cipolla 2018 (https://arxiv.org/abs/1705.07115, equations 5 and 10). Least, over s, where the
    variance equals the mean squared error, or twice the mean of another loss.
    """
    share = 0.5 if squared else 1.0
    return share * (-log_variance).exp() * total + 0.5 * num_items * log_variance


def _answering(output: Any) -> Callable[[Any], Any]:
    """A model that has given its answer already: losses call their model, and here all heads are one model."""
    return lambda texts: output
