"""Occlusion against taking words out by hand, for networks of every kind and for baselines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_explained import TEXTS, asked, from_scratch, linear, pretrained

from groundswell.data.batching import Documents
from groundswell.explanation.explained_output import ExplainedOutput
from groundswell.explanation.occlusion import occlusion
from groundswell.explanation.word_scorer import Part, nothing, whole

POSITIVE = 1


def test_a_baseline_without_a_word_is_the_text_without_it() -> None:
    """Bigrams too: without `not` its neighbours become neighbours."""
    saved = linear({"good": (0.0, 2.0), "not": (0.5, 0.0), "not good": (3.0, 0.0), "was good": (0.0, 1.0)}, (0.1, 0.0))
    scorer = asked(saved)
    text = "it was not good"
    (words,) = scorer.read([text])
    (weights,) = occlusion(scorer, [words], [ExplainedOutput(scorer.outputs, POSITIVE)])

    def score(shown: str) -> float:
        logits = saved.classifier.logits(saved.classifier.read([shown]))[0]
        return float(logits[1] - logits[0])

    left_out = ["was not good", "it not good", "it was good", "it was not"]
    assert weights.tolist() == pytest.approx([score(text) - score(rest) for rest in left_out], abs=1e-6)


@pytest.mark.parametrize("kind", ["bag", "cnn", "lstm", "transformer"])
def test_networks_from_scratch_against_windows_cut_by_hand(kind: str) -> None:
    scorer = asked(from_scratch(kind))
    output = ExplainedOutput(scorer.outputs, POSITIVE)
    every = scorer.read(TEXTS)
    for words, weights in zip(every, occlusion(scorer, every, [output] * len(every)), strict=True):
        (ids,), (owners,) = words.tokens, words.owners
        for number in range(len(words.words)):
            rest = ids[owners != number]
            left = rest if len(rest) else np.array([1])  # nothing is left: the unknown token
            expected = _score(scorer, output, [ids]) - _score(scorer, output, [left])
            assert weights[number] == pytest.approx(expected, abs=1e-4), (words.text, number)


def test_pretrained_networks_keep_their_special_tokens(main_tiny: Path, make_classifier: Any) -> None:
    scorer = asked(pretrained(main_tiny, make_classifier(main_tiny)))
    output = ExplainedOutput(scorer.outputs, POSITIVE)
    (words,) = scorer.read(["very good food"])
    (weights,) = occlusion(scorer, [words], [output])
    (ids,), (owners,) = words.tokens, words.owners
    expected = [_score(scorer, output, [ids]) - _score(scorer, output, [ids[owners != number]]) for number in range(3)]
    assert weights.tolist() == pytest.approx(expected, abs=1e-4)
    empty = scorer.logits([nothing(words)])
    tokens = scorer.saved.tokenizer.tokens
    around = np.array([*tokens.prefix, *tokens.instead_of_nothing, *tokens.suffix])
    assert output.scores(empty).item() == pytest.approx(_score(scorer, output, [around]), abs=1e-5)


def test_a_window_without_words_is_left_out_of_the_mean() -> None:
    scorer = asked(from_scratch("lstm", max_tokens=4, truncation="windows", window_overlap=0))
    output = ExplainedOutput(scorer.outputs, POSITIVE)
    (words,) = scorer.read(["good food was very bad"])
    assert [len(window) for window in words.tokens] == [4, 1]
    kept = np.array([True, True, True, True, False])
    assert output.scores(scorer.logits([Part(words, kept)])).item() == pytest.approx(
        _score(scorer, output, [words.tokens[0]]), abs=1e-5
    )
    both = output.scores(scorer.logits([whole(words)])).item()
    assert both == pytest.approx(np.mean([_score(scorer, output, [window]) for window in words.tokens]), abs=1e-5)


def test_words_that_are_not_read_have_no_weight() -> None:
    scorer = asked(from_scratch("bag", max_tokens=2))
    (words,) = scorer.read(["good food was bad"])
    (weights,) = occlusion(scorer, [words], [ExplainedOutput(scorer.outputs, POSITIVE)])
    assert np.isnan(weights).tolist() == [False, False, True, True]


def test_many_texts_are_weighed_as_each_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from groundswell.explanation import occlusion as module

    scorer = asked(from_scratch("cnn"))
    every = scorer.read(TEXTS)
    output = ExplainedOutput(scorer.outputs, POSITIVE)
    alone = [occlusion(scorer, [words], [output])[0] for words in every]
    monkeypatch.setattr(module, "MOST_PARTS", 15)
    seen: list[int] = []
    together = occlusion(scorer, every, [output] * len(every), seen.append)
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    assert len(seen) > 1


def _score(scorer: Any, output: ExplainedOutput, windows: list[Any]) -> float:
    batch = Documents([tuple(np.asarray(window, dtype=np.int32) for window in windows)], None, 0).collate([0])
    with torch.no_grad():
        return float(output.scores(scorer.model(batch)).item())
