"""Which texts a person should read: those a model is not sure enough of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from groundswell.errors import DataError
from groundswell.model.served_calibration import (
    HIGHEST_COVERAGE,
    LOWEST_COVERAGE,
    ServedCalibration,
    conformal_rank,
)
from groundswell.types import Analysis

if TYPE_CHECKING:  # torch is not needed to refuse a wrong number
    from groundswell.model.outputs import Outputs


@dataclass(frozen=True)
class Abstention:
    """When a model is to abstain; what is None is not asked for.

    below      abstain below this confidence, 0 to 1
    accuracy   abstain below the confidence from which on dev vouches for this accuracy, 0 to 1
    coverage   give a set of labels that holds the right one for this share of texts, 0.5 to 0.999

    Raises DataError for numbers outside these ranges, and for both `below` and `accuracy`.
    """

    below: float | None = None
    accuracy: float | None = None
    coverage: float | None = None

    def __post_init__(self) -> None:
        """Check the numbers."""
        _check("abstain-below", self.below, 0.0, 1.0)
        _check("accuracy", self.accuracy, 0.0, 1.0)
        _check("coverage", self.coverage, LOWEST_COVERAGE, HIGHEST_COVERAGE)
        if self.below is not None and self.accuracy is not None:
            raise DataError(
                f"found abstain-below {self.below:g} and accuracy {self.accuracy:g}, expected one of them: both choose "
                "the confidence below which the model abstains. Leave one out"
            )

    def __bool__(self) -> bool:
        """Whether anything is asked for."""
        return (self.below, self.accuracy, self.coverage) != (None, None, None)


@dataclass(frozen=True)
class Marks:
    """Fills `abstained` and `prediction_set` of analyses.

    threshold   abstain below this confidence; None: not asked for
    lowest      the probability that a label in a set has at least; None: not asked for
    notes       whole sentences on what the thresholds are worth
    """

    threshold: float | None = None
    lowest: float | None = None
    notes: tuple[str, ...] = ()

    def __call__(self, analysis: Analysis) -> Analysis:
        """The same analysis, marked; one with an error stays as it is."""
        if analysis.error is not None or analysis.confidence is None or (self.threshold, self.lowest) == (None, None):
            return analysis
        abstained = None if self.threshold is None else analysis.confidence < self.threshold
        return replace(analysis, abstained=abstained, prediction_set=self._set(analysis))

    def _set(self, analysis: Analysis) -> tuple[str, ...] | None:
        """The labels that are probable enough, the most probable first; that one always."""
        if self.lowest is None:
            return None
        ordered = sorted(analysis.scores.items(), key=lambda found: (found[0] != analysis.label, -found[1]))
        return tuple(label for place, (label, score) in enumerate(ordered) if place == 0 or score >= self.lowest)


def marks_for(asked: Abstention, outputs: Outputs, served: ServedCalibration | None, name: str) -> Marks:
    """The marks that a model of this name can give; DataError where dev cannot vouch for what is asked."""
    if outputs.task != "single_label":
        given = "several labels" if outputs.task == "multi_label" else "a value"
        raise DataError(
            f"{name}: gives {given} for a text, so there is no confidence to abstain by. Use a run of task single_label"
        )
    if asked.accuracy is None and asked.coverage is None:
        return Marks(asked.below)
    if served is None:
        raise DataError(
            f"{name}: holds no calibration.json, so nothing is known of accuracy and coverage. Train again with "
            "evaluation.calibration=true, or ask for a confidence (--abstain-below)"
        )
    threshold, lowest, notes = asked.below, None, []
    if asked.accuracy is not None:
        level = served.for_accuracy(asked.accuracy)
        threshold = level.threshold
        notes.append(
            f"accuracy {asked.accuracy:g}: answers have a confidence of at least {threshold:.3f}, as "
            f"{level.coverage:.0%} of {served.num_rows:,} texts of dev had; {level.accuracy:.1%} of those were right, "
            f"which vouches for {level.at_least:.1%} on texts of the same kind"
        )
    if asked.coverage is not None:
        lowest = served.for_coverage(asked.coverage)
        low, high = coverage_interval(served.num_rows, asked.coverage)
        can_be_empty = lowest * len(outputs.labels) > 1
        filled = ", or more where a set would be empty and gets the most probable label" if can_be_empty else ""
        notes.append(
            f"coverage {asked.coverage:g}: sets hold every label of probability {lowest:.3f} or more; chosen on "
            f"{served.num_rows:,} texts of dev, they hold the right one for {low:.1%} to {high:.1%} of texts of the "
            f"same kind{filled}"
        )
    return Marks(threshold, lowest, tuple(notes))


def coverage_interval(num_rows: int, coverage: float) -> tuple[float, float]:
    """Where the coverage of a threshold chosen on `num_rows` texts lies with a chance of 95 %.

    It is a draw from Beta(k, n + 1 - k), k = ceil((n + 1) coverage): Vovk 2012, https://arxiv.org/abs/1209.2673.
    """
    from scipy.stats import beta

    rank = conformal_rank(num_rows, coverage)
    low, high = beta.ppf([0.025, 0.975], rank, num_rows + 1 - rank)
    return float(low), float(high)


def _check(name: str, value: float | None, least: float, most: float) -> None:
    if value is not None and not least <= value <= most:
        raise DataError(f"{name}: found {value:g}, expected a number from {least:g} to {most:g}")
