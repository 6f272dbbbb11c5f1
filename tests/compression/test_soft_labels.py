"""The student's loss by hand; nothing to learn from oneself; a gradient whose size T leaves alone."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from groundswell.compression.soft_labels import Lesson, Softness, distance, packed, student_rows, unpacked
from groundswell.training.losses import cross_entropy, mse


@pytest.mark.parametrize("task", ["single_label", "multi_label", "regression"])
@pytest.mark.parametrize("temperature", [1.0, 4.0])
def test_a_student_that_is_its_teacher_has_nothing_to_learn(task: Any, temperature: float) -> None:
    teacher = torch.tensor([[2.0, -1.0, 0.5], [-3.0, 0.0, 8.0]])
    student = teacher.clone().requires_grad_()
    found = distance(task, temperature)(student, teacher)
    found.sum().backward()
    torch.testing.assert_close(found, torch.zeros(2))
    assert student.grad is not None
    torch.testing.assert_close(student.grad, torch.zeros(2, 3), atol=1e-6, rtol=0)


def test_the_size_of_the_gradient_does_not_hang_on_the_temperature() -> None:
    """For logits that are small against T, T^2 times the gradient tends to (student - teacher) / C."""
    sizes = []
    for temperature in (10.0, 100.0):
        student = torch.tensor([[0.2, -0.2]], dtype=torch.float64, requires_grad=True)
        distance("single_label", temperature)(student, torch.tensor([[-0.3, 0.3]], dtype=torch.float64)).backward()
        assert student.grad is not None
        sizes.append(float(student.grad[0, 0]))
    assert sizes[0] == pytest.approx(0.25, rel=1e-2)
    assert sizes[1] == pytest.approx(0.25, rel=1e-4)


def test_distance_by_hand() -> None:
    """Teacher (ln 3, 0): 3/4 and 1/4; student even: KL = 3/4 ln(3/2) + 1/4 ln(1/2). At T = 2 with logits doubled the
    same, four times."""
    expected = 0.75 * math.log(1.5) + 0.25 * math.log(0.5)
    teacher = torch.tensor([[math.log(3), 0.0]])
    assert float(distance("single_label", 1.0)(torch.zeros(1, 2), teacher)) == pytest.approx(expected, rel=1e-5)
    assert float(distance("single_label", 2.0)(torch.zeros(1, 2), 2 * teacher)) == pytest.approx(4 * expected, rel=1e-5)
    one = distance("multi_label", 1.0)(torch.zeros(1, 1), torch.tensor([[math.log(3)]]))
    assert float(one) == pytest.approx(expected, rel=1e-5)  # the same two shares, of one label and of none
    assert float(distance("regression", 1.0)(torch.tensor([[1.0]]), torch.tensor([[3.0]]))) == 4.0


def test_gold_counts_where_there_is_one() -> None:
    logits, taught = torch.zeros(2, 2), torch.tensor([[math.log(3), 0.0]] * 2)
    rows = packed(Lesson(torch.tensor([True, False]), torch.tensor([1, 1]), taught))
    found = student_rows(cross_entropy(), "single_label", 2, Softness(1.0, 0.75))(logits, rows)
    away = 0.75 * math.log(1.5) + 0.25 * math.log(0.5)
    expected = [0.75 * away + 0.25 * math.log(2), 0.75 * away]
    torch.testing.assert_close(found, torch.tensor(expected))


@pytest.mark.parametrize(
    ("task", "gold"),
    [("single_label", torch.tensor([1, 0])), ("multi_label", torch.eye(2)), ("regression", torch.tensor([0.5, -2.0]))],
)
def test_a_lesson_comes_out_of_its_row_as_it_went_in(task: Any, gold: torch.Tensor) -> None:
    taught = torch.tensor([[1.5, 2.5], [3.5, 4.5]])[:, : 1 if task == "regression" else 2]
    lesson = Lesson(torch.tensor([True, False]), gold, taught)
    for wanted, found in zip(lesson, unpacked(packed(lesson), task, taught.shape[1]), strict=True):
        torch.testing.assert_close(found, wanted)


def test_values_keep_their_own_loss() -> None:
    rows = packed(Lesson(torch.tensor([True]), torch.tensor([2.0]), torch.tensor([[4.0]])))
    found = student_rows(mse, "regression", 1, Softness(2.0, 0.5))(torch.tensor([[1.0]]), rows)
    assert float(found) == 0.5 * 9 + 0.5 * 1
