"""The conditional random field against every sequence of tags there is."""

from __future__ import annotations

import itertools

import pytest
import torch

from groundswell.model.crf import ConditionalRandomField

LENGTHS = (1, 3, 4)


@pytest.fixture
def field() -> ConditionalRandomField:
    torch.manual_seed(0)
    allowed = torch.ones(3, 3, dtype=torch.bool)
    allowed[0, 2] = False
    made = ConditionalRandomField(allowed, torch.tensor([True, True, False])).double()
    for weight in made.parameters():
        torch.nn.init.normal_(weight)
    return made


@pytest.fixture
def emissions() -> torch.Tensor:
    torch.manual_seed(1)
    return torch.randn(len(LENGTHS), max(LENGTHS), 3, dtype=torch.float64)


MASK = torch.arange(max(LENGTHS)) < torch.tensor(LENGTHS).unsqueeze(1)


def score(field: ConditionalRandomField, emission: torch.Tensor, tags: tuple[int, ...]) -> float:
    """By the formula, one number after the other."""
    total = (field.begin[tags[0]] + field.end[tags[-1]]).item()
    total += sum(emission[place, tag].item() for place, tag in enumerate(tags))
    return total + sum(field.transition[one, other].item() for one, other in itertools.pairwise(tags))


def permitted(tags: tuple[int, ...]) -> bool:
    return tags[0] != 2 and (0, 2) not in itertools.pairwise(tags)


def test_likelihoods_against_every_sequence(field: ConditionalRandomField, emissions: torch.Tensor) -> None:
    for row, length in enumerate(LENGTHS):
        every = [tags for tags in itertools.product(range(3), repeat=length) if permitted(tags)]
        scores = torch.tensor([score(field, emissions[row], tags) for tags in every], dtype=torch.float64)
        for tags, expected in zip(every, (scores - scores.logsumexp(0)).tolist(), strict=True):
            padded = torch.tensor([[*tags, *[1] * (max(LENGTHS) - length)]])
            found = field(emissions[row : row + 1], padded, MASK[row : row + 1])
            assert found.item() == pytest.approx(expected, abs=1e-9)


def test_the_best_sequence_of_all(field: ConditionalRandomField, emissions: torch.Tensor) -> None:
    found = field.decode(emissions, MASK)
    for row, length in enumerate(LENGTHS):
        every = [tags for tags in itertools.product(range(3), repeat=length) if permitted(tags)]
        assert tuple(found[row]) == max(every, key=lambda tags: score(field, emissions[row], tags))


def test_rows_alone_and_in_a_batch(field: ConditionalRandomField, emissions: torch.Tensor) -> None:
    tags = torch.tensor([[1, 0, 0, 0], [0, 1, 2, 0], [1, 1, 2, 2]])
    together = field(emissions, tags, MASK)
    for row, length in enumerate(LENGTHS):
        part = slice(row, row + 1)
        alone = field(emissions[part, :length], tags[part, :length], MASK[part, :length])
        assert alone.item() == pytest.approx(together[row].item(), abs=1e-12)


def test_the_gradient(field: ConditionalRandomField, emissions: torch.Tensor) -> None:
    tags = torch.tensor([[1, 0, 0, 0], [0, 1, 2, 0], [1, 1, 2, 2]])
    weights = [weight.detach().clone().requires_grad_() for weight in (field.transition, field.begin, field.end)]

    def likelihood(emitted: torch.Tensor, *given: torch.Tensor) -> torch.Tensor:
        parameters = dict(zip(("transition", "begin", "end"), given, strict=True))
        found: torch.Tensor = torch.func.functional_call(field, parameters, (emitted, tags, MASK))
        return found

    assert torch.autograd.gradcheck(likelihood, (emissions.requires_grad_(), *weights))
