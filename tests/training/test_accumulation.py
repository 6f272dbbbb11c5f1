"""Opinions, tags and several heads: micro-batches make the step of the whole, whatever is padded in each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from torch import nn

from groundswell.data.batching import Documents
from groundswell.data.head_batch import HeadBatch
from groundswell.data.opinion_batching import OpinionDocuments, OpinionWindow
from groundswell.data.opinion_targets import Elements
from groundswell.model.classifier import TextClassifier
from groundswell.model.from_scratch import EncoderSettings, FromScratchEncoder
from groundswell.model.multi_task import MultiTaskModel
from groundswell.model.opinion_extractor import OpinionExtractor
from groundswell.training.checkpoints import moving_weights
from groundswell.training.loop import FitSettings, History, fit
from groundswell.training.losses import classification_loss, cross_entropy, mse
from groundswell.training.multi_task_loss import multi_task_loss
from groundswell.training.opinion_loss import opinion_loss

LENGTHS = (9, 3, 1, 5, 7, 2)
GOLD = (
    ((1, 2, 4, 4, 0, 2), (1, 2, 6, 7, 0, 0)), ((-1, -1, 0, 1, 1, 2),), (), ((0, 0, -1, -1, 1, 0), (0, 1, 3, 3, 1, 1)),
    ((2, 3, 5, 6, 0, 1),), ((0, 0, 1, 1, 1, 2),),
)  # fmt: skip


@dataclass(frozen=True)
class Planned:
    """Micro-batches that a test writes down, of whatever the documents hold."""

    documents: Any
    batches: Sequence[list[int]]

    def plan(self, epoch: int) -> Sequence[list[int]]:
        return self.batches

    def collate(self, indices: Sequence[int], *, counted: bool = True) -> Any:
        return self.documents.collate(indices, counted=counted)

    def describe(self, indices: Sequence[int]) -> str:
        return str(indices)


@dataclass(frozen=True)
class Heads:
    """Texts 0 to 5 of the first head, 6 to 11 of the second."""

    first: Documents
    second: Documents

    def collate(self, indices: Sequence[int], *, counted: bool = True) -> HeadBatch:
        name, own = ("class", self.first) if indices[0] < 6 else ("value", self.second)
        return HeadBatch(name, own.collate([index % 6 for index in indices], counted=counted))


def trained(model: nn.Module, batches: Planned, loss: Any, *, accumulation: int) -> History:
    """Two epochs of plain gradient descent."""
    return fit(
        model, batches, loss, optimizer=torch.optim.SGD(model.parameters(), lr=0.05), schedule=lambda step: 1.0,
        accelerator=Accelerator(cpu=True), settings=FitSettings(epochs=2, accumulation=accumulation, clip_norm=0.5),
    )  # fmt: skip


def assert_same(one: nn.Module, other: nn.Module) -> None:
    for name, weight in moving_weights(one).items():
        torch.testing.assert_close(moving_weights(other)[name], weight, atol=1e-6, rtol=0)


def encoder() -> FromScratchEncoder:
    torch.manual_seed(0)
    return FromScratchEncoder(EncoderSettings("lstm", num_tokens=20, width=12, positions=16, hidden=12))


@pytest.mark.parametrize("tagged", [False, True])
def test_accumulation_changes_nothing_for_opinions(tagged: bool) -> None:
    """Six texts at once, or one by one, two by two; the last step of three holds a text less."""
    every = [torch.ones(length, dtype=torch.bool) for length in LENGTHS]
    windows = [
        (OpinionWindow(np.arange(2, 2 + len(real), dtype=np.int32), real, real, gold),)
        for real, gold in zip(every, GOLD, strict=True)
    ]
    documents, models = OpinionDocuments(windows, 0), []
    elements = Elements(True, True, ("negative", "neutral", "positive"), ("FOOD", "SERVICE"), 4, tagged=tagged)
    plans = ([[0, 1, 2, 3], [4, 5]], [[0], [1], [2], [3], [4], [5]], [[0, 1], [2, 3], [4, 5]])
    losses = []
    for plan, accumulation in zip(plans, (1, 4, 2), strict=True):
        models.append(OpinionExtractor(encoder(), elements, dropout=0.0))
        history = trained(models[-1], Planned(documents, plan), opinion_loss, accumulation=accumulation)
        assert (history.steps, history.items) == (4, 12)
        losses.append([row["loss"] for row in history.epochs])
    assert losses[1] == pytest.approx(losses[0], abs=1e-5)
    assert_same(models[0], models[1])
    assert_same(models[0], models[2])


@pytest.mark.parametrize("learns_variances", [False, True])
def test_accumulation_changes_nothing_for_several_heads(learns_variances: bool) -> None:
    """A step over four texts of one head and two of the other, in two micro-batches or in five."""
    ids = [(np.arange(2, 2 + length, dtype=np.int32),) for length in LENGTHS]
    texts = Heads(Documents(ids, torch.arange(6) % 3, 0), Documents(ids, torch.linspace(-1, 1, 6), 0))
    loss = multi_task_loss(
        {"class": classification_loss(cross_entropy()), "value": classification_loss(mse)},
        {"class": 2.0, "value": 0.5}, frozenset({"value"}),
    )  # fmt: skip
    models, plans = [], ([[0, 1, 2, 3], [6, 11]], [[0], [1, 2], [6], [3], [11]])
    for plan in plans:
        shared = encoder()
        heads = {"class": TextClassifier(shared, "mean", 3), "value": TextClassifier(shared, "max", 1)}
        models.append(MultiTaskModel(shared, heads, learns_variances=learns_variances))
        history = trained(models[-1], Planned(texts, plan), loss, accumulation=len(plan))
        assert (history.steps, history.items) == (2, 12)
    assert_same(*models)
