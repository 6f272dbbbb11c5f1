"""A BERT with random weights, in transformers' own layout: once pretrained, it is tuned like any other."""

from __future__ import annotations

from typing import Any

from transformers import BertConfig, BertModel

from groundswell.model import attention_cpu
from groundswell.model.pretrained import PretrainedEncoder


def fresh_bert(
    shape: dict[str, Any], *, num_tokens: int, positions: int, dropout: float, pad_id: int
) -> PretrainedEncoder:
    """An encoder of Devlin et al. 2019 (https://aclanthology.org/N19-1423); call `seed_everything` first.

    shape       width, hidden (inside the feed-forward part), layers, heads
    positions   longest input
    """
    config = BertConfig(
        vocab_size=num_tokens,
        hidden_size=shape["width"],
        num_hidden_layers=shape["layers"],
        num_attention_heads=shape["heads"],
        intermediate_size=shape["hidden"],
        max_position_embeddings=positions,
        type_vocab_size=1,
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=dropout,
        pad_token_id=pad_id,
    )
    config._attn_implementation = attention_cpu.register()
    return PretrainedEncoder(BertModel(config, add_pooling_layer=False))
