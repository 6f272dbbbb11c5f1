"""The methods of explanation by name, and which of them a kind of model can be asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from groundswell.errors import DataError
from groundswell.explanation.attention import attention, has_attention
from groundswell.explanation.explained_output import ExplainedOutput
from groundswell.explanation.gradients import (
    STEPS,
    TOLERANCE,
    affordable_steps,
    has_captum,
    integrated_gradients,
    load_captum,
)
from groundswell.explanation.occlusion import occlusion
from groundswell.explanation.text_words import TextWords
from groundswell.explanation.weights import linear_weights
from groundswell.explanation.word_scorer import BaselineWords, NetworkWords

MethodName = Literal["integrated_gradients", "occlusion", "attention", "weights"]
OCCLUDED_AT_ONCE = 16  # texts between two signs of progress
METHODS: tuple[MethodName, ...] = get_args(MethodName)


@dataclass(frozen=True)
class Weighed:
    """What a method gives for one text.

    weights   (W,) of its words, NaN for those that the model does not read
    gap       how far the weights are off from summing to what they should; None for a method that promises no sum
    start     of that sum: the score of a text without words; None as well
    steps     of integrated gradients
    warning   when the gap is too large, else None
    """

    weights: NDArray[np.float64]
    gap: float | None = None
    start: float | None = None
    steps: int | None = None
    warning: str | None = None


def methods_of(scorer: NetworkWords | BaselineWords) -> tuple[MethodName, ...]:
    """The methods a model can be asked for, the one that measured best on its kind first (docs/explanation.md).

    Without captum there are no integrated gradients, and of a graph only what is left when words are taken out.
    """
    if isinstance(scorer, BaselineWords):
        return ("weights", "occlusion")
    if scorer.is_graph:
        return ("occlusion",)
    possible: list[MethodName] = ["integrated_gradients"] if has_captum() else []
    possible.append("occlusion")
    if has_attention(scorer):
        possible.append("attention")
    return tuple(possible)


def pick_method(scorer: NetworkWords | BaselineWords, wanted: str, measured_best: str | None = None) -> MethodName:
    """The method to use; `auto` is the one that measured best on this model, else on its kind.

    DataError, naming those that go, for a method that does not go with the model.
    """
    possible = methods_of(scorer)
    if wanted == "integrated_gradients" and isinstance(scorer, NetworkWords) and not scorer.is_graph:
        load_captum()
    if wanted == "auto":
        return next((name for name in possible if name == measured_best), possible[0])
    for name in possible:
        if name == wanted:
            return name
    kind = "a weighted sum of features" if isinstance(scorer, BaselineWords) else "a network"
    if isinstance(scorer, NetworkWords) and scorer.is_graph:
        kind = "a graph, which gives no gradients (ask the run that it came from)"
    raise DataError(
        f"found the method {wanted!r}, expected one of auto, {', '.join(possible)} for {kind}. Mend --method"
    )


def weigh(
    scorer: NetworkWords | BaselineWords,
    method: MethodName,
    texts: Sequence[TextWords],
    outputs: Sequence[ExplainedOutput],
    *,
    steps: Sequence[int] | None = STEPS,
    on_text: Callable[[int], None] = lambda texts: None,
) -> list[Weighed]:
    """The weights of each text's words for an output of it.

    steps     of integrated gradients; None: as many as take about a second
    on_text   called with the number of texts done
    """
    found: list[Weighed] = []
    if method == "occlusion":
        for start in range(0, len(texts), OCCLUDED_AT_ONCE):
            chunk = slice(start, start + OCCLUDED_AT_ONCE)
            found += [Weighed(weights) for weights in occlusion(scorer, texts[chunk], outputs[chunk])]
            on_text(len(texts[chunk]))
        return found
    for words, output in zip(texts, outputs, strict=True):
        found.append(_weigh_one(scorer, method, words, output, steps))
        on_text(1)
    return found


def _weigh_one(
    scorer: NetworkWords | BaselineWords,
    method: MethodName,
    words: TextWords,
    output: ExplainedOutput,
    steps: Sequence[int] | None,
) -> Weighed:
    if isinstance(scorer, BaselineWords):
        exact = linear_weights(scorer, words, output)
        return Weighed(exact.weights, 0.0, exact.start)
    if method == "attention":
        return Weighed(attention(scorer, words))
    path = integrated_gradients(scorer, words, output, steps=steps or affordable_steps(scorer, words))
    warning = None
    if path.steps == STEPS[-1] and abs(path.gap) > TOLERANCE * abs(output.outputs.scale):
        warning = (
            f"incomplete: the weights sum to {path.score - path.start + path.gap:.3f}, expected "
            f"{path.score - path.start:.3f}, after {path.steps} steps; the score turns sharply on the way"
        )
    return Weighed(path.weights, path.gap, path.start, path.steps, warning)
