"""Scores of spans, one by one."""

from __future__ import annotations

import torch

from groundswell.data.opinion_batching import ASPECT, OPINION, OpinionBatch
from groundswell.model.span_scores import SpanScores, span_mask


def some_batch(*rows: tuple[int, ...]) -> OpinionBatch:
    """Two windows of five tokens; the third of the first may not begin a span."""
    real = torch.ones(2, 5, dtype=torch.bool)
    begins = real.clone()
    begins[0, 2] = False
    ids, document = torch.ones(2, 5, dtype=torch.int64), torch.arange(2)
    return OpinionBatch(ids, real, document, begins, real, torch.tensor(rows).reshape(-1, 7), torch.ones(2))


def test_scores_by_the_equation() -> None:
    torch.manual_seed(0)
    scores = SpanScores(6, [ASPECT, OPINION], 3, hidden=4, dropout=0.5).eval()
    torch.nn.init.normal_(scores.of_length.weight)
    states = torch.randn(2, 5, 6)
    found = scores(states, some_batch())
    for window in range(2):
        for first in range(5):
            for last in range(first, 5):
                begin = torch.relu(scores.begin(states[window, first]))
                end = torch.relu(scores.end(states[window, last]))
                for kind in range(2):
                    expected = begin @ scores.bilinear[kind] @ end
                    expected = expected + scores.of_begin(begin)[kind] + scores.of_end(end)[kind]
                    expected = expected + scores.of_length.weight[min(last - first, 2), kind]
                    torch.testing.assert_close(found[window, kind, first, last], expected)


def test_what_a_span_can_be() -> None:
    batch = some_batch()
    mask = span_mask(batch.begins, batch.ends, 2)
    spans = {tuple(place) for place in mask[0].nonzero().tolist()}
    assert spans == {(0, 0), (0, 1), (1, 1), (1, 2), (3, 3), (3, 4), (4, 4)}


def test_losses_over_every_span() -> None:
    """Each possible span of each kind costs -log of the probability of what it is."""
    torch.manual_seed(0)
    scores = SpanScores(6, [ASPECT, OPINION], 2, hidden=4, dropout=0.0)
    batch = some_batch((0, 0, 1, 3, 3, -1, 0), (0, 0, 1, 4, 4, -1, 0), (1, -1, -1, 2, 2, -1, 0))
    logits = scores(torch.randn(2, 5, 6), batch)
    gold = {(0, 0, 0, 1), (0, 1, 3, 3), (0, 1, 4, 4), (1, 1, 2, 2)}
    mask = span_mask(batch.begins, batch.ends, 2)
    expected = torch.zeros(2)
    for window, first, last in mask.nonzero().tolist():
        for kind in range(2):
            chance = logits[window, kind, first, last].sigmoid()
            expected[window] -= (chance if (window, kind, first, last) in gold else 1 - chance).log()
    torch.testing.assert_close(scores.losses(torch.empty(0), logits, batch), expected)


def test_whole_spans_hold_no_other_end() -> None:
    begins = torch.tensor([[True, False, True, False, True]])
    ends = torch.tensor([[False, True, False, True, True]])
    assert span_mask(begins, ends, 5, whole=True)[0].nonzero().tolist() == [[0, 1], [2, 3], [4, 4]]
    assert len(span_mask(begins, ends, 5)[0].nonzero()) == 6
