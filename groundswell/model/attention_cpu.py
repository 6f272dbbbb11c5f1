"""Exact attention that stays in the processor's cache: one text at a time, forward and backward by hand.

A text's scores (heads x T x T) fit the cache where a whole batch's do not, so each text is finished before the next
begins. In bfloat16 on two cores with AVX512-BF16 the backward pass is 2 to 4 times faster than torch's fused kernel at
head width 32 (docs/log.md); in float32 torch's is the faster one and is used.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

NAME = "groundswell_cpu"
# The kept probabilities grow with the square of the length; beyond this torch's kernel, which keeps none, is better.
LONGEST = 1024
# Numbers in which torch's kernel is the faster one (benchmarks/attention_cpu.py).
LEFT_TO_TORCH = frozenset({torch.float32})


class TextwiseAttention(torch.autograd.Function):
    """softmax(Q K^T s + bias) V, equation 1 of https://arxiv.org/abs/1706.03762, text by text.

    query, key, value   (B, H, T, D)
    bias                (B, 1 or H, 1 or T, T) in the same dtype, or None
    scale               s, usually D ** -0.5
    returns             (B, H, T, D), laid out as (B, T, H, D) in memory

    Backward, with P the probabilities and G the incoming gradient:
    dV = P^T G;  dS = P * (G V^T - rowsum(G V^T * P));  dQ = dS K s;  dK = dS^T Q s.
    """

    @staticmethod
    def forward(
        ctx: Any, query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None, scale: float
    ) -> Tensor:  # (B, H, T, D)
        scaled = query * scale
        output = _heads_inside(query)
        kept = []
        for text in range(len(query)):
            scores = torch.bmm(scaled[text], key[text].transpose(-1, -2))  # (H, T, T)
            if bias is not None:
                scores.add_(bias[text])
            probabilities = torch.softmax(scores, dim=-1)
            output[text] = torch.bmm(probabilities, value[text])
            if ctx is not None:
                kept.append(probabilities)
        if ctx is not None:
            ctx.scale = scale
            ctx.save_for_backward(scaled, key, value, *kept)
        return output

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:
        scaled, key, value, *kept = ctx.saved_tensors
        incoming = gradients[0].contiguous()
        d_query, d_key, d_value = _heads_inside(scaled), _heads_inside(key), _heads_inside(value)
        for text, probabilities in enumerate(kept):
            d_value[text] = torch.bmm(probabilities.transpose(-1, -2), incoming[text])
            d_probabilities = torch.bmm(incoming[text], value[text].transpose(-1, -2))
            d_scores = torch._softmax_backward_data(d_probabilities, probabilities, -1, probabilities.dtype)
            d_query[text] = torch.bmm(d_scores, key[text])
            d_key[text] = torch.bmm(d_scores.transpose(-1, -2), scaled[text])
        return d_query.mul_(ctx.scale), d_key, d_value, None, None


def textwise_attention(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, **options: Any
) -> tuple[Tensor, None]:
    """Attention output (B, T, H, D) for transformers' attention interface; torch's kernel where ours does not fit."""
    causal = options.get("is_causal")
    causal = getattr(module, "is_causal", False) if causal is None else causal
    if (
        query.device.type != "cpu"
        or query.dtype in LEFT_TO_TORCH
        or options.get("dropout", 0.0) > 0
        or query.shape != key.shape
        or query.shape[2] > LONGEST
        or (attention_mask is None and causal)
    ):
        output, _ = sdpa_attention_forward(module, query, key, value, attention_mask, **options)
        return output, None
    scale = options.get("scaling") or query.shape[-1] ** -0.5
    bias = None if attention_mask is None else _additive(attention_mask, query.dtype)
    if torch.is_grad_enabled() and (query.requires_grad or key.requires_grad or value.requires_grad):
        output = TextwiseAttention.apply(query, key, value, bias, scale)  # type: ignore[no-untyped-call]
    else:
        output = TextwiseAttention.forward(None, query, key, value, bias, scale)
    return output.transpose(1, 2), None


def register() -> str:
    """Make the kernel known to transformers; returns its name for `attn_implementation`."""
    AttentionInterface.register(NAME, textwise_attention)
    AttentionMaskInterface.register(NAME, sdpa_mask)
    return NAME


def _additive(mask: Tensor, dtype: torch.dtype) -> Tensor:
    """0 where a key is seen, the lowest finite number where not (a row that sees nothing stays finite)."""
    if mask.dtype != torch.bool:
        return mask.to(dtype)
    return torch.zeros_like(mask, dtype=dtype).masked_fill_(~mask, torch.finfo(dtype).min)


def _heads_inside(like: Tensor) -> Tensor:
    """An empty (B, H, T, D) tensor whose memory is (B, T, H, D), so that joining the heads copies nothing."""
    batch, heads, tokens, width = like.shape
    return torch.empty(batch, tokens, heads, width, dtype=like.dtype, device=like.device).transpose(1, 2)
