"""Language models in the one loop: tokens are the items, and what is learned is that of the whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate import Accelerator
from tiny_language_models import MODELS, tokens
from torch import Tensor

from groundswell.data.language_batch import NOT_PREDICTED, LanguageBatch
from groundswell.errors import TrainingError
from groundswell.model.neural_lm.fixed_window import FixedWindow
from groundswell.model.neural_lm.language_model import LanguageModel
from groundswell.model.neural_lm.recurrent_lm import RecurrentLanguageModel
from groundswell.runtime import seed_everything
from groundswell.training.checkpoints import CheckpointFolder, moving_weights
from groundswell.training.language_loss import language_loss
from groundswell.training.loop import FitSettings, History, fit
from groundswell.training.losses import LossSum
from groundswell.training.optimizer import make_adamw, parameter_groups
from groundswell.training.schedules import make_schedule

IDS = tokens(6, 8)
# Two documents to a row, the second of which begins further back each time; rows of one to six predicted tokens.
DOCUMENTS = (torch.arange(8) >= torch.arange(2, 8).unsqueeze(1)).long()
TARGETS = torch.where(torch.arange(8) <= torch.arange(6).unsqueeze(1), IDS.roll(-1, dims=1), NOT_PREDICTED)
every_model = pytest.mark.parametrize("kind", MODELS)


@dataclass(frozen=True)
class Blocks:
    """Steps of six rows, in micro-batches of a size."""

    size: int
    targets: Tensor = TARGETS

    def plan(self, epoch: int) -> list[list[int]]:
        return [list(range(begin, begin + self.size)) for begin in range(0, 6, self.size)]

    def collate(self, indices: list[int], *, counted: bool = True) -> LanguageBatch:
        return LanguageBatch(IDS[indices], self.targets[indices], DOCUMENTS[indices])

    def describe(self, indices: list[int]) -> str:
        return str(indices)


def trained(model: LanguageModel, blocks: Blocks, *, accumulation: int, optimizer: Any = None, **parts: Any) -> History:
    """Two epochs with a constant rate."""
    return fit(
        model, blocks, parts.pop("loss", language_loss),
        optimizer=optimizer or torch.optim.SGD(model.parameters(), lr=0.5),
        schedule=make_schedule("constant", total_steps=2, warmup_share=0.0), accelerator=Accelerator(cpu=True),
        settings=FitSettings(epochs=2, accumulation=accumulation, metric="loss"), **parts,
    )  # fmt: skip


@every_model
@pytest.mark.parametrize("size", [1, 2, 3])
def test_micro_batches_make_the_step_of_the_whole(kind: str, size: int) -> None:
    """The gradient is the sum over tokens by the number of tokens, however they are parted."""
    whole, parted = seeded(kind), seeded(kind)
    expected = trained(whole, Blocks(6), accumulation=1)
    found = trained(parted, Blocks(size), accumulation=6 // size)
    assert found.items == expected.items == 2 * 21
    assert [row["loss"] for row in found.epochs] == pytest.approx([row["loss"] for row in expected.epochs], abs=1e-6)
    for name, weight in moving_weights(whole).items():
        assert torch.allclose(moving_weights(parted)[name], weight, atol=1e-6)


def seeded(kind: str) -> LanguageModel:
    torch.manual_seed(0)
    return MODELS[kind]()


def without(*rows: int) -> Tensor:
    """The targets, in some rows of which nothing is to be predicted."""
    return TARGETS.index_fill(0, torch.tensor(rows), NOT_PREDICTED)


@every_model
def test_a_micro_batch_without_a_target_changes_nothing(kind: str) -> None:
    """The last block of a corpus may hold the last token of a document alone, and be alone in its micro-batch."""
    one, other = seeded(kind), seeded(kind)
    trained(one, Blocks(6, without(1, 5)), accumulation=1)
    assert trained(other, Blocks(1, without(1, 5)), accumulation=6).items == 2 * 13
    for name, weight in moving_weights(one).items():
        assert torch.allclose(moving_weights(other)[name], weight, atol=1e-6)


def test_a_step_without_a_target_moves_nothing() -> None:
    """Neither by momentum nor by decay: rows 3 to 5 alone are the same two steps."""
    models = [seeded("window"), seeded("window")]
    for model, blocks in zip(models, (Blocks(3, without(0, 1, 2)), Blocks(6, without(0, 1, 2))), strict=True):
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.1, weight_decay=0.5, eps=1e-3)
        assert trained(model, blocks, accumulation=1, optimizer=optimizer).items == 2 * 15
    for name, weight in moving_weights(models[0]).items():
        assert torch.allclose(moving_weights(models[1])[name], weight, atol=1e-5)


def test_data_without_a_single_target_are_refused() -> None:
    with pytest.raises(TrainingError) as caught:
        trained(seeded("window"), Blocks(2, without(0, 1, 2, 3, 4, 5)), accumulation=3)
    assert str(caught.value) == (
        "epoch 1: found nothing to predict, because no target of the training data counts for the loss. Give rows "
        "with labels, or texts of at least two tokens"
    )


@every_model
def test_groups_hold_every_tensor_once(kind: str) -> None:
    """One matrix for input and output is one tensor; vectors of tokens, norms and biases do not decay."""
    model = MODELS[kind]()
    groups = parameter_groups(model, learning_rate=1e-3, head_learning_rate=1e-3, weight_decay=0.1)
    found = [part for group in groups for part in group["params"]]
    assert sorted(map(id, found)) == sorted(map(id, model.parameters()))
    for group in groups:
        for name, part in zip(group["names"], group["params"], strict=True):
            plain = part.dim() < 2 or name in ("embedding.weight", "embed_tokens.weight")
            assert group["weight_decay"] == (0.0 if plain else 0.1), name


TIED = {
    "window": lambda: FixedWindow(23, window=3, width=8, hidden=8, dropout=0.3, tied=True),
    "gru": lambda: RecurrentLanguageModel(23, cell="gru", width=8, hidden=8, dropout=0.3, tied=True),
    "decoder": MODELS["decoder"],
}


@pytest.mark.parametrize("kind", TIED)
def test_tied_weights_stay_one_when_a_stopped_training_goes_on(kind: str, tmp_path: Path) -> None:
    """Stopped in the second epoch, resumed in another model: the same bits, the best epoch's, and still one matrix."""

    def run(folder: Path, stop_at: int = 0, **options: Any) -> LanguageModel:
        seed_everything(options.pop("seed", 0))
        model, calls = TIED[kind](), 0
        groups = parameter_groups(model, learning_rate=0.05, head_learning_rate=0.05, weight_decay=0.1)

        def loss(moved: Any, batch: Any) -> LossSum:
            nonlocal calls
            calls += 1
            if calls == stop_at:
                raise KeyError("stopped")
            return language_loss(moved, batch)

        trained(
            model, Blocks(3), accumulation=1, optimizer=make_adamw(groups), loss=loss,
            evaluate=lambda scored: {"loss": scored(Blocks(6).collate(list(range(6)))).total.item()},
            checkpoint_folder=CheckpointFolder(folder, {}), **options,
        )  # fmt: skip
        return model

    whole = run(tmp_path / "whole")
    with pytest.raises(KeyError):
        run(tmp_path / "stopped", stop_at=4)
    again = run(tmp_path / "stopped", seed=7, resume=True)
    for name, weight in moving_weights(whole).items():
        assert torch.equal(moving_weights(again)[name], weight)
    for model in (whole, again):
        embedding: Any = getattr(model, "embedding", None) or model.embed_tokens
        assert model.output.weight.data_ptr() == embedding.weight.data_ptr()
