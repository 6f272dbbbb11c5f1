"""Labels of some examples that are probably wrong, judged by a model that has not seen the row.

The model is a logistic regression on TF-IDF words, fitted five times on four fifths of the rows: 25,000 reviews take
seconds. What it doubts is decided by `evaluation.label_errors`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundswell.data.leakage import form_digest, normal_form
from groundswell.errors import DataError
from groundswell.evaluation.label_errors import likely_label_errors
from groundswell.evaluation.proportions import wilson
from groundswell.representation.text_tfidf import learn_rows
from groundswell.training.cross_validation import FOLDS, cross_validated_probabilities, draw_folds
from groundswell.types import Example

LEAST_ROWS = 50
LEAST_OF_LABEL = 2 * FOLDS
LEAST_ACCURACY = 0.7  # of the model; below, most of what it doubts is right


@dataclass(frozen=True)
class LabelCheck:
    """What became of a check.

    doubts     {"id", "row", "text", "label", "suggested", "probability"} of each label that is probably wrong, by
               falling margin between the two labels
    checked    rows that were checked
    accuracy   0-1, of the model that checked, on rows it had not seen; None when there was none
    why_not    why nothing was checked, as a clause; empty otherwise
    """

    doubts: list[dict[str, Any]]
    checked: int = 0
    accuracy: float | None = None
    why_not: str = ""


def check_labels(examples: Sequence[Example], *, rows: Any = None, seed: int = 0) -> LabelCheck:
    """Labels that are probably wrong among examples with one label each.

    rows   the texts' TF-IDF rows (N, F), when they are known already

    Labels of fewer than ten different texts are left out: the model cannot learn them. Nothing is doubted by a model
    that is right in less than 70 %, or no more often than one that always names the most frequent label.
    """
    forms = [form_digest(normal_form(example.text)) for example in examples]
    usable = _usable(examples, forms)
    names = sorted({str(examples[place].target) for place in usable})
    if len(usable) < LEAST_ROWS or len(names) < 2:
        return LabelCheck([], why_not=f"it takes {LEAST_ROWS} rows, and two labels with {LEAST_OF_LABEL} texts each")
    if rows is None:
        try:
            rows = learn_rows([example.text for example in examples]).values
        except DataError as error:
            return LabelCheck([], why_not=str(error))
    number = {name: place for place, name in enumerate(names)}
    labels = np.array([number[str(examples[place].target)] for place in usable], dtype=np.int64)
    folds = draw_folds(labels, groups=[forms[place] for place in usable], seed=seed)
    probabilities = cross_validated_probabilities(rows[usable], labels, len(names), folds=folds)
    right = int((probabilities.argmax(axis=1) == labels).sum())
    accuracy, majority = right / len(labels), np.bincount(labels).max() / len(labels)
    if accuracy < LEAST_ACCURACY or wilson(right, len(labels)).low <= majority:
        why_not = (
            f"a linear model tells them by words in {accuracy:.0%} (always naming the most frequent: {majority:.0%})"
        )
        return LabelCheck([], len(labels), accuracy, why_not)
    checked = [examples[place] for place in usable]
    return LabelCheck(doubts_of(checked, probabilities, labels, names), len(labels), accuracy)


def doubts_of(
    examples: Sequence[Example], probabilities: NDArray[np.float64], labels: NDArray[np.int64], names: Sequence[str]
) -> list[dict[str, Any]]:
    """The labels that probabilities (N, C) of a model that has not seen the rows cast doubt on, as plain values.

    A label that no row carries cannot be suggested: nothing is known of the probability its texts usually get.
    """
    present = np.unique(labels)
    found = likely_label_errors(probabilities[:, present], np.searchsorted(present, labels))
    return [
        {
            "id": examples[error.row].id,
            "row": examples[error.row].row,
            "text": examples[error.row].text,
            "label": names[present[error.given]],
            "suggested": names[present[error.suggested]],
            "probability": error.probability,
        }
        for error in found
    ]


def _usable(examples: Sequence[Example], forms: Sequence[bytes]) -> list[int]:
    """The places of examples that have one label, of which there are enough different texts."""
    texts: Mapping[str, int] = Counter(
        label for label, _ in {(str(example.target), form) for example, form in zip(examples, forms, strict=True)}
    )
    return [
        place
        for place, example in enumerate(examples)
        if isinstance(example.target, str) and texts[example.target] >= LEAST_OF_LABEL
    ]
