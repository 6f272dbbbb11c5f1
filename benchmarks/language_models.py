"""Language models of one text in one vocabulary: 5-gram, fixed window, LSTM, Transformer; perplexity and seconds.

    python benchmarks/language_models.py                              all of them; finished runs are reused
    python benchmarks/language_models.py lstm training.epochs=2       one, with key=value at the end

Three million tokens of IMDB reviews without labels, lower-cased, cut into words and marks; the 10,000 most frequent
words, everything else is `<unk>`. The same training, dev and test texts for all, no review twice. Epochs are chosen on
dev; the figures are those of the test texts, ends of texts counted as predictions.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from rows import imdb, print_row

import groundswell as gs
from groundswell.data.leakage import normal_form
from groundswell.model.ngram.learning import NgramSettings
from groundswell.ngram_run import AS_IT_STANDS, open_ngrams, train_ngrams
from groundswell.recipe_reading import recipe_from_values
from groundswell.run_folder import MANIFEST, METRICS
from groundswell.text.cleaning import clean
from groundswell.text.segmentation import Segmentation

CLEANING = ("html", "control_characters", "lower_case", "blanks")
TOKENS, WORDS = {"train": 3_000_000, "dev": 150_000, "test": 300_000}, 10_000
SHARED_KEYS = [
    "text.tokens=blanks", "text.min_count=1", f"text.vocabulary_size={WORDS + 3}", "corpus.quality=false",
    "corpus.near_copies=null", "corpus.least_words=0", "training.warmup_share=0.05", "text.max_tokens=256",
    "training.batch_tokens=2048",
]  # fmt: skip
MODELS = {
    "window": ["model.encoder=window", "model.scratch.width=256", "model.scratch.hidden=256", "model.scratch.window=5"],
    "lstm": ["model.encoder=lstm", "model.scratch.width=208", "model.scratch.hidden=512", "model.scratch.layers=1"],
    "decoder": [
        "model.encoder=decoder", "model.scratch.width=256", "model.scratch.hidden=384", "model.scratch.layers=2",
        "model.scratch.heads=4",
    ],
}  # fmt: skip

# Chosen by the loss of the first 400,000 tokens and on dev, see docs/log.md.
DEFAULTS = {
    "window": ["model.dropout=0.1", "training.epochs=4", "training.learning_rate=2e-3"],
    "lstm": [
        "model.dropout=0.1",
        "training.epochs=8",
        "training.learning_rate=4e-3",
        "text.max_tokens=128",
        "training.batch_tokens=1024",
    ],
    "decoder": ["model.dropout=0.1", "training.epochs=6", "training.learning_rate=2e-3"],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", metavar="model|key=value", help=f"ngram, {', '.join(MODELS)}")
    parser.add_argument("--folder", type=Path, default=Path("runs/language-models"))
    parser.add_argument("--name", default="", help="added to the name of a run")
    options = parser.parse_args()
    overrides = [word for word in options.words if "=" in word]
    files = prepare(options.folder)
    for name in [word for word in options.words if "=" not in word] or ["ngram", *MODELS]:
        found = ngram(files) if name == "ngram" else neural(name, files, options, overrides)
        print_row("language_models", model=name + options.name, overrides=overrides, tokens=TOKENS, **found)


def prepare(folder: Path) -> dict[str, Path]:
    """A file for each split, one review a line, words with blanks between, rare ones as `<unk>`."""
    files = {split: folder / f"{split}.txt" for split in TOKENS}
    if all(path.exists() for path in files.values()):
        return files
    folder.mkdir(parents=True, exist_ok=True)
    rows = imdb("unsup")
    random.Random(0).shuffle(rows)
    cut, seen, texts = Segmentation("words"), set(), []
    for row in rows:
        text = clean(row["text"], CLEANING)
        if (form := normal_form(text)) not in seen:
            seen.add(form)
            texts.append(cut([text])[0])
    splits: dict[str, list[list[str]]] = {}
    for split, wanted in TOKENS.items():
        chosen = splits[split] = []
        while sum(map(len, chosen)) < wanted:
            chosen.extend(texts[:100])
            del texts[:100]
    counts = Counter(word for words in splits["train"] for word in words)
    known = {word for word, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[: WORDS - 1]}
    for split, chosen in splits.items():
        lines = [" ".join(word if word in known else "<unk>" for word in words) + "\n" for words in chosen]
        files[split].write_text("".join(lines), encoding="utf-8")
    return files


def ngram(files: dict[str, Path]) -> dict[str, Any]:
    """The 5-gram with modified Kneser-Ney smoothing; it is learned anew each time."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "ngram"
        began = time.monotonic()
        train_ngrams([str(files["train"])], out, NgramSettings(5, "kneser_ney"), AS_IT_STANDS)
        seconds = time.monotonic() - began
        opened = open_ngrams(out)
    found = opened.measure(str(files["test"]))
    return {
        "perplexity": round(found.with_ends, 2), "bits_per_byte": round(found.bits_per_byte, 4),
        "num_tokens": found.num_tokens + found.num_texts, "seconds": round(seconds, 1),
        "words": len(opened.model.words),
    }  # fmt: skip


def neural(name: str, files: dict[str, Path], options: argparse.Namespace, overrides: list[str]) -> dict[str, Any]:
    """A network, trained unless it is there."""
    run = options.folder / "runs" / (name + options.name)
    if not (run / MANIFEST).exists():
        recipe = recipe_from_values(
            {
                "task": "language_model",
                "data": {"train": str(files["train"]), "dev": str(files["dev"]), "test": str(files["test"])},
            },
            "benchmark",
            [*SHARED_KEYS, *MODELS[name], *DEFAULTS[name], f"output.folder={run.parent}", *overrides],
        )
        gs.train(recipe, name=run.name, resume=run.exists())
    metrics = json.loads((run / METRICS).read_text(encoding="utf-8"))
    test = metrics["test"]
    return {
        "perplexity": {key: round(value, 2) for key, value in test["perplexity"].items()},
        "bits_per_byte": round(test["bits_per_byte"]["value"], 4), "num_tokens": test["num_tokens"],
        "dev_perplexity": round(metrics["dev"]["perplexity"]["value"], 2), "parameters": metrics["parameters"]["total"],
        "seconds": metrics["seconds"]["training"], "best_epoch": metrics["best_epoch"],
    }  # fmt: skip


if __name__ == "__main__":
    main()
