"""The Transformer encoder, layer norm first, trained from scratch."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from groundswell.model.attention_cpu import textwise_attention
from groundswell.model.embedding import TokenEmbedding


class Transformer(nn.Module):
    """State of a token: what it gathered from all others in `layers` rounds of attention.

    Vaswani et al. 2017 (https://arxiv.org/abs/1706.03762, section 3) with the norm before each part, as in
    Xiong et al. 2020 (https://arxiv.org/abs/2002.04745, figure 1b), which needs no long warm-up. Positions are learned.
    """

    def __init__(
        self, embedding: TokenEmbedding, width: int, *, layers: int, heads: int, positions: int, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.embedding = embedding
        self.width = width
        self.positions = positions
        self.position_vectors = nn.Embedding(positions, width)
        nn.init.normal_(self.position_vectors.weight, std=0.02)
        self.layers = nn.ModuleList(TransformerLayer(width, heads, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(width)

    def forward(self, token_ids: Tensor, mask: Tensor) -> Tensor:
        """token_ids (B, T), mask (B, T) -> states (B, T, D)."""
        states = self._entry(token_ids, mask)
        for layer in self.layers:
            states = layer(states, mask)
        normed: Tensor = self.norm(states)
        return normed

    def with_attention(self, token_ids: Tensor, mask: Tensor) -> tuple[Tensor, list[Tensor]]:
        """The states (B, T, D), and the attention (B, H, T, T) of every layer; its rows sum to 1."""
        states = self._entry(token_ids, mask)
        seen = []
        for layer in self.layers:
            assert isinstance(layer, TransformerLayer)
            seen.append(layer.attention(states, mask))
            states = layer(states, mask)
        return self.norm(states), seen

    def _entry(self, token_ids: Tensor, mask: Tensor) -> Tensor:
        places = torch.arange(token_ids.shape[1], device=token_ids.device)
        vectors: Tensor = self.embedding(token_ids, mask) + self.position_vectors(places)
        return vectors


class TransformerLayer(nn.Module):
    """One round: x + attention(norm(x)), then x + feed_forward(norm(x)); weights laid out as in torch's layer."""

    is_causal = False

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.attention_head_size = width // heads  # a layer may have lost heads, none of them is smaller
        self.norm1 = nn.LayerNorm(width)
        self.norm2 = nn.LayerNorm(width)
        self.in_proj = nn.Linear(width, 3 * width)  # query, key, value
        self.out_proj = nn.Linear(width, width)
        self.linear1 = nn.Linear(width, 4 * width)
        self.linear2 = nn.Linear(4 * width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """states (B, T, D), mask (B, T) -> (B, T, D)."""
        states = states + self.dropout(self.attend(self.norm1(states), mask))
        hidden = nn.functional.gelu(self.linear1(self.norm2(states)))
        fed: Tensor = states + self.dropout(self.linear2(self.dropout(hidden)))
        return fed

    def attend(self, states: Tensor, mask: Tensor) -> Tensor:
        """Each token's mean of the values, weighted by how well keys answer its query (equation 1)."""
        B, T, _ = states.shape  # noqa: N806
        query, key, value = self._parts(states)
        attended, _ = textwise_attention(self, query, key, value, mask[:, None, None, :].expand(B, 1, T, T))
        gathered: Tensor = self.out_proj(attended.reshape(B, T, -1))
        return gathered

    def attention(self, states: Tensor, mask: Tensor) -> Tensor:
        """The weights that `forward` gives the values, (B, H, T, T), for the same states (B, T, D)."""
        query, key, _ = self._parts(self.norm1(states))
        scores = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5
        weights: Tensor = scores.masked_fill(~mask[:, None, None, :], -torch.inf).softmax(dim=-1)
        return weights

    def _parts(self, states: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Query, key and value, each (B, H, T, width of a head)."""
        B, T, _ = states.shape  # noqa: N806
        query, key, value = self.in_proj(states).view(B, T, 3, -1, self.attention_head_size).permute(2, 0, 3, 1, 4)
        return query, key, value
