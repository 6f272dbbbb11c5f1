"""Spans by tags: a token begins a span, is inside one, or outside, and neighbours depend on each other."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from groundswell.data.opinion_batching import WINDOW, OpinionBatch
from groundswell.model.crf import ConditionalRandomField

OUTSIDE, BEGIN, INSIDE = 0, 1, 2
# What can follow what, by tag: nothing is inside without having begun.
FOLLOWS = torch.tensor([[True, True, False], [True, True, True], [True, True, True]])
FIRST = torch.tensor([True, True, False])


class TagScores(nn.Module):
    """Logits that a piece of a text is a span: the odds of its tags under a conditional random field, one per kind.

    B I O tags over the tokens (Ramshaw & Marcus 1995, https://arxiv.org/abs/cmp-lg/9505040) with the field of `crf`.
    Spans of one kind cannot overlap.

    sides     of each kind, its columns in a gold tuple
    """

    def __init__(self, width: int, sides: list[slice], *, hidden: int = 128, dropout: float) -> None:
        super().__init__()
        self.sides = sides
        self.hidden = nn.Linear(width, hidden)
        self.dropout = nn.Dropout(dropout)
        self.emit = nn.ModuleList(nn.Linear(hidden, 3) for _ in sides)
        self.fields = nn.ModuleList(ConditionalRandomField(FOLLOWS, FIRST) for _ in sides)

    def forward(self, states: Tensor, batch: OpinionBatch) -> Tensor:
        """states (W, T, D) float32 -> logits (W, K, T, T): row i the first token, column j the last."""
        emissions = self._emissions(states)
        logits = []
        for kind, field in enumerate(self.fields):
            chances = span_log_chances(field, emissions[kind], batch.mask).clamp(max=-1e-6)  # type: ignore[arg-type]
            logits.append(chances - torch.log(-torch.expm1(chances)))
        return torch.stack(logits, dim=1)

    def losses(self, states: Tensor, logits: Tensor, batch: OpinionBatch) -> Tensor:
        """(W,) -log P of the gold tags; where gold spans of a kind overlap, the longest one is tagged."""
        total = states.new_zeros(len(states))
        for kind, (field, emissions) in enumerate(zip(self.fields, self._emissions(states), strict=True)):
            total = total - field(emissions, self._tags(batch, self.sides[kind]), batch.mask)
        return total

    def _emissions(self, states: Tensor) -> list[Tensor]:
        hidden = self.dropout(torch.relu(self.hidden(states)))
        return [emit(hidden) for emit in self.emit]

    @staticmethod
    def _tags(batch: OpinionBatch, side: slice) -> Tensor:
        tags = torch.full_like(batch.token_ids, OUTSIDE)
        spans = [(last - first, window, first, last) for window, first, last in _rows(batch, side) if first >= 0]
        for _, window, first, last in sorted(spans):
            tags[window, first] = BEGIN
            tags[window, first + 1 : last + 1] = INSIDE
            if last + 1 < tags.shape[1] and tags[window, last + 1] == INSIDE:
                tags[window, last + 1] = BEGIN  # what is left of a shorter span that was covered
        return tags


def span_log_chances(field: ConditionalRandomField, emissions: Tensor, mask: Tensor) -> Tensor:
    """log P(tokens i to j are tagged B I ... I and no I follows) for all i <= j, by the forward-backward algorithm.

    emissions (W, T, 3), mask (W, T) -> (W, T, T); a large negative number where i > j or outside the text
    """
    transition, begin = field.permitted()
    size = emissions.shape[1]
    forward = [begin + emissions[:, 0]]
    for place in range(1, size):
        forward.append(torch.logsumexp(forward[-1].unsqueeze(2) + transition, dim=1) + emissions[:, place])
    # Behind the last real token stands the end alone; a padded place hands it on unchanged.
    onward, closing = [field.end.expand(len(mask), 3)], [field.end.expand(len(mask), 3)]
    for place in range(size - 1, 0, -1):
        real = mask[:, place].unsqueeze(1)
        after = emissions[:, place] + onward[-1]  # by the tag at this place
        step = torch.logsumexp(transition + after.unsqueeze(1), dim=2)
        stop = torch.logsumexp((transition + after.unsqueeze(1))[:, :, [OUTSIDE, BEGIN]], dim=2)
        onward.append(torch.where(real, step, onward[-1]))
        closing.append(torch.where(real, stop, closing[-1]))
    alpha, close = torch.stack(forward, dim=1), torch.stack(closing[::-1], dim=1)  # (W, T, 3)
    total = torch.logsumexp(alpha[:, 0] + onward[-1], dim=1)
    inner = emissions[..., INSIDE].cumsum(dim=1)
    places = torch.arange(size, device=emissions.device)
    length = (places.unsqueeze(0) - places.unsqueeze(1)).clamp(min=0)
    steps = torch.where(length > 0, transition[BEGIN, INSIDE] + (length - 1) * transition[INSIDE, INSIDE], 0.0)
    run = inner.unsqueeze(1) - inner.unsqueeze(2) + steps
    last = torch.where(length == 0, close[..., BEGIN].unsqueeze(1), close[..., INSIDE].unsqueeze(1))
    chances = alpha[..., BEGIN].unsqueeze(2) + run + last - total[:, None, None]
    real = mask.unsqueeze(1) & mask.unsqueeze(2) & (places.unsqueeze(1) <= places.unsqueeze(0))
    return chances.masked_fill(~real, -1e4)


def _rows(batch: OpinionBatch, side: slice) -> list[tuple[int, int, int]]:
    spans = torch.cat([batch.tuples[:, WINDOW : WINDOW + 1], batch.tuples[:, side]], dim=1)
    return [tuple(row) for row in spans.tolist()]
