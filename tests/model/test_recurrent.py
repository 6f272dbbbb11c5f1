"""The cells by their equations, and reading from both ends."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from groundswell.model.embedding import TokenEmbedding
from groundswell.model.recurrent import Recurrent, turned_around

H, E = 3, 4


def step(cell: str, x: Tensor, h: Tensor, c: Tensor, kernel: Any) -> tuple[Tensor, Tensor]:
    """One step of a cell as its docstring writes it; returns h and c."""
    read, carried = kernel.weight_ih_l0 @ x + kernel.bias_ih_l0, kernel.weight_hh_l0 @ h + kernel.bias_hh_l0
    if cell == "rnn":
        return torch.tanh(read + carried), c
    if cell == "lstm":
        i, f, g, o = (read + carried).split(H)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c
    (r, z, n), (r_h, z_h, n_h) = read.split(H), carried.split(H)
    z = (z + z_h).sigmoid()
    return (1 - z) * torch.tanh(n + (r + r_h).sigmoid() * n_h) + z * h, c


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_states_by_the_equations(cell: Any) -> None:
    torch.manual_seed(0)
    network = Recurrent(TokenEmbedding(20, E), E, cell=cell, hidden=H, layers=1, bidirectional=True)
    ids = torch.randint(2, 20, (1, 6))
    mask = torch.tensor([[True] * 5 + [False]])
    states = network(ids, mask)[0]
    vectors = network.embedding.weight[ids[0]]
    for way, order in enumerate((range(5), range(4, -1, -1))):
        h, c = torch.zeros(H), torch.zeros(H)
        for place in order:
            h, c = step(cell, vectors[place], h, c, network.ways[0][way])  # type: ignore[index]
            torch.testing.assert_close(states[place, way * H : (way + 1) * H], h)
    assert states[5].tolist() == [0.0] * 2 * H


def test_layers_agree_with_torchs_packed_bidirectional_lstm() -> None:
    torch.manual_seed(0)
    network = Recurrent(TokenEmbedding(20, E), E, cell="lstm", hidden=H, layers=2)
    theirs = torch.nn.LSTM(E, H, num_layers=2, bidirectional=True, batch_first=True)
    weights = {}
    for layer, ways in enumerate(network.ways):
        for way, kernel in enumerate(ways):  # type: ignore[arg-type]
            ending = f"l{layer}_reverse" if way else f"l{layer}"
            for name, weight in kernel.state_dict().items():
                weights[name.replace("l0", ending)] = weight
    theirs.load_state_dict(weights)
    ids, lengths = torch.randint(2, 20, (3, 7)), torch.tensor([7, 2, 5])
    mask = torch.arange(7) < lengths[:, None]
    packed = torch.nn.utils.rnn.pack_padded_sequence(
        network.embedding(ids, mask), lengths, batch_first=True, enforce_sorted=False
    )
    expected, _ = torch.nn.utils.rnn.pad_packed_sequence(theirs(packed)[0], batch_first=True)
    torch.testing.assert_close(network(ids, mask), expected)


def test_one_way_sees_nothing_of_what_follows() -> None:
    network = Recurrent(TokenEmbedding(20, E), E, cell="gru", hidden=H, bidirectional=False)
    mask = torch.ones(1, 4, dtype=torch.bool)
    first, second = network(torch.tensor([[2, 3, 4, 5]]), mask), network(torch.tensor([[2, 3, 4, 9]]), mask)
    assert torch.equal(first[:, :3], second[:, :3])
    assert not torch.equal(first[:, 3], second[:, 3])


def test_turning_around_twice_changes_nothing() -> None:
    mask = torch.tensor([[True, True, True, False], [True, False, False, False]])
    places = turned_around(mask)
    assert places.tolist() == [[2, 1, 0, 3], [0, 1, 2, 3]]
    assert places.gather(1, places).tolist() == [[0, 1, 2, 3]] * 2


def test_recurrent_weights_start_orthogonal_and_the_forget_gate_open() -> None:
    kernel: Any = Recurrent(TokenEmbedding(20, E), E, cell="lstm", hidden=H).ways[0][0]  # type: ignore[index]
    for part in kernel.weight_hh_l0.split(H):
        torch.testing.assert_close(part @ part.T, torch.eye(H))
    assert kernel.bias_ih_l0[H : 2 * H].tolist() == [1.0] * H
