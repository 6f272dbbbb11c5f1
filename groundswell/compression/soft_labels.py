"""The loss of a student: what its teacher says of a text, mixed with the gold label.

| task         | what the teacher says (N, C) | the student's distance to it, per text                     |
|--------------|------------------------------|------------------------------------------------------------|
| single_label | logits                       | T^2 KL(softmax(teacher / T) || softmax(student / T))       |
| multi_label  | logits                       | T^2 sum over labels of the same for (p, 1 - p), p = sigmoid |
| regression   | values                       | (student - teacher)^2                                      |

Hinton et al. 2015 (https://arxiv.org/abs/1503.02531, section 2): T^2 keeps the gradient's size when T changes. The
cross entropy there and the divergence here differ by the teacher's entropy alone, which no student moves: here a
student that agrees has a loss of 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from groundswell.model.outputs import Task
from groundswell.training.losses import RowLoss


@dataclass(frozen=True)
class Softness:
    """How a student listens.

    temperature   T, at least 1: higher shows more of what the teacher thinks of the labels that it does not give
    share         of the teacher in the loss, 0-1; the rest is the gold label's, where a text has one
    """

    temperature: float = 2.0
    share: float = 0.9


class Lesson(NamedTuple):
    """Targets of N texts.

    has_gold   (N,) bool
    gold       (N,) class ids, (N, C) of 0 and 1, or (N,) values
    taught     (N, C): what the teacher says
    """

    has_gold: Tensor
    gold: Tensor
    taught: Tensor


def packed(lesson: Lesson) -> Tensor:
    """A lesson as one row of numbers for each text, as a batch carries targets: (N, 1 + columns of gold + C)."""
    gold = lesson.gold.unsqueeze(1) if lesson.gold.dim() == 1 else lesson.gold
    return torch.cat([lesson.has_gold.unsqueeze(1).float(), gold.float(), lesson.taught.float()], dim=1)


def unpacked(rows: Tensor, task: Task, num_outputs: int) -> Lesson:
    """The lesson that `packed` made rows of."""
    gold, taught = rows[:, 1:-num_outputs], rows[:, -num_outputs:]
    if task != "multi_label":
        gold = gold[:, 0]
    return Lesson(rows[:, 0] > 0, gold.long() if task == "single_label" else gold, taught)


def distance(task: Task, temperature: float) -> Callable[[Tensor, Tensor], Tensor]:
    """What tells how far student logits (N, C) are from what a teacher says (N, C), per text; see the table above.

    >>> distance("single_label", 4.0)(torch.tensor([[1.0, 2.0]]), torch.tensor([[1.0, 2.0]])).item()
    0.0
    """

    def single(student: Tensor, teacher: Tensor) -> Tensor:
        wanted = (teacher / temperature).log_softmax(dim=1)
        found = (student / temperature).log_softmax(dim=1)
        return temperature**2 * (wanted.exp() * (wanted - found)).sum(dim=1)

    def multi(student: Tensor, teacher: Tensor) -> Tensor:
        share = (teacher / temperature).sigmoid()
        yes = functional.logsigmoid(teacher / temperature) - functional.logsigmoid(student / temperature)
        no = functional.logsigmoid(-teacher / temperature) - functional.logsigmoid(-student / temperature)
        return temperature**2 * (share * yes + (1 - share) * no).sum(dim=1)

    def value(student: Tensor, teacher: Tensor) -> Tensor:
        return ((student - teacher) ** 2).sum(dim=1)

    return {"single_label": single, "multi_label": multi, "regression": value}[task]


def student_rows(gold_loss: RowLoss, task: Task, num_outputs: int, softness: Softness) -> RowLoss:
    """The loss per text of student logits (N, C) against packed lessons: share * distance + (1 - share) * gold.

    gold_loss   of logits and gold targets, per text
    """
    away = distance(task, softness.temperature)

    def rows(logits: Tensor, targets: Tensor) -> Tensor:
        lesson = unpacked(targets, task, num_outputs)
        told = softness.share * away(logits, lesson.taught)
        if softness.share == 1:
            return told
        return told + (1 - softness.share) * gold_loss(logits, lesson.gold) * lesson.has_gold

    return rows
