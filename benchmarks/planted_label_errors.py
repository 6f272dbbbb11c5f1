"""How many of 5 % flipped labels are found again, and at what price: features beside features, on 2,000 training rows.

    python benchmarks/planted_label_errors.py [--encoder]

Labels of 100 rows are turned round, five times over with other rows; a logistic regression is cross-validated on the
flipped labels, and the rows that `likely_label_errors` names are compared with those that were flipped. Real data has
errors of its own, which count against the precision here. `--encoder` adds MiniLM without tuning (minutes).
"""

from __future__ import annotations

import argparse
import csv
from typing import Any

import numpy as np
from rows import SHARED, imdb, mean_with_interval, print_row

from groundswell.evaluation.label_errors import likely_label_errors
from groundswell.representation.ngram_features import learn_ngrams
from groundswell.text.segmentation import Segmentation, TokenKind
from groundswell.training.cross_validation import cross_validated_probabilities, draw_folds

ROWS, FLIPPED, SEEDS = 2_000, 100, 5


def texts_of(name: str) -> tuple[list[str], Any]:
    """2,000 texts of a set and their labels, 0 or 1."""
    if name == "imdb":
        rows = [(row["text"], int(row["label"] == "pos")) for row in imdb("train")]
    else:
        with (SHARED / f"zh_polarity/{name}/train.csv").open(encoding="utf-8", newline="") as file:
            rows = [(row["review"], int(row["label"])) for row in csv.DictReader(file) if row["review"].strip()]
    drawn = [rows[place] for place in np.random.default_rng(0).permutation(len(rows))[:ROWS]]
    return [text for text, _ in drawn], np.array([label for _, label in drawn])


def words(texts: list[str], tokens: TokenKind, longest: int) -> Any:
    """TF-IDF of n-grams."""
    cut = Segmentation(tokens)([text.lower() for text in texts])
    return learn_ngrams(cut, sizes=(1, longest), weighting="tfidf", min_count=2, max_features=50_000)[1]


def encoded(texts: list[str]) -> Any:
    """Mean states of MiniLM at 256 tokens, of length 10."""
    import torch

    from groundswell.data.batching import Documents
    from groundswell.model.base_models import find_base_model
    from groundswell.model.classifier import TextClassifier
    from groundswell.model.pretrained import load_encoder
    from groundswell.model.scoring import score_documents
    from groundswell.text.pretrained_tokens import PretrainedTokens, load_tokenizer
    from groundswell.text.tokenization import TextTokenizer

    folder = find_base_model("minilm").folder
    tokenizer = TextTokenizer(PretrainedTokens(load_tokenizer(folder)), max_tokens=256)
    documents = Documents([text.windows for text in tokenizer(texts)], None, tokenizer.pad_id)
    model = TextClassifier(load_encoder(folder), "mean", 2).eval()
    found = score_documents(model.vectors, documents, device=torch.device("cpu"), bfloat16=True).numpy()
    return 10 * found / np.linalg.norm(found, axis=1, keepdims=True)


def found_again(rows: Any, labels: Any, strength: float) -> dict[str, Any]:
    """Precision and recall at the rows named, and precision of the first 100."""
    figures: dict[str, list[float]] = {"precision": [], "recall": [], "precision_at_100": [], "named": []}
    for seed in range(SEEDS):
        flipped = np.random.default_rng(seed + 1).choice(ROWS, FLIPPED, replace=False)
        given = labels.copy()
        given[flipped] = 1 - given[flipped]
        folds = draw_folds(given, seed=seed)
        probabilities = cross_validated_probabilities(rows, given, 2, folds=folds, strength=strength)
        named = [error.row for error in likely_label_errors(probabilities, given)]
        hits = np.isin(named, flipped)
        figures["precision"].append(float(hits.mean()))
        figures["recall"].append(float(hits.sum() / FLIPPED))
        figures["precision_at_100"].append(float(hits[:100].mean()))
        figures["named"].append(float(len(named)))
    return {name: mean_with_interval(values) for name, values in figures.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", action="store_true")
    options = parser.parse_args()
    for name in ("imdb", "waimai", "hotel"):
        texts, labels = texts_of(name)
        features = {"words": words(texts, "words", 1), "words and pairs": words(texts, "words", 2)}
        if name != "imdb":
            features["jieba"] = words(texts, "jieba", 1)
        elif options.encoder:
            features["minilm, not tuned"] = encoded(texts)
        for kind, rows in features.items():
            for strength in (1.0, 10.0) if kind != "minilm, not tuned" else (0.1, 1.0):
                figures = found_again(rows, labels, strength)
                print_row("planted_label_errors", data=name, features=kind, strength=strength, **figures)


if __name__ == "__main__":
    main()
