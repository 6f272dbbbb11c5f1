"""Which texts are left to a person, what may be promised, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from groundswell.errors import DataError, RunFolderError
from groundswell.model.abstention import Abstention, Marks, coverage_interval, marks_for
from groundswell.model.outputs import Outputs
from groundswell.model.served_calibration import (
    AccuracyLevel,
    ServedCalibration,
    load_calibration,
    served_coverages,
)
from groundswell.types import Analysis

OUTPUTS = Outputs("single_label", ("bad", "fine", "good"), (0.3, 0.3, 0.4))
LEVELS = (
    AccuracyLevel(1.0, 0.0, 0.85, 0.82),
    AccuracyLevel(0.6, 0.7, 0.93, 0.9),
    AccuracyLevel(0.3, 0.9, 0.96, 0.915),
    AccuracyLevel(0.1, 0.97, 1.0, 0.88),
)
# 0.500, 0.501 … 0.910
SERVED = ServedCalibration(10, LEVELS, tuple(0.6 - 0.001 * place for place in range(411)))


def analysis(**scores: float) -> Analysis:
    label = max(scores, key=scores.__getitem__)
    return Analysis("a text", label=label, scores=scores, confidence=scores[label])


def marks(**asked: float) -> Marks:
    return marks_for(Abstention(**asked), OUTPUTS, SERVED, "m")


def test_nothing_asked_for_leaves_the_record_as_it_is() -> None:
    found = analysis(bad=0.2, fine=0.3, good=0.5)
    assert Marks()(found) is found
    assert not {"abstained", "prediction_set"} & found.to_dict().keys()
    assert not found.needs_reading


def test_a_confidence_below_the_line_abstains() -> None:
    mark = marks(below=0.5)
    sure, unsure = mark(analysis(bad=0.5, fine=0.3, good=0.2)), mark(analysis(bad=0.49, fine=0.3, good=0.21))
    assert (sure.abstained, unsure.abstained) == (False, True)
    assert (sure.needs_reading, unsure.needs_reading) == (False, True)
    assert (sure.to_dict()["abstained"], unsure.to_dict()["abstained"]) == (False, True)
    assert "prediction_set" not in unsure.to_dict()


def test_sets_hold_every_label_that_is_probable_enough() -> None:
    mark = Marks(lowest=0.3)
    assert mark(analysis(bad=0.3, fine=0.1, good=0.6)).prediction_set == ("good", "bad")
    assert mark(analysis(bad=0.29, fine=0.11, good=0.6)).prediction_set == ("good",)
    assert Marks(lowest=0.9)(analysis(bad=0.3, fine=0.1, good=0.6)).prediction_set == ("good",)
    found = Marks(lowest=0.0)(analysis(bad=0.3, fine=0.1, good=0.6))
    assert found.to_dict()["prediction_set"] == ["good", "bad", "fine"]
    assert found.needs_reading
    assert "abstained" not in found.to_dict()


def test_the_label_leads_its_set_also_in_a_tie() -> None:
    tie = Analysis("a text", label="fine", scores={"bad": 0.4, "fine": 0.4, "good": 0.2}, confidence=0.4)
    assert Marks(lowest=0.4)(tie).prediction_set == ("fine", "bad")


def test_errors_are_not_marked() -> None:
    broken = Analysis("x", error={"code": "nul_character", "message": "…"})
    assert Marks(0.9, 0.1)(broken) is broken


def test_a_wished_accuracy_keeps_as_many_texts_as_it_may() -> None:
    assert marks(accuracy=0.8).threshold == 0.0
    assert marks(accuracy=0.82).threshold == 0.0
    assert marks(accuracy=0.83).threshold == 0.7
    assert marks(accuracy=0.91).threshold == 0.9
    (told,) = marks(accuracy=0.9).notes
    assert told == (
        "accuracy 0.9: answers have a confidence of at least 0.700, as 60% of 10 texts of dev had; 93.0% of those were "
        "right, which vouches for 90.0% on texts of the same kind"
    )


def test_an_accuracy_that_dev_cannot_vouch_for_is_refused() -> None:
    with pytest.raises(DataError) as caught:
        marks(accuracy=0.95)
    assert str(caught.value) == (
        "accuracy: found 0.95, expected at most 0.915: that is the best the 10 texts of dev can vouch for, on the "
        "surest 30% of texts (96.0% right there). Ask for less, or train with more texts in dev"
    )
    assert marks(accuracy=0.915).threshold == 0.9


def test_the_threshold_of_a_coverage() -> None:
    assert marks(coverage=0.5).lowest == 0.6
    assert marks(coverage=0.9).lowest == pytest.approx(0.2)
    assert marks(coverage=0.8995).lowest == pytest.approx(0.2)  # the next thousandth above
    assert marks(coverage=0.91).lowest == pytest.approx(0.19)
    with pytest.raises(DataError) as caught:
        marks(coverage=0.95)
    assert str(caught.value) == (
        "coverage: found 0.95, expected at most 0.91: dev has 10 texts, and n texts can vouch for n / (n + 1). Ask for "
        "less, or train with more texts in dev"
    )
    assert SERVED.covers(0.91)
    assert not SERVED.covers(0.911)
    with pytest.raises(DataError, match="expected none: dev has 0 texts"):
        ServedCalibration(0, LEVELS, ()).for_coverage(0.5)


def test_every_coverage_has_its_place() -> None:
    coverages = served_coverages()
    assert (coverages[0], coverages[-1], len(coverages)) == (0.5, 0.999, 500)
    whole = ServedCalibration(10_000, LEVELS, tuple(1 - coverage for coverage in coverages))
    assert [whole.for_coverage(coverage) for coverage in coverages] == [1 - coverage for coverage in coverages]


def test_the_spread_of_a_coverage_is_said() -> None:
    """Beta(901, 100) has its middle 95 % between 0.881 and 0.918 (R: qbeta(c(.025, .975), 901, 100))."""
    assert coverage_interval(1000, 0.9) == pytest.approx((0.8809, 0.9178), abs=5e-4)
    (told,) = marks_for(Abstention(coverage=0.9), OUTPUTS, SERVED, "m").notes
    assert told == (
        "coverage 0.9: sets hold every label of probability 0.200 or more; chosen on 10 texts of dev, they hold the "
        "right one for 69.2% to 99.7% of texts of the same kind"
    )
    (told,) = marks(coverage=0.6).notes
    assert told.endswith("of the same kind, or more where a set would be empty and gets the most probable label")


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"below": 1.5}, "abstain-below: found 1.5, expected a number from 0 to 1"),
        ({"below": float("nan")}, "abstain-below: found nan, expected a number from 0 to 1"),
        ({"accuracy": -1}, "accuracy: found -1, expected a number from 0 to 1"),
        ({"coverage": 0.4}, "coverage: found 0.4, expected a number from 0.5 to 0.999"),
        ({"coverage": 1.0}, "coverage: found 1, expected a number from 0.5 to 0.999"),
        (
            {"below": 0.8, "accuracy": 0.9},
            "found abstain-below 0.8 and accuracy 0.9, expected one of them: both choose the confidence below which "
            "the model abstains. Leave one out",
        ),
    ],
)
def test_wrong_wishes_are_refused(asked: dict[str, float], told: str) -> None:
    with pytest.raises(DataError) as caught:
        Abstention(**asked)
    assert str(caught.value) == told


def test_models_that_cannot_abstain_say_why() -> None:
    several, value = Outputs("multi_label", ("a", "b"), (0.1, 0.2)), Outputs("regression", ("stars",), (3.0,))
    for outputs, given in ((several, "several labels"), (value, "a value")):
        with pytest.raises(DataError) as caught:
            marks_for(Abstention(below=0.8), outputs, None, "m")
        assert str(caught.value) == (
            f"m: gives {given} for a text, so there is no confidence to abstain by. Use a run of task single_label"
        )
    assert marks_for(Abstention(below=0.8), OUTPUTS, None, "m") == Marks(0.8)
    for asked in ({"accuracy": 0.9}, {"coverage": 0.9}):
        with pytest.raises(DataError) as caught:
            marks_for(Abstention(**asked), OUTPUTS, None, "m")
        assert str(caught.value) == (
            "m: holds no calibration.json, so nothing is known of accuracy and coverage. Train again with "
            "evaluation.calibration=true, or ask for a confidence (--abstain-below)"
        )


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    assert load_calibration(tmp_path) is None
    SERVED.save(tmp_path)
    assert load_calibration(tmp_path) == SERVED


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{broken", "cannot be read"),
        ("[]", "cannot be read"),
        ('{"num_rows": 3}', "cannot be read"),
        (json.dumps({"format": 1, "num_rows": 3, "levels": [{"x": 1}], "lowest": []}), "cannot be read"),
        (json.dumps({"format": 9, "num_rows": 3, "levels": [], "lowest": []}), "format 9, expected 1"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, content: str, told: str) -> None:
    (tmp_path / "calibration.json").write_text(content)
    with pytest.raises(RunFolderError, match=told) as caught:
        load_calibration(tmp_path)
    assert str(caught.value).startswith(str(tmp_path / "calibration.json"))
