"""A graph says what the network says, at every length, for every encoder."""

from pathlib import Path

import pytest
import torch
from tiny_graphs import ENCODERS, classifier_of

from groundswell.compression.onnx_export import export_graph
from groundswell.errors import DataError, RunFolderError
from groundswell.model.graph_encoder import GraphEncoder, GraphSettings, open_session


@pytest.mark.parametrize("kind", ENCODERS)
def test_states_and_logits_are_those_of_the_network(kind: str, tmp_path: Path) -> None:
    saved = classifier_of(kind)
    path = tmp_path / "model.onnx"
    settings = export_graph(saved, path)
    graph = GraphEncoder(path)
    assert (
        graph.settings
        == settings
        == GraphSettings(saved.model.encoder.width, settings.positions, "float32", {"logits": 3})
    )
    session = open_session(path)
    for batch, length in ((1, 1), (1, 2), (7, 7), (1, 30), (3, 64)):
        token_ids = torch.randint(5, 40, (batch, length), generator=torch.Generator().manual_seed(length))
        mask = torch.ones_like(token_ids, dtype=torch.bool)
        with torch.no_grad():
            states = saved.model.encoder(token_ids, mask)
            logits = saved.model.read(states, mask)
        torch.testing.assert_close(graph(token_ids, mask), states, rtol=0, atol=2e-5)
        (found,) = session.run(["logits"], {"token_ids": token_ids.numpy()})
        torch.testing.assert_close(torch.from_numpy(found), logits, rtol=0, atol=2e-5)


def test_padding_and_other_texts_change_nothing_at_all(tmp_path: Path) -> None:
    export_graph(classifier_of("bert"), tmp_path / "model.onnx")
    graph = GraphEncoder(tmp_path / "model.onnx")
    token_ids = torch.randint(5, 40, (4, 21))
    mask = torch.ones_like(token_ids, dtype=torch.bool)
    mask[0, 13:] = False
    together = graph(token_ids, mask)
    alone = graph(token_ids[:1, :13], mask[:1, :13])
    assert torch.equal(together[0, :13], alone[0])
    assert not together[0, 13:].any()


def test_the_network_is_left_as_it_was(tmp_path: Path) -> None:
    saved = classifier_of("bert")
    saved.model.train()
    attention = saved.model.encoder.network.config._attn_implementation
    export_graph(saved, tmp_path / "model.onnx")
    assert saved.model.training
    assert saved.model.encoder.network.training
    assert saved.model.encoder.network.config._attn_implementation == attention


def test_dropout_is_off_in_the_graph(tmp_path: Path) -> None:
    saved = classifier_of("bert")
    saved.model.train()
    export_graph(saved, tmp_path / "model.onnx")
    import onnx

    assert "Dropout" not in {node.op_type for node in onnx.load(str(tmp_path / "model.onnx")).graph.node}


def test_a_graph_is_not_made_a_graph_again(tmp_path: Path) -> None:
    saved = classifier_of("cnn")
    export_graph(saved, tmp_path / "model.onnx")
    from dataclasses import replace

    again = replace(saved, model=saved.model.over(GraphEncoder(tmp_path / "model.onnx")))
    with pytest.raises(DataError, match=r"is a graph already\. Compress the run that it came from"):
        export_graph(again, tmp_path / "again.onnx")


def test_other_files_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"not a graph")
    with pytest.raises(RunFolderError, match=r"cannot be read by ONNX Runtime .* Compress the run again"):
        GraphEncoder(path)
    import onnx

    export_graph(classifier_of("cnn"), path)
    foreign = onnx.load(str(path))
    del foreign.metadata_props[:]
    onnx.save(foreign, str(path))
    with pytest.raises(RunFolderError, match="holds no settings of groundswell"):
        GraphEncoder(path)
