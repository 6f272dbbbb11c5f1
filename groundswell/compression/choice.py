"""Which parts stay when a share of them goes: the important ones, over all layers together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from groundswell.compression.importance import first_batches, without_chance
from groundswell.model.encoded_model import EncodedModel
from groundswell.training.loop import Batches
from groundswell.training.losses import Loss

# Each is read once for every layer that could go, and again for the next one.
TEXTS_PER_LAYER = 256


def choose_kept(importance: Sequence[Tensor], share: float) -> list[list[int]]:
    """The numbers of the parts that stay in each layer, in order; every layer keeps at least one.

    Layers are made comparable by dividing through the length of each layer's vector (Molchanov et al. 2017,
    https://arxiv.org/abs/1611.06440, section 2.2).

    importance   of the parts of each layer, at least 0
    share        of all parts together that goes, 0-1

    >>> choose_kept([torch.tensor([3.0, 4.0]), torch.tensor([0.1, 0.0])], 0.5)
    [[1], [0]]
    """
    scaled = [found / found.norm().clamp(min=1e-12) for found in importance]
    ranked = sorted(
        (float(value), layer, part) for layer, found in enumerate(scaled) for part, value in enumerate(found)
    )
    kept = [set(range(len(found))) for found in importance]
    left = round(share * len(ranked))
    for _, layer, part in ranked:
        if not left:
            break
        if len(kept[layer]) > 1:
            kept[layer].remove(part)
            left -= 1
    return [sorted(parts) for parts in kept]


def choose_layers(
    model: EncodedModel, count: int, batches: Batches, loss: Loss, around: Callable[[], AbstractContextManager[Any]],
    on_texts: Callable[[int], None] = lambda texts: None,
) -> list[int]:  # fmt: skip
    """The numbers of the layers that stay when `count` of them go: one after the other, that whose absence raises the
    loss of training texts least.

    around   entered while the model computes: its precision
    """
    layers, kept = model.encoder.layers, list(range(len(model.encoder.layers)))
    without_chance(model)
    device = next(model.parameters()).device
    sample = [batches.collate(indices).to(device) for indices in first_batches(batches, TEXTS_PER_LAYER)]
    for _ in range(count):
        losses = {}
        for candidate in kept:
            gone = [layer for number, layer in enumerate(layers) if number not in kept or number == candidate]
            with torch.inference_mode(), skipped(gone), around():
                losses[candidate] = sum(float(loss(model, batch).total) for batch in sample)
            on_texts(1)
        kept.remove(min(losses, key=lambda number: losses[number]))
    return kept


@contextmanager
def skipped(layers: Sequence[nn.Module]) -> Iterator[None]:
    """While the block runs, these layers hand on the states that they get."""
    handles = [layer.register_forward_hook(_hand_on, with_kwargs=True) for layer in layers]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _hand_on(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> Any:
    states = args[0] if args else kwargs["hidden_states"]
    return (states, *output[1:]) if isinstance(output, tuple) else states
