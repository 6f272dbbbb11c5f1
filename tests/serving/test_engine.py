"""The engine says what the run says, and the same of a text whatever comes with it."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
import torch

import groundswell as gs
from groundswell import run_folder
from groundswell.compression.quantization import as_graph
from groundswell.errors import RunFolderError
from groundswell.model.graph_encoder import GraphEncoder
from groundswell.model.saved_model import encoder_of, save_model
from groundswell.serving.engine import load_engine, measure_at_once

TEXTS = [
    "The food was very good.",
    "Bad.",
    "A long evening with loud music and slow waiters, and no soup. " * 3,
    " ",
    "好",
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An LSTM trained for a moment on the sample."""
    folder = tmp_path_factory.mktemp("runs")
    short = {"data": {"limit": 60}, "training": {"epochs": 1}, "output": {"folder": str(folder)}}
    trained = gs.train("recipes/ladder/en/lstm-attention.yaml", **short, name="lstm")
    return Path(trained.folder)


def test_scores_are_those_of_the_run(run: Path) -> None:
    engine, plain = load_engine(run), gs.load(run)
    assert isinstance(encoder_of(engine.saved), GraphEncoder)
    torch.testing.assert_close(engine.score(TEXTS), plain.score(TEXTS), rtol=0, atol=1e-5)


def test_a_text_gets_the_same_record_in_any_company(run: Path) -> None:
    engine = load_engine(run)
    texts = [f"{text} {number}" for number in range(20) for text in TEXTS]
    alone = {text: engine(text).to_json() for text in texts}
    shuffled = random.Random(0).sample(texts, len(texts))
    for analysis in engine.stream(shuffled):
        assert analysis.to_json() == alone[analysis.text]


def test_the_graph_is_made_once(run: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GROUNDSWELL_CACHE", str(tmp_path))
    load_engine(run)
    (kept,) = (tmp_path / "graphs").iterdir()
    before = kept.stat().st_mtime_ns
    load_engine(run)
    assert [path.stat().st_mtime_ns for path in (tmp_path / "graphs").iterdir()] == [before]


def test_a_run_that_was_altered_is_refused(run: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    with (copy / "model" / "groundswell.json").open("a") as file:
        file.write(" ")
    with pytest.raises(RunFolderError, match="altered"):
        load_engine(copy)


def test_without_onnx_runtime_torch_reads(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    notes: list[str] = []
    engine = load_engine(run, note=notes.append)
    assert not isinstance(encoder_of(engine.saved), GraphEncoder)
    assert notes == ['reading by torch; ONNX Runtime is about twice as fast: pip install "groundswell[compress]"']


def test_a_saved_graph_is_a_model_of_its_own(run: Path, tmp_path: Path) -> None:
    plain = gs.load(run)
    graph, told = as_graph(plain.saved, "int8", TEXTS, tmp_path / "graph")
    model = tmp_path / "copy" / "model"
    model.mkdir(parents=True)
    save_model(graph, model)
    assert not list(model.glob("encoder*"))
    manifest = json.loads((run / run_folder.MANIFEST).read_text())
    manifest["files"] = {f"model/{path.name}": run_folder.file_sha256(path) for path in model.iterdir()}
    (tmp_path / "copy" / run_folder.MANIFEST).write_text(json.dumps(manifest))
    loaded = gs.load(tmp_path / "copy")
    assert told["precision"] == "int8"
    assert torch.equal(loaded.score(TEXTS), gs.Analyzer(graph, "x").score(TEXTS))
    torch.testing.assert_close(loaded.score(TEXTS), plain.score(TEXTS), rtol=0, atol=0.05)


def test_threads_are_measured(run: Path) -> None:
    encoder: Any = encoder_of(load_engine(run).saved)
    threads = torch.get_num_threads()
    assert measure_at_once(encoder) in {threads, max(1, threads // 2)}
