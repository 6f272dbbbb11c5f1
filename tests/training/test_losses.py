from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss, mean_squared_error
from sklearn.utils.class_weight import compute_class_weight
from torch import Tensor, nn
from torch.nn import functional

from groundswell.data.batching import Batch
from groundswell.training.losses import balanced_weights, bce, classification_loss, cross_entropy, focal, mse

IDS = torch.tensor([0, 2, 1, 2, 0])
FLAGS = torch.tensor([[1.0, 0, 0], [0, 1, 1], [0, 0, 0], [1, 1, 1], [0, 0, 1]])
WEIGHTS = torch.tensor([0.5, 2.0, 1.5])


@pytest.fixture
def logits() -> Tensor:
    """(5, 3)"""
    return torch.randn(5, 3, generator=torch.Generator().manual_seed(0)) * 3


def test_cross_entropy_is_log_loss(logits: Tensor) -> None:
    probabilities = logits.double().softmax(dim=1).numpy()
    expected = log_loss(IDS.numpy(), probabilities, labels=[0, 1, 2])
    assert cross_entropy()(logits, IDS).mean().item() == pytest.approx(expected, abs=1e-6)


def test_weighted_smoothed_cross_entropy_by_hand() -> None:
    """p = (0.2, 0.3, 0.5), right is 1, smoothing 0.3, weights 1, 2, 3: the right class keeps 0.7 + 0.1.

    - (0.1 * 1 ln 0.2 + 0.8 * 2 ln 0.3 + 0.1 * 3 ln 0.5)
    """
    logits = torch.tensor([[0.2, 0.3, 0.5]]).log()
    expected = -(0.1 * math.log(0.2) + 1.6 * math.log(0.3) + 0.3 * math.log(0.5))
    found = cross_entropy(torch.tensor([1.0, 2.0, 3.0]), 0.3)(logits, torch.tensor([1]))
    assert found.item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_focal_without_focus_is_cross_entropy(logits: Tensor, weights: Tensor | None) -> None:
    torch.testing.assert_close(focal(0.0, weights)(logits, IDS), cross_entropy(weights)(logits, IDS))
    torch.testing.assert_close(focal(0.0, weights)(logits, FLAGS), bce(weights)(logits, FLAGS))


def test_focal_by_hand() -> None:
    """p(right) = 0.8, gamma 2, weight 3: -3 * 0.2^2 * ln 0.8; for labels, the sum of the two."""
    single = focal(2.0, torch.tensor([1.0, 3.0]))(torch.tensor([[0.2, 0.8]]).log(), torch.tensor([1]))
    assert single.item() == pytest.approx(-3 * 0.04 * math.log(0.8), abs=1e-6)
    logits = torch.tensor([[math.log(4.0), math.log(1 / 3)]])  # sigmoid 0.8 and 0.25
    several = focal(2.0, torch.tensor([1.0, 3.0]))(logits, torch.tensor([[1.0, 0.0]]))
    expected = -0.04 * math.log(0.8) - 3 * 0.25**2 * math.log(0.75)
    assert several.item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0, 5.0])
@pytest.mark.parametrize("targets", [IDS, FLAGS], ids=["ids", "flags"])
def test_focal_has_the_gradient_of_its_value(logits: Tensor, gamma: float, targets: Tensor) -> None:
    wanted = targets.double() if targets.is_floating_point() else targets
    assert torch.autograd.gradcheck(lambda given: focal(gamma)(given, wanted), logits.double().requires_grad_())


@pytest.mark.parametrize("gamma", [0.0, 0.1, 0.5, 1.0, 2.0])
@pytest.mark.parametrize(
    ("logits", "targets"), [([[60.0, -60.0]], torch.tensor([0])), ([[60.0, -200.0]], torch.tensor([[1.0, 0.0]]))]
)
def test_focal_of_a_certain_right_answer_has_a_finite_gradient(
    gamma: float, logits: list[list[float]], targets: Tensor
) -> None:
    """(1 - p) ** 0.5 at p = 1 has an infinite slope, which times 0 would be NaN."""
    given = torch.tensor(logits, requires_grad=True)
    loss = focal(gamma)(given, targets).sum()
    loss.backward()
    assert given.grad is not None
    assert torch.isfinite(loss)
    assert torch.isfinite(given.grad).all()


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_losses_of_certain_wrong_answers_are_finite(gamma: float) -> None:
    logits = torch.tensor([[200.0, -200.0]], requires_grad=True)
    focal(gamma)(logits, torch.tensor([1])).sum().backward()
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()


def test_bce_is_the_sum_over_labels(logits: Tensor) -> None:
    right = torch.where(FLAGS.bool(), logits.sigmoid(), 1 - logits.sigmoid())
    torch.testing.assert_close(bce()(logits, FLAGS), -right.log().sum(dim=1))
    torch.testing.assert_close(bce(WEIGHTS)(logits, FLAGS), -(right.log() * WEIGHTS).sum(dim=1))


def test_mse_is_the_squared_error(logits: Tensor) -> None:
    targets = torch.tensor([1.0, -1.0, 0.5, 0.0, 2.0])
    expected = mean_squared_error(targets.numpy(), logits[:, 0].numpy())
    assert mse(logits[:, :1], targets).mean().item() == pytest.approx(expected, rel=1e-6)


class Table(nn.Module):
    """The logits of a batch are its parameters."""

    def __init__(self, logits: Tensor) -> None:
        super().__init__()
        self.logits = nn.Parameter(logits.clone())

    def forward(self, batch: Batch) -> Tensor:
        return self.logits


def batch_of(targets: Tensor, weights: list[float]) -> Batch:
    empty = torch.zeros(len(weights), 1)
    return Batch(empty.long(), empty.bool(), torch.arange(len(weights)), targets, torch.tensor(weights))


@pytest.mark.parametrize(
    ("rows", "targets", "columns"),
    [
        (cross_entropy(WEIGHTS, 0.1), IDS, 3),
        (focal(2.0), IDS, 3),
        (focal(2.0), FLAGS, 3),
        (bce(), FLAGS, 3),
        (mse, torch.arange(5.0), 1),
    ],
    ids=["cross_entropy", "focal", "focal of labels", "bce", "mse"],
)
def test_texts_of_weight_zero_count_for_nothing(logits: Tensor, rows: Any, targets: Tensor, columns: int) -> None:
    model = Table(logits[:, :columns])
    total, num_items = classification_loss(rows)(model, batch_of(targets, [1.0, 0.0, 1.0, 0.0, 1.0]))
    kept = [0, 2, 4]
    assert num_items.item() == 3
    torch.testing.assert_close(total, rows(model.logits[kept], targets[kept]).sum())
    total.backward()
    assert model.logits.grad is not None
    assert model.logits.grad[[1, 3]].abs().max() == 0
    nothing, none = classification_loss(rows)(model, batch_of(targets, [0.0] * 5))
    assert (nothing.item(), none.item()) == (0.0, 0.0)


def test_balanced_weights_are_those_of_scikit_learn() -> None:
    targets = torch.tensor([0, 0, 0, 0, 1, 1, 2, 2, 2])
    expected = compute_class_weight("balanced", classes=np.array([0, 1, 2]), y=targets.numpy())
    weights = balanced_weights(targets, 3)
    np.testing.assert_allclose(weights.numpy(), expected, rtol=1e-6)
    assert weights[targets].mean().item() == pytest.approx(1.0)


def test_balanced_weights_of_labels_have_mean_one_over_all_given_labels() -> None:
    """Counts 2, 2, 3: weights 7/6, 7/6, 7/9; 2 * 7/6 + 2 * 7/6 + 3 * 7/9 = 7."""
    weights = balanced_weights(FLAGS, 3)
    torch.testing.assert_close(weights, torch.tensor([7 / 6, 7 / 6, 7 / 9]))
    assert (FLAGS * weights).sum().item() == pytest.approx(FLAGS.sum().item())


def test_a_class_without_texts_has_a_finite_weight() -> None:
    assert torch.isfinite(balanced_weights(torch.tensor([0, 0]), 2)).all()


def test_every_class_weighs_the_same_under_balanced_weights() -> None:
    targets = torch.tensor([0] * 9 + [1])
    losses = functional.one_hot(targets, 2) * balanced_weights(targets, 2)
    torch.testing.assert_close(losses.sum(dim=0), torch.tensor([5.0, 5.0]))
