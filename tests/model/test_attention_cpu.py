from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from groundswell.model import attention_cpu
from groundswell.model.attention_cpu import TextwiseAttention, textwise_attention

B, H, T, D = 3, 2, 7, 4


class Layer(nn.Module):
    """What transformers hands over as the module of an attention."""

    def __init__(self, causal: bool = False) -> None:
        super().__init__()
        self.is_causal = causal


@pytest.fixture(autouse=True)
def ours_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our kernel computes float32 here too, where its numbers can be compared exactly."""
    monkeypatch.setattr(attention_cpu, "LEFT_TO_TORCH", frozenset())


def inputs(dtype: torch.dtype = torch.float32, *, grad: bool = False) -> list[Tensor]:
    """Query, key, value (B, H, T, D)."""
    torch.manual_seed(0)
    return [torch.randn(B, H, T, D, dtype=torch.float32).to(dtype).requires_grad_(grad) for _ in range(3)]


def masks() -> dict[str, Tensor | None]:
    """(B, 1, T, T) bool: padding at the right, and padding with the past only."""
    real = torch.arange(T) < torch.tensor([[T], [4], [1]])
    padding = real[:, None, None, :].expand(B, 1, T, T)
    return {"none": None, "padding": padding, "causal": padding & torch.ones(T, T, dtype=torch.bool).tril()}


@pytest.mark.parametrize("name", ["none", "padding", "causal"])
def test_forward_is_scaled_dot_product_attention(name: str) -> None:
    mask = masks()[name]
    expected = functional.scaled_dot_product_attention(*inputs(), attn_mask=mask)
    for grad in (True, False):
        found, weights = textwise_attention(Layer(), *inputs(grad=grad), mask)
        assert weights is None
        torch.testing.assert_close(found.transpose(1, 2), expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", ["none", "padding", "causal"])
def test_bfloat16_stays_within_its_rounding(name: str) -> None:
    mask = masks()[name]
    expected = functional.scaled_dot_product_attention(*inputs(), attn_mask=mask)
    found, _ = textwise_attention(Layer(), *inputs(torch.bfloat16), mask)
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.transpose(1, 2).float(), expected, atol=3e-2, rtol=0)


@pytest.mark.parametrize("name", ["none", "padding", "causal"])
def test_gradients_are_those_of_scaled_dot_product_attention(name: str) -> None:
    mask, ours, theirs = masks()[name], inputs(grad=True), inputs(grad=True)
    weights = torch.randn(B, H, T, D)
    (textwise_attention(Layer(), *ours, mask)[0].transpose(1, 2) * weights).sum().backward()
    (functional.scaled_dot_product_attention(*theirs, attn_mask=mask) * weights).sum().backward()
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one.grad, other.grad, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("with_bias", [False, True])
def test_backward_is_the_derivative_of_forward(with_bias: bool) -> None:
    torch.manual_seed(1)
    parts = [torch.randn(2, 2, 4, 3, dtype=torch.float64, requires_grad=True) for _ in range(3)]
    bias = torch.randn(2, 1, 4, 4, dtype=torch.float64) if with_bias else None

    def attention(query: Tensor, key: Tensor, value: Tensor) -> Any:
        return TextwiseAttention.apply(query, key, value, bias, 0.7)

    assert torch.autograd.gradcheck(attention, parts)


def test_an_additive_mask_is_added() -> None:
    bias = torch.randn(B, H, T, T)
    expected = functional.scaled_dot_product_attention(*inputs(), attn_mask=bias)
    found, _ = textwise_attention(Layer(), *inputs(), bias)
    torch.testing.assert_close(found.transpose(1, 2), expected, atol=1e-6, rtol=0)


def test_the_scale_of_the_model_is_used() -> None:
    expected = functional.scaled_dot_product_attention(*inputs(), scale=0.1)
    found, _ = textwise_attention(Layer(), *inputs(), None, scaling=0.1)
    torch.testing.assert_close(found.transpose(1, 2), expected, atol=1e-6, rtol=0)


def test_a_row_that_sees_nothing_is_finite_forward_and_backward() -> None:
    """Trap M6: all keys masked; softmax of -inf would be NaN."""
    mask = masks()["padding"]
    assert mask is not None
    blind = mask.clone()
    blind[1] = False
    parts = inputs(grad=True)
    found, _ = textwise_attention(Layer(), *parts, blind)
    found.sum().backward()
    assert torch.isfinite(found).all()
    assert all(part.grad is not None and torch.isfinite(part.grad).all() for part in parts)
    seeing, _ = textwise_attention(Layer(), *inputs(), mask)
    assert torch.equal(found[[0, 2]], seeing[[0, 2]])


def test_heads_are_joined_without_a_copy() -> None:
    found, _ = textwise_attention(Layer(), *inputs(), None)
    assert found.shape == (B, T, H, D)
    assert found.is_contiguous()


def shorter_heads() -> list[Tensor]:
    query, key, value = inputs()
    return [query, key[:, :1], value[:, :1]]


@pytest.mark.parametrize(
    ("parts", "causal", "options"),
    [
        (inputs, False, {"dropout": 0.1}),
        (shorter_heads, False, {}),
        (inputs, True, {}),
        (inputs, False, {"is_causal": True}),
        (lambda: [part.repeat(1, 1, 147, 1) for part in inputs()], False, {}),
    ],
    ids=["dropout", "grouped heads", "causal layer", "causal call", "longer than LONGEST"],
)
def test_falls_back_to_the_kernel_of_torch(
    monkeypatch: pytest.MonkeyPatch, parts: Callable[[], list[Tensor]], causal: bool, options: dict[str, Any]
) -> None:
    seen: list[dict[str, Any]] = []

    def stand_in(*args: Any, **given: Any) -> tuple[str, None]:
        seen.append(given)
        return "theirs", None

    monkeypatch.setattr(attention_cpu, "sdpa_attention_forward", stand_in)
    assert textwise_attention(Layer(causal), *parts(), None, **options) == ("theirs", None)
    assert seen == [options]


def test_float32_is_left_to_torch_and_bfloat16_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(attention_cpu, "sdpa_attention_forward", lambda *args, **given: ("theirs", None))
    assert textwise_attention(Layer(), *inputs(), None) == ("theirs", None)
    assert textwise_attention(Layer(), *inputs(torch.bfloat16), None)[0].shape == (B, T, H, D)


def test_a_causal_layer_without_a_mask_sees_no_future() -> None:
    expected = functional.scaled_dot_product_attention(*inputs(), is_causal=True)
    found, _ = textwise_attention(Layer(True), *inputs(), None)
    torch.testing.assert_close(found.transpose(1, 2), expected, atol=1e-6, rtol=0)


def test_the_longest_text_still_stays_with_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention_cpu, "LONGEST", T)
    monkeypatch.setattr(attention_cpu, "sdpa_attention_forward", None)
    assert textwise_attention(Layer(), *inputs(), None)[0].shape == (B, T, H, D)


def test_whole_models_agree_with_the_kernel_of_torch(
    any_tiny: Path, make_classifier: Callable[..., Any], make_documents: Callable[..., Any]
) -> None:
    """Logits and every gradient, with padding; GPT-like models see the past only in both."""
    ours, theirs = make_classifier(any_tiny), make_classifier(any_tiny)
    assert ours.encoder.network.config._attn_implementation == attention_cpu.NAME
    theirs.encoder.network.set_attn_implementation("sdpa")
    batch = make_documents(any_tiny).collate(range(10))
    logits, expected = ours(batch), theirs(batch)
    torch.testing.assert_close(logits, expected, atol=1e-5, rtol=0)
    for found in (logits, expected):
        functional.cross_entropy(found, batch.targets).backward()
    for (name, one), (_, other) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, atol=1e-5, rtol=1e-4, msg=name)


def test_bert_is_computed_by_our_kernel(
    monkeypatch: pytest.MonkeyPatch, tiny_bert: Path, make_classifier: Callable[..., Any],
    make_documents: Callable[..., Any],
) -> None:  # fmt: skip
    monkeypatch.setattr(attention_cpu, "sdpa_attention_forward", None)
    model, batch = make_classifier(tiny_bert), make_documents(tiny_bert).collate(range(10))
    assert model(batch).shape == (10, 2)
