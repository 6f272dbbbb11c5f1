"""Finished runs measured on the same rows and tested against the first of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import binomtest
from tiny_run import changed, reviews, write

from groundswell import run_comparison
from groundswell.cli.main import run as run_command
from groundswell.errors import DataError, RecipeError
from groundswell.evaluation.paired_metrics import of_one_label
from groundswell.model.outputs import Outputs
from groundswell.paired_answers import answers_of
from groundswell.pipeline import evaluate, train
from groundswell.recipe_reading import recipe_from_values
from groundswell.run_comparison import compare_runs
from groundswell.types import Example

ROWS = [{**row, "stars": str(number % 3)} for number, row in enumerate(reviews(2))]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Three baselines, trained on the reviews, and one with other labels."""
    folder = tmp_path_factory.mktemp("runs")
    values: dict[str, Any] = {
        "data": {"train": write(folder / "train.jsonl", reviews(3)), "overlap": "ignore", "dev_share": 0.25},
        "text": {"min_count": 1},
        "evaluation": {"resamples": 100, "slices": ["length", "stars"]},
        "output": {"folder": str(folder)},
    }
    values["data"]["test"] = write(folder / "test.jsonl", ROWS)
    found = {}
    for encoder in ("majority", "naive_bayes", "logistic_regression"):
        found[encoder] = train({**values, "model": {"encoder": encoder}}, name=encoder, progress=False).folder
    renamed = [{**row, "label": {"positive": "good", "negative": "bad"}[row["label"]]} for row in reviews(3)]
    other = changed(values, data={"train": write(folder / "other.jsonl", renamed), "test": None})
    other["evaluation"] = {"resamples": 100}
    found["other"] = train({**other, "model": {"encoder": "majority"}}, name="other", progress=False).folder
    return found


def test_each_against_the_first_with_holm(runs: dict[str, Path]) -> None:
    """Half of the 20 texts are wrong for the majority, none for the others: 2 · 0.5^10 each, times 2 and times 1."""
    said: list[str] = []
    folders = [runs["majority"], runs["naive_bayes"], runs["logistic_regression"]]
    table = compare_runs(folders, progress=False, on_row=lambda name, what: said.append(f"{name}: {what}"))
    assert (table.first, table.found[0], table.num_texts, table.metric) == ("majority", 0.5, 20, "accuracy")
    assert table.test == "McNemar's exact test"
    first, second = table.rows
    p_value = binomtest(10, 10, 0.5).pvalue
    assert (first.name, first.found[0], first.difference[0]) == ("naive_bayes", 1.0, 0.5)
    assert (first.only_this, first.only_first) == (10, 0)
    assert (first.p_value, first.p_adjusted) == pytest.approx((p_value, 2 * p_value))
    assert second.p_adjusted == pytest.approx(2 * p_value)
    assert first.difference[1] > 0.2
    assert said == ["majority: measuring", "naive_bayes: measuring", "logistic_regression: measuring"]
    assert table.warnings == ()


def test_the_metric_is_that_of_evaluate(runs: dict[str, Path], tmp_path: Path) -> None:
    data = write(tmp_path / "rows.jsonl", ROWS[:7])
    table = compare_runs([runs["majority"], runs["naive_bayes"]], data, progress=False)
    measured = evaluate(runs["majority"], data, progress=False)
    assert table.found == tuple(measured["accuracy"].values())
    assert table.num_texts == 7


def test_the_command_prints_a_table_and_plain_values(runs: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    command = ["compare", str(runs["majority"]), str(runs["naive_bayes"])]
    assert run_command(command) == 0
    printed = capsys.readouterr()
    assert "| run | accuracy | minus majority | p |" in printed.out
    assert printed.out.endswith("Better than majority: naive_bayes.\n")
    assert "naive_bayes: measuring" in printed.err
    assert run_command([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["first"]["name"] == "majority"
    assert found["rows"][0]["difference"]["value"] == 0.5
    assert found["rows"][0]["only_this"] == 10


def test_rows_that_a_run_has_learned_from_are_said(runs: dict[str, Path]) -> None:
    train_file = str(runs["majority"].parent / "train.jsonl")
    table = compare_runs(
        [runs["majority"], runs["naive_bayes"]], train_file, overrides=["evaluation.slices=[length]"], progress=False
    )
    assert table.warnings == (
        "majority: has these rows as its train, so its figure flatters it",
        "naive_bayes: has these rows as its train, so its figure flatters it",
    )


def refusal(error: type[Exception], *folders: Path, **options: Any) -> str:
    with pytest.raises(error) as caught:
        compare_runs(folders, progress=False, **options)
    return str(caught.value)


def test_runs_that_cannot_be_compared(runs: dict[str, Path], tmp_path: Path) -> None:
    first, other = runs["majority"], runs["other"]
    assert refusal(DataError, first, other) == (
        f"{other}: found the labels bad, good, expected those of the first run: negative, positive. Compare runs with "
        "the same labels"
    )
    assert refusal(RecipeError, first) == (
        f"compare: found one run, {first}, expected at least two. Name another run folder"
    )
    assert refusal(RecipeError, other, first) == (
        f"compare: {other} names no test texts. Give labelled rows as --data FILE"
    )
    assert refusal(RecipeError, first, other, head="stars") == (
        f"{first}: has no heads. Leave out --head, or compare runs with several heads"
    )


def test_runs_of_other_tasks(runs: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    recipes = [{"task": "single_label"}, {"task": "regression"}]
    values = [recipe_from_values({"data": {"train": "a.csv"}, **recipe}, "recipe") for recipe in recipes]
    monkeypatch.setattr(run_comparison, "load_recipe", lambda path, overrides: values.pop(0))
    message = refusal(RecipeError, runs["majority"], runs["naive_bayes"])
    assert message == (
        f"{runs['naive_bayes']}: found task='regression', but {runs['majority']} has task='single_label', so their "
        "figures could not be compared. Compare runs of one task"
    )


def test_a_run_beside_a_recipe(runs: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["compare", str(runs["majority"]), "ladder/en/naive-bayes"]) == 2
    assert "is a run folder, ladder/en/naive-bayes is not. Finished runs are compared" in capsys.readouterr().err
    assert run_command(["compare", str(runs["majority"]), str(runs["naive_bayes"]), "--seeds", "2"]) == 2
    assert "is a run folder, --seeds is not" in capsys.readouterr().err
    assert run_command(["compare", "ladder/en/naive-bayes", "--head", "stars"]) == 2
    assert "--head goes with run folders" in capsys.readouterr().err


class StandIn:
    """Gives the logits that it was made with."""

    def __init__(self, outputs: Outputs, logits: list[list[float]]) -> None:
        self.outputs, self._logits = outputs, logits

    def score(self, texts: list[str], on_batch: object) -> torch.Tensor:
        return torch.tensor(self._logits[: len(texts)])


def answered(task: str, labels: tuple[str, ...], targets: list[Any], logits: list[list[float]]) -> Any:
    outputs = Outputs(task, labels, (0.5,) * len(labels), mean=1.0, scale=2.0)  # type: ignore[arg-type]
    examples = [Example(str(row), "a", target, row) for row, target in enumerate(targets)]
    recipe = recipe_from_values({"task": task, "data": {"train": "a.csv"}}, "recipe")
    return answers_of(StandIn(outputs, logits), examples, recipe)  # type: ignore[arg-type]


def test_answers_of_labels_do_not_depend_on_the_order_of_the_labels() -> None:
    targets = [("a",), ("a", "b"), ()]
    one = answered("multi_label", ("a", "b"), targets, [[2.0, 1.0], [-1.0, 1.0], [-1.0, -2.0]])
    other = answered("multi_label", ("b", "a"), targets, [[1.0, 2.0], [1.0, -1.0], [-2.0, -1.0]])
    np.testing.assert_array_equal(one.rows, other.rows)
    assert one.metric == "macro_f1"
    single = answered("single_label", ("no", "yes"), ["yes", "no", "no"], [[0.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
    assert single.rows[:, 0].tolist() == [True, False, True]
    assert single.metric == of_one_label(np.zeros(1), np.zeros(1)).metric


def test_answers_of_values_are_in_the_unit_of_the_target() -> None:
    """Values are 1 + 2 · logit: 1, 3, 5 for gold 1, 2, 6."""
    found = answered("regression", ("stars",), [1.0, 2.0, 6.0], [[0.0], [1.0], [2.0]])
    assert found.metric == "pearson"
    value = found.statistic(found.rows.sum(axis=0)[None])[0]
    assert value == pytest.approx(np.corrcoef([1, 2, 6], [1, 3, 5])[0, 1])


def test_slices_by_a_column_of_the_test_file_alone(runs: dict[str, Path]) -> None:
    """dev is held out of train, which has no stars; the test is sliced by them."""
    metrics = json.loads((runs["naive_bayes"] / "metrics.json").read_text(encoding="utf-8"))
    slices = [one for one in metrics["test"]["slices"] if one["by"] == "stars"]
    assert [(one["name"], one["num_rows"]) for one in slices] == [("0", 7), ("1", 7), ("2", 6)]
    assert {one["by"] for one in metrics["dev"]["slices"]} == {"characters"}
    assert all(one["small"] for one in slices)
    assert any(warning.startswith("slices: ") for warning in metrics["test"]["warnings"])


def test_a_column_that_is_not_there_is_refused_and_those_that_are_are_named(runs: dict[str, Path]) -> None:
    data = str(runs["naive_bayes"].parent / "train.jsonl")
    with pytest.raises(DataError) as caught:
        evaluate(runs["naive_bayes"], data, overrides=["evaluation.slices=[length,star]"], progress=False)
    assert str(caught.value) == (
        f"{data}: no column 'star'. Columns: text, label. Name the right one as evaluation.slices."
    )


def test_a_missing_column_of_the_test_is_found_before_anything_is_trained(tmp_path: Path) -> None:
    file = write(tmp_path / "all.jsonl", reviews(2))
    values = {
        "data": {"train": file, "test": file, "overlap": "ignore"}, "text": {"min_count": 1},
        "model": {"encoder": "majority"}, "evaluation": {"slices": ["shop"]},
        "output": {"folder": str(tmp_path / "out")},
    }  # fmt: skip
    with pytest.raises(DataError, match=r"no column 'shop'\. Columns: text, label"):
        train(values, name="run", progress=False)
    assert not (tmp_path / "out" / "run").exists()
