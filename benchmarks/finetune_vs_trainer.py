"""MiniLM + LoRA on 1,000 IMDB reviews at 512 tokens: ours beside a plain Hugging Face Trainer, in one run.

    python benchmarks/finetune_vs_trainer.py [--peer-epochs 10] [--peer-stops-after 10] [--target 0.86]

The peer follows the tutorial's schedule of 10 epochs and stops when its dev accuracy reaches the target. Ours then
trains for as many epochs as the peer did (equal epochs), and once for a single epoch (time to the target). The same
1,000 reviews, the same 1,000 dev reviews; only training seconds count, on both sides.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from rows import LABELS, imdb_sample, print_row, write_jsonl
from trainer_peer import Schedule, train_peer

import groundswell as gs

RECIPE = Path(__file__).resolve().parents[1] / "recipes" / "sentiment" / "minilm-lora.yaml"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-epochs", type=int, default=10)
    parser.add_argument("--peer-stops-after", type=int, default=10, help="epochs, reached or not")
    parser.add_argument("--target", type=float, default=0.86)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    train, dev = imdb_sample(options.rows, 1000)
    quick = train_ours(train, dev, epochs=1, seed=options.seed)
    print(f"ours, one epoch: {quick}", file=sys.stderr)
    schedule = Schedule(options.peer_epochs, options.peer_stops_after, options.target)
    peer = train_peer(train, dev, schedule, method="lora", seed=options.seed)
    ours = train_ours(train, dev, epochs=len(peer), seed=options.seed)
    reached, peer_time = time_to(peer, options.target), sum(epoch["seconds"] for epoch in peer)
    our_times = [found for found in (time_to(quick, options.target), time_to(ours, options.target)) if found]
    our_time = min(our_times) if our_times else None
    speed, peer_speed = examples_per_second(ours, options.rows), examples_per_second(peer, options.rows)
    print_row(
        "finetune_vs_trainer",
        examples_per_second={"ours": round(speed, 2), "peer": round(peer_speed, 2)},
        speed_ratio=round(speed / peer_speed, 2),
        accuracy_after_same_epochs={"ours": ours[-1]["accuracy"], "peer": peer[-1]["accuracy"], "epochs": len(peer)},
        seconds_to_target={
            "target": options.target, "ours": our_time, "peer": round(peer_time, 1),
            "peer_reached_it": reached is not None,
        },
        time_ratio=None if our_time is None else round(peer_time / our_time, 2),
        epochs={"ours": ours, "ours_one_epoch": quick, "peer": peer},
    )  # fmt: skip


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
            RECIPE,
            data=data,
            text={"max_tokens": 512},
            training={"epochs": epochs},
            output={"folder": name},
            seed=seed,
            evaluation={"precision": "auto"},
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
