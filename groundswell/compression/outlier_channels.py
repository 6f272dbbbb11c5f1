"""How far 8-bit numbers are off in one product of matrices, and which channels should stay out of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]

# Shares of the channels that are tried, the fewest first.
SHARES = (0.0, 1 / 64, 1 / 32, 1 / 16)


class Choice(NamedTuple):
    """How a product X W is computed.

    outliers   the channels of X (columns) that are multiplied in float32, ascending; all others are in 8 bits
    error      root of the mean square of what is off, as a share of the product's own
    quantize   False: the whole product stays in float32
    """

    outliers: NDArray[np.int64]
    error: float
    quantize: bool = True


def choose(inputs: Sequence[Matrix], weights: Matrix, largest_error: float) -> Choice:
    """The fewest outlier channels whose error is small enough; the product stays in float32 where none of the shares
    is enough.

    inputs    X of several texts, each (T, K)
    weights   W (K, N)

    The channels with the largest numbers stretch the one scale that all share (Dettmers et al. 2022,
    https://arxiv.org/abs/2208.07339, section 3.2, equation 8).
    """
    largest = np.max([np.abs(found).max(axis=0) for found in inputs], axis=0)  # (K,)
    order = np.argsort(-largest, kind="stable")
    choice = Choice(order[:0], np.inf)
    for share in SHARES:
        outliers = np.sort(order[: round(share * len(order))]).astype(np.int64)
        choice = Choice(outliers, error_of(inputs, weights, outliers))
        if choice.error <= largest_error:
            return choice
    return choice._replace(quantize=False)


def error_of(inputs: Sequence[Matrix], weights: Matrix, outliers: NDArray[np.int64]) -> float:
    """What 8 bits are off in X W with these channels left out, as a share of the root mean square of X W."""
    kept = np.ones(len(weights), dtype=np.float32)
    kept[outliers] = 0.0
    rounded = rounded_weights(weights * kept[:, None])
    off = right = 0.0
    for found in inputs:
        product = found @ weights
        in_bits = rounded_inputs(found * kept) @ rounded + found[:, outliers] @ weights[outliers]
        off += float(np.square(product - in_bits).sum())
        right += float(np.square(product).sum())
    return (off / right) ** 0.5 if right else 0.0


def rounded_inputs(inputs: Matrix) -> Matrix:
    """X as 8 unsigned bits give it back: one scale and zero for all of it, 0 among the numbers (DynamicQuantizeLinear
    of ONNX, https://onnx.ai/onnx/operators/onnx__DynamicQuantizeLinear.html)."""
    low, high = min(0.0, float(inputs.min())), max(0.0, float(inputs.max()))
    scale = (high - low) / 255 or 1.0
    zero = np.clip(np.rint(-low / scale), 0, 255)
    steps = np.clip(np.rint(inputs / scale) + zero, 0, 255)
    found: Matrix = ((steps - zero) * scale).astype(np.float32)
    return found


def rounded_weights(weights: Matrix) -> Matrix:
    """W as 8 signed bits give it back."""
    steps, scales = in_steps(weights)
    found: Matrix = steps * scales
    return found


def in_steps(weights: Matrix) -> tuple[NDArray[np.int8], Matrix]:
    """W (K, N) as 8 signed bits (K, N) and a scale for each column (N,), 0 in the middle."""
    scales = np.abs(weights).max(axis=0) / np.float32(127)
    scales[scales == 0] = 1.0
    return np.clip(np.rint(weights / scales), -127, 127).astype(np.int8), scales
