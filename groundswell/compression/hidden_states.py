"""Hidden states of a student drawn to those of its teacher, layer by layer, token by token.

Jiao et al. 2020 (https://arxiv.org/abs/1909.10351, equations 7 and 8): the mean squared error between the teacher's
states and the student's, through a learned linear map where their widths differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from groundswell.data.batching import Batch
from groundswell.errors import InputError
from groundswell.model.encoded_model import EncodedModel
from groundswell.model.encoder import Encoder
from groundswell.text.tokenization import Tokens

PROJECTIONS = "projections"
StateLoss = Callable[[Batch], Tensor]


def matched_layers(student: int, teacher: int) -> list[tuple[int, int]]:
    """Which of the teacher's layers (from 0) a layer of the student follows: evenly spread, the last one the last.

    An encoder without layers counts as one: what it hands on.

    >>> matched_layers(3, 6), matched_layers(0, 6)
    ([(0, 1), (1, 3), (2, 5)], [(0, 5)])
    """
    student, teacher = max(1, student), max(1, teacher)
    count = min(student, teacher)
    return [((step * student) // count - 1, (step * teacher) // count - 1) for step in range(1, count + 1)]


def check_same_tokens(student: Tokens, teacher: Tokens, teacher_encoder: Encoder, max_tokens: int) -> None:
    """Nothing; InputError when a student reads other tokens than its teacher, or longer texts than it can read."""
    if getattr(student, "sha256", None) != getattr(teacher, "sha256", None):
        raise InputError(
            "--hidden-states: the student reads other tokens than its teacher, so that their states stand for "
            "different things. Give it the teacher's encoder (model.encoder=RUN, model.layers=3), or leave this out"
        )
    longest = teacher_encoder.positions
    if longest is not None and max_tokens > longest:
        raise InputError(
            f"--hidden-states: text.max_tokens of the student is {max_tokens}, but its teacher reads {longest} tokens. "
            "Lower it"
        )


@contextmanager
def drawn_to(
    model: EncodedModel, teacher: Encoder, precision: Callable[[], AbstractContextManager[Any]]
) -> Iterator[StateLoss]:
    """What gives, after the model has read a batch, the distance of its states from the teacher's, (N,) per text.

    While the block runs the model carries the linear maps, so that they are trained with it; they are gone after it.

    precision   entered while the teacher computes
    """
    student = model.encoder
    pairs = matched_layers(len(student.layers), len(teacher.layers))
    maps = [nn.Identity() if student.width == teacher.width else nn.Linear(student.width, teacher.width) for _ in pairs]
    model.add_module(PROJECTIONS, nn.ModuleList(maps))
    with _caught(student) as learned, _caught(teacher) as known:

        def distances(batch: Batch) -> Tensor:
            teacher.to(batch.token_ids.device).eval()
            known.clear()
            with torch.no_grad(), precision():
                teacher(batch.token_ids, batch.mask)
            layers = [
                _distance(project(learned[own]), known[other], batch)
                for project, (own, other) in zip(maps, pairs, strict=True)
            ]
            learned.clear()
            return torch.stack(layers).mean(dim=0)

        try:
            yield distances
        finally:
            delattr(model, PROJECTIONS)


def _distance(found: Tensor, wanted: Tensor, batch: Batch) -> Tensor:
    """(N,): the mean squared error over a text's tokens and the width; states (W, T, D)."""
    each = ((found.float() - wanted.float()) ** 2).mean(dim=2) * batch.mask
    texts = len(batch.weights)
    sums = each.new_zeros(texts).index_add(0, batch.document, each.sum(dim=1))
    return sums / each.new_zeros(texts).index_add(0, batch.document, batch.mask.sum(dim=1).to(each.dtype))


@contextmanager
def _caught(encoder: Encoder) -> Iterator[dict[int, Tensor]]:
    """The states (W, T, D) that each layer hands on while the block runs, by its number; of the newest batch."""
    states: dict[int, Tensor] = {}

    def catch(number: int) -> Callable[..., None]:
        def hook(module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
            states[number] = output[0] if isinstance(output, tuple) else output

        return hook

    watched = list(encoder.layers) or [encoder]
    handles = [layer.register_forward_hook(catch(number)) for number, layer in enumerate(watched)]
    try:
        yield states
    finally:
        for handle in handles:
            handle.remove()
