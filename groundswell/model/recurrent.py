"""Networks that read a text word by word and carry a state along: Elman's, LSTM and GRU, one or both ways."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor, nn

from groundswell.model.embedding import TokenEmbedding

CellName = Literal["rnn", "lstm", "gru"]
KERNELS: dict[CellName, Any] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class Recurrent(nn.Module):
    """State of a token: what the cell knows after reading it, and with `bidirectional` also what it knows when it
    comes from the other end; H numbers each way. `tests/model/test_recurrent.py` computes each cell by its equations.

    rnn    Elman 1990 (https://doi.org/10.1207/s15516709cog1402_1):
               h_t = tanh(W x_t + U h_{t-1} + b)
    lstm   Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000
           (https://doi.org/10.1162/089976600300015015):
               i, f, o = sigmoid(W x_t + U h_{t-1} + b), each with its own W, U, b
               c_t = f * c_{t-1} + i * tanh(W x_t + U h_{t-1} + b);   h_t = o * tanh(c_t)
    gru    Cho et al. 2014 (https://arxiv.org/abs/1406.1078, equations 5-8), the reset gate behind the product:
               r, z = sigmoid(W x_t + U h_{t-1} + b);   n = tanh(W x_t + b + r * (U h_{t-1} + b'))
               h_t = (1 - z) * n + z * h_{t-1}

    The arithmetic of a cell is torch's kernel. It reads every row from its left end; for the way back each row is
    turned around within its own length, so padding stands behind the text in both ways and changes nothing.
    """

    def __init__(  # noqa: PLR0913  (the shape of the network)
        self, embedding: TokenEmbedding, embedding_width: int, *, cell: CellName, hidden: int, layers: int = 1,
        bidirectional: bool = True, dropout: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__()
        self.embedding = embedding
        self.width = hidden * (2 if bidirectional else 1)
        widths = [embedding_width, *[self.width] * (layers - 1)]
        self.ways = nn.ModuleList(
            nn.ModuleList(KERNELS[cell](width, hidden, batch_first=True) for _ in range(2 if bidirectional else 1))
            for width in widths
        )
        self.dropout = nn.Dropout(dropout)  # between layers
        for name, weight in self.ways.named_parameters():
            # An orthogonal U keeps the length of a state over many steps (https://arxiv.org/abs/1312.6120).
            if "weight_hh" in name:
                for begin in range(0, len(weight), hidden):
                    nn.init.orthogonal_(weight.data[begin : begin + hidden])
            elif "bias_ih" in name and cell == "lstm":
                weight.data[hidden : 2 * hidden] = 1.0  # a cell that starts out forgetting learns no long relation

    def forward(self, token_ids: Tensor, mask: Tensor) -> Tensor:
        """token_ids (B, T), mask (B, T) -> states (B, T, D), zeros at padded places."""
        states: Tensor = self.embedding(token_ids, mask)
        back = turned_around(mask)
        for number, ways in enumerate(self.ways):
            states = self.dropout(states) if number else states
            read = [ways[0](states)[0]]  # type: ignore[index]
            if len(ways) == 2:  # type: ignore[arg-type]
                read.append(_take(ways[1](_take(states, back))[0], back))  # type: ignore[index]
            states = torch.cat(read, dim=2) * mask.unsqueeze(-1)
        return states


def turned_around(mask: Tensor) -> Tensor:
    """For each place the one it changes with when rows are read backwards; padded places stay.

    mask (B, T) -> (B, T) int64

    >>> turned_around(torch.tensor([[True, True, True, False]]))
    tensor([[2, 1, 0, 3]])
    """
    places = torch.arange(mask.shape[1], device=mask.device).expand_as(mask)
    return torch.where(mask, mask.sum(dim=1, keepdim=True) - 1 - places, places)


def _take(states: Tensor, places: Tensor) -> Tensor:
    return states.gather(1, places.unsqueeze(-1).expand_as(states))
