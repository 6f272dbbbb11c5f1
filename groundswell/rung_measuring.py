"""One finished run on the texts of a leaderboard: what it answers, how good that is, how fast and how large it is."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundswell import run_folder
from groundswell.analyzer import Analyzer, load
from groundswell.data.labels import LabelMap
from groundswell.evaluation import classification, metrics
from groundswell.evaluation.intervals import bootstrap_intervals
from groundswell.evaluation.paired_metrics import Answers, randomization_p
from groundswell.evaluation.resampling import distinct_rows
from groundswell.evaluation.significance import compare_paired
from groundswell.recipe import Recipe
from groundswell.run_folder import read_metrics
from groundswell.types import Example

Interval = tuple[float, float, float]

# Texts that speed is measured on: enough for a steady figure, few enough to be done in seconds.
TEXTS_AT_ONCE, TEXTS_ONE_BY_ONE, WARM_UP = 1000, 200, 5
SECONDS_OF_TIMING, LONGEST_TIMING = 1.0, 20.0


@dataclass(frozen=True)
class MeasuredRun:
    """One run on N texts.

    seed             that it was trained with
    gold, predicted  (N,), label ids, of `num_labels`
    figures          accuracy and macro_f1 with their intervals, training_seconds, parameters, megabytes, and of the
                     first seed documents_per_second, p50_ms, p99_ms
    """

    seed: int
    gold: NDArray[np.int64]
    predicted: NDArray[np.int64]
    num_labels: int
    figures: dict[str, Any]

    @property
    def right(self) -> NDArray[np.bool_]:
        """(N,), which texts it answers rightly."""
        return np.asarray(self.gold == self.predicted)

    def to_dict(self) -> dict[str, Any]:
        """The fields as plain values."""
        return {**vars(self), "gold": self.gold.tolist(), "predicted": self.predicted.tolist()}

    @classmethod
    def from_dict(cls, kept: dict[str, Any]) -> MeasuredRun:
        """What `to_dict` wrote down."""
        gold, predicted = (np.array(kept[side], dtype=np.int64) for side in ("gold", "predicted"))
        return cls(kept["seed"], gold, predicted, kept["num_labels"], kept["figures"])


def measure_run(run: Path, recipe: Recipe, examples: Sequence[Example], *, timed: bool) -> MeasuredRun:
    """The run's answers to the examples and its figures, with its speed if `timed`."""
    analyzer = load(run, precision=recipe.evaluation.precision)
    LabelMap(analyzer.outputs.labels).check_known(examples, "test", str(recipe.data.test))
    texts = [example.text for example in examples]
    predicted, gold = analyzer.score(texts).argmax(dim=1).numpy(), analyzer.outputs.targets(examples).numpy()
    scores = metrics.score_single_label(
        gold,
        predicted,
        analyzer.outputs.labels,
        resamples=recipe.evaluation.resamples,
        level=recipe.evaluation.level,
        seed=recipe.seed,
    )
    trained = read_metrics(run)
    model = run / run_folder.MODEL
    figures = {
        "accuracy": scores["accuracy"],
        "macro_f1": scores["macro_f1"],
        "training_seconds": trained["seconds"]["training"],
        "parameters": trained["parameters"]["total"],
        "megabytes": sum(file.stat().st_size for file in model.rglob("*") if file.is_file()) / 1e6,
        **(_speed(analyzer, texts) if timed else {}),
    }
    return MeasuredRun(recipe.seed, gold, predicted, len(analyzer.outputs.labels), figures)


def mean_accuracy(runs: Sequence[MeasuredRun], options: dict[str, Any]) -> Interval:
    """Mean over runs that differ in their seed, with its interval over texts; of a single run as it was measured."""
    if len(runs) == 1:
        return _ends(runs[0].figures["accuracy"])
    shares = np.mean([run.right for run in runs], axis=0)[:, None]
    rows, counts = distinct_rows(shares)
    low, high = bootstrap_intervals(rows, lambda sums: sums / len(shares), counts=counts, **options)[0].tolist()
    return float(shares.mean()), low, high


def mean_macro_f1(runs: Sequence[MeasuredRun], options: dict[str, Any]) -> Interval:
    """As `mean_accuracy`."""
    if len(runs) == 1:
        return _ends(runs[0].figures["macro_f1"])
    parts = [_label_rows(run) for run in runs]
    places = np.cumsum([part.shape[1] for part in parts])[:-1]

    def mean_of(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        each = [classification.macro_f1(classification.label_counts(part)) for part in np.split(sums, places, axis=1)]
        return np.asarray(np.mean(each, axis=0))[:, None]

    rows, counts = distinct_rows(np.concatenate(parts, axis=1))
    low, high = bootstrap_intervals(rows, mean_of, counts=counts, **options)[0].tolist()
    value = mean_of((counts.astype(np.float64) @ rows.astype(np.float64))[None])[0, 0]
    return float(value), low, high


def against(runs: Sequence[MeasuredRun], others: Sequence[MeasuredRun], options: dict[str, Any]) -> tuple[float, float]:
    """Mean accuracy of runs minus that of others on the same texts, and the p value.

    Of single runs by McNemar's exact test; of means over seeds by the randomization test, which deals out what both
    did on a text.
    """
    if len(runs) == len(others) == 1:
        paired = compare_paired(runs[0].right, others[0].right, **options)
        return paired.difference, paired.p_value
    means = [np.mean([run.right for run in side], axis=0)[:, None] for side in (runs, others)]
    first, second = (Answers("mean accuracy", rows, lambda sums: sums[:, 0] / len(means[0])) for rows in means)
    p_value = randomization_p(first, second, options["resamples"], options["seed"])
    return float((means[0] - means[1]).mean()), p_value


def _label_rows(run: MeasuredRun) -> NDArray[np.bool_]:
    flags = [classification.one_hot(side, run.num_labels) for side in (run.gold, run.predicted)]
    return classification.label_rows(*flags)


def _ends(found: dict[str, float]) -> Interval:
    return found["value"], found["low"], found["high"]


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
