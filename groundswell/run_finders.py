"""The parts that look at a model of single labels beside its metrics, under the names that recipes use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from groundswell.analyzer import Analyzer
from groundswell.behaviour_check import behaviour_findings
from groundswell.error_analysis import ErrorSettings, error_findings
from groundswell.evidence import evidence_findings
from groundswell.recipe import Recipe
from groundswell.recipe_sections import FindingName
from groundswell.review_languages import ReviewLanguage
from groundswell.robustness_check import RobustnessPlan, measure_robustness
from groundswell.training.progress import ProgressBar
from groundswell.types import Example

# Cross-validating the labels of more training texts than that takes minutes; `groundswell report errors` does it.
MOST_CROSS_VALIDATED = 5_000


@dataclass(frozen=True)
class Subject:
    """What is looked at: a model of single labels and its texts.

    split          what `examples` are: test, else dev, else the file that was named
    training       the training rows; empty where they cannot be read any more
    languages      of the examples, the most frequent first
    bar            for parts that take long
    probabilities  (N, C) of the examples, where they are known
    """

    analyzer: Analyzer
    recipe: Recipe
    split: str
    examples: Sequence[Example]
    training: Sequence[Example]
    languages: tuple[ReviewLanguage, ...]
    bar: ProgressBar
    probabilities: NDArray[np.float64] | None = None


class Finder(NamedTuple):
    """A part: what gives its findings, by their names in findings.json, and whether it needs texts of the run."""

    find: Callable[[Subject], Mapping[str, Any]]
    needs_texts: bool = True


def _behaviour(subject: Subject) -> Mapping[str, Any]:
    return behaviour_findings(subject.analyzer, subject.languages, bar=subject.bar)


def _errors(subject: Subject) -> Mapping[str, Any]:
    settings = ErrorSettings(seed=subject.recipe.seed)
    if len(subject.training) > MOST_CROSS_VALIDATED:
        settings = replace(settings, label_errors=False)
    found = error_findings(
        subject.analyzer, subject.examples, subject.training, settings, probabilities=subject.probabilities,
        on_stage=subject.bar.stage,
    )  # fmt: skip
    return {"errors": found}


def _evidence(subject: Subject) -> Mapping[str, Any]:
    found = evidence_findings(subject.analyzer, subject.examples, seed=subject.recipe.seed, on_stage=subject.bar.stage)
    return {"evidence": found}


def _robustness(subject: Subject) -> Mapping[str, Any]:
    plan = RobustnessPlan(seed=subject.recipe.seed)
    return {"robustness": measure_robustness(subject.analyzer, subject.examples, plan, subject.bar)}


# In the order in which they are called.
FINDERS: dict[FindingName, Finder] = {
    "behaviour": Finder(_behaviour, needs_texts=False),
    "errors": Finder(_errors),
    "evidence": Finder(_evidence),
    "robustness": Finder(_robustness),
}
