"""Ten epochs of a head on frozen MiniLM, 1,000 IMDB reviews at 512 tokens: ours beside a plain Trainer, in one run.

    python benchmarks/head_vs_trainer.py [--epochs 10] [--rows 1000]

Ours computes the features once (counted, the cache is empty) and then trains on them; the peer runs the frozen
encoder in every epoch. Evaluation time counts on neither side, the computing of our training features does.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

from rows import LABELS, imdb_sample, print_row, write_jsonl
from trainer_peer import Schedule, train_peer

import groundswell as gs

RECIPE = Path(__file__).resolve().parents[1] / "recipes" / "sentiment" / "minilm-head.yaml"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--rows", type=int, default=1000)
    options = parser.parse_args()
    train, dev = imdb_sample(options.rows, 1000)
    with tempfile.TemporaryDirectory() as name:
        os.environ["GROUNDSWELL_CACHE"] = f"{name}/cache"
        data = {
            "train": str(write_jsonl(Path(name) / "train.jsonl", train)),
            "dev": str(write_jsonl(Path(name) / "dev.jsonl", dev[:100])),
            "test": None,
            "labels": LABELS,
        }
        began = time.perf_counter()
        run = gs.train(
            RECIPE, data=data, text={"max_tokens": 512}, training={"epochs": options.epochs}, output={"folder": name}
        )
        whole = time.perf_counter() - began
    ours_epochs = sum(row["seconds"] for row in run.history)
    peer = train_peer(train, dev[:100], Schedule(options.epochs, options.epochs), method="head")
    peer_seconds = sum(epoch["seconds"] for epoch in peer)
    print_row(
        "head_vs_trainer",
        epochs=options.epochs,
        seconds={
            "ours_epochs_only": round(ours_epochs, 2),
            "ours_whole_run": round(whole, 2),
            "peer_epochs_only": round(peer_seconds, 2),
        },
        ratio=round(peer_seconds / whole, 2),
        ratio_of_epochs_alone=round(peer_seconds / ours_epochs, 1),
    )


if __name__ == "__main__":
    main()
