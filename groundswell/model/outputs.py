"""What a model's logits mean: targets in, probabilities and labels out, per task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from groundswell.data.labels import LabelMap
from groundswell.types import Example

Task = Literal["single_label", "multi_label", "regression"]


@dataclass(frozen=True)
class Outputs:
    """The task of a head and the names of its outputs.

    labels       class names in the order of the logits; for regression the one name of the value
    prior        share of the training texts with each label (single and multi label), the answer for a blank text;
                 for regression the mean of the training values
    mean, scale  regression: value = mean + scale * logit
    thresholds   multi label: the probability from which on each label is given; () is one half for all
    temperature  logits are divided by it before they become probabilities; 1 is none
    """

    task: Task
    labels: tuple[str, ...]
    prior: tuple[float, ...]
    mean: float = 0.0
    scale: float = 1.0
    thresholds: tuple[float, ...] = ()
    temperature: float = 1.0

    def given(self, values: Tensor) -> Tensor:
        """Multi label: which labels probabilities (N, C) give, (N, C) bool."""
        return values >= torch.tensor(self.thresholds or (0.5,) * len(self.labels), dtype=values.dtype)

    def targets(self, examples: Sequence[Example]) -> Tensor:
        """Targets for the loss: (N,) class ids, (N, C) of 0 and 1, or (N,) standardized values."""
        if self.task == "regression":
            return (torch.tensor([_number(example) for example in examples]) - self.mean) / self.scale
        place = {label: number for number, label in enumerate(self.labels)}
        if self.task == "single_label":
            return torch.tensor([place[str(example.target)] for example in examples])
        rows = torch.zeros(len(examples), len(self.labels))
        for row, example in enumerate(examples):
            rows[row, [place[name] for name in names_of(example)]] = 1.0
        return rows

    def values(self, logits: Tensor) -> Tensor:
        """Logits (N, C) -> probabilities (N, C), or values (N, 1) for regression; float64."""
        logits = logits.double()
        if self.task == "regression":
            return self.mean + self.scale * logits
        logits = logits / self.temperature
        return logits.softmax(dim=1) if self.task == "single_label" else logits.sigmoid()

    def at_temperature(self, temperature: float) -> Outputs:
        """The same outputs with other probabilities; which labels are given stays as it is."""
        thresholds = torch.tensor(self.thresholds, dtype=torch.float64)
        moved = (thresholds.logit() * (self.temperature / temperature)).sigmoid()
        return replace(self, temperature=temperature, thresholds=tuple(moved.tolist()))


def describe_outputs(task: Task, examples: Sequence[Example], name: str, label_map: LabelMap | None) -> Outputs:
    """The outputs that training texts ask for; `name` is the column of the value (regression)."""
    if task == "regression" or label_map is None:
        values = torch.tensor([_number(example) for example in examples], dtype=torch.float64)
        scale = float(values.std(unbiased=False)) or 1.0
        return Outputs("regression", (name,), (float(values.mean()),), float(values.mean()), scale)
    counts = dict.fromkeys(label_map.names, 0)
    for example in examples:
        for label in names_of(example):
            counts[label] += 1
    return Outputs(task, label_map.names, tuple(count / len(examples) for count in counts.values()))


def names_of(example: Example) -> tuple[str, ...]:
    """The label names of an example, one or several."""
    target = example.target
    return target if isinstance(target, tuple) else () if target is None else (str(target),)


def _number(example: Example) -> float:
    assert isinstance(example.target, float)  # the reader gives regression targets as floats
    return example.target
