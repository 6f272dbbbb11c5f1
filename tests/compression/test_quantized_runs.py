"""Runs as graphs: they load like any run, say what their source says, and can be compressed no more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_run import reviews, write
from tiny_source import tiny_source

import groundswell as gs
from groundswell.cli.main import run as command
from groundswell.compression.compress import Compression, compress
from groundswell.compression.pruning import Pruning
from groundswell.compression.teaching import Teaching
from groundswell.errors import DataError, InputError
from groundswell.model.graph_encoder import GraphEncoder
from groundswell.model.saved_model import encoder_of

TEXTS = ["good food", "the bad dark screen", "great service very good", " "]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory, tiny_bert: Path) -> Path:
    return tiny_source(tmp_path_factory.mktemp("source"), tiny_bert)


def graph_of(source: Path, folder: Path, precision: Any = "int8", **wanted: Any) -> Any:
    return compress(
        source, Compression(quantize=precision, tolerance=1.0, **wanted), out=folder, name="small", progress=False
    )


@pytest.mark.parametrize(("precision", "off"), [("float32", 1e-5), ("int8", 0.2)])
def test_a_graph_is_a_run(source: Path, tmp_path: Path, precision: str, off: float) -> None:
    done = graph_of(source, tmp_path, precision)
    analyzer, plain = gs.load(done.folder), gs.load(source)
    encoder = encoder_of(analyzer.saved)
    assert isinstance(encoder, GraphEncoder)
    assert encoder.settings.precision == precision
    torch.testing.assert_close(analyzer.score(TEXTS), plain.score(TEXTS), rtol=0, atol=off)
    assert done.report["graph"]["precision"] == precision

    assert {path.name for path in (done.folder / "model").glob("*.safetensors")} == {"head.safetensors"}
    manifest = json.loads((done.folder / "manifest.json").read_text())
    assert "model/model.onnx" in manifest["files"]
    assert (tmp_path / "small").is_dir()
    assert [path.name for path in tmp_path.iterdir()] == ["small"]  # nothing aside is left


def test_a_text_gets_the_same_record_in_any_company(source: Path, tmp_path: Path) -> None:
    analyzer = gs.load(graph_of(source, tmp_path).folder)
    texts = [review["text"] for review in reviews()][:40]
    alone = [analyzer(text).to_json() for text in texts]
    assert [analysis.to_json() for analysis in analyzer.stream(texts)] == alone
    assert [analysis.to_json() for analysis in analyzer.stream(texts[::-1])] == alone[::-1]


def test_opinions_are_found_by_a_graph(tmp_path: Path, tiny_bert: Path) -> None:
    span = {"aspect": {"text": "food", "start": 4, "end": 8}, "opinion": {"text": "good", "start": 13, "end": 17}}
    rows = [{"text": "the food was good", "opinions": [{**span, "category": None, "polarity": "positive"}]}] * 12
    file = write(tmp_path / "opinions.jsonl", rows)
    data = {"train": file, "dev": file, "overlap": "ignore"}
    source = tiny_source(tmp_path, tiny_bert, task="opinions", data=data, training={"epochs": 15})
    before, after = gs.load(source), gs.load(graph_of(source, tmp_path / "out", "float32").folder)
    text = "the food was good"
    found = after(text).opinions
    assert found
    assert [(one.aspect, one.opinion, one.polarity) for one in found] == [
        (one.aspect, one.opinion, one.polarity) for one in before(text).opinions
    ]


def test_a_graph_is_explained_by_what_is_left_out(source: Path, tmp_path: Path) -> None:
    done = graph_of(source, tmp_path, "float32")
    (found,) = gs.explain(done.folder, "the good food")
    assert found.method == "occlusion"
    (plain,) = gs.explain(source, "the good food", method="occlusion")
    assert [word.weight for word in found.words] == pytest.approx([word.weight for word in plain.words], abs=1e-4)
    with pytest.raises(DataError, match=r"expected one of auto, occlusion for a graph, which gives no gradients"):
        gs.explain(done.folder, "the good food", method="integrated_gradients")


def test_a_graph_is_compressed_no_more(source: Path, tmp_path: Path) -> None:
    done = graph_of(source, tmp_path)
    student = Compression(student="ladder/en/cnn", teaching=Teaching(hidden_states=True))
    for wanted in (
        Compression(quantize="int8"),
        Compression(pruning=Pruning(0.5)),
        Compression(vocabulary=("a",)),
        student,
    ):
        with pytest.raises(InputError, match=r"is a graph already\. Compress the run that it came from"):
            compress(done.folder, wanted, out=tmp_path, name="again", progress=False)
    assert not (tmp_path / "again").exists()


def test_a_graph_teaches_by_its_answers(source: Path, tmp_path: Path) -> None:
    done = graph_of(source, tmp_path)
    wanted = Compression(student="ladder/en/logistic-regression", tolerance=1)
    assert compress(done.folder, wanted, out=tmp_path, name="student", progress=False).folder.is_dir()


def test_the_command_prints_what_it_made(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--quantize", "int8", "--tolerance", "1", "--out", str(tmp_path), "--name", "small", "--json", "--quiet"]
    assert command(["compress", str(source), *options]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["run"] == str(tmp_path / "small")
    assert said["report"]["steps"] == ["int8"]
    assert said["report"]["graph"]["in_8_bits"] > 0
