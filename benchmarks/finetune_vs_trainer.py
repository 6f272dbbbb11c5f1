"""MiniLM + LoRA on 1,000 IMDB reviews at 512 tokens: ours beside a plain Hugging Face Trainer, in one run.

    python benchmarks/finetune_vs_trainer.py [--epochs 3] [--peer-epochs 10] [--target 0.86]

Both train `--epochs` epochs on the same 1,000 reviews and are measured on the same 1,000 dev reviews. When the peer
has not reached the target accuracy by then, it trains once more, with the tutorial's schedule of `--peer-epochs`
epochs, until it does. Only training seconds count, on both sides.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from rows import LABELS, imdb_sample, print_row, write_jsonl
from trainer_peer import train_peer

import groundswell as gs

RECIPE = Path(__file__).resolve().parents[1] / "recipes" / "sentiment" / "minilm-lora.yaml"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--peer-epochs", type=int, default=10)
    parser.add_argument("--target", type=float, default=0.86)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    train, dev = imdb_sample(options.rows, 1000)
    ours = train_ours(train, dev, epochs=options.epochs, seed=options.seed)
    quick = train_ours(train, dev, epochs=1, seed=options.seed)
    peer = train_peer(train, dev, epochs=options.epochs, method="lora", seed=options.seed)
    peer_time = time_to(peer, options.target)
    long = []
    if peer_time is None:
        long = train_peer(
            train, dev, epochs=options.peer_epochs, method="lora", stop_at=options.target, seed=options.seed
        )
        peer_time = time_to(long, options.target)
    reached = peer_time is not None
    peer_time = peer_time if peer_time is not None else sum(epoch["seconds"] for epoch in long)
    our_times = [found for found in (time_to(quick, options.target), time_to(ours, options.target)) if found]
    our_time = min(our_times) if our_times else None
    speed, peer_speed = examples_per_second(ours, options.rows), examples_per_second(peer + long, options.rows)
    print_row(
        "finetune_vs_trainer",
        examples_per_second={"ours": round(speed, 2), "peer": round(peer_speed, 2)},
        speed_ratio=round(speed / peer_speed, 2),
        accuracy_after_same_epochs={"ours": ours[-1]["accuracy"], "peer": peer[-1]["accuracy"]},
        seconds_to_target={"target": options.target, "ours": our_time, "peer": peer_time, "peer_reached_it": reached},
        time_ratio=None if our_time is None else round(peer_time / our_time, 2),
        epochs={"ours": ours, "ours_one_epoch": quick, "peer": peer, "peer_long": long},
    )


def train_ours(
    train: list[dict[str, Any]], dev: list[dict[str, Any]], *, epochs: int, seed: int
) -> list[dict[str, float]]:
    """Seconds and dev accuracy of every epoch of the shipped recipe."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = {
            "train": str(write_jsonl(folder / "train.jsonl", train)),
            "dev": str(write_jsonl(folder / "dev.jsonl", dev)),
            "test": None,
            "labels": LABELS,
        }
        run = gs.train(
            RECIPE, data=data, text={"max_tokens": 512}, training={"epochs": epochs}, output={"folder": name}, seed=seed
        )
    return [{"seconds": row["seconds"], "accuracy": row["dev"]["accuracy"]} for row in run.history]


def time_to(epochs: list[dict[str, float]], target: float) -> float | None:
    """Training seconds until the dev accuracy first reached the target, or None."""
    seconds = 0.0
    for epoch in epochs:
        seconds += epoch["seconds"]
        if epoch["accuracy"] >= target:
            return round(seconds, 2)
    return None


def examples_per_second(epochs: list[dict[str, float]], rows: int) -> float:
    """Training examples per second over all epochs."""
    return rows * len(epochs) / sum(epoch["seconds"] for epoch in epochs)


if __name__ == "__main__":
    main()
