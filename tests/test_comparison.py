"""Several recipes on one leaderboard."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import pytest
from tiny_run import changed, reviews, write

from groundswell import comparison
from groundswell.cli.main import run as run_command
from groundswell.comparison import Rung, compare
from groundswell.errors import RecipeError
from groundswell.pipeline import evaluate
from groundswell.recipe_reading import recipe_from_values


@pytest.fixture
def values(tmp_path: Path) -> dict[str, Any]:
    train, test = write(tmp_path / "train.jsonl", reviews()), write(tmp_path / "test.jsonl", reviews(2))
    return {
        "data": {"train": train, "dev": test, "test": test, "overlap": "ignore"},
        "text": {"min_count": 1},
        "model": {"encoder": "majority"},
    }


def rungs_of(values: dict[str, Any], *kinds: str) -> list[Rung]:
    return [Rung(kind, recipe_from_values({**values, "model": {"encoder": kind}}, kind)) for kind in kinds]


def test_best_first_with_the_difference_and_its_test(values: dict[str, Any], tmp_path: Path) -> None:
    board = compare(rungs_of(values, "majority", "logistic_regression"), tmp_path / "board")
    best, worst = board.rows
    assert (best.name, best.accuracy[0], best.difference, best.p_value) == ("logistic_regression", 1.0, 0.0, 1.0)
    # half of 20 texts are wrong: 2 * 0.5^10
    assert (worst.name, worst.accuracy[0], worst.difference) == ("majority", 0.5, -0.5)
    assert worst.p_value == pytest.approx(2 * 0.5**10)
    assert board.cheapest == "logistic_regression"
    assert board.num_texts == 20
    for row in board.rows:
        assert row.documents_per_second > 0
        assert 0 < row.p50_ms <= row.p99_ms
        assert row.megabytes > 0


def test_the_three_files_say_the_same(values: dict[str, Any], tmp_path: Path) -> None:
    board = compare(rungs_of(values, "majority", "naive_bayes"), tmp_path / "board")
    rows = list(csv.DictReader((tmp_path / "board" / "leaderboard.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["name"] for row in rows] == [row.name for row in board.rows]
    assert float(rows[0]["accuracy"]) == board.rows[0].accuracy[0]
    page = (tmp_path / "board" / "leaderboard.html").read_text(encoding="utf-8")
    text = (tmp_path / "board" / "leaderboard.md").read_text(encoding="utf-8")
    for row in board.rows:
        assert f"| {row.name} | {row.accuracy[0]:.3f}" in text
        assert f">{row.name}<" in page
    assert not re.search(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", page)  # nothing is fetched
    assert "default-src 'none'" in page


def test_a_second_call_reuses_and_a_stopped_one_goes_on(
    values: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[tuple[str, str]] = []
    trained: list[str] = []
    original = comparison.train

    def stop_at_the_second(recipe: Any, *, name: str, **options: Any) -> Any:
        if trained:
            raise KeyboardInterrupt
        trained.append(name)
        return original(recipe, name=name, **options)

    rungs = rungs_of(values, "naive_bayes", "majority")
    monkeypatch.setattr(comparison, "train", stop_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        compare(rungs, tmp_path / "board")
    monkeypatch.undo()
    compare(rungs, tmp_path / "board", on_row=lambda name, what: done.append((name, what)))
    assert done == [("naive_bayes", "reused"), ("majority", "training"), ("majority", "measuring")]
    done.clear()
    compare(rungs, tmp_path / "board", on_row=lambda name, what: done.append((name, what)))
    assert done == [("naive_bayes", "reused"), ("majority", "reused")]


def test_several_seeds_show_their_mean_and_spread(values: dict[str, Any], tmp_path: Path) -> None:
    """dev_share leaves each seed other training rows, so the runs differ; those of the first seed are reused."""
    spread = changed(values, data={"dev": None, "dev_share": 0.6, "limit": 6}, evaluation={"resamples": 100})
    done: list[tuple[str, str]] = []
    rungs = rungs_of(spread, "naive_bayes", "majority")
    compare(rungs, tmp_path / "board")
    board = compare(rungs, tmp_path / "board", seeds=3, on_row=lambda name, what: done.append((name, what)))
    names = ["naive_bayes", "naive_bayes-seed-1", "naive_bayes-seed-2"]
    assert done[:3] == [(names[0], "reused"), (names[1], "training"), (names[1], "measuring")]
    row = next(row for row in board.rows if row.name == "naive_bayes")
    assert [one.seed for one in row.seeds] == [0, 1, 2]
    found = [measured(tmp_path / "board" / name, values) for name in names]
    assert [one.accuracy for one in row.seeds] == pytest.approx(found)
    assert row.accuracy[0] == pytest.approx(mean(found))
    assert row.macro_f1[0] == pytest.approx(mean(one.macro_f1 for one in row.seeds))
    assert row.deviation("accuracy") == pytest.approx(stdev(found))
    assert row.accuracy[1] <= row.accuracy[0] <= row.accuracy[2]
    text = (tmp_path / "board" / "leaderboard.md").read_text(encoding="utf-8")
    assert "mean of 3 seeds (0, 1, 2) ± their standard deviation" in text
    assert f"| naive_bayes | {row.accuracy[0]:.3f} ± {stdev(found):.3f} (" in text
    rows = list(csv.DictReader((tmp_path / "board" / "leaderboard.csv").read_text(encoding="utf-8").splitlines()))
    assert {row["num_seeds"] for row in rows} == {"3"}
    assert json.loads(json.dumps(comparison.to_dict(board)))["rows"][0]["seeds"][2]["seed"] == 2


def measured(run: Path, values: dict[str, Any]) -> float:
    return float(evaluate(run, values["data"]["test"], progress=False)["accuracy"]["value"])


def test_a_run_of_another_recipe_is_not_taken_for_this_one(values: dict[str, Any], tmp_path: Path) -> None:
    compare(rungs_of(values, "naive_bayes"), tmp_path / "board")
    other = changed(values, text={"min_count": 2})
    with pytest.raises(RecipeError, match="was trained by another recipe or on other data"):
        compare(rungs_of(other, "naive_bayes"), tmp_path / "board")


def test_recipes_on_other_data_are_refused(values: dict[str, Any], tmp_path: Path) -> None:
    first, second = rungs_of(values, "naive_bayes", "majority")
    other = recipe_from_values({**values, "model": {"encoder": "majority"}, "seed": 1}, "other")
    with pytest.raises(RecipeError) as error:
        compare([first, Rung("majority", other)], tmp_path)
    assert str(error.value) == (
        "majority: seed differs from that of naive_bayes, so the figures could not be compared. Set seed alike, for "
        "all at once on the command line"
    )
    assert second.recipe.seed == 0


def test_no_test_texts(values: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="there are no test texts, and dev has chosen the epochs already"):
        compare(rungs_of(changed(values, data={"test": None}), "majority"), tmp_path)


def test_the_cheapest_within_a_tolerance(values: dict[str, Any], tmp_path: Path) -> None:
    board = compare(rungs_of(values, "majority", "logistic_regression"), tmp_path / "board", within=0.5)
    fastest = max(board.rows, key=lambda row: row.documents_per_second)
    assert board.cheapest == fastest.name


def test_the_command_holds_a_test_out_and_prints_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [{"review": row["text"], "stars": {"positive": 5, "negative": 1}[row["label"]]} for row in reviews(5)]
    write(tmp_path / "all.jsonl", rows)
    for kind in ("majority", "naive_bayes"):
        (tmp_path / f"{kind}.yaml").write_text(
            f"data: {{train: none.csv}}\ntext: {{min_count: 1}}\nmodel: {{encoder: {kind}}}\n", encoding="utf-8"
        )
    command = [
        "compare", "majority.yaml", "naive_bayes.yaml", "data.text=review", "data.label=stars", "data.labels.5=good",
        "data.labels.1=bad", "--data", "all.jsonl", "--out", "board",
    ]  # fmt: skip
    assert run_command(command) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("Measured on 10 texts (test of board/data/train.jsonl).")
    assert "| naive_bayes | " in printed.out
    assert "majority: training" in printed.err
    held_out = [json.loads(line) for line in (tmp_path / "board/data/test.jsonl").read_text().splitlines()]
    kept = [json.loads(line) for line in (tmp_path / "board/data/train.jsonl").read_text().splitlines()]
    assert (len(held_out), len(kept)) == (10, 40)
    assert {row["label"] for row in held_out} == {"good", "bad"}
    assert {row["text"] for row in held_out} | {row["text"] for row in kept} == {row["review"] for row in rows}
    assert run_command([*command, "--json"]) == 0
    board = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in board["rows"]] == ["naive_bayes", "majority"]
    assert board["cheapest"] in ("naive_bayes", "majority")


def test_recipes_with_one_file_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    names = {}
    for place in ("a/same", "b/same", "b/other"):
        names[place] = tmp_path / f"{place}.yaml"
        names[place].parent.mkdir(exist_ok=True)
        names[place].write_text("data: {train: x.csv}\nmodel: {encoder: majority}\n", encoding="utf-8")
    rungs = comparison.read_rungs([str(path) for path in names.values()], [], None, None, tmp_path / "board")
    assert [rung.name for rung in rungs] == ["a-same", "b-same", "other"]
    twice = comparison.read_rungs([str(names["a/same"])] * 2, [], None, None, tmp_path / "board")
    with pytest.raises(RecipeError) as error:
        compare(twice, tmp_path / "board")
    assert str(error.value) == (
        "compare: a-same stands twice, but runs and rows are told apart by these names. Give every recipe a file name "
        "of its own, or put it into a folder with another"
    )


def test_another_file_is_not_taken_for_the_one_that_was_split(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "majority.yaml").write_text("data: {train: x.csv}\nmodel: {encoder: majority}\n", encoding="utf-8")
    for name, rows, code in (("a.jsonl", reviews(3), 0), ("b.jsonl", reviews(4), 2)):
        write(tmp_path / name, rows)
        assert run_command(["compare", "majority.yaml", "--data", name, "--out", "board"]) == code
    assert "holds a split of other rows than b.jsonl has" in capsys.readouterr().err


def test_no_recipe_at_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["compare"]) == 2
    assert "found no recipe, expected at least one" in capsys.readouterr().err
