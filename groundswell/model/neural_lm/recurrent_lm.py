"""The recurrent language model: a state that carries what was read."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from groundswell.model.neural_lm.language_model import LanguageModel, map_back, output_layer
from groundswell.model.recurrent import KERNELS, CellName


class RecurrentLanguageModel(LanguageModel):
    """x_t = sqrt(E) C(w_t);  h_t = cell(x_t, h_{t-1});  logits = U h_t + b, after Mikolov et al. 2010
    (https://www.isca-archive.org/interspeech_2010/mikolov10_interspeech.html).

    The cells' equations stand at `model/recurrent.py`. h_0 is zero at the beginning of every document: documents that
    share a block are read as rows of their own, side by side. Dropout acts on x, between layers and on h, never
    from h_{t-1} to h_t (Zaremba et al. 2014, https://arxiv.org/abs/1409.2329). `tied`: the rows of U and C are one
    matrix (Press & Wolf 2017, https://aclanthology.org/E17-2025); where the hidden width is not E, a matrix P takes h
    there, logits = C P h_t + b.
    """

    def __init__(  # noqa: PLR0913  (the shape of the network)
        self, num_tokens: int, *, cell: CellName, width: int, hidden: int, layers: int = 1, dropout: float = 0.0,
        tied: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.num_tokens = num_tokens
        self.shape = {
            "num_tokens": num_tokens, "cell": cell, "width": width, "hidden": hidden, "layers": layers, "tied": tied,
        }  # fmt: skip
        self.embedding = nn.Embedding(num_tokens, width)
        self.network = KERNELS[cell](width, hidden, layers, batch_first=True, dropout=dropout if layers > 1 else 0.0)
        self.map_back = map_back(hidden, width, tied=tied)
        self._output = output_layer(self.embedding, hidden, tied=tied)
        self.dropout = nn.Dropout(dropout)
        nn.init.normal_(self.embedding.weight, std=width**-0.5)
        for name, weight in self.network.named_parameters():
            if cell == "lstm" and name.startswith("bias_ih"):
                weight.data[hidden : 2 * hidden] = 1.0  # a cell that starts out forgetting learns no long relation

    @property
    def output(self) -> nn.Linear:
        """U and b."""
        return self._output

    def states(self, token_ids: Tensor, documents: Tensor | None = None) -> Tensor:
        """h of each place, (B, T) -> (B, T, H)."""
        vectors = self.dropout(self._vectors(token_ids))
        if documents is None or bool((documents == documents[:, :1]).all()):
            found: Tensor = self.dropout(self.map_back(self.network(vectors)[0]))
            return found
        sizes = document_sizes(documents)
        rows = nn.utils.rnn.pad_sequence(vectors.flatten(0, 1).split(sizes), batch_first=True)
        states = self.network(rows)[0]  # padding stands behind; a packed sequence would lose the fast kernel
        states = self.map_back(states)
        inside = torch.arange(states.shape[1]) < torch.tensor(sizes).unsqueeze(1)
        whole: Tensor = self.dropout(states[inside.to(states.device)])
        return whole.view(*token_ids.shape, -1)

    def _vectors(self, token_ids: Tensor) -> Tensor:
        """x; the factor as in Vaswani et al. 2017 (https://arxiv.org/abs/1706.03762, section 3.4): without it the cells
        begin with inputs near 0 and learn late."""
        found: Tensor = self.embedding(token_ids) * self.embedding.embedding_dim**0.5
        return found

    def start(self, num_rows: int, most_tokens: int) -> None:
        """Nothing: the cell starts at zero."""
        return

    def advance(self, token_ids: Tensor, memory: Any) -> tuple[Tensor, Any]:
        """h of the next tokens, and the cell's state now."""
        states, after = self.network(self._vectors(token_ids), memory)
        return self.map_back(states), after

    def rows_of(self, memory: Any, rows: Tensor) -> Any:
        """The states of some rows; an LSTM has two of them."""
        return tuple(part[:, rows] for part in memory) if isinstance(memory, tuple) else memory[:, rows]


def document_sizes(documents: Tensor) -> list[int]:
    """The number of tokens of each document of each row, row after row; documents (B, T).

    >>> document_sizes(torch.tensor([[0, 0, 1], [0, 0, 0]]))
    [2, 1, 3]
    """
    rows = torch.arange(len(documents), device=documents.device).unsqueeze(1)
    numbers = rows * (int(documents.max()) + 1) + documents
    sizes: list[int] = torch.unique_consecutive(numbers.flatten(), return_counts=True)[1].tolist()
    return sizes
