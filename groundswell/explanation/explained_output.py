"""Which of a model's outputs is explained, as one number."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from groundswell.errors import DataError
from groundswell.model.outputs import Outputs


@dataclass(frozen=True)
class ExplainedOutput:
    """One label, or the value of a regression.

    Its score is what words are weighed by:

    single label   the label's logit less the mean of the other labels' (for two labels the log of the odds); what adds
                   to all logits alike says nothing, and the score stays a sum wherever the logits are one
    multi label    the label's logit, the log of its odds
    regression     the value

    outputs   of the model
    number    of the label among them
    """

    outputs: Outputs
    number: int = 0

    @property
    def name(self) -> str:
        """The label, or the name of the value."""
        return self.outputs.labels[self.number]

    def scores(self, logits: Tensor) -> Tensor:
        """Logits (N, C) -> scores (N,) of the same precision; gradients pass."""
        mine = logits[:, self.number]
        if self.outputs.task == "regression":
            return self.outputs.mean + self.outputs.scale * mine
        if self.outputs.task == "multi_label" or logits.shape[1] == 1:
            return mine
        return mine - (logits.sum(dim=1) - mine) / (logits.shape[1] - 1)

    def values(self, logits: Tensor) -> Tensor:
        """Logits (N, C) -> the label's probabilities, or the values, (N,) float64."""
        return self.outputs.values(logits)[:, self.number]


def explained_outputs(outputs: Outputs, logits: Tensor, label: str | None = None) -> list[ExplainedOutput]:
    """What is explained of a text: the label asked for, else every label that is given (single label: one).

    logits   (C,) of the text
    label    its name; for regression the name of the value, or None

    Multi label: of a text with no label, its most probable one. DataError, naming all, for a label that is not known.
    """
    if label is not None:
        if label not in outputs.labels:
            raise DataError(f"found the label {label!r}, expected one of {', '.join(outputs.labels)}. Mend --label")
        return [ExplainedOutput(outputs, outputs.labels.index(label))]
    if outputs.task == "multi_label":
        given = torch.nonzero(outputs.given(outputs.values(logits[None]))[0]).flatten().tolist()
        return [ExplainedOutput(outputs, number) for number in given or [int(logits.argmax())]]
    return [ExplainedOutput(outputs, int(logits.argmax()))]
