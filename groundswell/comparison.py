"""Several recipes on the same texts: each is trained or reused, measured once, and put on one leaderboard."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundswell import assembly, run_folder
from groundswell.analyzer import Analyzer, load
from groundswell.data.accounting import Accounting
from groundswell.data.holding_out import hold_out_test
from groundswell.data.labels import LabelMap
from groundswell.data.splits import read_split
from groundswell.errors import RecipeError
from groundswell.evaluation import leaderboard, metrics
from groundswell.evaluation.leaderboard import Leaderboard, Row, cheapest_within
from groundswell.evaluation.significance import compare_paired
from groundswell.pipeline import train
from groundswell.recipe import Recipe
from groundswell.recipe_reading import find_recipe, load_recipe
from groundswell.types import Example

ROWS, DATA = "rows", "data"
# Texts that speed is measured on: enough for a steady figure, few enough to be done in seconds.
TEXTS_AT_ONCE, TEXTS_ONE_BY_ONE, WARM_UP = 1000, 200, 5
SECONDS_OF_TIMING, LONGEST_TIMING = 1.0, 20.0


@dataclass(frozen=True)
class Rung:
    """A recipe under the name it has on the leaderboard."""

    name: str
    recipe: Recipe


def read_rungs(
    names: Sequence[str], overrides: Sequence[str], ladder: str | None, data: str | None, folder: Path
) -> list[Rung]:
    """The recipes that are named and those of a ladder, each with the overrides.

    data   one labelled file for all of them: a fifth is held out as the test, into `folder`; a ladder without any
           runs on the sample reviews and their own splits

    Raises RecipeError for a recipe that cannot be read, DataError for the file.
    """
    shelf = find_recipe(f"ladder/{ladder}/majority").parent if ladder else None
    files = [*(find_recipe(name) for name in names), *(sorted(shelf.glob("*.yaml")) if shelf else ())]
    if data is None or not files:
        if ladder and not any(word.startswith("data.") for word in overrides):
            overrides = [*overrides, *(f"data.{split}=sample:{ladder}#{split}" for split in ("train", "dev", "test"))]
        return [Rung(file.stem, load_recipe(file, overrides)) for file in files]
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
    return [Rung(file.stem, load_recipe(file, [*rest, *own])) for file in files]


def compare(
    rungs: Sequence[Rung],
    folder: Path,
    *,
    within: float = 0.01,
    progress: bool | None = None,
    on_row: Callable[[str, str], None] = lambda name, what: None,
) -> Leaderboard:
    """The leaderboard of some recipes, also written to `folder` as leaderboard.md, .csv and .html.

    Every run lies in `folder/NAME`. What is finished there is reused and what was stopped goes on, so a second call
    continues an interrupted one. All recipes must read the same texts; they are measured on `data.test`.

    within   accuracy that one would give up for a cheaper model
    on_row   called with a name and what is done for it: `reused`, `training`, `measuring`

    Raises RecipeError when the recipes differ in data, task or seed, or have no test texts.
    """
    _check_same_data(rungs)
    first = rungs[0].recipe
    assert first.data.test is not None
    examples = read_split(first.data.test, assembly.split_settings(first), Accounting("test"), keep_blank=True)
    measured = []
    for rung in rungs:
        measured.append(_measured(rung, folder, examples, progress, on_row))
    measured.sort(key=lambda found: -found.figures["accuracy"]["value"])
    rows = tuple(_row(found, measured[0], first) for found in measured)
    board = Leaderboard(rows, first.data.train, "test", len(examples), within, cheapest_within(rows, within))
    run_folder.write_text(folder / "leaderboard.md", leaderboard.to_markdown(board))
    run_folder.write_text(folder / "leaderboard.csv", leaderboard.to_csv(board))
    run_folder.write_text(folder / "leaderboard.html", leaderboard.to_html(board))
    return board


@dataclass(frozen=True)
class _Measured:
    """What was found out about one run; `right` has one flag per text."""

    name: str
    encoder: str
    figures: dict[str, Any]
    right: NDArray[np.bool_]


def _check_same_data(rungs: Sequence[Rung]) -> None:
    if not rungs:
        raise RecipeError(["compare: found no recipe, expected at least one. Name recipes, or --ladder en or zh"])
    names = [rung.name for rung in rungs]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise RecipeError([f"compare: {', '.join(repeated)} stands twice. Give every recipe a file name of its own"])
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


def _measured(
    rung: Rung,
    folder: Path,
    examples: Sequence[Example],
    progress: bool | None,
    on_row: Callable[[str, str], None],
) -> _Measured:
    run, row = folder / rung.name, folder / ROWS / f"{rung.name}.json"
    key = _key(rung, examples)
    if (run / run_folder.MANIFEST).exists() and row.exists():
        kept = json.loads(row.read_text(encoding="utf-8"))
        if kept["key"] == key:
            on_row(rung.name, "reused")
            return _Measured(rung.name, rung.recipe.model.encoder, kept["figures"], np.array(kept["right"], dtype=bool))
    train_or_reuse(rung, folder, progress, on_row)
    on_row(rung.name, "measuring")
    found = _measure(rung, run, examples)
    row.parent.mkdir(parents=True, exist_ok=True)
    run_folder.write_json(row, {"key": key, "figures": found.figures, "right": found.right.astype(int).tolist()})
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
    if begun.exists() and _without_output(begun.read_text(encoding="utf-8")) != _without_output(recipe.to_yaml()):
        raise RecipeError(
            [f"{run}: was trained by another recipe or on other data. Choose another --out, or remove that folder"]
        )
    if not (run / run_folder.MANIFEST).exists():
        on_row(rung.name, "training")
        train(recipe, name=rung.name, resume=begun.exists(), progress=progress)
    return run


def _without_output(recipe_yaml: str) -> str:
    """A written recipe but for where its run lies."""
    return recipe_yaml[: recipe_yaml.index("\noutput:")] + recipe_yaml[recipe_yaml.index("\nseed:") :]


def _key(rung: Rung, examples: Sequence[Example]) -> str:
    """Hash of everything a row depends on."""
    content = hashlib.sha256(_without_output(rung.recipe.to_yaml()).encode())
    for example in examples:
        content.update(f"{example.text}\0{example.target}\0".encode(errors="surrogatepass"))
    return content.hexdigest()


def _measure(rung: Rung, run: Path, examples: Sequence[Example]) -> _Measured:
    analyzer = load(run, precision=rung.recipe.evaluation.precision)
    LabelMap(analyzer.outputs.labels).check_known(examples, "test", str(rung.recipe.data.test))
    texts = [example.text for example in examples]
    predicted = analyzer.score(texts).argmax(dim=1).numpy()
    gold = analyzer.outputs.targets(examples).numpy()
    scores = metrics.score_single_label(
        gold,
        predicted,
        analyzer.outputs.labels,
        resamples=rung.recipe.evaluation.resamples,
        level=rung.recipe.evaluation.level,
        seed=rung.recipe.seed,
    )
    trained = json.loads((run / run_folder.METRICS).read_text(encoding="utf-8"))
    model = run / run_folder.MODEL
    figures = {
        "accuracy": scores["accuracy"],
        "macro_f1": scores["macro_f1"],
        "training_seconds": trained["seconds"]["training"],
        "parameters": trained["parameters"]["total"],
        "megabytes": sum(file.stat().st_size for file in model.rglob("*") if file.is_file()) / 1e6,
        **_speed(analyzer, texts),
    }
    return _Measured(rung.name, rung.recipe.model.encoder, figures, predicted == gold)


def _speed(analyzer: Analyzer, texts: Sequence[str]) -> dict[str, float]:
    """Texts per second many at once, and milliseconds of one text at a time."""
    for text in texts[:WARM_UP]:
        analyzer(text)
    # Few texts are read again and again: below a second a clock shows noise.
    many = [texts[number % len(texts)] for number in range(max(TEXTS_AT_ONCE, len(texts)))][:TEXTS_AT_ONCE]
    speeds: list[float] = []
    began_all = time.perf_counter()
    while len(speeds) < 3 or (time.perf_counter() - began_all < SECONDS_OF_TIMING and len(speeds) < 50):
        began = time.perf_counter()
        for _ in analyzer.stream(many):
            pass
        speeds.append(len(many) / (time.perf_counter() - began))
        if time.perf_counter() - began_all > LONGEST_TIMING:
            break
    times = []
    for number in range(TEXTS_ONE_BY_ONE):
        text = texts[number % len(texts)]
        began = time.perf_counter()
        analyzer(text)
        times.append(1000 * (time.perf_counter() - began))
    p50, p99 = np.quantile(times, [0.5, 0.99])
    return {"documents_per_second": float(np.median(speeds)), "p50_ms": float(p50), "p99_ms": float(p99)}


def _row(found: _Measured, best: _Measured, recipe: Recipe) -> Row:
    paired = compare_paired(
        found.right, best.right, resamples=recipe.evaluation.resamples, level=recipe.evaluation.level, seed=recipe.seed
    )
    figures = dict(found.figures)
    for name in ("accuracy", "macro_f1"):
        figures[name] = tuple(figures[name][part] for part in ("value", "low", "high"))
    return Row(found.name, found.encoder, difference=paired.difference, p_value=paired.p_value, **figures)


def to_dict(board: Leaderboard) -> dict[str, Any]:
    """The leaderboard as plain values."""
    return asdict(board)
