"""Losses of several tasks, weighted by fixed numbers or by uncertainty."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from groundswell.data.batching import Batch
from groundswell.data.head_batch import HeadBatch
from groundswell.model.classifier import TextClassifier
from groundswell.model.from_scratch import EncoderSettings, FromScratchEncoder
from groundswell.model.multi_task import MultiTaskModel
from groundswell.training.losses import classification_loss, cross_entropy, mse
from groundswell.training.multi_task_loss import multi_task_loss, uncertain_loss


def batch(targets: Tensor) -> Batch:
    ids = torch.tensor([[2, 3, 4], [4, 3, 2]])
    return Batch(ids, torch.ones(2, 3, dtype=torch.bool), torch.arange(2), targets, torch.ones(2))


def model(*, learns_variances: bool) -> MultiTaskModel:
    torch.manual_seed(0)
    encoder = FromScratchEncoder(EncoderSettings("cnn", 8, 4, 16, filters=2, kernel_sizes=(1,)))
    heads = {"class": TextClassifier(encoder, "mean", 3), "value": TextClassifier(encoder, "mean", 1)}
    return MultiTaskModel(encoder, heads, learns_variances=learns_variances).eval()


LOSSES = {"class": classification_loss(cross_entropy()), "value": classification_loss(mse)}
BATCHES = {"class": batch(torch.tensor([0, 2])), "value": batch(torch.tensor([0.5, -1.0]))}


def test_fixed_weights_scale_the_loss_and_leave_the_count() -> None:
    network = model(learns_variances=False)
    loss = multi_task_loss(LOSSES, {"class": 2.0, "value": 0.5}, frozenset({"value"}))
    for head, weight in (("class", 2.0), ("value", 0.5)):
        alone = LOSSES[head](network.head(head), BATCHES[head])
        found = loss(network, HeadBatch(head, BATCHES[head]))
        assert found.total.item() == pytest.approx(weight * alone.total.item())
        assert found.num_items.item() == 2


def test_uncertainty_by_hand() -> None:
    """L = 6 over 4 items, variance 3: 6 / 3 + 4 ln 3 / 2, and for squared errors 6 / 6 + 4 ln 3 / 2."""
    total, items, s = torch.tensor(6.0), torch.tensor(4.0), torch.tensor(math.log(3.0))
    assert uncertain_loss(total, items, s, squared=False).item() == pytest.approx(2 + 2 * math.log(3))
    assert uncertain_loss(total, items, s, squared=True).item() == pytest.approx(1 + 2 * math.log(3))


@pytest.mark.parametrize(("squared", "best"), [(True, 1.5), (False, 3.0)])
def test_the_learned_variance_is_that_of_the_task(squared: bool, best: float) -> None:
    """Least where the variance is the mean squared error, or twice the mean of another loss: here 6 / 4."""
    s = torch.tensor(math.log(best), requires_grad=True)
    uncertain_loss(torch.tensor(6.0), torch.tensor(4.0), s, squared=squared).backward()
    assert s.grad is not None
    assert float(s.grad) == pytest.approx(0, abs=1e-5)


def test_a_batch_moves_its_own_head_its_own_variance_and_the_encoder() -> None:
    network = model(learns_variances=True)
    assert network.log_variances is not None
    loss = multi_task_loss(LOSSES, {"class": 1.0, "value": 1.0}, frozenset({"value"}))
    loss(network, HeadBatch("value", BATCHES["value"])).total.backward()  # type: ignore[no-untyped-call]
    moved = {name for name, part in network.named_parameters() if part.grad is not None and part.grad.abs().sum() > 0}
    assert "log_variances" in moved
    assert network.log_variances.grad is not None
    assert network.log_variances.grad[0] == 0
    assert any(name.startswith("encoder.") for name in moved)
    assert any(name.startswith("heads.value") for name in moved)
    assert not any(name.startswith("heads.class") for name in moved)


def test_every_weight_has_one_name() -> None:
    network = model(learns_variances=True)
    names = [name for name, _ in network.named_parameters()]
    assert len({id(part) for part in network.parameters()}) == len(names)
    assert not any("heads" in name and "encoder" in name for name in names)
