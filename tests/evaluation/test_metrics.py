"""The scores of a split as they stand in metrics.json."""

from __future__ import annotations

import doctest
import json
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score, matthews_corrcoef, precision_score, recall_score

from groundswell.errors import DataError, SelfCheckError
from groundswell.evaluation import classification, intervals, metrics, plots, report_markup, report_metrics, report_run
from groundswell.evaluation.dev_metrics import dev_metrics
from groundswell.evaluation.metrics import score_multi_label, score_regression, score_single_label

THREE = ["negative", "neutral", "positive"]


def of_label(scores: dict[str, Any], name: str) -> tuple[float, ...]:
    return tuple(scores["per_class"][name][part] for part in ("precision", "recall", "f1", "support"))


def test_single_label_by_hand():
    """gold n n n p p, predicted n n p p o (o = neutral, never gold).

    negative: 2 hits, 2 predicted, 3 gold: P 1, R 2/3, F1 4/5; positive: 1, 2, 2: all 1/2; neutral: 0 of 1 and 0: 0
    accuracy 3/5, macro F1 = (4/5 + 0 + 1/2) / 3 = 13/30
    """
    scores = score_single_label(np.array([0, 0, 0, 2, 2]), np.array([0, 0, 2, 2, 1]), THREE)
    assert scores["num_rows"] == 5
    assert scores["accuracy"]["value"] == pytest.approx(3 / 5)
    assert scores["macro_f1"]["value"] == pytest.approx(13 / 30)
    assert of_label(scores, "negative") == pytest.approx((1, 2 / 3, 0.8, 3))
    assert of_label(scores, "positive") == (0.5, 0.5, 0.5, 2)
    assert of_label(scores, "neutral") == (0, 0, 0, 0)
    assert scores["confusion"] == [[2, 0, 1], [0, 0, 0], [0, 1, 1]]
    assert "warnings" not in scores


def test_a_label_absent_from_both_sides_counts_in_macro_f1():
    """scikit-learn gives 1.0 without `labels=`, which hides the label, and 2/3 with it."""
    gold = np.array([0, 1, 0, 1])
    found = score_single_label(gold, gold, THREE)["macro_f1"]
    assert f1_score(gold, gold, average="macro") == 1.0
    assert found["value"] == pytest.approx(f1_score(gold, gold, labels=[0, 1, 2], average="macro", zero_division=0))
    assert found["value"] == pytest.approx(2 / 3)


@pytest.mark.parametrize("num_classes", [2, 3, 6])
def test_single_label_metrics_are_those_of_scikit_learn(num_classes: int):
    generator = np.random.default_rng(num_classes)
    gold = generator.integers(0, num_classes, 200)
    predicted = np.where(generator.random(200) < 0.6, gold, generator.integers(0, num_classes, 200))
    scores = score_single_label(gold, predicted, [f"label {number}" for number in range(num_classes)], resamples=20)
    labels = {"labels": range(num_classes), "zero_division": 0}
    expected = {
        "macro_f1": f1_score(gold, predicted, average="macro", **labels),
        "weighted_f1": f1_score(gold, predicted, average="weighted", **labels),
        "macro_precision": precision_score(gold, predicted, average="macro", **labels),
        "macro_recall": recall_score(gold, predicted, average="macro", **labels),
        "mcc": matthews_corrcoef(gold, predicted),
    }
    assert {name: scores[name]["value"] for name in expected} == pytest.approx(expected, abs=1e-12)


def test_multi_label_metrics_are_those_of_scikit_learn():
    generator = np.random.default_rng(5)
    gold, predicted = generator.random((2, 150, 5)) < [0.5, 0.3, 0.1, 0.05, 0.0]
    scores = score_multi_label(gold, predicted, list("abcde"), resamples=20)
    for average in ("macro", "micro", "weighted"):
        expected = f1_score(gold, predicted, average=average, zero_division=0)
        assert scores[f"{average}_f1"]["value"] == pytest.approx(expected, abs=1e-12)
    for name, function in (("macro_precision", precision_score), ("macro_recall", recall_score)):
        expected = function(gold, predicted, average="macro", zero_division=0)
        assert scores[name]["value"] == pytest.approx(expected, abs=1e-12)
    assert scores["accuracy"]["value"] == (gold == predicted).all(axis=1).mean()


def test_mcc_of_a_model_that_knows_one_label_is_0_and_said_so():
    scores = score_single_label(np.array([0, 1, 1]), np.array([1, 1, 1]), ["bad", "good"], resamples=10)
    assert scores["mcc"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert scores["warnings"] == ["mcc: every predicted label is 'good', so it is not defined; reported as 0"]


def test_the_f1_of_a_label_has_the_interval_of_its_share_of_hits():
    """8 hits, 1 missed, 1 wrong: of 10 rows concerned 8 are hits, by Wilson 0.4902 to 0.9433; F1 = 2 s / (1 + s)."""
    gold, predicted = np.repeat([1, 1, 0, 0], [8, 1, 1, 5]), np.repeat([1, 0, 1, 0], [8, 1, 1, 5])
    found = score_single_label(gold, predicted, ["no", "yes"], resamples=10)["per_class"]["yes"]
    assert found["f1"] == pytest.approx(2 * 0.8 / 1.8)
    assert (found["f1_low"], found["f1_high"]) == pytest.approx((2 * 0.4902 / 1.4902, 2 * 0.9433 / 1.9433), abs=1e-4)


def test_a_label_of_neither_side_can_have_any_f1():
    found = score_single_label(np.array([0, 0]), np.array([0, 0]), ["a", "b"], resamples=10)["per_class"]["b"]
    assert (found["f1_low"], found["f1_high"]) == (0, 1)


def test_supports_are_the_gold_counts_and_sum_to_the_rows():
    gold, predicted = np.random.default_rng(0).integers(0, 3, (2, 100))
    scores = score_single_label(gold, predicted, THREE, resamples=10)
    supports = [scores["per_class"][name]["support"] for name in THREE]
    assert supports == np.bincount(gold, minlength=3).tolist()
    assert sum(supports) == scores["num_rows"] == sum(map(sum, scores["confusion"]))


def test_order_of_rows_changes_nothing():
    generator = np.random.default_rng(0)
    gold, predicted = generator.integers(0, 3, (2, 80))
    order = generator.permutation(80)
    assert score_single_label(gold, predicted, THREE) == score_single_label(gold[order], predicted[order], THREE)


def test_multi_label_by_hand():
    """Labels a, b; rows: a|a right, ab|a, -|b, -|- right. a: 2 hits of 2 and 2; b: 0 hits of 1 and 1.

    accuracy 2/4, macro F1 = (1 + 0) / 2, micro F1 = 2 * 2 / (3 + 3)
    """
    gold = np.array([[1, 0], [1, 1], [0, 0], [0, 0]])
    predicted = np.array([[True, False], [True, False], [False, True], [False, False]])
    scores = score_multi_label(gold, predicted, ["a", "b"])
    assert scores["accuracy"]["value"] == pytest.approx(0.5)
    assert scores["macro_f1"]["value"] == pytest.approx(0.5)
    assert scores["micro_f1"]["value"] == pytest.approx(2 / 3)
    assert of_label(scores, "b") == (0, 0, 0, 1)
    assert scores["num_rows"] == 4


def test_regression_by_hand():
    scores = score_regression(np.array([1.0, 2.0, 3.0]), np.array([2.0, 2.0, 5.0]))
    assert scores["pearson"]["value"] == pytest.approx(3 / 12**0.5)
    assert scores["mae"]["value"] == pytest.approx(1.0)
    assert scores["rmse"]["value"] == pytest.approx((5 / 3) ** 0.5)
    assert scores["num_rows"] == 3
    # means 2 and 3, variances 2/3 and 2, covariance 1: 2 / (2/3 + 2 + 1)
    assert scores["ccc"]["value"] == pytest.approx(2 / (2 / 3 + 2 + 1))
    assert scores["spearman"]["value"] == pytest.approx(3**0.5 / 2)


@pytest.mark.parametrize("shift", [0.0, 3.0, 1e6])
def test_concordance_by_its_definition(shift: float):
    generator = np.random.default_rng(1)
    gold = generator.normal(size=80)
    predicted = 0.5 * gold + generator.normal(size=80) + shift
    covariance = np.cov(gold, predicted, bias=True)
    expected = 2 * covariance[0, 1] / (covariance[0, 0] + covariance[1, 1] + (gold.mean() - predicted.mean()) ** 2)
    assert score_regression(gold, predicted, resamples=20)["ccc"]["value"] == pytest.approx(expected, rel=1e-6)


def test_concordance_is_1_for_the_same_values_only():
    gold = np.arange(5.0)
    assert score_regression(gold, gold, resamples=20)["ccc"]["value"] == 1
    assert score_regression(gold, 2 * gold, resamples=20)["ccc"]["value"] < 0.8
    assert score_regression(gold, np.zeros(5), resamples=20)["ccc"] == {"value": 0.0, "low": 0.0, "high": 0.0}


def test_a_constant_prediction_has_correlation_0_and_a_warning():
    scores = score_regression(np.array([1.0, 2.0, 3.0]), np.full(3, 0.1))
    assert scores["pearson"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert scores["warnings"] == [
        "pearson, spearman: every predicted value is 0.1, so the correlation is not defined; reported as 0"
    ]


def test_all_right_warns_that_the_interval_has_no_width():
    """20 of 20: Wilson's lower end is 20 / (20 + 1.96²) = 0.839."""
    gold = np.array([0, 1] * 10)
    scores = score_single_label(gold, gold, ["a", "b"])
    assert scores["accuracy"] == pytest.approx({"value": 1.0, "low": 20 / (20 + 1.959964**2), "high": 1.0})
    assert scores["macro_f1"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert scores["warnings"] == [
        "all 20 rows are right, so resamples show no spread and macro means have no interval; that of the accuracy "
        "(0.839 to 1) says what so many rows allow"
    ]


@pytest.mark.parametrize("task", ["single_label", "multi_label", "regression"])
def test_scores_are_plain_values_with_ordered_ends(task: str):
    generator = np.random.default_rng(0)
    if task == "regression":
        scores = score_regression(*generator.normal(size=(2, 30)))
    elif task == "multi_label":
        scores = score_multi_label(*(generator.random((2, 30, 3)) < 0.5), THREE)
    else:
        scores = score_single_label(*generator.integers(0, 3, (2, 30)), THREE)
    assert json.loads(json.dumps(scores, allow_nan=False)) == scores
    measured = [value for value in scores.values() if isinstance(value, dict) and "low" in value]
    assert len(measured) >= 2
    assert all(value["low"] < value["high"] for value in measured)


def test_25000_rows_and_1000_resamples_are_distinct_cells_only(monkeypatch: pytest.MonkeyPatch):
    """Single label draws cells of the confusion matrix, so the work does not grow with the rows."""
    drawn = []

    def spy(rows: np.ndarray, statistic: object, **settings: object) -> np.ndarray:
        drawn.append(len(rows))
        return intervals.bootstrap_intervals(rows, statistic, **settings)  # type: ignore[arg-type]

    monkeypatch.setattr(metrics, "bootstrap_intervals", spy)
    gold, predicted = np.random.default_rng(0).integers(0, 3, (2, 25_000))
    score_single_label(gold, predicted, THREE)
    assert drawn == [9]


def test_dev_metrics_single_label_takes_the_highest_logit():
    logits = np.array([[0.1, -1.0, -2.0], [-5.0, -4.0, -4.5], [1.0, 2.0, 3.0], [9.0, 0.0, 1.0]])
    found = dev_metrics("single_label", np.array([0, 1, 1, 0]), logits)
    # right: 0, 1, -, 0; F1: a 1, b 2/3, c 0
    assert found == pytest.approx({"accuracy": 0.75, "macro_f1": 5 / 9, "micro_f1": 0.75})


def test_dev_metrics_multi_label_takes_logits_above_0():
    found = dev_metrics("multi_label", np.array([[1, 0], [1, 1]]), np.array([[0.1, 0.0], [2.0, -1.0]]))
    assert found == pytest.approx({"accuracy": 0.5, "macro_f1": 0.5, "micro_f1": 0.8})


def test_dev_metrics_regression():
    found = dev_metrics("regression", np.array([1.0, 2.0, 3.0]), np.array([2.0, 2.0, 5.0], dtype=np.float32))
    assert found == pytest.approx({"pearson": 3 / 12**0.5, "mae": 1.0, "rmse": (5 / 3) ** 0.5})


def test_dev_metrics_equal_the_scores():
    generator = np.random.default_rng(0)
    gold, logits = generator.integers(0, 3, 50), generator.normal(size=(50, 3))
    scores = score_single_label(gold, logits.argmax(axis=1), THREE, resamples=10)
    found = dev_metrics("single_label", gold, logits)
    assert found["accuracy"] == scores["accuracy"]["value"]
    assert found["macro_f1"] == pytest.approx(scores["macro_f1"]["value"])


def message(error: type[Exception], function: object, *arguments: object) -> str:
    with pytest.raises(error) as caught:
        function(*arguments)  # type: ignore[operator]
    return str(caught.value)


def test_a_label_id_outside_the_map():
    assert message(DataError, score_single_label, np.array([0, 3, -1]), np.array([0, 1, 1]), THREE) == (
        "gold: found label id 3 in row 2 (2 such rows), expected 0 to 2. "
        "Use the label map that the model was trained with"
    )


def test_names_instead_of_ids():
    assert message(DataError, score_single_label, np.array(["a"]), np.array([0]), THREE) == (
        "gold: found values of type <U1, expected whole label ids. Pass ids, not names"
    )


def test_a_missing_prediction():
    assert message(DataError, score_single_label, np.array([0, 1]), np.array([0]), THREE) == (
        "found 2 gold and 1 predicted rows, expected one prediction for every gold row. "
        "Predict the same file again, without leaving rows out"
    )


def test_no_rows():
    empty = np.array([], dtype=int)
    assert message(DataError, score_single_label, empty, empty, THREE) == (
        "gold: found 0 rows, expected at least 1. Evaluate on data with labelled rows"
    )


def test_a_name_that_stands_twice():
    assert message(DataError, score_single_label, np.array([0]), np.array([0]), ["a", "a"]) == (
        "label names: found ['a', 'a'], expected at least one, each once. Mend the label map"
    )


def test_flags_with_a_column_too_many():
    assert message(DataError, score_multi_label, np.ones((1, 3)), np.ones((1, 2)), ["a", "b"]) == (
        "gold: found 3 columns, expected 2, one a label. Use the label map that the model was trained with"
    )


def test_probabilities_instead_of_flags():
    assert message(DataError, score_multi_label, np.ones((1, 2)), np.full((1, 2), 0.7), ["a", "b"]) == (
        "predicted: found values other than 0 and 1, expected true or false a label. Apply the threshold"
    )


def test_logits_of_one_axis():
    assert message(DataError, dev_metrics, "single_label", np.array([0]), np.array([0.5])) == (
        "scores: found an array of shape (1,), expected (rows, labels). Pass the logits"
    )


def test_predictions_of_two_axes():
    assert message(DataError, score_regression, np.zeros(2), np.zeros((2, 1))) == (
        "predicted: found an array of shape (2, 1), expected (rows,). Pass one value a row"
    )


@pytest.mark.parametrize(("value", "shown"), [(np.nan, "nan"), (-np.inf, "-inf")])
def test_a_model_that_has_diverged(value: float, shown: str):
    scores = np.array([[0.0, 1.0], [value, 0.0], [value, value]])
    assert message(SelfCheckError, dev_metrics, "single_label", np.array([0, 1, 1]), scores) == (
        f"scores: found {shown} in row 2 (2 of 3 rows are not finite), expected finite numbers. "
        "If the model wrote them it has diverged: lower training.learning_rate"
    )


@pytest.mark.parametrize(
    "module",
    [classification, intervals, plots, report_markup, report_metrics, report_run],
    ids=lambda m: m.__name__,
)
def test_the_examples_in_the_docstrings(module: object):
    result = doctest.testmod(module)  # type: ignore[arg-type]
    assert result.attempted > 0
    assert result.failed == 0
