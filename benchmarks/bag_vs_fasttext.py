"""Bag of vectors on IMDB's 25,000 training reviews: ours beside fastText's supervised mode, in one run.

    pip install fasttext-wheel
    python benchmarks/bag_vs_fasttext.py [--epochs 5] [--rows 25000]

Both read the same words (whole texts), bigrams in 200,000 buckets and vectors of 64 numbers; words a second over the
training alone, accuracy on the test reviews. fastText updates word by word on as many threads as there are cores;
ours goes through the one training loop.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path
from typing import Any

import fasttext
import torch
from rows import LABELS, imdb, print_row, write_jsonl

import groundswell as gs
from groundswell.text.cleaning import clean
from groundswell.text.segmentation import Segmentation

RECIPE = Path(__file__).resolve().parents[1] / "recipes" / "ladder" / "en" / "bag-of-vectors.yaml"
CLEANING = ("html", "control_characters", "lower_case", "blanks")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--rows", type=int, default=25_000)
    options = parser.parse_args()
    train, test = imdb("train"), imdb("test_a")
    random.Random(0).shuffle(train)  # the file is ordered by label, and fastText goes through it as it stands
    train = train[: options.rows]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        theirs = train_fasttext(train, test, folder, options.epochs)
        ours = train_ours(train, test, folder, options.epochs)
    ratio = ours["words_per_second"] / theirs["words_per_second"]
    print_row("bag_vs_fasttext", ours=ours, fasttext=theirs, ratio=round(ratio, 3), epochs=options.epochs)


def train_fasttext(
    train: list[dict[str, Any]], test: list[dict[str, Any]], folder: Path, epochs: int
) -> dict[str, Any]:
    """Words a second and accuracy of fastText."""
    cut = Segmentation("words")
    words = 0
    for part, rows in (("train", train), ("test", test)):
        tokens = cut([clean(row["text"], CLEANING) for row in rows])
        words = words or sum(map(len, tokens))
        lines = [f"__label__{row['label']} {' '.join(text)}\n" for row, text in zip(rows, tokens, strict=True)]
        (folder / f"{part}.txt").write_text("".join(lines), encoding="utf-8")
    began = time.perf_counter()
    model = fasttext.train_supervised(
        str(folder / "train.txt"), dim=64, wordNgrams=2, epoch=epochs, lr=0.5, bucket=200_000, minCount=2,
        thread=torch.get_num_threads(), verbose=0,
    )  # fmt: skip
    seconds = time.perf_counter() - began
    _, accuracy, _ = model.test(str(folder / "test.txt"))
    return {"words_per_second": round(words * epochs / seconds), "seconds": round(seconds, 1), "accuracy": accuracy}


def train_ours(train: list[dict[str, Any]], test: list[dict[str, Any]], folder: Path, epochs: int) -> dict[str, Any]:
    """Words a second and accuracy of our recipe on whole texts."""
    data = {
        "train": str(write_jsonl(folder / "train.jsonl", train)),
        "test": str(write_jsonl(folder / "test.jsonl", test)),
        "dev_share": 0.01,
        "labels": LABELS,
    }
    run = gs.train(
        RECIPE, data=data, text={"max_tokens": 4096}, training={"epochs": epochs}, output={"folder": str(folder)}
    )
    cut = Segmentation("words")
    words = sum(map(len, cut([clean(row["text"], CLEANING) for row in train])))
    seconds = sum(row["seconds"] for row in run.history)
    return {
        "words_per_second": round(0.99 * words * epochs / seconds),
        "seconds": round(seconds, 1),
        "accuracy": run.metrics["test"]["accuracy"]["value"],
    }


if __name__ == "__main__":
    main()
