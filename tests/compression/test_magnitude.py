"""Weights that are 0 stay 0 while the others are tuned, with decay and momentum."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from groundswell.compression.magnitude import kept_at_zero, share_of_zeros, zero_smallest
from groundswell.model.from_scratch import EncoderSettings, FromScratchEncoder
from groundswell.training.optimizer import make_adamw, parameter_groups


def test_zeros_stay_zero_while_the_others_move(
    tiny_bert: Path, make_classifier: Callable[..., Any], make_documents: Callable[..., Any], make_batches: Any,
    run_fit: Callable[..., Any],
) -> None:  # fmt: skip
    model = make_classifier(tiny_bert)
    kept = zero_smallest(model.encoder, 0.5)
    before = {name: weight.detach().clone() for name, weight in model.encoder.named_parameters()}
    batches = make_batches(make_documents(tiny_bert), [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]])

    def with_decay(moving: Any) -> Any:
        return make_adamw(parameter_groups(moving, learning_rate=1e-2, head_learning_rate=1e-2, weight_decay=0.1))

    with kept_at_zero(model.encoder, kept):
        run_fit(model, batches, settings={"epochs": 3}, make_optimizer=with_decay)
    assert share_of_zeros(model.encoder) == pytest.approx(0.5, abs=1e-4)
    for name, weight in model.encoder.named_parameters():
        if name in kept:
            assert bool((weight[~kept[name]] == 0).all()), name
            assert bool((weight[kept[name]] != before[name][kept[name]]).any()), name


def test_without_the_guard_they_would_grow_back(
    tiny_bert: Path, make_classifier: Callable[..., Any], make_documents: Callable[..., Any], make_batches: Any,
    run_fit: Callable[..., Any],
) -> None:  # fmt: skip
    model = make_classifier(tiny_bert)
    zero_smallest(model.encoder, 0.5)
    run_fit(model, make_batches(make_documents(tiny_bert), [[0, 1, 2, 3, 4]]))
    assert share_of_zeros(model.encoder) < 0.1


def test_the_smallest_of_all_matrices_together_go_and_token_vectors_stay() -> None:
    encoder = FromScratchEncoder(EncoderSettings("cnn", 5, 2, 16, filters=1, kernel_sizes=(2,)))
    weights = dict(encoder.named_parameters())
    matrix = next(name for name, weight in weights.items() if weight.dim() == 3)
    with torch.no_grad():
        weights[matrix].copy_(torch.tensor([[[0.1, -0.4], [0.3, -0.2]]]))
    vectors = {name: weight.detach().clone() for name, weight in weights.items() if name != matrix}
    zero_smallest(encoder, 0.5)
    torch.testing.assert_close(weights[matrix].detach(), torch.tensor([[[0.0, -0.4], [0.3, 0.0]]]))
    for name, expected in vectors.items():
        torch.testing.assert_close(weights[name].detach(), expected, atol=0, rtol=0)
