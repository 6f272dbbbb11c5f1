"""Losses as a sum over items with the number of items, so that accumulation and several processes stay exact.

| loss          | targets of a batch      | task                                    |
|---------------|-------------------------|-----------------------------------------|
| cross_entropy | (N,) class ids          | single label                            |
| focal         | (N,) ids or (N, C) 0/1  | single or multi label, rare classes     |
| bce           | (N, C) 0/1              | multi label                             |
| mse           | (N,) values             | regression                              |
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from torch import Tensor, nn
from torch.nn import functional

from groundswell.data.batching import Batch


class LossSum(NamedTuple):
    """A loss summed over items (0-d tensor) and how many items there were (0-d tensor)."""

    total: Tensor
    num_items: Tensor


# The batch is whatever `Batches.collate` of the same training makes.
Loss = Callable[[nn.Module, Any], LossSum]
RowLoss = Callable[[Tensor, Tensor], Tensor]


def classification_loss(rows: RowLoss) -> Loss:
    """The loss over a batch from a loss per text; texts of weight 0 count for nothing.

    rows   from logits (N, C) and targets to (N,)
    """

    def loss(model: nn.Module, batch: Batch) -> LossSum:
        logits = model(batch).float()
        return LossSum((rows(logits, batch.targets) * batch.weights).sum(), batch.weights.sum())

    return loss


def cross_entropy(class_weights: Tensor | None = None, label_smoothing: float = 0.0) -> RowLoss:
    """-w_y log p_y per text, smoothed towards the uniform distribution (https://arxiv.org/abs/1512.00567, section 7).

    The weights are not divided out again: pass weights whose mean over the training texts is 1.

    >>> cross_entropy()(torch.zeros(1, 4), torch.tensor([2])).item()  # ln 4
    1.3862943649291992
    """

    def rows(logits: Tensor, targets: Tensor) -> Tensor:
        weights = None if class_weights is None else class_weights.to(logits.device)
        return functional.cross_entropy(
            logits, targets, weight=weights, reduction="none", label_smoothing=label_smoothing
        )

    return rows


def focal(gamma: float, class_weights: Tensor | None = None) -> RowLoss:
    """-w_y (1 - p_y)^gamma log p_y per text (https://arxiv.org/abs/1708.02002, equation 4); gamma 0 is cross entropy.

    Targets (N, C) of 0 and 1 give the sum over labels of the same with p = sigmoid(logit).
    """

    def rows(logits: Tensor, targets: Tensor) -> Tensor:
        weights = None if class_weights is None else class_weights.to(logits.device)
        if targets.dim() == 2:
            log_right = -functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")  # (N, C)
            losses = -(_wrong(log_right) ** gamma) * log_right
            return (losses if weights is None else losses * weights).sum(dim=1)
        log_right = logits.log_softmax(dim=1).gather(1, targets.unsqueeze(1)).squeeze(1)
        losses = -(_wrong(log_right) ** gamma) * log_right
        return losses if weights is None else losses * weights[targets]

    return rows


def bce(class_weights: Tensor | None = None) -> RowLoss:
    """The sum over labels of -w_c log p(right) with p = sigmoid(logit), per text; targets (N, C) of 0 and 1."""

    def rows(logits: Tensor, targets: Tensor) -> Tensor:
        losses = functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
        return (losses if class_weights is None else losses * class_weights.to(logits.device)).sum(dim=1)

    return rows


def mse(logits: Tensor, targets: Tensor) -> Tensor:
    """(prediction - target)^2 per text; logits (N, 1), targets (N,)."""
    return (logits.squeeze(1) - targets) ** 2


def balanced_weights(targets: Tensor, num_classes: int) -> Tensor:
    """Weights (C,) inversely proportional to each class's count, with mean 1 over the training texts.

    targets (N,) class ids or (N, C) of 0 and 1.

    >>> balanced_weights(torch.tensor([0, 0, 0, 1]), 2)
    tensor([0.6667, 2.0000])
    """
    counts = targets.sum(dim=0) if targets.dim() == 2 else targets.bincount(minlength=num_classes).float()
    return counts.sum() / (num_classes * counts.clamp(min=1))


def _wrong(log_right: Tensor) -> Tensor:
    """1 - p from log p, kept off 0, where the gradient of a power below 1 is infinite."""
    return (-log_right.expm1()).clamp(min=1e-8)
