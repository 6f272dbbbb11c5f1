"""Texts per second of the engine beside `transformers.pipeline` on the same MiniLM classifier, in one run.

    python benchmarks/engine_vs_pipeline.py RUN [--also RUN …] [--documents 128] [--sentences 600] [--accuracy]

RUN is a run of `sentiment/minilm-lora`. Documents are IMDB reviews cut at 512 tokens, sentences those of SST dev. The
pipeline has the classifier's own weights and is measured at several batch sizes, of which its best counts; engines in
8 bits and in float32, and what else was compressed of the run (`--also`), take turns with it, three rounds each.
`--accuracy` adds the accuracy on imdb/test_a.
"""

from __future__ import annotations

import argparse
import re
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from rows import LABELS, SHARED, imdb, imdb_sample, print_row

import groundswell as gs
from groundswell.analyzer import Analyzer
from groundswell.compression.quantization import as_graph
from groundswell.run_folder import MODEL
from groundswell.serving.engine import load_engine, measure_at_once

BATCH_SIZES, ROUNDS = (1, 4, 8, 16, 32), 3
Reader = Callable[[Sequence[str]], list[str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--also", type=Path, nargs="*", default=[])
    parser.add_argument("--documents", type=int, default=128)
    parser.add_argument("--sentences", type=int, default=600)
    parser.add_argument("--accuracy", action="store_true")
    options = parser.parse_args()
    plain = gs.load(options.run)
    with tempfile.TemporaryDirectory() as folder:
        training = [row["text"] for row in imdb_sample(1000, 1000)[0]]
        engines = {}
        for precision in ("int8", "float32"):
            saved, _ = as_graph(plain.saved, precision, training, Path(folder) / precision)  # type: ignore[arg-type]
            saved.model.encoder.at_once = measure_at_once(saved.model.encoder)  # type: ignore[union-attr]
            engines[precision] = Analyzer(saved, precision)
        engines |= {run.name: load_engine(run) for run in options.also}
        peer = pipeline_of(options.run, plain)
        documents = [row["text"] for row in imdb_sample(1000, 1000)[1]][: options.documents]
        figures = {"imdb": speeds(engines, peer, documents), "sst": speeds(engines, peer, sst()[: options.sentences])}
        if options.accuracy:
            figures["test_a"] = {name: accuracy(engine) for name, engine in {**engines, "torch": plain}.items()}
    print_row("engine_vs_pipeline", **figures)


def sst() -> list[str]:
    """The sentences of SST dev."""
    trees = (SHARED / "sst" / "dev.txt").read_text(encoding="utf-8").splitlines()
    return [" ".join(re.findall(r"\(\d ([^()]+)\)", tree)) for tree in trees]


def pipeline_of(run: Path, plain: Analyzer) -> Callable[[Sequence[str], int], list[str]]:
    """transformers' pipeline with the weights of the run, its own head: only its speed counts."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

    warnings.simplefilter("ignore")
    model = AutoModelForSequenceClassification.from_pretrained(run / MODEL, num_labels=len(plain.outputs.labels))
    tokenizer = AutoTokenizer.from_pretrained(run / MODEL)
    peer: Any = pipeline("text-classification", model=model, tokenizer=tokenizer, device="cpu")
    return lambda texts, size: peer(list(texts), batch_size=size, truncation=True, max_length=512)


def speeds(engines: dict[str, Analyzer], peer: Any, texts: list[str]) -> dict[str, Any]:
    """Texts per second, and how many times those of the pipeline at its best."""
    readers: dict[str, Any] = {
        name: (lambda some, engine=engine: list(engine.stream(some))) for name, engine in engines.items()
    }
    readers |= {f"pipeline at {size}": (lambda some, size=size: peer(some, size)) for size in BATCH_SIZES}
    taken: dict[str, list[float]] = {name: [] for name in readers}
    for read in readers.values():
        read(texts[:16])
    for _ in range(ROUNDS):
        for name, read in readers.items():
            began = time.perf_counter()
            read(texts)
            taken[name].append(time.perf_counter() - began)
    found = {name: len(texts) / statistics.median(seconds) for name, seconds in taken.items()}
    best = max(speed for name, speed in found.items() if name not in engines)
    return {
        "texts": len(texts),
        "per_second": {name: round(speed, 1) for name, speed in found.items()},
        "times_the_pipeline": {name: round(found[name] / best, 2) for name in engines},
    }


def accuracy(engine: Analyzer) -> float:
    """Share of imdb/test_a that is labelled right."""
    rows = imdb("test_a")
    gold = torch.tensor([engine.outputs.labels.index(LABELS[row["label"]]) for row in rows])
    return round(float((engine.score([row["text"] for row in rows]).argmax(dim=1) == gold).double().mean()), 5)


if __name__ == "__main__":
    main()
