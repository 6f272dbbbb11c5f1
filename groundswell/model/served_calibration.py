"""What dev allows to promise about a model's labels, kept beside its weights as `calibration.json`."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from groundswell.errors import DataError, RunFolderError
from groundswell.run_folder import write_json

CALIBRATION = "calibration.json"
FORMAT = 1
ROUNDING = 1e-9  # 100 * 0.55 is a little more than 55 in binary, which must not count as 56
STEP = 1000  # coverages are kept to a thousandth
LOWEST_COVERAGE, HIGHEST_COVERAGE = 0.5, 0.999


@dataclass(frozen=True)
class AccuracyLevel:
    """Of the texts of dev with at least this confidence: their share of all, and how many of them are right.

    at_least   the lower bound of that accuracy; all bounds of a model hold at once with a chance of 95 %
    """

    coverage: float
    threshold: float
    accuracy: float
    at_least: float


@dataclass(frozen=True)
class ServedCalibration:
    """Thresholds for a wished accuracy, and for a wished coverage of prediction sets.

    num_rows   texts of dev that they were chosen on
    levels     coverage falling
    lowest     the probability that a label in a set has at least, for the coverages 0.500, 0.501 … as far as the
               number of texts allows, at most 0.999
    """

    num_rows: int
    levels: tuple[AccuracyLevel, ...]
    lowest: tuple[float, ...]

    def for_accuracy(self, accuracy: float) -> AccuracyLevel:
        """The level that keeps most texts and has this accuracy at least; DataError names the best there is."""
        found = next((level for level in self.levels if level.at_least >= accuracy), None)
        if found is not None:
            return found
        best = max(self.levels, key=lambda level: level.at_least)
        raise DataError(
            f"accuracy: found {accuracy:g}, expected at most {_down(best.at_least)}: that is the best the "
            f"{self.num_rows:,} texts of dev can vouch for, on the surest {best.coverage:.0%} of texts "
            f"({best.accuracy:.1%} right there). Ask for less, or train with more texts in dev"
        )

    def for_coverage(self, coverage: float) -> float:
        """The lowest probability of a label in a set; DataError names the highest coverage there is."""
        if self.covers(coverage):
            return self.lowest[_place(coverage)]
        highest = LOWEST_COVERAGE + (len(self.lowest) - 1) / STEP
        able = f"at most {highest:g}" if self.lowest else "none"
        raise DataError(
            f"coverage: found {coverage:g}, expected {able}: dev has {self.num_rows:,} texts, and n texts can vouch "
            "for n / (n + 1). Ask for less, or train with more texts in dev"
        )

    def covers(self, coverage: float) -> bool:
        """Whether dev has texts enough for this coverage."""
        return _place(coverage) < len(self.lowest)

    def save(self, folder: Path) -> None:
        """Write `calibration.json` into a folder."""
        write_json(folder / CALIBRATION, {"format": FORMAT, **asdict(self)})


def load_calibration(folder: Path) -> ServedCalibration | None:
    """What stands in the folder of a model; None where there is nothing, RunFolderError where it cannot be read."""
    path = folder / CALIBRATION
    if not path.exists():
        return None
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if found["format"] != FORMAT:
            raise RunFolderError(f"{path}: format {found['format']!r}, expected {FORMAT}. Train again")
        levels = tuple(AccuracyLevel(**level) for level in found["levels"])
        return ServedCalibration(int(found["num_rows"]), levels, tuple(map(float, found["lowest"])))
    except (ValueError, KeyError, TypeError) as error:
        raise RunFolderError(f"{path}: cannot be read ({error}). Copy the run folder again, or train again") from error


def served_coverages() -> list[float]:
    """0.500, 0.501 … 0.999."""
    return [place / STEP for place in range(round(LOWEST_COVERAGE * STEP), round(HIGHEST_COVERAGE * STEP) + 1)]


def conformal_rank(num_rows: int, coverage: float) -> int:
    """k = ceil((n + 1) coverage): the k-th most fitting of n texts draws the line; there is none when k > n.

    >>> conformal_rank(99, 0.9), conformal_rank(8, 0.9)
    (90, 9)
    """
    return math.ceil((num_rows + 1) * coverage - ROUNDING)


def _place(coverage: float) -> int:
    """Where the lowest probability for a coverage stands; between two of them the higher one."""
    return math.ceil(coverage * STEP - ROUNDING) - round(LOWEST_COVERAGE * STEP)


def _down(share: float) -> str:
    """A share to three decimals, never above itself: what is named can be asked for."""
    return f"{int(share * 1000) / 1000:g}"
