"""A student of any kind that learns from a finished run: from its soft labels, its hidden states, and on more texts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from groundswell import assembly, runtime
from groundswell.analyzer import Analyzer
from groundswell.baselines import fit_baseline
from groundswell.compression.hidden_states import StateLoss, check_same_tokens, drawn_to
from groundswell.compression.saved_parts import heads_of, tokens_of
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
from groundswell.networks import Heads, Variation, fit_network
from groundswell.recipe import Recipe
from groundswell.recipe_reading import find_recipe, load_recipe, recipe_from_values
from groundswell.recipe_yaml import read_yaml
from groundswell.results import Fitted
from groundswell.run_place import Place
from groundswell.training.losses import Loss, LossSum, RowLoss
from groundswell.types import Example

# What a student takes from its own recipe; data, task and what is measured are its teacher's.
STUDENTS_OWN = ("text", "model", "tuning", "training")
TASKS = ("single_label", "multi_label", "regression")


@dataclass(frozen=True)
class Distillation:
    """How a student learns.

    recipe          of the student: a file, or a name such as ladder/en/cnn
    unlabelled      files of texts without labels, which the teacher labels
    hidden_states   whether it is also drawn to the teacher's states, where both are networks with the same tokens
    """

    recipe: str
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


def student_recipe(student: str, teacher: Recipe, overrides: Sequence[str] = ()) -> Recipe:
    """The recipe of a student: its own model and training, on the teacher's data and task, held to the same seed.

    Raises InputError for a task that cannot be taught, RecipeError with one line for each mistake.
    """
    if teacher.task not in TASKS:
        raise InputError(
            f"--distill: a run of task={teacher.task} cannot teach, expected {', '.join(TASKS)}. Prune it instead: "
            "--prune 0.3"
        )
    load_recipe(student)  # its own mistakes are told with their places
    own, _ = read_yaml(find_recipe(student).read_text(encoding="utf-8-sig"))
    values = {name: own[name] for name in STUDENTS_OWN if own.get(name)}
    shared = json.loads(teacher.model_dump_json(include={"task", "data", "evaluation", "output", "seed"}))
    return recipe_from_values({**values, **shared}, f"--distill {student}", overrides)


def teach(teacher: Analyzer, recipe: Recipe, splits: Splits, distillation: Distillation, place: Place) -> Taught:
    """What a teacher says of the training texts and of texts without labels.

    Raises InputError for a teacher that labels no texts or answers with other labels, DataError for files.
    """
    examples = splits.examples["train"]
    more, account = read_unlabelled(distillation.unlabelled, recipe, splits) if distillation.unlabelled else ([], None)
    place.bar.begin("asking the teacher", len(examples) + len(more))
    folder = runtime.cache_folder()
    parts = [
        teacher_logits(teacher, [example.text for example in found], folder, place.bar.advance)
        for found in (examples, more)
    ]
    answered = _answered(more, parts[1], teacher.outputs)
    told = {
        "teacher": teacher.name,
        "temperature": distillation.softness.temperature,
        "share_of_teacher": distillation.softness.share,
        "hidden_states": distillation.hidden_states,
        "labelled_texts": len(examples),
        "unlabelled_texts": len(more),
    }
    joined = splits if account is None else _joined(splits, answered, account)
    _check_labels(teacher, recipe, joined)
    return Taught(joined, torch.cat(parts), len(examples), told)


def distill(
    teacher: Analyzer, recipe: Recipe, taught: Taught, distillation: Distillation, place: Place
) -> tuple[Fitted, Variation | None]:
    """The student as a training gives it, and how it was taught (None for a baseline, which needs no loop)."""
    softness, outputs = distillation.softness, assembly.outputs_of(recipe, taught.splits)
    if recipe.model.is_baseline:
        if distillation.hidden_states:
            raise InputError(f"--hidden-states: model.encoder={recipe.model.encoder} has none. Leave the option out")
        shares = _shares(taught, outputs, teacher.outputs, softness)
        return fit_baseline(recipe, taught.splits, outputs, shares), None
    if distillation.hidden_states:
        _check_hidden(teacher, recipe, taught)
    variation = Variation(around=_lessons(teacher, taught, distillation, place))
    return fit_network(recipe, {"": taught.splits}, place, variation), variation


def _lessons(
    teacher: Analyzer, taught: Taught, distillation: Distillation, place: Place
) -> Callable[[Heads, EncodedModel], Any]:
    """What puts a student's loss and targets on its head while it is trained."""

    @contextmanager
    def around(heads: Heads, model: EncodedModel) -> Iterator[None]:
        head = heads[""]
        assert isinstance(head, LabelHead)  # no other task is taught
        outputs, states = head.outputs, None
        with ExitStack() as stack:
            if distillation.hidden_states:
                encoder = heads_of(teacher.saved, "--hidden-states")[""].model.encoder
                states = stack.enter_context(drawn_to(model, encoder, place.accelerator.autocast))
            head.learn(
                lambda gold: _lesson_rows(gold, taught, outputs, teacher.outputs),
                lambda gold_loss: _student_loss(gold_loss, outputs, distillation.softness, states),
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


def _shares(taught: Taught, own: Outputs, teachers: Outputs, softness: Softness) -> NDArray[np.float64]:
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


def _check_hidden(teacher: Analyzer, recipe: Recipe, taught: Taught) -> None:
    own = heads_of(teacher.saved, "--hidden-states")[""].model.encoder
    if recipe.tuning.layers is not None or recipe.tuning.method == "head":
        raise InputError(
            f"--hidden-states: with tuning.method={recipe.tuning.method} and tuning.layers={recipe.tuning.layers} some "
            "layers cannot move. Set tuning.method to full or lora and leave out tuning.layers"
        )
    base = assembly.build_base(recipe, taught.splits.examples["train"])
    check_same_tokens(base.tokens, tokens_of(teacher.saved), own, recipe.text.max_tokens)
