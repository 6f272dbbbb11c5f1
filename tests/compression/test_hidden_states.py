"""States drawn to a teacher's: zero for a copy, by hand for a constant, learned maps that leave no trace."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch

from groundswell.compression.hidden_states import PROJECTIONS, check_same_tokens, drawn_to, matched_layers
from groundswell.errors import InputError
from groundswell.model.classifier import TextClassifier
from groundswell.model.from_scratch import EncoderSettings, FromScratchEncoder
from groundswell.text.pretrained_tokens import PretrainedTokens, load_tokenizer


def test_layers_are_matched_evenly_and_the_last_to_the_last() -> None:
    assert matched_layers(3, 12) == [(0, 3), (1, 7), (2, 11)]
    assert matched_layers(4, 6) == [(0, 0), (1, 2), (2, 3), (3, 5)]
    assert matched_layers(6, 3) == [(1, 0), (3, 1), (5, 2)]
    assert matched_layers(0, 6) == [(0, 5)]
    assert matched_layers(2, 0) == [(1, 0)]


def test_a_copy_of_the_teacher_has_nothing_to_learn(
    tiny_bert: Path, make_classifier: Callable[..., Any], make_documents: Callable[..., Any]
) -> None:
    model = make_classifier(tiny_bert)
    batch = make_documents(tiny_bert).collate([0, 1, 2])
    with drawn_to(model, deepcopy(model.encoder), nullcontext) as distances:
        model(batch)
        found = distances(batch)
        found.sum().backward()
    torch.testing.assert_close(found, torch.zeros(3), atol=1e-10, rtol=0)
    assert all(weight.grad is None or float(weight.grad.abs().max()) < 1e-5 for weight in model.encoder.parameters())


def test_the_distance_is_the_mean_over_tokens_of_windows_and_layers(
    tiny_bert: Path, make_classifier: Callable[..., Any], make_documents: Callable[..., Any]
) -> None:
    """The teacher's last layer hands on states that are 3 higher: 9 there, 0 in the first layer, 4.5 on average."""
    model = make_classifier(tiny_bert)
    teacher = deepcopy(model.encoder)
    with torch.no_grad():
        teacher.layers[1].output.LayerNorm.bias += 3
    documents = make_documents(tiny_bert, max_tokens=6, truncation="windows", window_overlap=0)
    batch = documents.collate([1, 0, 4])
    assert len(batch.token_ids) > 3
    with drawn_to(model, teacher, nullcontext) as distances:
        model(batch)
        torch.testing.assert_close(distances(batch).detach(), torch.full((3,), 4.5))


def test_other_widths_get_a_map_that_is_trained_and_then_gone(
    tiny_bert: Path, make_classifier: Callable[..., Any], make_documents: Callable[..., Any]
) -> None:
    teacher = make_classifier(tiny_bert).encoder
    torch.manual_seed(0)
    small = FromScratchEncoder(EncoderSettings("transformer", 200, 8, 64, layers=1, heads=2))
    model = TextClassifier(small, "mean", 2)
    names = set(model.state_dict())
    batch = make_documents(tiny_bert).collate([0, 1])
    with drawn_to(model, teacher, nullcontext) as distances:
        assert set(model.state_dict()) - names == {f"{PROJECTIONS}.0.weight", f"{PROJECTIONS}.0.bias"}
        model(batch)
        distances(batch).sum().backward()
        (weight, _) = model.get_submodule(PROJECTIONS).parameters()
        assert weight.grad is not None
    assert set(model.state_dict()) == names
    assert all(weight.grad is None for weight in teacher.parameters())


def test_other_tokens_and_longer_texts_are_refused(tiny_bert: Path, tiny_gpt2: Path, make_classifier: Any) -> None:
    own, other = (PretrainedTokens(load_tokenizer(folder)) for folder in (tiny_bert, tiny_gpt2))
    encoder = make_classifier(tiny_bert).encoder
    check_same_tokens(own, PretrainedTokens(load_tokenizer(tiny_bert)), encoder, 64)
    with pytest.raises(InputError, match="--hidden-states: the student reads other tokens than its teacher"):
        check_same_tokens(own, other, encoder, 64)
    with pytest.raises(InputError, match=r"text\.max_tokens of the student is 65, but its teacher reads 64 tokens"):
        check_same_tokens(own, own, encoder, 65)
