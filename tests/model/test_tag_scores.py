"""The chance of a span under a conditional random field, against every sequence of tags there is."""

from __future__ import annotations

import itertools

import pytest
import torch

from groundswell.data.opinion_batching import ASPECT, OpinionBatch
from groundswell.model.crf import ConditionalRandomField
from groundswell.model.tag_scores import BEGIN, FIRST, FOLLOWS, INSIDE, OUTSIDE, TagScores, span_log_chances

LENGTHS = (1, 4, 3)
MASK = torch.arange(max(LENGTHS)) < torch.tensor(LENGTHS).unsqueeze(1)


def spans_in(tags: tuple[int, ...]) -> set[tuple[int, int]]:
    """What B I O tags say, read one by one."""
    found = set()
    for first, tag in enumerate(tags):
        if tag == BEGIN:
            last = first
            while last + 1 < len(tags) and tags[last + 1] == INSIDE:
                last += 1
            found.add((first, last))
    return found


def test_chances_against_every_sequence() -> None:
    torch.manual_seed(0)
    field = ConditionalRandomField(FOLLOWS, FIRST).double()
    for weight in field.parameters():
        torch.nn.init.normal_(weight)
    emissions = torch.randn(len(LENGTHS), max(LENGTHS), 3, dtype=torch.float64)
    chances = span_log_chances(field, emissions, MASK).exp()
    for row, length in enumerate(LENGTHS):
        expected = torch.zeros(max(LENGTHS), max(LENGTHS), dtype=torch.float64)
        for tags in itertools.product((OUTSIDE, BEGIN, INSIDE), repeat=length):
            padded = torch.tensor([[*tags, *[OUTSIDE] * (max(LENGTHS) - length)]])
            if tags[0] == INSIDE or (OUTSIDE, INSIDE) in itertools.pairwise(tags):
                continue
            chance = field(emissions[row : row + 1], padded, MASK[row : row + 1]).exp().item()
            for first, last in spans_in(tags):
                expected[first, last] += chance
        torch.testing.assert_close(chances[row], expected, atol=1e-9, rtol=1e-9)


def batch_of(*tuples: tuple[int, int, int]) -> OpinionBatch:
    """One window of six tokens with these aspects."""
    rows = torch.tensor([(window, first, last, -1, -1, -1, -1) for window, first, last in tuples])
    real = torch.ones(1, 6, dtype=torch.bool)
    return OpinionBatch(torch.ones(1, 6, dtype=torch.int64), real, torch.zeros(1), real, real, rows, torch.ones(1))


@pytest.mark.parametrize(
    ("tuples", "expected"),
    [
        ([(0, 1, 2), (0, 3, 3)], [0, 1, 2, 1, 0, 0]),
        ([(0, 1, 2), (0, 1, 4)], [0, 1, 2, 2, 2, 0]),  # the longer one
        ([(0, 0, 2), (0, 2, 5)], [1, 2, 1, 2, 2, 2]),  # what is left of the shorter one stays a span
        ([(0, -1, -1)], [0, 0, 0, 0, 0, 0]),
    ],
)
def test_tags_by_hand(tuples: list[tuple[int, int, int]], expected: list[int]) -> None:
    assert TagScores._tags(batch_of(*tuples), ASPECT).tolist() == [expected]


def test_it_learns_spans_that_touch() -> None:
    torch.manual_seed(0)
    batch, states = batch_of((0, 1, 2), (0, 3, 3)), torch.randn(1, 6, 16)
    scores = TagScores(16, [ASPECT], dropout=0.0)
    optimizer = torch.optim.Adam(scores.parameters(), lr=1e-2)
    for _ in range(100):
        optimizer.zero_grad()
        scores.losses(states, scores(states, batch), batch).sum().backward()
        optimizer.step()
    likely = (scores(states, batch)[0, 0].sigmoid() > 0.9).nonzero().tolist()
    assert likely == [[1, 2], [3, 3]]
