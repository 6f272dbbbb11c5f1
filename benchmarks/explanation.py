"""How long an explanation takes and how far it can be believed, method by method, on models of every kind.

    python benchmarks/explanation.py [KIND ...] [--folder runs/explanation] [--texts 24] [--most-words 120]

Trains each kind where the folder holds no run of its name: MiniLM by LoRA, an LSTM and logistic regression on 1,000
IMDB reviews; a CNN, a Transformer and logistic regression on 3,000 hotel reviews. Faithfulness is measured on other
reviews of the same files, of at most so many words. Seconds are the median of five explanations of a review of about
200 words, after one that is not counted. `auto` is the default: integrated gradients with the steps that fit into a
second.
"""

from __future__ import annotations

import argparse
import csv
import random
import statistics
import time
from pathlib import Path
from typing import Any

from rows import LABELS, SHARED, imdb_sample, print_row, write_jsonl

import groundswell as gs
from groundswell.evidence import best_method, measure_faithfulness
from groundswell.explanation.words import word_places

KINDS = {
    "minilm-lora": ("en", "sentiment/minilm-lora", {}),
    "lstm-en": ("en", "ladder/en/lstm-attention", {}),
    "logistic-regression-en": ("en", "ladder/en/logistic-regression", {}),
    "cnn-zh": ("zh", "ladder/zh/cnn", {}),
    "transformer-zh": ("zh", "ladder/zh/transformer", {}),
    "logistic-regression-zh": ("zh", "ladder/zh/logistic-regression", {}),
}
REPEATS = 5
WORDS = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", default=list(KINDS), metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("--folder", type=Path, default=Path("runs/explanation"))
    parser.add_argument("--texts", type=int, default=24)
    parser.add_argument("--most-words", type=int, default=120)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for kind in options.kinds:
        print_row("explanation", kind=kind, **measured(kind, options))


def measured(kind: str, options: argparse.Namespace) -> dict[str, Any]:
    """The figures of one kind of model."""
    language, recipe, changes = KINDS[kind]
    train, dev = data(language)
    folder = options.folder / kind
    if not (folder / "manifest.json").exists():
        files = {name: str(write_jsonl(options.folder / f"{language}-{name}.jsonl", rows))
                 for name, rows in (("train", train), ("dev", dev[:300]))}  # fmt: skip
        gs.train(f"recipes/{recipe}.yaml", data=files, output={"folder": str(options.folder), "name": kind}, **changes)
    analyzer = gs.load(folder)
    texts = [row["text"] for row in dev[300:]]
    short = [text for text in texts if 10 <= len(word_places(text)) <= options.most_words][: options.texts]
    faithfulness = measure_faithfulness(analyzer, short)
    long = min(texts, key=lambda text: abs(len(word_places(text)) - WORDS))
    return {
        "dev_accuracy": dev_accuracy(analyzer, dev[300:600]),
        "num_texts": len(short),
        "most_words": options.most_words,
        "mean_words": round(statistics.mean(len(word_places(text)) for text in short), 1),
        "words_of_timed_text": len(word_places(long)),
        "seconds": {method: seconds(analyzer, long, method) for method in ("auto", *faithfulness)},
        "best": best_method(faithfulness),
        "faithfulness": faithfulness,
    }


def data(language: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Training rows, and others to measure on."""
    if language == "en":
        train, dev = ([{**row, "label": LABELS[row["label"]]} for row in part] for part in imdb_sample(1000, 1000))
        return train, dev
    with (SHARED / "zh_polarity" / "hotel" / "train.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [{"text": row["review"], "label": row["label"]} for row in csv.DictReader(file) if row["review"].strip()]
    random.Random(0).shuffle(rows)
    return rows[:3000], rows[3000:4000]


def dev_accuracy(analyzer: gs.Analyzer, rows: list[dict[str, Any]]) -> float:
    found = analyzer.stream([row["text"] for row in rows])
    return round(statistics.mean(one.label == row["label"] for one, row in zip(found, rows, strict=True)), 4)


def seconds(analyzer: gs.Analyzer, text: str, method: str) -> dict[str, float]:
    """Of the wall clock and of the processor, the median of several explanations of one text."""
    gs.explain(analyzer, text, method=method)
    wall, processor = [], []
    for _ in range(REPEATS):
        begin = time.perf_counter(), time.process_time()
        gs.explain(analyzer, text, method=method)
        wall.append(time.perf_counter() - begin[0])
        processor.append(time.process_time() - begin[1])
    return {"wall": round(statistics.median(wall), 3), "processor": round(statistics.median(processor), 3)}


if __name__ == "__main__":
    main()
