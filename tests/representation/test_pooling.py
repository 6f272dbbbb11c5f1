from __future__ import annotations

from typing import Any, get_args

import pytest
import torch

from groundswell.representation.pooling import Pooling, PoolingName

NAMES = get_args(PoolingName)
# two texts of three and one real tokens; what stands in padded places is large on purpose
STATES = torch.tensor(
    [[[1.0, -1.0], [2.0, -5.0], [6.0, 0.0], [99.0, 99.0]], [[3.0, 4.0], [99.0, 99.0]] + [[99.0] * 2] * 2]
)
MASK = torch.tensor([[True, True, True, False], [True, False, False, False]])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mean", [[3.0, -2.0], [3.0, 4.0]]),
        ("cls", [[1.0, -1.0], [3.0, 4.0]]),
        ("last", [[6.0, 0.0], [3.0, 4.0]]),
        ("max", [[6.0, 0.0], [3.0, 4.0]]),
    ],
)
def test_poolings_by_hand(name: Any, expected: list[list[float]]) -> None:
    assert Pooling(name, 2)(STATES, MASK).tolist() == expected


def test_attention_pooling_by_hand() -> None:
    """u = 0 weighs all real tokens alike, so the result is the mean; a large u picks the largest tanh(W h + b)."""
    pooling = Pooling("attention", 2)
    torch.nn.init.eye_(pooling.project.weight)
    torch.nn.init.zeros_(pooling.project.bias)
    torch.nn.init.zeros_(pooling.query.weight)
    torch.testing.assert_close(pooling(STATES, MASK), torch.tensor([[3.0, -2.0], [3.0, 4.0]]))
    pooling.query.weight.data = torch.tensor([[0.0, 1000.0]])
    torch.testing.assert_close(pooling(STATES, MASK), torch.tensor([[6.0, 0.0], [3.0, 4.0]]))


@pytest.mark.parametrize("name", NAMES)
def test_padding_never_enters(name: Any) -> None:
    torch.manual_seed(0)
    pooling = Pooling(name, 8)
    states, mask = torch.randn(5, 9, 8), torch.arange(9) < torch.tensor([[9], [4], [1], [7], [2]])
    together = pooling(states.masked_fill(~mask.unsqueeze(-1), 1e4), mask)
    for row, size in enumerate(mask.sum(dim=1).tolist()):
        alone = pooling(states[row : row + 1, :size], mask[row : row + 1, :size])
        torch.testing.assert_close(together[row : row + 1], alone, atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", NAMES)
def test_gradients_stay_out_of_the_padding(name: Any) -> None:
    states = STATES.clone().requires_grad_()
    Pooling(name, 2)(states, MASK).sum().backward()
    assert states.grad is not None
    assert states.grad[~MASK].abs().max() == 0
    assert states.grad[MASK].abs().max() > 0


@pytest.mark.parametrize("name", NAMES)
def test_half_precision_states_give_float32_vectors(name: Any) -> None:
    pooling = Pooling(name, 2)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        pooled = pooling(STATES.bfloat16(), MASK)
    assert pooled.dtype == torch.float32
    torch.testing.assert_close(pooled, pooling(STATES, MASK), atol=5e-2, rtol=2e-2)


def test_last_is_found_from_the_mask_with_left_padding_too() -> None:
    """Nothing is read from token ids, so a pad token that equals the end token cannot mislead."""
    mask = torch.tensor([[False, True, True, True], [False, False, False, True]])
    assert Pooling("last", 2)(STATES, mask).tolist() == STATES[:, 3].tolist()
