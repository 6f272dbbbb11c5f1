"""Accuracy on the IMDB test part over several seeds, mean and 95 % t interval.

    python benchmarks/imdb_accuracy.py                                       all 25,000 reviews, one epoch
    python benchmarks/imdb_accuracy.py --recipe minilm-lora --rows 1000 …    1,000 reviews; key=value at the end

Dev rows come out of train (a seeded share); the test part is measured once per seed, after training. Interrupted, it
goes on where it was.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from rows import LABELS, SHARED, mean_with_interval, print_row

import groundswell as gs
from groundswell.run_folder import MANIFEST, METRICS

RECIPES = Path(__file__).resolve().parents[1] / "recipes" / "sentiment"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", default="imdb-lora")
    parser.add_argument("--rows", type=int, help="training reviews to draw; all without it")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument(
        "--folder", type=Path, default=Path("runs/imdb-accuracy"), help="finished runs in it are reused"
    )
    parser.add_argument("overrides", nargs="*", metavar="key=value")
    options = parser.parse_args()
    accuracies, seconds = [], []
    for seed in options.seeds:
        name = f"{options.recipe}-{options.rows or 'all'}-{seed}"
        draw = [f"data.limit={options.rows}"] if options.rows else []
        recipe = gs.load_recipe(
            RECIPES / f"{options.recipe}.yaml",
            [
                f"data.train={SHARED / 'imdb' / 'train.jsonl.xz'}", f"seed={seed}", f"output.folder={options.folder}",
                *[f"data.labels.{old}={new}" for old, new in LABELS.items()], *draw, *options.overrides,
            ],
        )  # fmt: skip
        folder = options.folder / name
        if not (folder / MANIFEST).exists():
            gs.train(recipe, name=name, resume=folder.exists())
        found = gs.evaluate(folder, str(SHARED / "imdb" / "test_a.jsonl.xz"), overrides=["evaluation.precision=auto"])
        accuracies.append(found["accuracy"]["value"])
        seconds.append(json.loads((folder / METRICS).read_text())["seconds"]["training"])
        print_row("imdb_accuracy_of_one_seed", run=name, test=found["accuracy"], training_seconds=seconds[-1])
    print_row(
        "imdb_accuracy", recipe=options.recipe, rows=options.rows or "all", overrides=options.overrides,
        seeds=options.seeds, accuracy=mean_with_interval(accuracies), each=accuracies, training_seconds=seconds,
    )  # fmt: skip


if __name__ == "__main__":
    main()
