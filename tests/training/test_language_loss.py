"""A language model in the one loop: tokens are the items, and what is learned is that of the whole."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from accelerate import Accelerator

from groundswell.data.language_batch import NOT_PREDICTED, LanguageBatch
from groundswell.model.neural_lm.fixed_window import FixedWindow
from groundswell.training.checkpoints import moving_weights
from groundswell.training.language_loss import language_loss
from groundswell.training.loop import FitSettings, History, fit
from groundswell.training.schedules import make_schedule

IDS = torch.randint(2, 9, (6, 8), generator=torch.Generator().manual_seed(0))
# rows of one to six predicted tokens
TARGETS = torch.where(torch.arange(8) <= torch.arange(6).unsqueeze(1), IDS.roll(-1, dims=1), NOT_PREDICTED)


@dataclass(frozen=True)
class Blocks:
    """Two steps of six rows, in micro-batches of a size."""

    size: int

    def plan(self, epoch: int) -> list[list[int]]:
        return [list(range(begin, begin + self.size)) for begin in range(0, 6, self.size)]

    def collate(self, indices: list[int], *, counted: bool = True) -> LanguageBatch:
        return LanguageBatch(IDS[indices], TARGETS[indices], torch.zeros_like(IDS[indices]))

    def describe(self, indices: list[int]) -> str:
        return str(indices)


def trained(size: int) -> tuple[History, dict[str, torch.Tensor]]:
    torch.manual_seed(0)
    model = FixedWindow(9, window=3, width=4, hidden=6)
    history = fit(
        model, Blocks(size), language_loss, optimizer=torch.optim.SGD(model.parameters(), lr=0.5),
        schedule=make_schedule("constant", total_steps=2, warmup_share=0.0), accelerator=Accelerator(cpu=True),
        settings=FitSettings(epochs=2, accumulation=6 // size),
    )  # fmt: skip
    return history, moving_weights(model)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_micro_batches_make_the_step_of_the_whole(size: int) -> None:
    """The gradient is the sum over tokens by the number of tokens, however they are parted."""
    (whole, expected), (parted, found) = trained(6), trained(size)
    assert whole.items == parted.items == 2 * 21
    assert [row["loss"] for row in parted.epochs] == pytest.approx([row["loss"] for row in whole.epochs], abs=1e-6)
    for name, weight in expected.items():
        assert torch.allclose(found[name], weight, atol=1e-6)
