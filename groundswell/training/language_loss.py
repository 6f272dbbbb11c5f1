"""The loss of a language model: what every predicted token costs."""

from __future__ import annotations

from typing import Any

from torch import nn

from groundswell.data.language_batch import LanguageBatch
from groundswell.training.losses import LossSum


def language_loss(model: nn.Module, batch: LanguageBatch) -> LossSum:
    """-log P summed over the predicted tokens, which are the items: long and short documents count by their tokens.

    `model` gives a `Surprise` (model/neural_lm/language_model); a batch without a predicted token costs nothing.
    """
    found: Any = model(batch)
    return LossSum(found.total, found.num_tokens)
