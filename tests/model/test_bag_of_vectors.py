"""A token's vector plus those of the n-grams that begin at it."""

from __future__ import annotations

import torch

from groundswell.model.bag_of_vectors import BagOfVectors, hash_ngram
from groundswell.model.embedding import TokenEmbedding


def test_states_by_hand() -> None:
    """Three tokens, trigrams: the first has its bigram and trigram, the second a bigram, the last none."""
    network = BagOfVectors(TokenEmbedding(10, 4), 4, ngrams=3, buckets=50)
    assert network.ngram_vectors is not None
    torch.nn.init.normal_(network.ngram_vectors.weight)
    words, grams = network.embedding.weight, network.ngram_vectors.weight
    ids = [5, 7, 9]
    states = network(torch.tensor([[*ids, 0]]), torch.tensor([[True, True, True, False]]))[0]
    expected = [
        words[5] + grams[hash_ngram([5, 7], 50)] + grams[hash_ngram([5, 7, 9], 50)],
        words[7] + grams[hash_ngram([7, 9], 50)],
        words[9],
        torch.zeros(4),
    ]
    torch.testing.assert_close(states, torch.stack(expected))


def test_order_matters_and_buckets_are_spread() -> None:
    assert hash_ngram([3, 4], 1000) != hash_ngram([4, 3], 1000)
    found = {hash_ngram([first, second], 100_000) for first in range(60) for second in range(60)}
    # 3,600 balls in 100,000 urns leave 3,536 different ones on average
    assert len(found) > 3450


def test_without_ngrams_it_is_the_embedding() -> None:
    network = BagOfVectors(TokenEmbedding(10, 4), 4, ngrams=1)
    ids = torch.tensor([[2, 3]])
    torch.testing.assert_close(network(ids, torch.ones(1, 2, dtype=torch.bool)), network.embedding.weight[ids])
