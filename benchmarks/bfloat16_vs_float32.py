"""Training in bfloat16 beside training in float32: dev accuracy and seconds, same recipe, same seeds, one run.

python benchmarks/bfloat16_vs_float32.py [--rows 1000] [--seeds 0 1 2] [--epochs 2]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from rows import LABELS, imdb_sample, print_row, write_jsonl

import groundswell as gs

RECIPE = Path(__file__).resolve().parents[1] / "recipes" / "sentiment" / "minilm-lora.yaml"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, default=2)
    options = parser.parse_args()
    train, dev = imdb_sample(options.rows, 1000)
    figures: dict[str, dict[str, list[float]]] = {}
    with tempfile.TemporaryDirectory() as name:
        data = {
            "train": str(write_jsonl(Path(name) / "train.jsonl", train)),
            "dev": str(write_jsonl(Path(name) / "dev.jsonl", dev)),
            "labels": LABELS,
        }
        for precision in ("bfloat16", "float32"):
            runs = [
                gs.train(
                    RECIPE,
                    name=f"{precision}-{seed}",
                    data=data,
                    training={"epochs": options.epochs, "precision": precision},
                    evaluation={"precision": "auto"},
                    output={"folder": name},
                    seed=seed,
                )
                for seed in options.seeds
            ]
            figures[precision] = {
                "dev_accuracy": [run.history[-1]["dev"]["accuracy"] for run in runs],
                "seconds": [round(sum(row["seconds"] for row in run.history), 1) for run in runs],
            }
    means = {name: sum(found["dev_accuracy"]) / len(options.seeds) for name, found in figures.items()}
    ratio = sum(figures["float32"]["seconds"]) / sum(figures["bfloat16"]["seconds"])
    print_row(
        "bfloat16_vs_float32", figures=figures, mean_dev_accuracy=means, speed_ratio=round(ratio, 2), rows=options.rows
    )


if __name__ == "__main__":
    main()
