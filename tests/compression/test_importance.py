"""Importance as the derivative of the loss by a mask, and the choice that follows from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
import torch

from groundswell.compression.choice import choose_kept, choose_layers
from groundswell.compression.importance import first_batches, masked, measure_importance, prunable_layers
from groundswell.errors import InputError
from groundswell.model.pretrained import load_encoder
from groundswell.training.losses import classification_loss, cross_entropy

CPU = torch.device("cpu")


def test_importance_is_the_slope_of_each_texts_loss(
    tiny_bert: Path, make_classifier: Callable[..., Any], make_documents: Callable[..., Any], make_batches: Any
) -> None:
    """Against differences: a mask of 1 - 0.02 on one part moves a text's loss by -0.02 times the derivative."""
    model = make_classifier(tiny_bert)
    documents = make_documents(tiny_bert)
    layers, loss = prunable_layers(model.encoder.layers, "bert"), classification_loss(cross_entropy())
    found = measure_importance(model, layers, make_batches(documents, [[0, 1, 2, 3], [4, 5]]), loss, CPU)
    parts = layers[1]
    for linear, width, number, importance, power in (
        (parts.from_heads, parts.head_width, 2, found.heads[1], 1),
        (parts.from_neurons, 1, 7, found.neurons[1], 2),
    ):
        expected = 0.0
        for text in range(6):
            losses = []
            for by in (-0.02, 0.02):
                with weighed(linear, width, number, 1 + by):
                    losses.append(loss_of(model, documents, text))
            expected += abs((losses[1] - losses[0]) / 0.04) ** power
        assert float(importance[number]) == pytest.approx(expected, rel=3e-2)


@contextmanager
def weighed(linear: Any, width: int, number: int, factor: float) -> Iterator[None]:
    """While the block runs, one part of what a linear map reads is multiplied."""
    mask = torch.ones(linear.in_features // width)
    mask[number] = factor
    handle = linear.register_forward_pre_hook(lambda module, args: (args[0] * mask.repeat_interleave(width),))
    yield
    handle.remove()


def loss_of(model: Any, documents: Any, text: int) -> float:
    with torch.no_grad():
        logits = model(documents.collate([text]))
    return float(torch.nn.functional.cross_entropy(logits, documents.targets[[text]], reduction="sum"))


def test_a_part_that_nothing_reads_is_worth_nothing(
    tiny_bert: Path, make_classifier: Callable[..., Any], make_documents: Callable[..., Any], make_batches: Any
) -> None:
    model = make_classifier(tiny_bert)
    parts = prunable_layers(model.encoder.layers, "bert")
    with torch.no_grad():
        parts[0].from_heads.weight[:, 8:16] = 0  # the second head of four
        parts[1].from_neurons.weight[:, 3] = 0
    batches = make_batches(make_documents(tiny_bert), [list(range(10))])
    found = measure_importance(model, parts, batches, classification_loss(cross_entropy()), CPU)
    assert float(found.heads[0][1]) == 0
    assert float(found.neurons[1][3]) == 0
    assert sum(int((one == 0).sum()) for one in (*found.heads, *found.neurons)) == 2


def test_the_least_important_go_first_but_never_the_last_of_a_layer() -> None:
    """Scaled to length 1 the layers are (.6, .8) and (1, 0): of four parts two go, of which 0 is first, then .6."""
    assert choose_kept([torch.tensor([3.0, 4.0]), torch.tensor([10.0, 0.0])], 0.5) == [[1], [0]]
    assert choose_kept([torch.tensor([3.0, 4.0]), torch.tensor([10.0, 0.0])], 0.9) == [[1], [0]]
    assert choose_kept([torch.zeros(3), torch.tensor([1.0])], 0.0) == [[0, 1, 2], [0]]


def test_the_layer_whose_absence_costs_least_goes(
    tiny_bert: Path, make_classifier: Callable[..., Any], make_documents: Callable[..., Any], make_batches: Any
) -> None:
    model = make_classifier(tiny_bert)
    with torch.no_grad():  # the first layer hands its states on but for a last norm of numbers that are normed already
        for parts in prunable_layers(model.encoder.layers, "bert")[:1]:
            for linear in (parts.from_heads, parts.from_neurons):
                linear.weight.zero_()
                linear.bias.zero_()
    batches = make_batches(make_documents(tiny_bert), [[0, 1, 2], [3, 4, 5]])
    asked: list[int] = []
    loss = classification_loss(cross_entropy())
    assert choose_layers(model, 1, batches, loss, nullcontext, asked.append) == [1]
    assert asked == [1, 1]


def test_a_few_batches_are_enough(make_batches: Any, make_documents: Callable[..., Any], tiny_bert: Path) -> None:
    batches = make_batches(make_documents(tiny_bert), [[0, 1, 2, 3], [4, 5], [6]])
    assert list(first_batches(batches, 6)) == [[0, 1, 2, 3], [4, 5]]
    assert list(first_batches(batches, 1)) == [[0, 1, 2, 3]]


def test_encoders_without_such_parts_are_named(tiny_gpt2: Path) -> None:
    with pytest.raises(
        InputError, match=r"--prune: heads and neurons of my-gpt cannot be taken away: .*--parts weights"
    ):
        prunable_layers(load_encoder(tiny_gpt2).layers, "my-gpt")
    with pytest.raises(InputError, match="of cnn cannot be taken away"):
        prunable_layers(torch.nn.ModuleList(), "cnn")


def test_a_mask_takes_whole_heads() -> None:
    linear = torch.nn.Linear(6, 2, bias=False)
    read = torch.arange(6.0)[None]
    with masked(linear, 2, [1]):
        found = linear(read)
    torch.testing.assert_close(found, linear(torch.tensor([[0.0, 1.0, 0.0, 0.0, 4.0, 5.0]])))
