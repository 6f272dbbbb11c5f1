"""What a Transformer layer can spare: attention heads and neurons of its feed-forward part, and the layer without them.

Layers of BERT and its kin (RoBERTa, ELECTRA …), of DistilBERT, and our own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn


class LayerShape(NamedTuple):
    """How many heads and neurons a layer has."""

    heads: int
    neurons: int


class LayerParts(NamedTuple):
    """The linear maps around the heads and the neurons of a layer.

    to_heads       whose outputs are the heads: H * head_width numbers each, or several such parts joined
    from_heads     reads the joined heads, H * head_width numbers
    to_neurons     whose outputs are the neurons
    from_neurons   reads them
    head_width     numbers of one head
    """

    to_heads: tuple[nn.Linear, ...]
    from_heads: nn.Linear
    to_neurons: nn.Linear
    from_neurons: nn.Linear
    head_width: int

    @property
    def shape(self) -> LayerShape:
        """How many there are of both."""
        return LayerShape(self.from_heads.in_features // self.head_width, self.from_neurons.in_features)


# Where a layer keeps what is here called to_heads, from_heads, to_neurons, from_neurons, and the module of its heads.
_LAYOUTS = (
    (
        ("attention.self.query", "attention.self.key", "attention.self.value"),
        "attention.output.dense", "intermediate.dense", "output.dense", "attention.self",
    ),
    (
        ("attention.q_lin", "attention.k_lin", "attention.v_lin"),
        "attention.out_lin", "ffn.lin1", "ffn.lin2", "attention",
    ),
    (("in_proj",), "out_proj", "linear1", "linear2", ""),
)  # fmt: skip
_COUNTS = ("num_attention_heads", "n_heads")


def parts_of(layer: nn.Module) -> LayerParts | None:
    """The parts of a layer; None for a kind whose heads nobody here knows how to take away."""
    for to_heads, from_heads, to_neurons, from_neurons, attention in _LAYOUTS:
        paths = (*to_heads, from_heads, to_neurons, from_neurons)
        found = [_submodule(layer, path) for path in paths]
        linear = [module for module in found if isinstance(module, nn.Linear)]
        width = getattr(_submodule(layer, attention), "attention_head_size", None)
        if len(linear) == len(paths) and width is not None:
            reads_heads, gives_neurons, reads_neurons = linear[len(to_heads) :]
            return LayerParts(tuple(linear[: len(to_heads)]), reads_heads, gives_neurons, reads_neurons, int(width))
    return None


def keep_parts(layer: nn.Module, heads: Sequence[int], neurons: Sequence[int]) -> None:
    """Take away, in place, every head and neuron of a layer but these; what stays computes as before."""
    parts = parts_of(layer)
    assert parts is not None  # the caller has asked
    before, width = parts.shape.heads, parts.head_width
    columns = [head * width + number for head in heads for number in range(width)]
    for linear in parts.to_heads:
        joined = linear.out_features // (before * width)
        _keep_rows(linear, [part * before * width + column for part in range(joined) for column in columns])
    _keep_columns(parts.from_heads, columns)
    _keep_rows(parts.to_neurons, neurons)
    _keep_columns(parts.from_neurons, neurons)
    for module in layer.modules():
        for name in _COUNTS:
            if hasattr(module, name):
                setattr(module, name, len(heads))
        if hasattr(module, "all_head_size"):
            module.all_head_size = len(columns)  # type: ignore[assignment]


def resize(layer: nn.Module, shape: LayerShape) -> None:
    """Make a layer, whose weights do not count yet, as small as one that parts were taken from."""
    keep_parts(layer, range(shape.heads), range(shape.neurons))


def shapes_of(layers: nn.ModuleList) -> list[LayerShape]:
    """The shape of each layer; empty where nobody knows."""
    found = [parts_of(layer) for layer in layers]
    return [parts.shape for parts in found if parts is not None]


def _submodule(layer: nn.Module, path: str) -> Any:
    try:
        return layer.get_submodule(path)
    except AttributeError:
        return None


def _keep_rows(linear: nn.Linear, rows: Sequence[int]) -> None:
    linear.weight = _kept(linear.weight, 0, rows)
    if linear.bias is not None:
        linear.bias = _kept(linear.bias, 0, rows)
    linear.out_features = len(rows)


def _keep_columns(linear: nn.Linear, columns: Sequence[int]) -> None:
    linear.weight = _kept(linear.weight, 1, columns)
    linear.in_features = len(columns)


def _kept(weight: Tensor, dim: int, numbers: Sequence[int]) -> nn.Parameter:
    chosen = torch.tensor(list(numbers), device=weight.device)
    return nn.Parameter(weight.detach().index_select(dim, chosen), requires_grad=weight.requires_grad)
