"""Accuracy on the IMDB test part over several seeds, mean and 95 % t interval.

    python benchmarks/imdb_accuracy.py --rows 1000                     1,000 training reviews, LoRA, 512 tokens
    python benchmarks/imdb_accuracy.py --rows 25000 key=value …        all reviews

Dev rows come out of train (a seeded share); the test part is measured once per seed, after training.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from rows import LABELS, SHARED, imdb, mean_with_interval, print_row, write_jsonl

import groundswell as gs

RECIPES = Path(__file__).resolve().parents[1] / "recipes" / "sentiment"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", default="imdb-lora")
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--test-rows", type=int, help="measure on the first so many only (for a trial)")
    parser.add_argument("overrides", nargs="*", metavar="key=value")
    options = parser.parse_args()
    accuracies, seconds = [], []
    with tempfile.TemporaryDirectory() as name:
        test = write_jsonl(Path(name) / "test.jsonl", imdb("test_a")[: options.test_rows])
        for seed in options.seeds:
            recipe = gs.load_recipe(
                RECIPES / f"{options.recipe}.yaml",
                [
                    f"data.train={SHARED / 'imdb' / 'train.jsonl.xz'}", f"data.test={test}", f"seed={seed}",
                    f"data.limit={options.rows}", f"output.folder={name}", f"output.name=seed-{seed}",
                    "evaluation.precision=auto", *[f"data.labels.{old}={new}" for old, new in LABELS.items()],
                    *options.overrides,
                ],
            )  # fmt: skip
            run = gs.train(recipe)
            accuracies.append(run.metrics["test"]["accuracy"]["value"])
            seconds.append(run.metrics["seconds"]["training"])
            print_row(
                "imdb_accuracy_of_one_seed", rows=options.rows, seed=seed, test=run.metrics["test"]["accuracy"],
                dev=[row["dev"]["accuracy"] for row in run.history], training_seconds=seconds[-1],
            )  # fmt: skip
    print_row(
        "imdb_accuracy", recipe=options.recipe, rows=options.rows, overrides=options.overrides,
        seeds=options.seeds, accuracy=mean_with_interval(accuracies), each=accuracies, training_seconds=seconds,
    )  # fmt: skip


if __name__ == "__main__":
    main()
