"""The definition of skip-gram, by its gradient and by hand."""

from __future__ import annotations

import math

import pytest
import torch

from groundswell.representation.full_softmax import FullSoftmax, learn_full_softmax, pairs_of


def test_pairs_by_hand() -> None:
    pairs = pairs_of([[1, 2, 3], [4], [5, 6]], window=2)
    assert list(zip(pairs.centers.tolist(), pairs.contexts.tolist(), strict=True)) == [
        (1, 2), (1, 3), (2, 1), (2, 3), (3, 1), (3, 2), (5, 6), (6, 5),
    ]  # fmt: skip
    assert pairs.num_words == 6


def test_the_first_loss_is_that_of_a_uniform_guess() -> None:
    """The outputs start at zero: each of the 8 pairs costs ln 10, over 6 places."""
    pairs = pairs_of([[1, 2, 3], [4], [5, 6]], window=2)
    assert FullSoftmax(10, 4).loss(pairs).item() == pytest.approx(8 * math.log(10) / 6, rel=1e-5)


def test_the_loss_by_definition() -> None:
    torch.manual_seed(0)
    model = FullSoftmax(5, 3)
    torch.nn.init.normal_(model.outputs)
    text = [0, 3, 1, 4]
    total = 0.0
    for place, center in enumerate(text):
        for offset in (-1, 1):
            if 0 <= place + offset < len(text):
                scores = [(model.outputs[word] @ model.vectors[center]).item() for word in range(5)]
                total += math.log(math.exp(scores[text[place + offset]]) / sum(map(math.exp, scores)))
    assert model.loss(pairs_of([text], 1)).item() == pytest.approx(-total / 4, rel=1e-5)


def test_the_gradient() -> None:
    torch.manual_seed(0)
    pairs = pairs_of([[0, 3, 1, 4, 1]], 2)
    model = FullSoftmax(5, 3).double()
    vectors = torch.randn(5, 3, dtype=torch.float64, requires_grad=True)
    outputs = torch.randn(5, 3, dtype=torch.float64, requires_grad=True)

    def loss(vectors: torch.Tensor, outputs: torch.Tensor) -> torch.Tensor:
        return torch.func.functional_call(
            model, {"vectors": vectors, "outputs": outputs}, (pairs.centers,)
        ).gather(1, pairs.contexts.unsqueeze(1)).sum()  # fmt: skip

    assert torch.autograd.gradcheck(loss, (vectors, outputs))


def test_it_learns_what_follows_what() -> None:
    """Words in three closed rings: each is predicted by its own ring alone."""
    texts = [[ring * 3 + place % 3 for place in range(30)] for ring in range(3)]
    pairs = pairs_of(texts, 1)
    model = learn_full_softmax(pairs, 9, 8, epochs=60, rate=0.05)
    chances = model(torch.arange(9)).exp()
    for word in range(9):
        ring = [other for other in range(word // 3 * 3, word // 3 * 3 + 3) if other != word]
        assert chances[word, ring].sum().item() > 0.98
    again = learn_full_softmax(pairs, 9, 8, epochs=60, rate=0.05)
    assert torch.equal(model.vectors, again.vectors)
