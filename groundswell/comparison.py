"""Several recipes on the same texts: each is trained or reused, measured once, and put on one leaderboard."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from groundswell import assembly, run_folder
from groundswell.data.accounting import Accounting
from groundswell.data.holding_out import hold_out_test
from groundswell.data.splits import read_split
from groundswell.errors import RecipeError
from groundswell.evaluation import leaderboard
from groundswell.evaluation.leaderboard import Leaderboard, Row, SeedScore, cheapest_within
from groundswell.pipeline import train
from groundswell.recipe import Recipe
from groundswell.recipe_reading import find_recipe, load_recipe
from groundswell.rung_measuring import (
    Interval,
    MeasuredRun,
    against,
    mean_accuracy,
    mean_macro_f1,
    measure_run,
)
from groundswell.types import Example

ROWS, DATA = "rows", "data"


@dataclass(frozen=True)
class Rung:
    """A recipe under the name it has on the leaderboard."""

    name: str
    recipe: Recipe


def read_rungs(
    names: Sequence[str], overrides: Sequence[str], ladder: str | None, data: str | None, folder: Path
) -> list[Rung]:
    """The recipes that are named and those of a ladder, each with the overrides and named by its file.

    data   one labelled file for all of them: a fifth is held out as the test, into `folder`; a ladder without any
           runs on the sample reviews and their own splits

    Raises RecipeError for a recipe that cannot be read, DataError for the file.
    """
    shelf = find_recipe(f"ladder/{ladder}/majority").parent if ladder else None
    files = [*(find_recipe(name) for name in names), *(sorted(shelf.glob("*.yaml")) if shelf else ())]
    if data is None or not files:
        if ladder and not any(word.startswith("data.") for word in overrides):
            overrides = [*overrides, *(f"data.{split}=sample:{ladder}#{split}" for split in ("train", "dev", "test"))]
        return [Rung(name, load_recipe(file, overrides)) for name, file in _named(files)]
    first = load_recipe(files[0], [*overrides, f"data.train={data}"])
    if first.task != "single_label":
        raise RecipeError(
            [
                f"compare: --data holds out a test for task=single_label, but {files[0]} has "
                f"task={first.task!r}. Name its own data: data.train=… data.test=…"
            ]
        )
    settings = assembly.split_settings(first)
    train_file, test_file = hold_out_test(data, settings, folder / DATA)
    # The held-out files have our own columns and final labels.
    own = [f"data.train={train_file}", f"data.test={test_file}", "data.dev=null"]
    rest = [word for word in overrides if not word.startswith("data.") or word.startswith(("data.limit=", "data.dev_"))]
    return [Rung(name, load_recipe(file, [*rest, *own])) for name, file in _named(files)]


def _named(files: Sequence[Path]) -> list[tuple[str, Path]]:
    """Each file with its name; of those that share one, with its folder's in front."""
    names = [file.stem for file in files]
    return [
        (name if names.count(name) == 1 else f"{file.resolve().parent.name}-{name}", file)
        for name, file in zip(names, files, strict=True)
    ]


def compare(
    rungs: Sequence[Rung],
    folder: Path,
    *,
    within: float = 0.01,
    seeds: int = 1,
    progress: bool | None = None,
    on_row: Callable[[str, str], None] = lambda name, what: None,
) -> Leaderboard:
    """The leaderboard of some recipes, also written to `folder` as leaderboard.md, .csv and .html.

    Every run lies in `folder/NAME`. What is finished there is reused and what was stopped goes on, so a second call
    continues an interrupted one. All recipes must read the same texts; they are measured on `data.test`.

    within   accuracy that one would give up for a cheaper model
    seeds    how many times each recipe is trained: with its seed, in `folder/NAME`, and with the following ones, in
             `folder/NAME-seed-N`; its row then holds means, and what varies with the seed
    on_row   called with a name and what is done for it: `reused`, `training`, `measuring`

    Raises RecipeError when the recipes differ in data, task or seed, or have no test texts.
    """
    _check_same_data(rungs)
    first = rungs[0].recipe
    assert first.data.test is not None
    examples = read_split(first.data.test, assembly.split_settings(first), Accounting("test"), keep_blank=True)
    options = {"resamples": first.evaluation.resamples, "level": first.evaluation.level, "seed": first.seed}
    measured = []
    for rung in rungs:
        runs = [
            _measured(one, folder, examples, timed=one is rung, progress=progress, on_row=on_row)
            for one in [rung, *(_with_seed(rung, first.seed + more) for more in range(1, seeds))]
        ]
        measured.append((rung, runs, mean_accuracy(runs, options)))
    measured.sort(key=lambda found: -found[2][0])
    rows = tuple(_row(*found, measured[0][1], options) for found in measured)
    board = Leaderboard(rows, first.data.train, "test", len(examples), within, cheapest_within(rows, within))
    run_folder.write_text(folder / "leaderboard.md", leaderboard.to_markdown(board))
    run_folder.write_text(folder / "leaderboard.csv", leaderboard.to_csv(board))
    run_folder.write_text(folder / "leaderboard.html", leaderboard.to_html(board))
    return board


def _check_same_data(rungs: Sequence[Rung]) -> None:
    if not rungs:
        raise RecipeError(["compare: found no recipe, expected at least one. Name recipes, or --ladder en or zh"])
    names = [rung.name for rung in rungs]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        told = f"compare: {', '.join(repeated)} stands twice, but runs and rows are told apart by these names"
        raise RecipeError([f"{told}. Give every recipe a file name of its own, or put it into a folder with another"])
    first = rungs[0]
    problems = []
    for rung in rungs:
        for key in ("task", "data", "seed"):
            if getattr(rung.recipe, key) != getattr(first.recipe, key):
                problems.append(
                    f"{rung.name}: {key} differs from that of {first.name}, so the figures could not be compared. "
                    f"Set {key} alike, for all at once on the command line"
                )
    if first.recipe.task != "single_label":
        problems.append(f"compare: found task={first.recipe.task!r}, expected single_label")
    if first.recipe.data.test is None:
        problems.append(
            "compare: there are no test texts, and dev has chosen the epochs already. Set data.test=FILE, or give one "
            "labelled file as --data FILE, of which a fifth is then held out"
        )
    if problems:
        raise RecipeError(problems)


def _with_seed(rung: Rung, seed: int) -> Rung:
    return Rung(f"{rung.name}-seed-{seed}", rung.recipe.model_copy(update={"seed": seed}))


def _measured(
    rung: Rung,
    folder: Path,
    examples: Sequence[Example],
    *,
    timed: bool,
    progress: bool | None,
    on_row: Callable[[str, str], None],
) -> MeasuredRun:
    run, row = folder / rung.name, folder / ROWS / f"{rung.name}.json"
    key = _key(rung, examples)
    if (run / run_folder.MANIFEST).exists() and row.exists():
        kept = json.loads(row.read_text(encoding="utf-8"))
        if kept["key"] == key and (not timed or "p50_ms" in kept["figures"]):
            on_row(rung.name, "reused")
            return MeasuredRun.from_dict(kept)
    train_or_reuse(rung, folder, progress, on_row)
    on_row(rung.name, "measuring")
    found = measure_run(run, rung.recipe, examples, timed=timed)
    row.parent.mkdir(parents=True, exist_ok=True)
    run_folder.write_json(row, {"key": key, **found.to_dict()})
    return found


def train_or_reuse(
    rung: Rung, folder: Path, progress: bool | None, on_row: Callable[[str, str], None] = lambda name, what: None
) -> Path:
    """The finished run of a recipe in `folder/NAME`: trained, gone on with, or the one that lies there.

    Raises RecipeError for a run of another recipe.
    """
    run = folder / rung.name
    recipe = rung.recipe.model_copy(update={"output": rung.recipe.output.model_copy(update={"folder": str(folder)})})
    begun = run / run_folder.RECIPE
    if begun.exists() and _identity(load_recipe(begun)) != _identity(recipe):
        raise RecipeError(
            [f"{run}: was trained by another recipe or on other data. Choose another --out, or remove that folder"]
        )
    if not (run / run_folder.MANIFEST).exists():
        on_row(rung.name, "training")
        train(recipe, name=rung.name, resume=begun.exists(), progress=progress)
    return run


def _identity(recipe: Recipe) -> str:
    """A recipe but for what a training does not depend on: where its run lies, and by what its figures are sliced."""
    return recipe.model_dump_json(exclude={"output": True, "evaluation": {"slices"}})


def _key(rung: Rung, examples: Sequence[Example]) -> str:
    """Hash of everything a row depends on."""
    content = hashlib.sha256(_identity(rung.recipe).encode())
    for example in examples:
        content.update(f"{example.text}\0{example.target}\0".encode(errors="surrogatepass"))
    return content.hexdigest()


def _row(
    rung: Rung, runs: Sequence[MeasuredRun], accuracy: Interval, best: Sequence[MeasuredRun], options: dict[str, Any]
) -> Row:
    difference, p_value = against(runs, best, options)
    figures = {name: value for name, value in runs[0].figures.items() if name not in ("accuracy", "macro_f1")}
    figures["training_seconds"] = float(np.mean([run.figures["training_seconds"] for run in runs]))
    each = tuple(
        SeedScore(run.seed, run.figures["accuracy"]["value"], run.figures["macro_f1"]["value"]) for run in runs
    )
    return Row(
        rung.name,
        rung.recipe.model.encoder,
        accuracy=accuracy,
        macro_f1=mean_macro_f1(runs, options),
        difference=difference,
        p_value=p_value,
        seeds=each if len(runs) > 1 else (),
        **figures,
    )


def to_dict(board: Leaderboard) -> dict[str, Any]:
    """The leaderboard as plain values."""
    return asdict(board)
