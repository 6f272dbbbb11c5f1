"""Untrained language models by name, from plain settings."""

from __future__ import annotations

from typing import Any, cast

from groundswell.model.neural_lm.decoder import Decoder, DecoderSettings
from groundswell.model.neural_lm.fixed_window import FixedWindow
from groundswell.model.neural_lm.language_model import LanguageModel
from groundswell.model.neural_lm.recurrent_lm import RecurrentLanguageModel
from groundswell.model.recurrent import CellName


def make_language_model(
    kind: str, shape: dict[str, Any], *, num_tokens: int, positions: int, dropout: float
) -> LanguageModel:
    """A window, rnn, lstm, gru or decoder with random weights; call `seed_everything` first.

    shape       what the kind is made of, such as width, hidden and layers
    positions   longest input of a decoder; the others have no limit
    """
    if kind == "window":
        return FixedWindow(num_tokens, dropout=dropout, **shape)
    if kind == "decoder":
        return Decoder(DecoderSettings(num_tokens, positions=positions, dropout=dropout, **shape))
    cell = cast("CellName", kind)  # the recipe knows no other
    return RecurrentLanguageModel(num_tokens, cell=cell, dropout=dropout, **shape)
