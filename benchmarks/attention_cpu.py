"""Text-by-text attention beside torch's fused kernel, forward and backward, medians in one run.

    python benchmarks/attention_cpu.py [--repeats 5]

Twelve heads of width 32 (MiniLM), about 8,192 tokens a batch.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from rows import print_row
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from groundswell.model.attention_cpu import TextwiseAttention

HEADS, WIDTH = 12, 32
SHAPES = ((64, 128), (32, 256), (20, 416), (16, 512))

Attention = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


def ours(query: Tensor, key: Tensor, value: Tensor, bias: Tensor) -> Tensor:
    return TextwiseAttention.apply(query, key, value, bias, WIDTH**-0.5)


def torch_kernel(query: Tensor, key: Tensor, value: Tensor, bias: Tensor) -> Tensor:
    return scaled_dot_product_attention(query, key, value, attn_mask=bias)


def milliseconds(attention: Attention, batch: int, tokens: int, dtype: torch.dtype) -> tuple[float, float]:
    """Forward and backward time of one call."""
    parts = [torch.randn(batch, tokens, HEADS, WIDTH, dtype=dtype).transpose(1, 2).requires_grad_() for _ in range(3)]
    bias = torch.zeros(batch, 1, 1, tokens, dtype=dtype)
    began = time.perf_counter()
    output = attention(*parts, bias)
    middle = time.perf_counter()
    output.backward(torch.ones_like(output))
    return 1000 * (middle - began), 1000 * (time.perf_counter() - middle)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    figures = {}
    for dtype in (torch.bfloat16, torch.float32):
        for batch, tokens in SHAPES:
            times: dict[str, list[tuple[float, float]]] = {"ours": [], "torch": []}
            for _ in range(options.repeats + 1):
                times["ours"].append(milliseconds(ours, batch, tokens, dtype))
                times["torch"].append(milliseconds(torch_kernel, batch, tokens, dtype))
            medians = {
                name: [round(statistics.median(column), 1) for column in zip(*found[1:], strict=True)]
                for name, found in times.items()
            }
            ratios = [round(peer / own, 2) for peer, own in zip(medians["torch"], medians["ours"], strict=True)]
            key = f"{str(dtype).removeprefix('torch.')} {tokens} tokens"
            figures[key] = {"forward_backward_ms": medians, "forward_backward_ratio": ratios}
    print_row("attention_cpu", figures=figures)


if __name__ == "__main__":
    main()
