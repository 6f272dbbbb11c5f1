"""The fixed-window language model: the last n - 1 tokens through one hidden layer."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from groundswell.model.neural_lm.language_model import LanguageModel, map_back, output_layer, same_document


class FixedWindow(LanguageModel):
    """Bengio, Ducharme, Vincent & Jauvin 2003 (https://www.jmlr.org/papers/v3/bengio03a.html, equation 1):

        x = sqrt(E) (C(w_{t-1}), …, C(w_{t-n+1}))  C: V x E, the vectors of tokens
        h = tanh(H x + d)                          H: K x (n-1) E
        logits = U h + b  [+ W x, left out]        U: V x K

    Their direct way W from x to the logits is left out, which they found to generalize better. Before the first token
    of a document stands a vector of its own, so that the model sees no other document.

    `tied`: the rows of U and C are one matrix (Press & Wolf 2017, https://aclanthology.org/E17-2025); where K is not E,
    a matrix P takes h there, logits = C P h + b.

    window   n - 1, tokens that are read
    """

    def __init__(
        self, num_tokens: int, *, window: int, width: int, hidden: int, dropout: float = 0.0, tied: bool = False
    ) -> None:
        super().__init__()
        self.num_tokens, self.window = num_tokens, window
        self.shape = {"num_tokens": num_tokens, "window": window, "width": width, "hidden": hidden, "tied": tied}
        self.embedding = nn.Embedding(num_tokens, width)
        self.before = nn.Parameter(torch.zeros(width))
        self.hidden = nn.Linear(window * width, hidden)
        self.map_back = map_back(hidden, width, tied=tied)
        self._output = output_layer(self.embedding, hidden, tied=tied)
        self.dropout = nn.Dropout(dropout)
        nn.init.normal_(self.embedding.weight, std=width**-0.5)

    @property
    def output(self) -> nn.Linear:
        """U and b."""
        return self._output

    def states(self, token_ids: Tensor, documents: Tensor | None = None) -> Tensor:
        """h of each place, (B, T) -> (B, T, K), or E where it is taken there."""
        documents = torch.zeros_like(token_ids) if documents is None else documents
        vectors = self.dropout(self._vectors(token_ids))
        read = [vectors]
        for back in range(1, self.window):
            shifted = vectors.roll(back, dims=1)
            read.append(torch.where(same_document(documents, back).unsqueeze(2), shifted, self.before))
        return self._hidden(torch.cat(read, dim=2))

    def start(self, num_rows: int, most_tokens: int) -> Tensor:
        """The last n - 2 vectors, (B, n - 2, E): nothing but `before`."""
        return self.before.detach().expand(num_rows, self.window - 1, -1)

    def advance(self, token_ids: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """h of the next tokens, and the last vectors now."""
        vectors = torch.cat([memory, self._vectors(token_ids)], dim=1)
        size = token_ids.shape[1]
        first = self.window - 1
        read = [vectors[:, first - back : first - back + size] for back in range(self.window)]
        return self._hidden(torch.cat(read, dim=2)), vectors[:, vectors.shape[1] - first :]

    def rows_of(self, memory: Tensor, rows: Tensor) -> Tensor:
        """The last vectors of some rows."""
        return memory[rows]

    def _vectors(self, token_ids: Tensor) -> Tensor:
        """Of each token; the factor keeps x away from 0 at first (https://arxiv.org/abs/1706.03762, section 3.4)."""
        found: Tensor = self.embedding(token_ids) * self.embedding.embedding_dim**0.5
        return found

    def _hidden(self, read: Tensor) -> Tensor:
        found: Tensor = self.map_back(self.dropout(torch.tanh(self.hidden(read))))
        return found
