"""Opinions of many texts, batched by length, returned in the order the texts came."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch

from groundswell.data.batching import sorted_batches
from groundswell.data.opinion_batching import OpinionDocuments
from groundswell.data.opinion_targets import LocatedText, windows_of
from groundswell.model.opinion_decoding import TokenOpinion, decode, opinions_of
from groundswell.model.opinion_extractor import OpinionExtractor
from groundswell.types import Opinion

BATCH_TOKENS = 8192
MOST_WINDOWS = 64  # the scores of all spans of a window take length ** 2 numbers


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
    nothing: Counter[str] = Counter()
    windows = [windows_of(text, (), model.elements, nothing) for text in located]
    # Windows do not know of each other, so those of a long text may stand in several batches.
    homes = [(text, number) for text, several in enumerate(windows) for number in range(len(several))]
    documents = OpinionDocuments([(windows[text][number],) for text, number in homes], pad_id)
    candidates: list[list[TokenOpinion]] = [[] for _ in located]
    with torch.inference_mode(), torch.autocast(device.type, dtype=torch.bfloat16, enabled=bfloat16):
        for indices in sorted_batches(documents.lengths, batch_tokens=BATCH_TOKENS, batch_rows=MOST_WINDOWS):
            batch = documents.collate(indices).to(device)
            for one in decode(model(batch), model.elements):
                text, number = homes[indices[one.window]]
                candidates[text].append(one._replace(window=number))
            on_batch(sum(homes[index][1] == 0 for index in indices))
    return [opinions_of(text, mine, model.elements) for text, mine in zip(located, candidates, strict=True)]
