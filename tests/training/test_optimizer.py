from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from groundswell.training.optimizer import make_adamw, parameter_groups
from groundswell.tuning.trainable import Tuning, choose_trainable

Make = Callable[..., Any]


@pytest.mark.parametrize(
    "tuning", [Tuning("full"), Tuning("full", layers=1), Tuning("head"), Tuning("lora")], ids=lambda found: found.method
)
def test_groups_hold_every_moving_tensor_once(any_tiny: Path, make_classifier: Make, tuning: Tuning) -> None:
    """Trap L11."""
    model = make_classifier(any_tiny, "attention")
    choose_trainable(model, tuning)
    groups = parameter_groups(model, learning_rate=1e-4, head_learning_rate=1e-3, weight_decay=0.1)
    names = [name for group in groups for name in group["names"]]
    moving = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert sorted(names) == sorted(moving)
    found = [parameter for group in groups for parameter in group["params"]]
    assert len({id(parameter) for parameter in found}) == len(found)
    assert {id(parameter) for parameter in found} == {id(parameter) for parameter in moving.values()}


def test_rates_and_decay_by_hand(tiny_bert: Path, make_classifier: Make) -> None:
    model = make_classifier(tiny_bert, "attention")
    groups = parameter_groups(model, learning_rate=1e-4, head_learning_rate=1e-3, weight_decay=0.1)
    of = {name: (group["lr"], group["weight_decay"]) for group in groups for name in group["names"]}
    assert of["encoder.network.encoder.layer.0.attention.self.query.weight"] == (1e-4, 0.1)
    assert of["encoder.network.encoder.layer.0.attention.self.query.bias"] == (1e-4, 0.0)
    assert of["encoder.network.encoder.layer.1.output.LayerNorm.weight"] == (1e-4, 0.0)
    assert of["encoder.network.embeddings.word_embeddings.weight"] == (1e-4, 0.0)
    assert of["pooling.project.weight"] == (1e-3, 0.1)
    assert of["pooling.project.bias"] == (1e-3, 0.0)
    assert of["head.project.weight"] == (1e-3, 0.1)
    assert of["head.project.bias"] == (1e-3, 0.0)


def test_only_matrices_of_linear_layers_decay(any_tiny: Path, make_classifier: Make) -> None:
    model = make_classifier(any_tiny)
    groups = parameter_groups(model, learning_rate=1e-4, head_learning_rate=1e-3, weight_decay=0.1)
    for group in groups:
        for name, parameter in zip(group["names"], group["params"], strict=True):
            plain = parameter.dim() == 1 or any(part in name for part in ("embeddings", "embed_tokens", "wte", "wpe"))
            assert group["weight_decay"] == (0.0 if plain else 0.1), name


def test_adamw_by_hand() -> None:
    """First step of AdamW: decay 1 - 0.1 * 0.5, then -0.1 * sign of the gradient (up to eps); no decay in group two."""
    decayed, plain = torch.nn.Parameter(torch.tensor([2.0])), torch.nn.Parameter(torch.tensor([2.0]))
    optimizer = make_adamw(
        [
            {"params": [decayed], "names": ["a"], "lr": 0.1, "weight_decay": 0.5},
            {"params": [plain], "names": ["b"], "lr": 0.2, "weight_decay": 0.0},
        ]
    )
    (decayed * 3 - plain * 5).sum().backward()
    optimizer.step()
    assert decayed.item() == pytest.approx(2.0 * 0.95 - 0.1, abs=1e-5)
    assert plain.item() == pytest.approx(2.0 + 0.2, abs=1e-5)
