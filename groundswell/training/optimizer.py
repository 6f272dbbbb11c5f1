"""AdamW over the weights that move, each in exactly one group."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn


def parameter_groups(
    model: nn.Module, *, learning_rate: float, head_learning_rate: float, weight_decay: float
) -> list[dict[str, Any]]:
    """Groups of the parameters that require a gradient: encoder and new modules, decayed and not.

    Weight decay acts on matrices of linear layers only: not on biases, norms and embeddings. Everything outside
    `encoder` (pooling, head) starts at random and gets the head's rate.
    """
    undecayed = _undecayed(model)
    groups: dict[tuple[bool, bool], list[tuple[str, nn.Parameter]]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            key = ("encoder" not in name.split("."), name in undecayed)
            groups.setdefault(key, []).append((name, parameter))
    return [
        {
            "params": [parameter for _, parameter in members],
            "names": [name for name, _ in members],
            "lr": head_learning_rate if new else learning_rate,
            "weight_decay": 0.0 if plain else weight_decay,
        }
        for (new, plain), members in sorted(groups.items())
    ]


def make_adamw(groups: Iterable[dict[str, Any]]) -> torch.optim.AdamW:
    """AdamW (https://arxiv.org/abs/1711.05101) in one fused kernel, betas 0.9 and 0.999, eps 1e-8."""
    wanted = [{key: value for key, value in group.items() if key != "names"} for group in groups]
    return torch.optim.AdamW(wanted, fused=True)


def _undecayed(model: nn.Module) -> set[str]:
    names = set()
    for module_name, module in model.named_modules():
        for name, parameter in module.named_parameters(recurse=False):
            if parameter.dim() < 2 or isinstance(module, nn.Embedding):
                names.add(f"{module_name}.{name}" if module_name else name)
    return names
