"""Tiny networks of every kind, to be made graphs of."""

from __future__ import annotations

from typing import Any

import torch
from transformers import (
    BertConfig,
    BertModel,
    DistilBertConfig,
    DistilBertModel,
    GPT2Config,
    GPT2Model,
    Qwen2Config,
    Qwen2Model,
    RobertaConfig,
    RobertaModel,
)

from groundswell.model.classifier import TextClassifier
from groundswell.model.encoder import Encoder
from groundswell.model.from_scratch import EncoderSettings, FromScratchEncoder
from groundswell.model.pretrained import PretrainedEncoder
from groundswell.model.saved_model import SavedNetwork

FROM_SCRATCH = ("bag", "cnn", "rnn", "lstm", "gru", "transformer")
ENCODERS = (*FROM_SCRATCH, "bert", "roberta", "distilbert", "gpt2", "qwen2")
SHAPE: dict[str, Any] = {"vocab_size": 40, "pad_token_id": 0}


def classifier_of(kind: str, *, width: int = 16) -> SavedNetwork:
    """A classifier of three labels with random weights; it has no tokens, for it reads ids."""
    torch.manual_seed(0)
    model = TextClassifier(encoder_of_kind(kind, width), "mean", 3).eval()
    return SavedNetwork(model, None, None, None)  # type: ignore[arg-type]


def encoder_of_kind(kind: str, width: int = 16) -> Encoder:
    """An encoder of 40 tokens and 64 positions."""
    if kind in FROM_SCRATCH:
        layers = 1 if kind in ("bag", "cnn") else 2
        settings = EncoderSettings(kind, 40, width, 64, layers=layers, hidden=8, ngrams=3, buckets=97)  # type: ignore[arg-type]
        return FromScratchEncoder(settings)
    layers = {"hidden_size": width, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 4 * width}
    if kind == "bert":
        return PretrainedEncoder(
            BertModel(BertConfig(**SHAPE, **layers, max_position_embeddings=64), add_pooling_layer=False)
        )
    if kind == "roberta":
        config = RobertaConfig(**SHAPE, **layers, max_position_embeddings=66)
        return PretrainedEncoder(RobertaModel(config, add_pooling_layer=False))
    if kind == "distilbert":
        small = DistilBertConfig(**SHAPE, dim=width, n_layers=2, n_heads=4, hidden_dim=32, max_position_embeddings=64)
        return PretrainedEncoder(DistilBertModel(small))
    marks = {"bos_token_id": 1, "eos_token_id": 2}
    if kind == "qwen2":
        return PretrainedEncoder(Qwen2Model(Qwen2Config(**SHAPE, **marks, **layers, num_key_value_heads=2)))
    last = GPT2Config(vocab_size=40, **marks, n_positions=64, n_embd=width, n_layer=2, n_head=4)
    return PretrainedEncoder(GPT2Model(last))
