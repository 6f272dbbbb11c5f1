"""Which cases a model passes, capability by capability."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundswell.errors import DataError
from groundswell.evaluation.behaviour.capabilities import Capability, Case
from groundswell.evaluation.proportions import wilson
from groundswell.types import Polarity

Floats = NDArray[np.float64]
Score = Callable[[Sequence[str]], Floats]
MOST_FAILURES = 3


@dataclass(frozen=True, slots=True)
class Failure:
    """A case that does not hold.

    text, original   the text that was answered wrongly, and the one it was changed from
    expected         a polarity, or what the probability should have been
    found            the polarity of the text
    confidence       0-1, the probability of `found`; directional: that of the label that was looked at
    wrongness        0-1, how far off: the worst failure has most
    """

    text: str
    expected: str
    found: str
    confidence: float
    wrongness: float
    original: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, without `original` where there is none."""
        told = asdict(self)
        del told["wrongness"]
        return {name: value for name, value in told.items() if value is not None}


class Answers:
    """Probabilities of texts, each distinct text scored once.

    polarities   the columns of the probabilities
    """

    def __init__(self, texts: Iterable[str], score: Score, polarities: Sequence[Polarity]) -> None:
        distinct = list(dict.fromkeys(texts))
        probabilities = np.asarray(score(distinct), dtype=np.float64) if distinct else np.empty((0, len(polarities)))
        if probabilities.shape != (len(distinct), len(polarities)) or not np.isfinite(probabilities).all():
            raise DataError(
                f"behaviour: found scores of shape {probabilities.shape}, expected finite ones of shape "
                f"({len(distinct)}, {len(polarities)}). Mend the scoring function"
            )
        self.polarities = tuple(polarities)
        self._rows: Mapping[str, Floats] = dict(zip(distinct, probabilities, strict=True))

    def row(self, text: str) -> Floats:
        """(P,) of a text."""
        return self._rows[text]

    def probability(self, text: str, polarity: Polarity) -> float:
        """0-1, that a text has the polarity."""
        return float(self.row(text)[self.polarities.index(polarity)])

    def polarity(self, text: str) -> Polarity:
        """The most probable polarity of a text; of equal ones the first column."""
        return self.polarities[int(self.row(text).argmax())]


def texts_of(capabilities: Iterable[Capability]) -> list[str]:
    """Every text of the cases, those that stand in several as often."""
    return [text for capability in capabilities for case in capability.cases for text in case.texts]


def check_capabilities(
    capabilities: Sequence[Capability], answers: Answers, *, most_failures: int | None = MOST_FAILURES
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Plain values for each capability that was checked, and for each that was left out and why.

    most_failures   that are told of each, the worst first; None: all

    The interval is Wilson's; it takes cases as drawn from all that could be written for the capability.
    """
    checked, skipped = [], []
    for capability in capabilities:
        asked = [case for case in capability.cases if case.label is None or case.label in answers.polarities]
        if not asked:
            why = f"the run has no label for {capability.cases[0].label}"
            skipped.append({"language": capability.language, "capability": capability.name, "why": why})
            continue
        failures = [failure for case in asked if (failure := find_failure(capability, case, answers)) is not None]
        failures.sort(key=lambda failure: -failure.wrongness)
        passed = wilson(len(asked) - len(failures), len(asked))
        checked.append(
            {
                "language": capability.language,
                "capability": capability.name,
                "kind": capability.kind,
                "num_cases": len(asked),
                "num_passed": passed.count,
                "rate": {"value": passed.value, "low": passed.low, "high": passed.high},
                "failures": [failure.to_dict() for failure in failures[:most_failures]],
            }
        )
    return checked, skipped


def find_failure(capability: Capability, case: Case, answers: Answers) -> Failure | None:
    """How a case fails; None when it passes.

    minimum functionality   the text must have its label
    invariance              every text must have the label of the first, or differ from it by less than the tolerance
    directional             the probability of the label must not go the wrong way by more than the tolerance
    """
    if capability.kind == "minimum functionality":
        return _wrong_label(case, answers)
    if capability.kind == "invariance":
        return _changed_label(case, answers, capability.tolerance)
    return _wrong_way(case, answers, capability)


def _wrong_label(case: Case, answers: Answers) -> Failure | None:
    (text,) = case.texts
    found = answers.polarity(text)
    if found == case.label:
        return None
    confidence = answers.probability(text, found)
    return Failure(text, str(case.label), found, confidence, confidence)


def _changed_label(case: Case, answers: Answers, tolerance: float) -> Failure | None:
    original, *changed = case.texts
    expected = answers.polarity(original)
    moves = [
        (float(np.abs(answers.row(text) - answers.row(original)).max()), text)
        for text in changed
        if answers.polarity(text) != expected
    ]
    move, text = max(moves, default=(0.0, ""))
    if not text or move <= tolerance:
        return None
    found = answers.polarity(text)
    return Failure(text, expected, found, answers.probability(text, found), move, original)


def _wrong_way(case: Case, answers: Answers, capability: Capability) -> Failure | None:
    original, text = case.texts
    assert case.label is not None  # a directional case is read under a label
    before, after = (answers.probability(each, case.label) for each in case.texts)
    lower = capability.direction == "not lower"
    wrong = before - after if lower else after - before
    if wrong <= capability.tolerance:
        return None
    limit = before - capability.tolerance if lower else before + capability.tolerance
    expected = f"{case.label} at {'least' if lower else 'most'} {limit:.2f}"
    return Failure(text, expected, answers.polarity(text), after, wrong, original)
