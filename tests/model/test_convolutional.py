"""Kim's features by the definition."""

from __future__ import annotations

import torch

from groundswell.model.convolutional import Convolutional
from groundswell.model.embedding import TokenEmbedding


def test_features_by_definition() -> None:
    """c_i = max(0, w . x + b) over the h tokens around place i, zeros outside the text."""
    torch.manual_seed(0)
    network = Convolutional(TokenEmbedding(20, 6), 6, filters=5, kernel_sizes=(1, 2, 3))
    ids = torch.randint(2, 20, (1, 7))
    states = network(ids, torch.ones(1, 7, dtype=torch.bool))[0]
    vectors = network.embedding.weight[ids[0]].detach()
    columns = []
    for size, convolution in zip((1, 2, 3), network.convolutions, strict=True):
        left = (size - 1) // 2
        padded = torch.cat([torch.zeros(left, 6), vectors, torch.zeros(size - 1 - left, 6)])
        around = torch.stack([padded[place : place + size].T for place in range(7)])  # (7, E, h)
        columns.append((torch.einsum("teh,feh->tf", around, convolution.weight) + convolution.bias).relu())
    torch.testing.assert_close(states, torch.cat(columns, dim=1))


def test_a_text_shorter_than_the_kernel_has_states() -> None:
    network = Convolutional(TokenEmbedding(20, 6), 6, filters=5, kernel_sizes=(5,))
    assert network(torch.tensor([[3]]), torch.ones(1, 1, dtype=torch.bool)).shape == (1, 1, 5)
