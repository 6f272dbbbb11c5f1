"""Encoders that start from nothing, by name: made from plain settings, saved as safetensors and JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from groundswell.errors import RunFolderError
from groundswell.model.bag_of_vectors import BagOfVectors
from groundswell.model.convolutional import Convolutional
from groundswell.model.embedding import TokenEmbedding
from groundswell.model.encoder import Encoder
from groundswell.model.layer_parts import LayerShape, resize, shapes_of
from groundswell.model.recurrent import Recurrent
from groundswell.model.transformer import Transformer
from groundswell.run_folder import write_json
from groundswell.text.vocabulary import UNKNOWN_ID

EncoderName = Literal["bag", "cnn", "rnn", "lstm", "gru", "transformer"]
Network = BagOfVectors | Convolutional | Recurrent | Transformer
WEIGHTS, SETTINGS = "encoder.safetensors", "encoder.json"


@dataclass(frozen=True)
class EncoderSettings:
    """Everything the shape of an encoder follows from; each kind reads what concerns it.

    width            E, of a token's vector
    positions        longest text in tokens (transformer)
    hidden           H, of a recurrent state, each way
    filters          of each kernel size (cnn)
    static           the token vectors are not tuned
    dropout          while training: on token vectors, between recurrent layers, inside the Transformer
    layer_shapes     heads and neurons of each layer of a Transformer that lost some; () where none did
    token_dropout    share of tokens that read as the unknown one while training, so that no single word decides and
                     the unknown one learns what to expect (Iyyer et al. 2015, https://aclanthology.org/P15-1162)
    """

    kind: EncoderName
    num_tokens: int
    width: int
    positions: int
    layers: int = 1
    hidden: int = 128
    bidirectional: bool = True
    heads: int = 4
    filters: int = 128
    kernel_sizes: tuple[int, ...] = (3, 4, 5)
    ngrams: int = 2
    buckets: int = 100_000
    static: bool = False
    dropout: float = 0.0
    token_dropout: float = 0.0
    layer_shapes: tuple[LayerShape, ...] = ()


class FromScratchEncoder(Encoder):
    """States of every token, from a network of our own; see the network's class for its equations."""

    def __init__(self, settings: EncoderSettings, vectors: Tensor | None = None) -> None:
        super().__init__()
        self.settings = settings
        embedding = TokenEmbedding(
            settings.num_tokens, settings.width, vectors=vectors, static=settings.static, dropout=settings.dropout
        )
        self.network = _network(embedding, settings)
        for layer, shape in zip(self.layers, settings.layer_shapes, strict=False):
            resize(layer, shape)
        self.width = self.network.width
        self.positions = settings.positions if settings.kind == "transformer" else None

    @property
    def layers(self) -> nn.ModuleList:
        """Those of a Transformer; they are always tuned together."""
        return self.network.layers if isinstance(self.network, Transformer) else nn.ModuleList()

    def keep_layers(self, kept: Sequence[int]) -> None:
        """Take away every layer of a Transformer but these, in place."""
        assert isinstance(self.network, Transformer)
        self.network.layers = nn.ModuleList(self.network.layers[number] for number in kept)

    def forward(self, token_ids: Tensor, mask: Tensor, entry: Tensor | None = None) -> Tensor:
        """token_ids (B, T), mask (B, T) bool -> states (B, T, D); `entry` is not used."""
        if self.training and self.settings.token_dropout:
            left_out = torch.rand(token_ids.shape, device=token_ids.device) < self.settings.token_dropout
            token_ids = torch.where(left_out & mask, UNKNOWN_ID, token_ids)
        states: Tensor = self.network(token_ids, mask)
        return states

    def save(self, folder: Path) -> None:
        """Write encoder.safetensors and encoder.json."""
        save_file({name: tensor.contiguous() for name, tensor in self.state_dict().items()}, folder / WEIGHTS)
        write_json(folder / SETTINGS, asdict(self._settings_now()))

    def _settings_now(self) -> EncoderSettings:
        """The settings from which the network is made again, also after it lost layers, heads or neurons."""
        full, shapes = LayerShape(self.settings.heads, 4 * self.settings.width), shapes_of(self.layers)
        if not shapes:
            return self.settings
        lost = tuple(shapes) if any(shape != full for shape in shapes) else ()
        return replace(self.settings, layers=len(shapes), layer_shapes=lost)


def load_from_scratch(folder: Path) -> FromScratchEncoder:
    """The encoder of a model folder; RunFolderError when it cannot be read or its weights do not fit."""
    try:
        found = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
        shapes = tuple(LayerShape(*shape) for shape in found.get("layer_shapes", ()))
        sizes = tuple(found["kernel_sizes"])
        settings = EncoderSettings(**{**found, "kernel_sizes": sizes, "layer_shapes": shapes})
        encoder = FromScratchEncoder(settings)
        encoder.load_state_dict(load_file(folder / WEIGHTS))
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise RunFolderError(f"{folder}: the encoder cannot be loaded ({error}). Train again") from error
    return encoder


def _network(embedding: TokenEmbedding, settings: EncoderSettings) -> Network:
    width, layers, dropout = settings.width, settings.layers, settings.dropout
    match settings.kind:
        case "bag":
            return BagOfVectors(embedding, width, ngrams=settings.ngrams, buckets=settings.buckets)
        case "cnn":
            return Convolutional(embedding, width, filters=settings.filters, kernel_sizes=settings.kernel_sizes)
        case "transformer":
            heads, positions = settings.heads, settings.positions
            return Transformer(embedding, width, layers=layers, heads=heads, positions=positions, dropout=dropout)
        case cell:
            return Recurrent(
                embedding, width, cell=cell, hidden=settings.hidden, layers=layers,
                bidirectional=settings.bidirectional, dropout=dropout,
            )  # fmt: skip
