"""Word vectors of IMDB's 75,000 training and unlabelled reviews: ours beside gensim called by hand, in one run.

    python benchmarks/word2vec_vs_gensim.py [--epochs 1] [--rows 75000] [--repeats 4]

The same words, settings and seed, one thread; words a second of the training alone, and agreement with WordSim-353 and
SimLex-999. Each repeat trains both, and which one goes first is by turns; the ratio is the median over the repeats.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any

from gensim.models import Word2Vec
from rows import imdb, print_row

from groundswell.evaluation.word_vectors import evaluate_vectors
from groundswell.representation.word2vec import VectorSettings, learn_vectors
from groundswell.text.cleaning import clean
from groundswell.text.segmentation import Segmentation

SCORES = ("wordsim353", "simlex999", "analogies")
CLEANING = ("html", "control_characters", "lower_case", "blanks")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--rows", type=int, default=75_000)
    parser.add_argument("--repeats", type=int, default=4)
    options = parser.parse_args()
    rows = [*imdb("train"), *imdb("unsup")][: options.rows]
    texts = Segmentation("words")([clean(row["text"], CLEANING) for row in rows])
    words = sum(map(len, texts)) * options.epochs
    settings = VectorSettings(epochs=options.epochs)
    speeds: dict[str, list[float]] = {"ours": [], "theirs": []}
    scores: dict[str, dict[str, Any]] = {}
    for repeat in range(options.repeats):
        for who in ("ours", "theirs") if repeat % 2 == 0 else ("theirs", "ours"):
            began = time.perf_counter()
            known, vectors = train_ours(texts, settings) if who == "ours" else train_theirs(texts, settings)
            speeds[who].append(words / (time.perf_counter() - began))
            if who not in scores:
                found = evaluate_vectors(known, vectors)
                scores[who] = {
                    name: round(found[name]["value"], 4) for name in ("wordsim353", "simlex999", "analogies")
                }
    ratios = [ours / theirs for ours, theirs in zip(speeds["ours"], speeds["theirs"], strict=True)]
    speed = {who: {"words_per_second": [round(value) for value in speeds[who]], **scores[who]} for who in speeds}
    print_row(
        "word2vec_vs_gensim", **speed, speed_ratio=round(statistics.median(ratios), 3),
        each=[round(ratio, 3) for ratio in ratios], epochs=options.epochs, rows=len(rows),
    )  # fmt: skip


def train_ours(texts: list[list[str]], settings: VectorSettings) -> tuple[Any, Any]:
    """Words and vectors by groundswell."""
    learned = learn_vectors(texts, settings)
    return learned.words, learned.vectors


def train_theirs(texts: list[list[str]], settings: VectorSettings) -> tuple[Any, Any]:
    """Words and vectors by gensim with the same settings."""
    model = Word2Vec(
        texts, vector_size=settings.width, window=settings.window, min_count=settings.min_count, sg=1,
        negative=settings.negatives, sample=settings.subsample, epochs=settings.epochs, alpha=settings.rate,
        workers=1, seed=settings.seed,
    )  # fmt: skip
    return model.wv.index_to_key, model.wv.vectors


if __name__ == "__main__":
    main()
