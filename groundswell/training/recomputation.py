"""Layers that keep nothing for the backward pass but their input, and compute the rest again: memory for time."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from torch import nn
from torch.utils.checkpoint import checkpoint


def recompute_layers(layers: Iterable[nn.Module]) -> None:
    """Each layer's activations are released after the forward pass and computed again, with the same dropout.

    Chen et al. 2016 (https://arxiv.org/abs/1604.06174, section 3); the gradients stay as they are. Only `forward` is
    wrapped: hooks that exchange a layer's input (cached states) or gather its weights (FSDP) act outside of it, once.
    transformers' own switch computes the hooks again too, when the cached states are gone.
    """
    for layer in layers:
        layer.forward = partial(checkpoint, layer.forward, use_reentrant=False)
