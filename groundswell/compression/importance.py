"""How much the loss hangs on each attention head and each neuron, told by the gradient of a mask on it.

A mask of ones on what a part hands on changes nothing, and the derivative of a text's loss by it says how much the loss
would move if the part were taken away, to first order. Heads: the mean of its size, Michel et al. 2019
(https://arxiv.org/abs/1905.10650, equation 2). Neurons: the mean of its square, Molchanov et al. 2019
(https://arxiv.org/abs/1906.10771, equation 8, with the gate as the parameter).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from groundswell.errors import InputError
from groundswell.model.encoded_model import EncodedModel
from groundswell.model.layer_parts import LayerParts, parts_of
from groundswell.training.loop import Batches
from groundswell.training.losses import Loss

# Enough for a stable order; more texts cost more than they tell.
MOST_TEXTS = 512


@dataclass(frozen=True)
class Importance:
    """Of each layer, bottom first: of its heads (H,) and of its neurons (F,), at least 0."""

    heads: list[Tensor]
    neurons: list[Tensor]


def prunable_layers(layers: nn.ModuleList, name: str) -> list[LayerParts]:
    """The parts of every layer; InputError for an encoder without layers, or of a kind nobody knows here."""
    found = [parts for layer in layers if (parts := parts_of(layer)) is not None]
    if not found or len(found) < len(layers):
        raise InputError(
            f"--prune: heads and neurons of {name} cannot be taken away: expected a Transformer like BERT, RoBERTa, "
            "ELECTRA or DistilBERT, or model.encoder=transformer. Prune `--parts weights`, or distill a smaller model"
        )
    return found


def measure_importance(
    model: EncodedModel, layers: Sequence[LayerParts], batches: Batches, loss: Loss, device: torch.device,
    on_texts: Callable[[int], None] = lambda texts: None,
) -> Importance:  # fmt: skip
    """The importance of every head and neuron over the first 512 training texts in the order of the first epoch.

    None of the model's weights asks for a gradient any more afterwards.
    """
    without_chance(model).requires_grad_(False)
    gates = [(_Gate(parts.from_heads, parts.head_width), _Gate(parts.from_neurons, 1)) for parts in layers]
    heads = [torch.zeros(parts.shape.heads, device=device) for parts in layers]
    neurons = [torch.zeros(parts.shape.neurons, device=device) for parts in layers]
    with _watching([gate for pair in gates for gate in pair]):
        for indices in first_batches(batches, MOST_TEXTS):
            total, _ = loss(model, batches.collate(indices).to(device))
            total.backward()  # type: ignore[no-untyped-call]
            for number, (of_heads, of_neurons) in enumerate(gates):
                heads[number] += of_heads.take().abs().sum(dim=0)
                neurons[number] += of_neurons.take().square().sum(dim=0)
            on_texts(len(indices))
    return Importance([found.cpu() for found in heads], [found.cpu() for found in neurons])


def without_chance(model: EncodedModel) -> EncodedModel:
    """The model ready to have its loss measured: some give one only while they train, but nothing is dropped."""
    model.train()
    model.encoder.eval()
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.eval()
    return model


def first_batches(batches: Batches, most_texts: int) -> Iterator[Sequence[int]]:
    """Micro-batches of the first epoch until they hold so many texts; at least one."""
    seen = 0
    for indices in batches.plan(0):
        if seen and seen + len(indices) > most_texts:
            return
        seen += len(indices)
        yield indices


@contextmanager
def masked(linear: nn.Linear, width: int, gone: Sequence[int]) -> Iterator[None]:
    """While the block runs, parts of what a linear map reads are 0: those of these numbers, `width` columns each."""
    mask = torch.ones(linear.in_features // width, device=linear.weight.device)
    mask[list(gone)] = 0
    handle = linear.register_forward_pre_hook(lambda module, args: (args[0] * mask.repeat_interleave(width),))
    try:
        yield
    finally:
        handle.remove()


class _Gate:
    """A mask of ones, one number for each part that a linear map reads of each window."""

    def __init__(self, linear: nn.Linear, width: int) -> None:
        self.linear, self._width = linear, width
        self._masks: list[Tensor] = []

    def __call__(self, module: nn.Module, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """What the linear map reads, times the mask."""
        read: Tensor = args[0]
        num_parts = read.shape[-1] // self._width
        mask = torch.ones(len(read), 1, num_parts, 1, device=read.device, dtype=read.dtype, requires_grad=True)
        self._masks.append(mask)
        parts = read.view(*read.shape[:2], num_parts, self._width)
        return ((parts * mask).view_as(read),)

    def take(self) -> Tensor:
        """The derivative of the loss by each number of the mask, (windows, parts), forgotten after this."""
        found = [mask.grad[:, 0, :, 0] for mask in self._masks if mask.grad is not None]
        self._masks = []
        return torch.cat(found).float()


@contextmanager
def _watching(gates: Sequence[_Gate]) -> Iterator[None]:
    handles = [gate.linear.register_forward_pre_hook(gate) for gate in gates]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
