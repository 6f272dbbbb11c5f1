"""A small random language model of every kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from groundswell.model.neural_lm.decoder import Decoder, DecoderSettings
from groundswell.model.neural_lm.fixed_window import FixedWindow
from groundswell.model.neural_lm.language_model import LanguageModel
from groundswell.model.neural_lm.recurrent_lm import RecurrentLanguageModel

NUM_TOKENS = 23
SHAPE = DecoderSettings(NUM_TOKENS, width=16, layers=2, heads=4, hidden=40, positions=64)
WINDOW: dict[str, Any] = {"num_tokens": NUM_TOKENS, "window": 4, "width": 8, "hidden": 12}
LSTM: dict[str, Any] = {"num_tokens": NUM_TOKENS, "cell": "lstm", "width": 8, "hidden": 12, "layers": 2}
MODELS: dict[str, Callable[[], LanguageModel]] = {
    "window": lambda: FixedWindow(**WINDOW),
    "rnn": lambda: RecurrentLanguageModel(NUM_TOKENS, cell="rnn", width=8, hidden=12),
    "lstm": lambda: RecurrentLanguageModel(**LSTM),
    "gru tied": lambda: RecurrentLanguageModel(NUM_TOKENS, cell="gru", width=8, hidden=8, tied=True),
    "window tied, mapped back": lambda: FixedWindow(**WINDOW, tied=True),
    "lstm tied, mapped back": lambda: RecurrentLanguageModel(**LSTM, tied=True),
    "decoder": lambda: Decoder(SHAPE),
}


def made(kind: str) -> LanguageModel:
    """In eval mode and far from the start, where much is zero."""
    torch.manual_seed(0)
    model = MODELS[kind]().eval()
    for part in model.parameters():
        part.data += 0.3 * torch.randn_like(part)
    return model


def tokens(rows: int, size: int) -> torch.Tensor:
    """Ids (rows, size) from 2 on, the same each time."""
    return torch.randint(2, NUM_TOKENS, (rows, size), generator=torch.Generator().manual_seed(1))
