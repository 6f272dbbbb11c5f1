"""A model with fewer token vectors: the same answers for texts of kept tokens, a smaller file."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tiny_run import write

from groundswell.compression.vocabulary import trim_vocabulary
from groundswell.errors import DataError, InputError
from groundswell.model.classifier import TextClassifier
from groundswell.model.from_scratch import EncoderSettings, FromScratchEncoder
from groundswell.model.linear import LinearClassifier, LinearWeights
from groundswell.model.outputs import Outputs
from groundswell.model.pretrained import load_encoder
from groundswell.model.saved_model import SavedBaseline, SavedNetwork, load_model, save_model
from groundswell.model.text_settings import TextSettings, make_text_tokenizer
from groundswell.text.own_tokens import learn_tokens
from groundswell.text.pretrained_tokens import PretrainedTokens, load_tokenizer

CPU = torch.device("cpu")
OUTPUTS = Outputs("single_label", ("bad", "good"), (0.5, 0.5))
TEXT = TextSettings((), 32, "head", 0)
SEEN = ["good food", "a very great room", "很好"]


def network(folder: Path) -> SavedNetwork:
    torch.manual_seed(0)
    tokens = PretrainedTokens(load_tokenizer(folder))
    return SavedNetwork(
        TextClassifier(load_encoder(folder), "mean", 2), make_text_tokenizer(tokens, TEXT), OUTPUTS, TEXT
    )


def logits(saved: SavedNetwork, texts: list[str]) -> torch.Tensor:
    scorer = saved.scorer(CPU, bfloat16=False)
    return scorer.logits(scorer.read(texts))


def test_texts_of_kept_tokens_get_the_same_logits(any_tiny: Path, tmp_path: Path) -> None:
    saved = network(any_tiny)
    known, other = ["a very very great food room", "good room", "很好 food"], ["the battery"]
    expected, unlike = logits(saved, known), logits(saved, other)
    for name in ("whole", "model"):
        (tmp_path / name).mkdir()
    save_model(saved, tmp_path / "whole")
    smaller, told = trim_vocabulary(
        saved, [write(tmp_path / "texts.jsonl", [{"text": text} for text in SEEN])], text_column="text"
    )
    assert told["texts"] == 3
    assert told["tokens"] < told["tokens_before"]
    assert isinstance(smaller, SavedNetwork)
    torch.testing.assert_close(logits(smaller, known), expected, atol=0, rtol=0)
    assert not torch.equal(logits(smaller, other), unlike)
    save_model(smaller, tmp_path / "model")
    loaded = load_model(tmp_path / "model")
    assert isinstance(loaded, SavedNetwork)
    torch.testing.assert_close(logits(loaded, known), expected, atol=1e-6, rtol=1e-6)
    before, after = ((tmp_path / name / "model.safetensors").stat().st_size for name in ("whole", "model"))
    lost = told["tokens_before"] - told["tokens"]
    assert before - after == pytest.approx(4 * 32 * lost, abs=300)


def test_models_without_such_a_vocabulary_are_refused(tmp_path: Path, tiny_bert: Path) -> None:
    file = write(tmp_path / "texts.jsonl", [{"text": "good"}])
    tokens = learn_tokens(["good food", "good room"], "words", min_count=1, max_size=10)
    encoder = FromScratchEncoder(EncoderSettings("cnn", len(tokens), 4, 32))
    own = SavedNetwork(TextClassifier(encoder, "max", 2), make_text_tokenizer(tokens, TEXT), OUTPUTS, TEXT)
    with pytest.raises(InputError, match="--vocabulary: the encoder was trained from scratch"):
        trim_vocabulary(own, [file], text_column="text")
    baseline = SavedBaseline(LinearClassifier(None, None, LinearWeights(None, None)), OUTPUTS, ())  # type: ignore[arg-type]
    with pytest.raises(InputError, match="--vocabulary: the run is a baseline, which has no network"):
        trim_vocabulary(baseline, [file], text_column="text")
    with pytest.raises(DataError, match="no column 'review'"):
        trim_vocabulary(network(tiny_bert), [file], text_column="review")
    blank = write(tmp_path / "blank.jsonl", [{"text": ""}])
    with pytest.raises(InputError, match=r"--vocabulary: no text in .*blank\.jsonl"):
        trim_vocabulary(network(tiny_bert), [blank], text_column="text")
