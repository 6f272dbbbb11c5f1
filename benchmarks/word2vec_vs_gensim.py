"""Word vectors of IMDB's 75,000 training and unlabelled reviews: ours beside gensim called by hand, in one run.

    python benchmarks/word2vec_vs_gensim.py [--epochs 5] [--rows 75000]

The same words, settings and seed, one thread; words a second of the training alone, and agreement with WordSim-353 and
SimLex-999. Which one goes first is by turns: a repeat of the other order is run with --theirs-first.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

from gensim.models import Word2Vec
from rows import imdb, print_row

from groundswell.evaluation.word_vectors import evaluate_vectors
from groundswell.representation.word2vec import VectorSettings, learn_vectors
from groundswell.text.cleaning import clean
from groundswell.text.segmentation import Segmentation

CLEANING = ("html", "control_characters", "lower_case", "blanks")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--rows", type=int, default=75_000)
    parser.add_argument("--theirs-first", action="store_true")
    options = parser.parse_args()
    rows = [*imdb("train"), *imdb("unsup")][: options.rows]
    texts = Segmentation("words")([clean(row["text"], CLEANING) for row in rows])
    words = sum(map(len, texts)) * options.epochs
    settings = VectorSettings(epochs=options.epochs)
    order = ["theirs", "ours"] if options.theirs_first else ["ours", "theirs"]
    found: dict[str, dict[str, Any]] = {}
    for who in order:
        began = time.perf_counter()
        known, vectors = train_ours(texts, settings) if who == "ours" else train_theirs(texts, settings)
        seconds = time.perf_counter() - began
        scores = evaluate_vectors(known, vectors)
        found[who] = {
            "words_per_second": round(words / seconds),
            **{name: round(scores[name]["value"], 4) for name in ("wordsim353", "simlex999", "analogies")},
        }
    ratio = found["ours"]["words_per_second"] / found["theirs"]["words_per_second"]
    print_row("word2vec_vs_gensim", **found, speed_ratio=round(ratio, 3), epochs=options.epochs, rows=len(rows))


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
