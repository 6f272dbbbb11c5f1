"""Texts per second of the engine beside `transformers.pipeline` on the same MiniLM classifier, in one run.

    python benchmarks/engine_vs_pipeline.py RUN [--also RUN …] [--documents 128] [--sentences 600] [--accuracy]

RUN is a run of `sentiment/minilm-lora` with `text.max_tokens=512`. Documents are IMDB reviews, sentences those of SST
dev; the pipeline has the classifier's own weights, cuts where the run cuts, and is measured at several batch sizes, of
which its best counts. Engines in 8 bits and in float32, and what else was compressed of the run (`--also`), take turns
with it, three rounds each, every reader in a process of its own: idle threads of one would wait busily beside another.
`--accuracy` adds the accuracy on imdb/test_a.
"""

from __future__ import annotations

import argparse
import multiprocessing
import re
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from rows import LABELS, SHARED, imdb, imdb_sample, print_row

from groundswell.run_folder import MODEL

BATCH_SIZES, ROUNDS = (1, 4, 8, 16, 32), 3
Read = Callable[[Sequence[str]], object]


class Reader:
    """A process that has loaded one model and reads texts when it is asked to."""

    def __init__(self, name: str, make: Callable[..., Read], *arguments: Any) -> None:
        self.name = name
        spawn = multiprocessing.get_context("spawn")
        self._ours, theirs = spawn.Pipe()
        spawn.Process(target=serve, args=(theirs, make, *arguments), daemon=True).start()
        self._ours.recv()

    def ask(self, texts: Sequence[str], **more: Any) -> tuple[float, Any]:
        """The seconds it took, and what was found."""
        self._ours.send((list(texts), more))
        seconds, found = self._ours.recv()
        return float(seconds), found


def serve(theirs: Connection, make: Callable[..., Read], *arguments: Any) -> None:
    read = make(*arguments)
    theirs.send("ready")
    while True:
        try:
            texts, more = theirs.recv()
        except EOFError:
            return
        began = time.perf_counter()
        found = read(texts, **more)
        theirs.send((time.perf_counter() - began, found))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--also", type=Path, nargs="*", default=[])
    parser.add_argument("--documents", type=int, default=128)
    parser.add_argument("--sentences", type=int, default=600)
    parser.add_argument("--accuracy", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        engines = [
            Reader(precision, engine_of, options.run, precision, Path(folder)) for precision in ("int8", "float32")
        ]
        engines += [Reader(run.name, engine_of, run, "its own", Path(folder)) for run in options.also]
        peer = Reader("pipeline", pipeline_of, options.run)
        documents = [row["text"] for row in imdb_sample(1000, 1000)[1]][: options.documents]
        figures = {"imdb": speeds(engines, peer, documents), "sst": speeds(engines, peer, sst()[: options.sentences])}
        if options.accuracy:
            figures["test_a"] = {engine.name: accuracy(engine) for engine in engines}
    print_row("engine_vs_pipeline", max_tokens=max_tokens(options.run), **figures)


def sst() -> list[str]:
    """The sentences of SST dev."""
    trees = (SHARED / "sst" / "dev.txt").read_text(encoding="utf-8").splitlines()
    return [" ".join(re.findall(r"\(\d ([^()]+)\)", tree)) for tree in trees]


def max_tokens(run: Path) -> int:
    """At how many tokens a run cuts a text; the pipeline can only cut as this does."""
    from groundswell.model.saved_model import SavedNetwork, load_model

    saved = load_model(run / MODEL)
    assert isinstance(saved, SavedNetwork)
    assert saved.text.truncation == "head", f"{run} reads {saved.text.truncation}"
    return saved.text.max_tokens


def engine_of(run: Path, precision: str, folder: Path) -> Read:
    """The labels that an engine gives."""
    import groundswell as gs
    from groundswell.analyzer import Analyzer
    from groundswell.compression.quantization import as_graph
    from groundswell.serving.engine import load_engine, measure_at_once

    engine = load_engine(run)
    if precision == "int8":
        training = [row["text"] for row in imdb_sample(1000, 1000)[0]]
        saved, _ = as_graph(gs.load(run).saved, "int8", training, folder / precision)
        saved.model.encoder.at_once = measure_at_once(saved.model.encoder)  # type: ignore[union-attr]
        engine = Analyzer(saved, precision)

    def read(texts: Sequence[str]) -> list[str | None]:
        return [analysis.label for analysis in engine.stream(texts)]

    return read


def pipeline_of(run: Path) -> Read:
    """transformers' pipeline with the weights of the run, its own head: only its speed counts."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

    warnings.simplefilter("ignore")
    model = AutoModelForSequenceClassification.from_pretrained(run / MODEL, num_labels=len(set(LABELS.values())))
    tokenizer = AutoTokenizer.from_pretrained(run / MODEL)
    peer: Any = pipeline("text-classification", model=model, tokenizer=tokenizer, device="cpu")
    cut = max_tokens(run)

    def read(texts: Sequence[str], size: int) -> int:
        return len(peer(list(texts), batch_size=size, truncation=True, max_length=cut))

    return read


def speeds(engines: Sequence[Reader], peer: Reader, texts: list[str]) -> dict[str, Any]:
    """Texts per second, and how many times those of the pipeline at its best."""
    turns: list[tuple[str, Reader, dict[str, int]]] = [(engine.name, engine, {}) for engine in engines]
    turns += [(f"pipeline at {size}", peer, {"size": size}) for size in BATCH_SIZES]
    taken: dict[str, list[float]] = {name: [] for name, _, _ in turns}
    for _, reader, more in turns:
        reader.ask(texts[:16], **more)
    for _ in range(ROUNDS):
        for name, reader, more in turns:
            taken[name].append(reader.ask(texts, **more)[0])
    found = {name: len(texts) / statistics.median(seconds) for name, seconds in taken.items()}
    best = max(speed for name, speed in found.items() if name.startswith("pipeline at"))
    return {
        "texts": len(texts),
        "per_second": {name: round(speed, 1) for name, speed in found.items()},
        "times_the_pipeline": {engine.name: round(found[engine.name] / best, 2) for engine in engines},
    }


def accuracy(engine: Reader) -> float:
    """Share of imdb/test_a that is labelled right."""
    rows = imdb("test_a")
    _, labels = engine.ask([row["text"] for row in rows])
    right = sum(label in (row["label"], LABELS[row["label"]]) for label, row in zip(labels, rows, strict=True))
    return round(right / len(rows), 5)


if __name__ == "__main__":
    main()
