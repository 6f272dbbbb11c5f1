"""Logits that a graph gives itself: those of torch, whatever else is read, over all windows of a text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_graphs import classifier_of

from groundswell.compression.onnx_export import export_graph
from groundswell.data.batching import Documents
from groundswell.model.graph_encoder import GraphEncoder
from groundswell.model.graph_scorer import GraphScorer
from groundswell.text.tokenization import TokenizedText

LENGTHS = [(9,), (3,), (30, 30, 4), (1,), (12,)]


def text_of(lengths: tuple[int, ...], seed: int) -> TokenizedText:
    random = np.random.default_rng(seed)
    return TokenizedText(tuple(random.integers(5, 40, length).astype(np.int32) for length in lengths), False, 0.0)


@pytest.fixture(params=["bert", "cnn", "lstm"])
def scorer(request: pytest.FixtureRequest, tmp_path: Path) -> GraphScorer:
    saved = classifier_of(request.param)
    export_graph(saved, tmp_path / "whole.onnx")
    return GraphScorer(saved.model, GraphEncoder(tmp_path / "whole.onnx", at_once=2), None)  # type: ignore[arg-type]


def test_logits_are_those_of_torch(scorer: GraphScorer) -> None:
    texts = [text_of(lengths, seed) for seed, lengths in enumerate(LENGTHS)]
    documents = Documents([text.windows for text in texts], None, 0)
    done: list[int] = []
    found = scorer.logits(texts, done.append)
    with torch.no_grad():
        wanted = torch.cat([scorer._model(documents.collate([number])) for number in range(len(texts))])
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-5)
    assert sum(done) == len(texts)


def test_a_text_gets_the_same_digits_in_any_company(scorer: GraphScorer) -> None:
    texts = [text_of(lengths, seed) for seed, lengths in enumerate(LENGTHS * 4)]
    together = scorer.logits(texts)
    for number, text in enumerate(texts):
        assert torch.equal(scorer.logits([text])[0], together[number])


def test_no_text_gives_no_row(scorer: GraphScorer) -> None:
    assert scorer.logits([]).shape == (0, 3)
