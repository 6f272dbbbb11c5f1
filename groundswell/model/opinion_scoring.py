"""Opinions of many texts, and the scores that are shown of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch

from groundswell.data.opinion_targets import LocatedText
from groundswell.model.opinion_extractor import OpinionExtractor
from groundswell.model.shared_scoring import HeadModels, score_heads
from groundswell.types import Opinion


@dataclass(frozen=True)
class Calibration:
    """From the probability that the network gives to the one that is shown: sigmoid(slope * logit(p) + offset).

    threshold   opinions whose shown score is lower are not given
    """

    slope: float = 1.0
    offset: float = 0.0
    threshold: float = 0.5

    def __call__(self, opinions: Sequence[Opinion]) -> tuple[Opinion, ...]:
        """The opinions that are given, with their shown scores."""
        shown = (replace(opinion, score=self.score(opinion.score)) for opinion in opinions)
        return tuple(opinion for opinion in shown if opinion.score >= self.threshold)

    def score(self, probability: float) -> float:
        """The shown score of a probability."""
        kept = min(max(probability, 1e-6), 1 - 1e-6)
        return 1 / (1 + math.exp(-(self.slope * math.log(kept / (1 - kept)) + self.offset)))


def extract_opinions(
    model: OpinionExtractor,
    located: Sequence[LocatedText],
    *,
    pad_id: int,
    device: torch.device,
    bfloat16: bool = False,
    on_batch: Callable[[int], None] = lambda texts: None,
) -> list[tuple[Opinion, ...]]:
    """Every opinion of each text whose probability is worth keeping, uncalibrated; the model must be in eval mode.

    on_batch   called with the number of texts done
    """
    models = HeadModels(model.encoder, {}, model, pad_id)
    return score_heads(models, located, device=device, bfloat16=bfloat16, on_batch=on_batch).opinions
