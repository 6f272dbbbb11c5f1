"""What every benchmark shares: the review texts, and the JSON row it prints."""

from __future__ import annotations

import json
import lzma
import random
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from groundswell import runtime

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
LABELS = {"pos": "positive", "neg": "negative"}


def imdb(name: str) -> list[dict[str, Any]]:
    """The rows of one file of the IMDB reviews: id, rating, label, text."""
    path = SHARED / "imdb" / f"{name}.jsonl.xz"
    if not path.exists():
        raise SystemExit(f"{path}: missing. This benchmark reads the development data that lies beside the checkout")
    with lzma.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def imdb_sample(size: int, dev_size: int, seed: int = 0) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Disjoint training and dev reviews drawn from the train file, half of each label."""
    chosen: tuple[list[dict[str, Any]], list[dict[str, Any]]] = ([], [])
    rows = imdb("train")
    for label in LABELS:
        same = [row for row in rows if row["label"] == label]
        random.Random(seed).shuffle(same)
        chosen[0].extend(same[: size // 2])
        chosen[1].extend(same[size // 2 : (size + dev_size) // 2])
    for part in chosen:
        random.Random(seed + 1).shuffle(part)
    return chosen


def write_jsonl(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    """Write rows as JSON lines; returns the path."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def mean_with_interval(values: Sequence[float]) -> dict[str, float]:
    """Mean of a few runs with a 95 % t interval (two-sided)."""
    quantiles = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}
    mean = statistics.mean(values)
    half = quantiles[len(values)] * statistics.stdev(values) / len(values) ** 0.5 if len(values) in quantiles else 0.0
    return {"mean": round(mean, 4), "low": round(mean - half, 4), "high": round(mean + half, 4)}


def print_row(benchmark: str, **figures: Any) -> None:
    """One JSON line: the figures, the machine, the versions and the commit."""
    row = {"benchmark": benchmark, **figures, "hardware": runtime.hardware(), "versions": runtime.versions()}
    print(json.dumps({**row, "commit": runtime.commit()}, ensure_ascii=False), flush=True)
