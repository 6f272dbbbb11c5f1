"""From a text to its opinions: spans are found, paired, and given a polarity and a category, all by one network."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from groundswell.data.opinion_batching import ASPECT, OPINION, WINDOW, OpinionBatch
from groundswell.data.opinion_targets import Elements
from groundswell.model.encoded_model import EncodedModel
from groundswell.model.encoder import Encoder
from groundswell.model.opinion_pairs import Candidates, PairLogits, PairScores
from groundswell.model.span_scores import SpanScores, span_mask
from groundswell.model.tag_scores import TagScores

# At least and at most so many candidates of a kind, in between one for every third token.
FEWEST, MOST, TOKENS_PER_CANDIDATE = 8, 40, 3
# Tuples less probable than this are not worth keeping, whatever the threshold.
FLOOR = 0.02


class Extraction(NamedTuple):
    """What the network says about W windows.

    aspects, opinions   the candidates
    pairs               their logits
    span_losses         (W,) what finding the gold spans cost, while training
    """

    aspects: Candidates
    opinions: Candidates
    pairs: PairLogits
    span_losses: Tensor | None


class OpinionExtractor(EncodedModel):
    """Spans of aspects and opinion words, then pairs of the best of them.

    While training, the gold spans are always among the candidates, so that pairing is learned from the first step on.
    """

    def __init__(self, encoder: Encoder, elements: Elements, *, dropout: float = 0.3) -> None:
        super().__init__(encoder)
        self.elements = elements
        sides = [side for side, wanted in ((ASPECT, elements.aspects), (OPINION, elements.opinions)) if wanted]
        self.spans: SpanScores | TagScores | None = None
        if elements.tagged:
            self.spans = TagScores(encoder.width, sides, dropout=dropout)
        elif not elements.given:
            self.spans = SpanScores(encoder.width, sides, elements.longest, whole=elements.clauses, dropout=dropout)
        self.pairs = PairScores(
            encoder.width,
            polarities=max(1, len(elements.polarities)),
            categories=len(elements.categories),
            intensity=elements.intensity,
            dropout=dropout,
        )

    def forward(self, batch: OpinionBatch) -> Extraction:
        """A batch of W windows -> their spans and pairs, in float32."""
        return self.read(self.encoder(batch.token_ids, batch.mask), batch)

    def read(self, states: Tensor, batch: OpinionBatch) -> Extraction:
        """The same from the encoder's states (W, T, D)."""
        with torch.autocast(states.device.type, enabled=False):
            return self._read(states.float(), batch)

    def _read(self, states: Tensor, batch: OpinionBatch) -> Extraction:
        possible = span_mask(batch.begins, batch.ends, self.elements.longest, whole=self.elements.clauses)
        scores = None if self.spans is None else self.spans(states, batch)
        by_kind = dict(zip(self.elements.kinds, () if scores is None else scores.unbind(dim=1), strict=False))
        if batch.given is None:
            aspects = self._candidates(by_kind.get("aspect"), possible, batch, ASPECT)
        else:
            aspects = given_candidates(batch.given, len(states))
        opinions = self._candidates(by_kind.get("opinion"), possible, batch, OPINION)
        losses = None
        if self.training:
            losses = states.new_zeros(len(states)) if scores is None else self.spans.losses(states, scores, batch)  # type: ignore[union-attr]
        return Extraction(aspects, opinions, self.pairs(states, batch.mask, aspects, opinions), losses)

    def _candidates(self, scores: Tensor | None, possible: Tensor, batch: OpinionBatch, side: slice) -> Candidates:
        """The implicit span and, where this kind is looked for, the spans with the highest scores."""
        windows, size = possible.shape[:2]
        none = torch.full((windows, 1, 2), -1, dtype=torch.int64, device=possible.device)
        if scores is None:
            return Candidates(none, torch.full(none.shape[:2], torch.inf, device=none.device), none[..., 0] < 0)
        ranked = scores.detach().masked_fill(~possible, -torch.inf)
        count = min(max(FEWEST, size // TOKENS_PER_CANDIDATE), MOST)
        if not self.training:
            # What cannot become an opinion that is worth keeping need not be paired.
            ranked = ranked.masked_fill(ranked.sigmoid() < FLOOR, -torch.inf)
            count = min(count, int((ranked > -torch.inf).flatten(1).sum(dim=1).max()))
        else:
            gold = batch.tuples[batch.tuples[:, side][:, 0] >= 0]
            first, last = gold[:, side].unbind(dim=1)
            ranked[gold[:, WINDOW], first, last] = torch.inf
            count = max(count, int((ranked == torch.inf).flatten(1).sum(dim=1).max()))
        best, numbers = ranked.flatten(1).topk(min(count, size * size), dim=1)
        real = best > -torch.inf
        places = torch.stack([numbers // size, numbers % size], dim=2).masked_fill(~real.unsqueeze(2), -1)
        logits = scores.flatten(1).gather(1, numbers)
        implicit = torch.ones(windows, 1, dtype=torch.bool, device=possible.device)
        return Candidates(
            torch.cat([none, places], dim=1),
            torch.cat([torch.where(implicit, torch.inf, 0.0), logits], dim=1),
            torch.cat([implicit, real], dim=1),
        )


def given_candidates(given: Tensor, num_windows: int) -> Candidates:
    """The aspects that are asked for, and no others: not even the implicit one.

    given (G, 3): window, first and last token
    """
    counts = given[:, WINDOW].bincount(minlength=num_windows)
    most = int(counts.max()) if len(given) else 0
    places = torch.full((num_windows, 1 + most, 2), -1, dtype=torch.int64, device=given.device)
    order = given[given[:, WINDOW].argsort(stable=True)]
    number = torch.arange(len(order), device=given.device) - (counts.cumsum(0) - counts)[order[:, WINDOW]]
    places[order[:, WINDOW], 1 + number] = order[:, 1:]
    real = places[..., 0] >= 0
    return Candidates(places, torch.full(real.shape, torch.inf, device=given.device), real)
