"""The definition of skip-gram, by its gradient and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from groundswell.errors import DataError
from groundswell.representation.full_softmax import FullSoftmax, Neighbours, count_neighbours, learn_full_softmax
from groundswell.representation.word2vec import VectorSettings

EVERY_WORD = VectorSettings(objective="full", width=8, window=1, min_count=1, subsample=0, epochs=200, rate=0.05)


def test_neighbours_by_hand() -> None:
    neighbours = count_neighbours([[1, 2, 3], [4], [5, 6, 5]], 7, window=2)
    dense = neighbours.counts.toarray()
    found = {(c, o): dense[c, o] for c, o in zip(*np.nonzero(dense), strict=True)}
    # Both 5 stand near 6, and near each other: seen from either.
    assert found == {
        (1, 2): 1, (1, 3): 1, (2, 1): 1, (2, 3): 1, (3, 1): 1, (3, 2): 1, (5, 6): 2, (6, 5): 2, (5, 5): 2,
    }  # fmt: skip
    assert neighbours.num_words == 7


def test_neighbours_against_every_pair_one_by_one() -> None:
    rng = np.random.default_rng(0)
    texts = [rng.integers(0, 12, size=size).tolist() for size in (1, 2, 7, 30, 4)]
    expected, falling = np.zeros((12, 12)), np.zeros((12, 12))
    for text in texts:
        for place, center in enumerate(text):
            for other in range(max(0, place - 4), min(len(text), place + 5)):
                if other != place:
                    expected[center, text[other]] += 1
                    falling[center, text[other]] += (4 - abs(other - place) + 1) / 4
    assert np.array_equal(count_neighbours(texts, 12, 4).counts.toarray(), expected)
    assert np.allclose(count_neighbours(texts, 12, 4, falling=True).counts.toarray(), falling)


def test_the_first_loss_is_that_of_a_uniform_guess() -> None:
    """The outputs start at zero: each of the 8 pairs costs ln 10, over 6 places."""
    neighbours = count_neighbours([[1, 2, 3], [4], [5, 6]], 10, window=2)
    assert _loss(FullSoftmax(10, 4), neighbours).item() == pytest.approx(8 * math.log(10) / 6, rel=1e-5)


def test_the_loss_by_definition() -> None:
    torch.manual_seed(0)
    model = FullSoftmax(5, 3)
    torch.nn.init.normal_(model.outputs)
    text = [0, 3, 1, 4, 3, 0, 3]
    total = 0.0
    for place, center in enumerate(text):
        for offset in (-1, 1):
            if 0 <= place + offset < len(text):
                scores = [(model.outputs[word] @ model.vectors[center]).item() for word in range(5)]
                total += math.log(math.exp(scores[text[place + offset]]) / sum(map(math.exp, scores)))
    assert _loss(model, count_neighbours([text], 5, 1)).item() == pytest.approx(-total / 7, rel=1e-5)


def test_the_gradient() -> None:
    torch.manual_seed(0)
    counts = torch.from_numpy(count_neighbours([[0, 3, 1, 4, 1]], 5, 2).counts.toarray()).double()
    model = FullSoftmax(5, 3).double()
    vectors = torch.randn(5, 3, dtype=torch.float64, requires_grad=True)
    outputs = torch.randn(5, 3, dtype=torch.float64, requires_grad=True)

    def loss(vectors: torch.Tensor, outputs: torch.Tensor) -> torch.Tensor:
        log_probabilities: torch.Tensor = torch.func.functional_call(
            model, {"vectors": vectors, "outputs": outputs}, (torch.arange(5),)
        )
        return -(log_probabilities * counts).sum()

    assert torch.autograd.gradcheck(loss, (vectors, outputs))


def test_it_learns_what_follows_what() -> None:
    """Words in three closed rings: each is predicted by its own ring alone."""
    texts = [[f"w{ring * 3 + place % 3}" for place in range(30)] for ring in range(3)]
    learned = learn_full_softmax(texts, EVERY_WORD)
    scores = learned.vectors @ learned.outputs.T
    chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    number = {word: place for place, word in enumerate(learned.words)}
    for word in range(9):
        ring = [number[f"w{other}"] for other in range(word // 3 * 3, word // 3 * 3 + 3) if other != word]
        assert chances[number[f"w{word}"], ring].sum() > 0.98
    assert np.array_equal(learned.vectors, learn_full_softmax(texts, EVERY_WORD).vectors)


def test_words_are_those_of_the_settings() -> None:
    texts = [["a", "b", "a", "c"], ["b", "a", "d"]]
    learned = learn_full_softmax(texts, VectorSettings(objective="full", width=4, min_count=2, epochs=1))
    assert (learned.words, learned.counts) == (("a", "b"), (3, 2))
    assert learned.vectors.shape == learned.outputs.shape == (2, 4)


@pytest.mark.parametrize(
    ("texts", "settings", "message"),
    [
        ([["a", "b"]], EVERY_WORD, "found 1 text"),
        ([["a"], ["b"]], VectorSettings(objective="full"), "no word stands 5 times"),
        ([["a"], ["b"]], VectorSettings(objective="full", model="cbow", min_count=1), "found model=cbow"),
    ],
)
def test_what_cannot_be_learned_from(texts: list[list[str]], settings: VectorSettings, message: str) -> None:
    with pytest.raises(DataError, match=message):
        learn_full_softmax(texts, settings)


def _loss(model: FullSoftmax, neighbours: Neighbours) -> torch.Tensor:
    counts = torch.from_numpy(neighbours.counts.toarray())
    return model.loss(torch.arange(len(counts)), counts, neighbours.num_words)
