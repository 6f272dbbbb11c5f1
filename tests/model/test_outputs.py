from __future__ import annotations

import math

import pytest
import torch

from groundswell.data.labels import LabelMap
from groundswell.model.outputs import Outputs, describe_outputs, names_of
from groundswell.types import Example


def examples(*targets: str | tuple[str, ...] | float) -> list[Example]:
    return [Example(str(row), "t", target, row) for row, target in enumerate(targets)]


def test_single_label_by_hand() -> None:
    rows = examples("good", "bad", "good", "good")
    outputs = describe_outputs("single_label", rows, "label", LabelMap(("bad", "good")))
    assert outputs == Outputs("single_label", ("bad", "good"), (0.25, 0.75))
    assert outputs.targets(rows).tolist() == [1, 0, 1, 1]
    torch.testing.assert_close(
        outputs.values(torch.tensor([[0.0, math.log(3)]])), torch.tensor([[0.25, 0.75]], dtype=torch.float64)
    )


def test_targets_follow_names_and_not_the_order_of_the_file() -> None:
    """Trap D1."""
    outputs = Outputs("single_label", ("a", "b", "c"), (0.3, 0.3, 0.4))
    assert outputs.targets(examples("c", "a", "b")).tolist() == [2, 0, 1]
    assert outputs.targets(examples("a", "b", "c")).tolist() == [0, 1, 2]


def test_multi_label_by_hand() -> None:
    rows = examples(("a", "c"), (), ("c",), ("a", "b", "c"))
    outputs = describe_outputs("multi_label", rows, "label", LabelMap(("a", "b", "c")))
    assert outputs.prior == (0.5, 0.25, 0.75)
    assert outputs.targets(rows).tolist() == [[1, 0, 1], [0, 0, 0], [0, 0, 1], [1, 1, 1]]
    values = outputs.values(torch.tensor([[0.0, math.log(3), -math.log(3)]]))
    torch.testing.assert_close(values, torch.tensor([[0.5, 0.75, 0.25]], dtype=torch.float64))


def test_regression_by_hand() -> None:
    """1 and 5: mean 3, deviation 2; the targets are -1 and 1 and come back as 1 and 5."""
    rows = examples(1.0, 5.0)
    outputs = describe_outputs("regression", rows, "stars", None)
    assert outputs == Outputs("regression", ("stars",), (3.0,), 3.0, 2.0)
    targets = outputs.targets(rows)
    assert targets.tolist() == [-1.0, 1.0]
    assert outputs.values(targets.unsqueeze(1)).tolist() == [[1.0], [5.0]]


def test_equal_values_are_not_divided_by_zero() -> None:
    outputs = describe_outputs("regression", examples(2.0, 2.0), "stars", None)
    assert outputs.scale == 1.0
    assert outputs.targets(examples(2.0)).tolist() == [0.0]


@pytest.mark.parametrize(("target", "names"), [("a", ("a",)), (("a", "b"), ("a", "b")), ((), ()), (None, ())])
def test_names_of_a_target(target: str | tuple[str, ...] | None, names: tuple[str, ...]) -> None:
    assert names_of(Example("1", "t", target, 1)) == names


def test_a_temperature_moves_probabilities_and_no_decision() -> None:
    """Logits 0 and 2 ln 3 at temperature 2 are odds of 3."""
    outputs = Outputs("single_label", ("bad", "good"), (0.25, 0.75)).at_temperature(2.0)
    torch.testing.assert_close(
        outputs.values(torch.tensor([[0.0, 2 * math.log(3)]])), torch.tensor([[0.25, 0.75]], dtype=torch.float64)
    )
    several = Outputs("multi_label", ("a", "b"), (0.5, 0.5), thresholds=(0.2, 0.5))
    logits = torch.linspace(-4, 4, 81).unsqueeze(1).repeat(1, 2)
    for temperature in (0.3, 1.0, 5.0):
        moved = several.at_temperature(temperature)
        assert moved.given(moved.values(logits)).equal(several.given(several.values(logits)))
        assert moved.thresholds[1] == 0.5
        again = moved.at_temperature(1.0)
        assert again.thresholds == pytest.approx(several.thresholds)


def test_values_have_no_temperature() -> None:
    outputs = Outputs("regression", ("stars",), (3.0,), 3.0, 2.0)
    assert outputs.values(torch.tensor([[1.0]])).tolist() == [[5.0]]
