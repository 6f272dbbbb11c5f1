"""How far the confidences of the LoRA recipe can be believed, on IMDB reviews.

    python benchmarks/calibration.py

Trains on 1,000 reviews with a dev of 1,000, which chooses the epoch, the temperature and the thresholds. Then, on the
test part: the calibration error before and after scaling; what --accuracy promises and what it keeps; and the coverage
of prediction sets, calibrated on dev as users have it, on 4,000 more reviews that no training saw, on 1,000 of those
drawn again and again, and on random parts of the test reviews themselves. A finished run and scored files are reused.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from rows import LABELS, imdb, imdb_sample, print_row, write_jsonl
from scipy.special import softmax

import groundswell as gs
from groundswell.errors import DataError
from groundswell.evaluation.calibration import Calibrated, score_calibration
from groundswell.evaluation.conformal import Promise, lowest_probabilities, score_promise
from groundswell.evaluation.proportions import Z_95, wilson
from groundswell.model.served_calibration import ServedCalibration, conformal_rank
from groundswell.run_folder import MANIFEST, METRICS
from groundswell.training.progress import ProgressBar

RECIPE = Path(__file__).resolve().parents[1] / "recipes" / "sentiment" / "minilm-lora.yaml"
COVERAGES, ACCURACIES = (0.8, 0.9, 0.95), (0.9, 0.925, 0.95)
CALIBRATION_ROWS = 4000
DIVISIONS = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("runs/calibration"))
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    train, dev = imdb_sample(1000, 1000, options.seed)
    known = {row["text"] for row in [*train, *dev]}
    more = imdb_sample(1000, 1000 + CALIBRATION_ROWS, options.seed)[1]  # dev is among them
    folder = trained(options.folder, train, dev, options.seed)
    print_row(
        "calibration", recipe="minilm-lora", rows=1000, dev_rows=1000, seed=options.seed,
        **figures(folder, [row for row in more if row["text"] not in known], imdb("test_a")),
    )  # fmt: skip


def trained(folder: Path, train: list[dict[str, Any]], dev: list[dict[str, Any]], seed: int) -> Path:
    """The run folder of the recipe on these reviews."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"minilm-lora-{seed}"
    if not (folder / name / MANIFEST).exists():
        paths = {split: str(write_jsonl(folder / f"{split}-{seed}.jsonl", rows)) for split, rows in
                 (("train", train), ("dev", dev))}  # fmt: skip
        settings = [f"data.{split}={path}" for split, path in paths.items()]
        settings += [f"data.labels.{old}={new}" for old, new in LABELS.items()]
        settings += [f"seed={seed}", f"output.folder={folder}", "evaluation.precision=auto"]
        gs.train(gs.load_recipe(RECIPE, settings), name=name, resume=(folder / name).exists())
    return folder / name


def figures(folder: Path, pool: list[dict[str, Any]], test: list[dict[str, Any]]) -> dict[str, Any]:
    """Everything that the row holds besides what was trained."""
    analyzer = gs.load(folder, precision="auto")
    served, temperature = analyzer.calibration, analyzer.outputs.temperature
    assert served is not None
    parts = {"pool": pool, "test_a": test}
    logits = {name: scored(analyzer, folder, name, rows) for name, rows in parts.items()}
    gold = {name: gold_ids(analyzer, rows) for name, rows in parts.items()}
    after = {name: softmax(found / temperature, axis=1) for name, found in logits.items()}
    promises = [Promise(coverage, lowest := served.for_coverage(coverage), lowest) for coverage in COVERAGES]
    before = softmax(logits["test_a"], axis=1)
    measured = score_calibration(gold["test_a"], Calibrated(temperature, before, after["test_a"], promises))
    of_dev = json.loads((folder / METRICS).read_text())["dev"]["calibration"]
    names = ("num_rows", "temperature", "ece", "by_chance", "brier", "log_loss", "before")
    return {
        "dev": {name: of_dev[name] for name in names},
        "test_a": {name: measured[name] for name in names},
        "accuracy_of_all": float((after["test_a"].argmax(axis=1) == gold["test_a"]).mean()),
        "abstention": [abstention(served, accuracy, after["test_a"], gold["test_a"]) for accuracy in ACCURACIES],
        "sets_by_dev": measured["conformal"],
        "sets": [sets(coverage, after, gold) for coverage in COVERAGES],
        "sets_by_method": [methods(coverage, after, gold) for coverage in COVERAGES],
    }


def scored(analyzer: gs.Analyzer, folder: Path, name: str, rows: Sequence[dict[str, Any]]) -> np.ndarray[Any, Any]:
    """Logits (N, C), computed once for a run."""
    weights = analyzer.name.rpartition(":")[2]
    path = folder.parent / f"{folder.name}-{name}-{weights}.npy"
    if not path.exists():
        began = time.monotonic()
        with ProgressBar(None) as bar:
            bar.begin(f"scoring {name}", len(rows))
            logits = analyzer.score([row["text"] for row in rows], bar.advance).double().numpy()
        print_row("calibration_scoring", texts=len(rows), seconds=round(time.monotonic() - began, 1))
        np.save(path, logits)
    return np.asarray(np.load(path))


def gold_ids(analyzer: gs.Analyzer, rows: Sequence[dict[str, Any]]) -> np.ndarray[Any, Any]:
    """(N,) the place of each row's label among the outputs."""
    return np.array([analyzer.outputs.labels.index(LABELS[row["label"]]) for row in rows])


def abstention(
    served: ServedCalibration, accuracy: float, probabilities: np.ndarray[Any, Any], gold: np.ndarray[Any, Any]
) -> dict[str, Any]:
    """What `--accuracy` reaches on the test part, or the best that dev vouches for."""
    try:
        threshold = served.for_accuracy(accuracy).threshold
    except DataError:
        return {"accuracy": accuracy, "refused": True, "best": max(level.at_least for level in served.levels)}
    kept = probabilities.max(axis=1) >= threshold
    right = probabilities.argmax(axis=1) == gold
    return {
        "accuracy": accuracy, "threshold": threshold, "answered": float(kept.mean()),
        "reached": asdict(wilson(int(right[kept].sum()), int(kept.sum()))),
    }  # fmt: skip


def sets(coverage: float, after: dict[str, Any], gold: dict[str, Any]) -> dict[str, Any]:
    """Coverage on the test part by all reviews of the pool, by 1,000 of them, and by 1,000 of the test part itself."""
    of_gold = {name: found[np.arange(len(found)), gold[name]] for name, found in after.items()}
    (lowest,) = lowest_probabilities(of_gold["pool"], [coverage])
    assert lowest is not None
    by_all = score_promise(gold["test_a"], after["test_a"], Promise(coverage, lowest, lowest), Z_95)
    generator = np.random.default_rng(0)
    by_some, within = [], []
    for _ in range(DIVISIONS):
        some = generator.choice(of_gold["pool"], 1000, replace=False)
        by_some.append(float((of_gold["test_a"] >= lowest_probabilities(some, [coverage])[0]).mean()))
        order = generator.permutation(of_gold["test_a"])
        within.append(float((order[1000:] >= lowest_probabilities(order[:1000], [coverage])[0]).mean()))
    return {
        **by_all, "calibration_rows": len(of_gold["pool"]), "divisions": DIVISIONS,
        "by_1000": {"mean": float(np.mean(by_some)), "sd": float(np.std(by_some, ddof=1))},
        "within_test": {"mean": float(np.mean(within)), "sd": float(np.std(within, ddof=1))},
    }  # fmt: skip


def methods(coverage: float, after: dict[str, Any], gold: dict[str, Any]) -> dict[str, Any]:
    """Mean size of the sets on the pool, half of it calibrating the other: least ambiguous, and adaptive (APS)."""
    half = len(gold["pool"]) // 2
    found: dict[str, Any] = {"coverage": coverage}
    for name, scores_of in (("least_ambiguous", lambda p: 1 - p), ("adaptive", adaptive_scores)):
        scores = scores_of(after["pool"])
        of_gold = np.sort(scores[np.arange(half), gold["pool"][:half]])
        inside = scores[half:] <= of_gold[conformal_rank(half, coverage) - 1]
        inside[np.arange(len(inside)), after["pool"][half:].argmax(axis=1)] = True
        held = inside[np.arange(len(inside)), gold["pool"][half:]]
        found[name] = {"mean_size": float(inside.sum(axis=1).mean()), "coverage": float(held.mean())}
    return found


def adaptive_scores(probabilities: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """(N, C): the probability of every label up to this one, falling (Romano, Sesia and Candes 2020)."""
    order = np.argsort(-probabilities, axis=1)
    summed = np.cumsum(np.take_along_axis(probabilities, order, axis=1), axis=1)
    found = np.empty_like(summed)
    np.put_along_axis(found, order, summed, axis=1)
    return found


if __name__ == "__main__":
    main()
