"""Attention: how much of each word reaches what a network reads its answer off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from groundswell.data.batching import Batch, Documents
from groundswell.errors import BaseModelError, DataError
from groundswell.explanation.text_words import TextWords
from groundswell.explanation.word_scorer import NetworkWords
from groundswell.model.transformer import Transformer


def attention(network: NetworkWords, words: TextWords) -> NDArray[np.float64]:
    """(W,): the share of each word in what the answer is read off, at least 0; NaN for a word that is not read.

    Attention rollout, Abnar & Zuidema 2020 (https://arxiv.org/abs/2005.00928, section 3): the product over all layers
    of (A + I) / 2, A the mean of a layer's heads, read by the rows that pooling reads. Of a recurrent network with
    pooling by attention, the weights of the pooling. Shares say nothing of for or against; those of special tokens are
    no word's.

    Raises DataError for a network without attention, BaseModelError for one that does not hand its attention out.
    """
    documents = Documents([words.tokens], None, network.saved.tokenizer.pad_id)
    batch = documents.collate([0]).to(network.device)
    with torch.inference_mode():
        rows = _shares(network, batch).double().cpu().numpy() / len(words.tokens)
    shares, _ = words.summed([row[: len(owners)] for row, owners in zip(rows, words.owners, strict=True)])
    return np.where(words.read, shares, np.nan)


def has_attention(network: NetworkWords) -> bool:
    """Whether there is any attention to look at."""
    inner = network.model.encoder.network
    return hasattr(inner, "set_attn_implementation") or isinstance(inner, Transformer) or _pools(network)


def _pools(network: NetworkWords) -> bool:
    return network.model.pooling.name == "attention"


def _shares(network: NetworkWords, batch: Batch) -> Tensor:
    """(W, T): the share of each token in the pooled vector of its window."""
    model = network.model
    if not has_attention(network):
        raise DataError(
            "the model has no attention to look at, neither in its encoder nor in its pooling. Use --method occlusion"
        )
    states, layers = _states_and_layers(model.encoder.network, batch)
    reading = model.pooling.shares(states, batch.mask)  # (W, T)
    if layers:
        reading = torch.bmm(
            reading.unsqueeze(1), rollout(torch.stack([layer.mean(dim=1) for layer in layers]))
        ).squeeze(1)
    return reading


def rollout(layers: Tensor) -> Tensor:
    """(B, T, T): how much of each token (column) there is in each state (row) after all layers.

    layers   (L, B, T, T) attention of each layer, the mean of its heads; rows sum to 1

    >>> rollout(torch.tensor([[[[1.0, 0.0], [1.0, 0.0]]]]))
    tensor([[[1.0000, 0.0000],
             [0.5000, 0.5000]]])
    """
    flow = torch.eye(layers.shape[-1], dtype=layers.dtype, device=layers.device).expand_as(layers[0])
    for layer in layers:
        flow = torch.bmm((layer + torch.eye(layer.shape[-1], dtype=layer.dtype, device=layer.device)) / 2, flow)
    return flow


def _states_and_layers(network: Any, batch: Batch) -> tuple[Tensor, list[Tensor]]:
    """The states (B, T, D), and the attention (B, H, T, T) of each layer; none for a network that has none inside."""
    if isinstance(network, Transformer):
        return network.with_attention(batch.token_ids, batch.mask)
    if not hasattr(network, "set_attn_implementation"):
        return network(batch.token_ids, batch.mask), []
    with _eager(network):
        output = network(
            input_ids=batch.token_ids, attention_mask=batch.mask.long(), use_cache=False, return_dict=True,
            output_attentions=True,
        )  # fmt: skip
    layers = [layer for layer in output.attentions or () if layer is not None]
    expected = network.config.num_hidden_layers
    if len(layers) != expected:
        raise BaseModelError(
            f"{type(network).__name__}: found the attention of {len(layers)} layers, expected {expected}. Its code "
            "does not hand all of it out; use --method occlusion"
        )
    return output.last_hidden_state, [layer.float() for layer in layers]


@contextmanager
def _eager(network: Any) -> Iterator[None]:
    """Attention computed step by step while the block runs: other kernels never form the weights, and say nothing."""
    before = network.config._attn_implementation
    network.set_attn_implementation("eager")
    try:
        yield
    finally:
        network.set_attn_implementation(before)
