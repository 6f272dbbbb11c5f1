"""What reads many texts fast: a run as a graph on the processor, as it is on an accelerator."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import torch

from groundswell import runtime
from groundswell.analyzer import Analyzer, load
from groundswell.compression.quantization import as_graph
from groundswell.errors import BaseModelError
from groundswell.model.graph_encoder import GRAPH, GraphEncoder
from groundswell.model.linear import FEATURES
from groundswell.model.saved_model import encoder_of
from groundswell.model.side_by_side import side_by_side
from groundswell.run_folder import MODEL, check_files, read_manifest

# What a graph is made of besides the weights; another version may make another one.
MAKERS = ("torch", "transformers", "onnxruntime", "groundswell")
TRIED_TOKENS, TRIED_TEXTS, TRIED_SECONDS, TRIES, CLEARLY = (32, 128), 4, 0.05, 4, 1.1


def load_engine(
    run: str | Path,
    *,
    precision: Literal["auto", "float32", "bfloat16"] = "float32",
    note: Callable[[str], object] = lambda said: None,
) -> Analyzer:
    """The Analyzer of a run that reads many texts fastest, each with the same scores whatever came with it.

    On the processor a network in float32 runs as a graph of ONNX Runtime. The graph of a run is made once and kept in
    the cache; a compressed run brings its own. Baselines, other precisions, accelerators, and networks that cannot be a
    graph are what `load` gives.

    note   told what a person should know, such as why there is no graph
    """
    folder = Path(run)
    manifest = read_manifest(folder)
    is_network = not any((folder / MODEL / name).exists() for name in (GRAPH, FEATURES))
    if not is_network or precision != "float32" or runtime.pick_device().type != "cpu":
        return _tuned(load(folder, precision=precision))
    if importlib.util.find_spec("onnxruntime") is None or importlib.util.find_spec("onnx") is None:
        note('reading by torch; ONNX Runtime is about twice as fast: pip install "groundswell[compress]"')
        return load(folder, precision=precision)
    check_files(folder, manifest)
    kept = runtime.cache_folder() / "graphs" / f"{_key(manifest)}.onnx"
    if not kept.exists():
        try:
            _make(folder, kept)
        except BaseModelError as error:
            note(f"reading by torch: {error}")
            return load(folder, precision=precision, verify=False)
    return _tuned(load(folder, precision=precision, verify=False, graph=kept))


def _key(manifest: dict[str, object]) -> str:
    """What the graph of a run follows from: the files of its model, and the versions that make it."""
    files = manifest["files"]
    assert isinstance(files, dict)
    of_model = {name: digest for name, digest in files.items() if str(name).startswith(f"{MODEL}/")}
    made_by = {name: runtime.package_version(name) for name in MAKERS}
    return hashlib.sha256(json.dumps([of_model, made_by], sort_keys=True).encode()).hexdigest()[:32]


def _make(folder: Path, kept: Path) -> None:
    """Write the graph of a run's network, whole or not at all."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=kept.parent))
    try:
        made, _ = as_graph(load(folder, verify=False).saved, "float32", [], aside)
        encoder = encoder_of(made)
        assert isinstance(encoder, GraphEncoder)
        os.replace(encoder.path, kept)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _tuned(analyzer: Analyzer) -> Analyzer:
    encoder = encoder_of(analyzer.saved)
    if isinstance(encoder, GraphEncoder):
        encoder.at_once = measure_at_once(encoder)
    return analyzer


def measure_at_once(encoder: GraphEncoder) -> int:
    """How many texts at once are read fastest on this machine: all its threads, or half of them where two share a core.

    Tried in turns on texts of few and of many tokens. What else the machine does only slows a try down, so the best of
    each counts, and fewer threads must be clearly faster.
    """
    most = torch.get_num_threads()
    fewer = max(1, most // 2)
    if fewer == most:
        return most
    lengths = [min(length, encoder.positions or length) for length in TRIED_TOKENS]
    texts = [torch.full((1, length), 5, dtype=torch.int64) for length in lengths] * (TRIED_TEXTS * most)
    tries = [[_per_second(encoder, texts, at_once) for at_once in (most, fewer)] for _ in range(TRIES)]
    all_of_them, half = (max(found) for found in zip(*tries, strict=True))
    return fewer if half > CLEARLY * all_of_them else most


def _per_second(encoder: GraphEncoder, texts: list[torch.Tensor], at_once: int) -> float:
    def read(token_ids: torch.Tensor) -> None:
        encoder(token_ids, torch.ones_like(token_ids, dtype=torch.bool))

    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < TRIED_SECONDS:
        count += sum(1 for _ in side_by_side(read, texts, at_once))
    return count / (time.perf_counter() - began)
