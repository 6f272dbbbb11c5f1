"""What a finished run teaches another model: its soft labels, on more texts than have labels, and its hidden states."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from groundswell import assembly, runtime
from groundswell.analyzer import Analyzer
from groundswell.compression.hidden_states import StateLoss, drawn_to
from groundswell.compression.saved_parts import heads_of
from groundswell.compression.soft_labels import Lesson, Softness, packed, student_rows
from groundswell.compression.teacher import teacher_logits
from groundswell.compression.unlabelled import UNLABELLED, read_unlabelled
from groundswell.data.accounting import Accounting
from groundswell.data.batching import Batch
from groundswell.data.splits import Splits
from groundswell.errors import InputError
from groundswell.label_head import LabelHead
from groundswell.model.encoded_model import EncodedModel
from groundswell.model.outputs import Outputs
from groundswell.networks import Heads
from groundswell.recipe import Recipe
from groundswell.run_place import Place
from groundswell.training.losses import Loss, LossSum, RowLoss
from groundswell.types import Example

TASKS = ("single_label", "multi_label", "regression")
Around = Callable[[Heads, EncodedModel], AbstractContextManager[object]]


@dataclass(frozen=True)
class Teaching:
    """How a model learns from a run.

    unlabelled      files of texts without labels, which the run labels
    hidden_states   whether the model is also drawn to the run's states, where both are networks with the same tokens
    """

    softness: Softness = field(default_factory=Softness)
    unlabelled: tuple[str, ...] = ()
    hidden_states: bool = False


@dataclass(frozen=True)
class Taught:
    """The training texts of a student, and what its teacher says of them.

    splits    with the unlabelled texts behind the training texts; their target is the teacher's answer
    logits    (N, C) of all training texts
    labelled  how many of them have a gold label: the first ones
    """

    splits: Splits
    logits: Tensor
    labelled: int
    told: dict[str, Any]


def teach(teacher: Analyzer, recipe: Recipe, splits: Splits, teaching: Teaching, place: Place) -> Taught:
    """What a teacher says of the training texts and of texts without labels.

    Raises InputError for a task that cannot be taught and for a teacher with other labels, DataError for files.
    """
    check_task(recipe)
    _check_labels(teacher, recipe, splits)
    examples = splits.examples["train"]
    more, account = read_unlabelled(teaching.unlabelled, recipe, splits) if teaching.unlabelled else ([], None)
    place.bar.begin("asking the teacher", len(examples) + len(more))
    folder = runtime.cache_folder()
    parts = [
        teacher_logits(teacher, [example.text for example in found], folder, place.bar.advance)
        for found in (examples, more)
    ]
    answered = _answered(more, parts[1], teacher.outputs)
    told = {
        "teacher": teacher.name,
        "temperature": teaching.softness.temperature,
        "share_of_teacher": teaching.softness.share,
        "hidden_states": teaching.hidden_states,
        "labelled_texts": len(examples),
        "unlabelled_texts": len(more),
    }
    joined = splits if account is None else _joined(splits, answered, account)
    return Taught(joined, torch.cat(parts), len(examples), told)


def lessons(teacher: Analyzer, taught: Taught, teaching: Teaching, place: Place) -> Around:
    """What puts a student's loss and targets on its head while it is trained."""

    @contextmanager
    def around(heads: Heads, model: EncodedModel) -> Iterator[None]:
        head = heads[""]
        assert isinstance(head, LabelHead)  # no other task is taught
        outputs, states = head.outputs, None
        with ExitStack() as stack:
            if teaching.hidden_states:
                encoder = heads_of(teacher.saved, "--hidden-states")[""].model.encoder
                states = stack.enter_context(drawn_to(model, encoder, place.accelerator.autocast))
            head.learn(
                lambda gold: _lesson_rows(gold, taught, outputs, teacher.outputs),
                lambda gold_loss: _student_loss(gold_loss, outputs, teaching.softness, states),
            )
            yield

    return around


def _student_loss(gold_loss: RowLoss, outputs: Outputs, softness: Softness, states: StateLoss | None) -> Loss:
    rows = student_rows(gold_loss, outputs.task, len(outputs.labels), softness)

    def loss(model: Any, batch: Batch) -> LossSum:
        losses = rows(model(batch).float(), batch.targets)
        if states is not None:
            losses = losses + states(batch)
        return LossSum((losses * batch.weights).sum(), batch.weights.sum())

    return loss


def _lesson_rows(gold: Tensor, taught: Taught, own: Outputs, teachers: Outputs) -> Tensor:
    """What the loss reads of each training text; values are put on the student's scale."""
    said = taught.logits
    if own.task == "regression":
        said = ((teachers.values(said) - own.mean) / own.scale).float()
    return packed(Lesson(torch.arange(len(gold)) < taught.labelled, gold, said))


def soft_shares(taught: Taught, own: Outputs, teachers: Outputs, softness: Softness) -> NDArray[np.float64]:
    """(N, C): how much of each training text a baseline counts to each label."""
    gold = torch.nn.functional.one_hot(own.targets(taught.splits.examples["train"]), len(own.labels)).double()
    said = (taught.logits.double() / softness.temperature).softmax(dim=1)
    share = torch.full((len(gold), 1), softness.share, dtype=torch.float64)
    share[taught.labelled :] = 1.0
    return np.asarray(share * said + (1 - share) * gold)


def _answered(examples: Sequence[Example], logits: Tensor, outputs: Outputs) -> list[Example]:
    """The examples with what the teacher answers as their target."""
    values = outputs.values(logits)
    targets: list[Any]
    if outputs.task == "single_label":
        targets = [outputs.labels[number] for number in values.argmax(dim=1).tolist()]
    elif outputs.task == "multi_label":
        given = outputs.given(values).tolist()
        targets = [tuple(name for name, on in zip(outputs.labels, row, strict=True) if on) for row in given]
    else:
        targets = values[:, 0].tolist()
    return [replace(example, target=target) for example, target in zip(examples, targets, strict=True)]


def _joined(splits: Splits, more: Sequence[Example], account: Accounting) -> Splits:
    """The splits with more training texts, each counted where it was read and as a training row."""
    for example in more:
        splits.accounting["train"].keep()
        splits.accounting["train"].note("labelled by the teacher", example.row)
    examples = {**splits.examples, "train": [*splits.examples["train"], *more]}
    return replace(splits, examples=examples, accounting={**splits.accounting, UNLABELLED: account})


def _check_labels(teacher: Analyzer, recipe: Recipe, splits: Splits) -> None:
    found = assembly.outputs_of(recipe, splits).labels
    if found != teacher.outputs.labels:
        raise InputError(
            f"data.train: gives the labels {', '.join(found)}, but the teacher {teacher.name} answers with "
            f"{', '.join(teacher.outputs.labels)}. Name the rows that it was trained on"
        )


def check_task(recipe: Recipe) -> None:
    """Nothing; InputError for a task that cannot be taught."""
    if recipe.task not in TASKS:
        raise InputError(
            f"a run of task={recipe.task} cannot teach, expected {', '.join(TASKS)}. Prune it, without --distill and "
            "--unlabelled"
        )
