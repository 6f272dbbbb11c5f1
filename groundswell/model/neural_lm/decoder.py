"""The Transformer decoder: every token gathers from those before it; saved so that transformers loads it (Llama)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from groundswell.errors import DataError
from groundswell.model.neural_lm.language_model import LanguageModel


@dataclass(frozen=True)
class DecoderSettings:
    """The shape of a decoder.

    num_tokens   V
    width        D, of a state; a multiple of `heads`
    hidden       F, inside the feed-forward part; by custom 8/3 D
    positions    T, longest input
    rotary_base  the slowest pair of a query turns once in some 2 pi times as many tokens
    """

    num_tokens: int
    width: int
    layers: int
    heads: int
    hidden: int
    positions: int
    dropout: float = 0.0
    rotary_base: float = 10_000.0
    norm_eps: float = 1e-5


class KeysAndValues(NamedTuple):
    """What each layer has read: keys and values (L, B, H, T, D / H), of which the first `length` are filled."""

    keys: Tensor
    values: Tensor
    length: int


class Decoder(LanguageModel):
    """x_0 = C(w);  x <- x + attention(norm(x)),  x <- x + feed_forward(norm(x)) in each layer;  logits = C norm(x).

    The layers of Touvron et al. 2023 (Llama, https://arxiv.org/abs/2302.13971, section 2.2), names of weights
    included: norm first and without mean (Zhang & Sennrich 2019, https://arxiv.org/abs/1910.07467), rotary positions
    (Su et al. 2021, https://arxiv.org/abs/2104.09864), SwiGLU (Shazeer 2020, https://arxiv.org/abs/2002.05202), no
    biases, one matrix C for input and output (Press & Wolf 2017, https://aclanthology.org/E17-2025).
    """

    turns: Tensor

    def __init__(self, settings: DecoderSettings) -> None:
        super().__init__()
        self.settings = settings
        self.num_tokens, self.positions = settings.num_tokens, settings.positions
        self.embed_tokens = nn.Embedding(settings.num_tokens, settings.width)
        self.layers = nn.ModuleList(DecoderLayer(settings) for _ in range(settings.layers))
        self.norm = nn.RMSNorm(settings.width, eps=settings.norm_eps)
        self.lm_head = nn.Linear(settings.width, settings.num_tokens, bias=False)
        self.dropout = nn.Dropout(settings.dropout)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                # What is added to the stream gets less of it the more layers add (Radford et al. 2019, section 2.3).
                scale = (2 * settings.layers) ** -0.5 if name.endswith(("o_proj.weight", "down_proj.weight")) else 1.0
                nn.init.normal_(weight, std=0.02 * scale)
        self.lm_head.weight = self.embed_tokens.weight
        turns = rotations(torch.arange(settings.positions), settings)
        self.register_buffer("turns", turns, persistent=False)  # they follow from the settings

    @property
    def output(self) -> nn.Linear:
        """C as a map from states to logits."""
        return self.lm_head

    def states(self, token_ids: Tensor, documents: Tensor | None = None) -> Tensor:
        """norm(x) after the last layer, (B, T) -> (B, T, D); DataError for more than `positions` tokens."""
        size = token_ids.shape[1]
        self._check(size)
        turns = self.turns[:, :size]
        seen = None if documents is None else block_mask(documents)
        states = self.dropout(self.embed_tokens(token_ids))
        for layer in self.layers:
            states = layer(states, turns, seen)
        normed: Tensor = self.norm(states)
        return normed

    def start(self, num_rows: int, most_tokens: int) -> KeysAndValues:
        """Room for the keys and values of so many tokens; DataError for more than `positions`."""
        self._check(most_tokens)
        s, weight = self.settings, self.embed_tokens.weight
        room = weight.new_zeros(2, s.layers, num_rows, s.heads, most_tokens, s.width // s.heads)
        return KeysAndValues(room[0], room[1], 0)

    def advance(self, token_ids: Tensor, memory: KeysAndValues) -> tuple[Tensor, KeysAndValues]:
        """The states of the next tokens; each is compared with the kept keys, and nothing is computed twice."""
        begin, end = memory.length, memory.length + token_ids.shape[1]
        turns = self.turns[:, begin:end]
        seen = None  # a single token gathers from all that is kept
        if end - begin > 1:
            places = torch.arange(end, device=token_ids.device)
            seen = places <= places[begin:].unsqueeze(1)  # (T, length + T)
        states = self.embed_tokens(token_ids)
        for number, layer in enumerate(self.layers):
            kept = memory.keys[number, :, :, :end], memory.values[number, :, :, :end]
            states = layer(states, turns, seen, kept)
        return self.norm(states), memory._replace(length=end)

    def rows_of(self, memory: KeysAndValues, rows: Tensor) -> KeysAndValues:
        """The keys and values of some rows."""
        return KeysAndValues(memory.keys[:, rows], memory.values[:, rows], memory.length)

    def _check(self, size: int) -> None:
        if size > self.settings.positions:
            raise DataError(
                f"found {size:,} tokens, but this model reads at most {self.settings.positions:,}. Shorten the text"
            )


class DecoderLayer(nn.Module):
    """x + attention(norm(x)), then x + feed_forward(norm(x)); names as in Llama."""

    def __init__(self, settings: DecoderSettings) -> None:
        super().__init__()
        self.input_layernorm = nn.RMSNorm(settings.width, eps=settings.norm_eps)
        self.self_attn = Attention(settings)
        self.post_attention_layernorm = nn.RMSNorm(settings.width, eps=settings.norm_eps)
        self.mlp = FeedForward(settings)
        self.dropout = nn.Dropout(settings.dropout)

    def forward(
        self, states: Tensor, turns: Tensor, seen: Tensor | None, kept: tuple[Tensor, Tensor] | None = None
    ) -> Tensor:
        """states (B, T, D) -> (B, T, D); the other arguments as in `Attention`."""
        states = states + self.dropout(self.self_attn(self.input_layernorm(states), turns, seen, kept))
        fed: Tensor = states + self.dropout(self.mlp(self.post_attention_layernorm(states)))
        return fed


class Attention(nn.Module):
    """softmax(Q K' / sqrt(d)) V with queries and keys turned by their places, d = D / H."""

    def __init__(self, settings: DecoderSettings) -> None:
        super().__init__()
        self.heads = settings.heads
        width = settings.width
        self.q_proj, self.k_proj, self.v_proj, self.o_proj = (nn.Linear(width, width, bias=False) for _ in range(4))

    def forward(self, states: Tensor, turns: Tensor, seen: Tensor | None, kept: tuple[Tensor, Tensor] | None) -> Tensor:
        """states (B, T, D) -> (B, T, D).

        turns   (2, T, d) cosines and sines
        seen    what each token may gather from, bool, True where it may; None: itself and all before it, or with a
                single token and `kept` all there is
        kept    keys and values (B, H, T', d) whose last T places are filled here; None: of these tokens alone
        """
        B, T, D = states.shape  # noqa: N806
        query, key, value = (
            project(states).view(B, T, self.heads, D // self.heads).transpose(1, 2)
            for project in (self.q_proj, self.k_proj, self.v_proj)
        )
        query, key = turned(query, turns), turned(key, turns)
        if kept is not None:
            kept[0][:, :, -T:], kept[1][:, :, -T:] = key, value
            key, value = kept
        alone = seen is None and kept is None
        gathered = functional.scaled_dot_product_attention(query, key, value, attn_mask=seen, is_causal=alone)
        found: Tensor = self.o_proj(gathered.transpose(1, 2).reshape(B, T, D))
        return found


class FeedForward(nn.Module):
    """down(silu(gate(x)) * up(x))."""

    def __init__(self, settings: DecoderSettings) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(settings.width, settings.hidden, bias=False)
        self.up_proj = nn.Linear(settings.width, settings.hidden, bias=False)
        self.down_proj = nn.Linear(settings.hidden, settings.width, bias=False)

    def forward(self, states: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D)."""
        found: Tensor = self.down_proj(functional.silu(self.gate_proj(states)) * self.up_proj(states))
        return found


def rotations(places: Tensor, settings: DecoderSettings) -> Tensor:
    """Cosines and sines of place * base^(-2 i / d) for the d / 2 pairs of a query, twice over: (T,) -> (2, T, d)."""
    d = settings.width // settings.heads
    pairs = torch.arange(0, d, 2, device=places.device, dtype=torch.float32) / d
    angles = places.float().unsqueeze(1) * settings.rotary_base**-pairs  # (T, d / 2)
    doubled = torch.cat([angles, angles], dim=1)
    return torch.stack([doubled.cos(), doubled.sin()])


def turned(vectors: Tensor, turns: Tensor) -> Tensor:
    """Each pair (i, i + d / 2) of numbers turned by its angle, (B, H, T, d) -> (B, H, T, d).

    (x, y) -> (x cos - y sin, y cos + x sin): the product of a turned query and a turned key then depends on how far
    they stand apart, not on where.
    """
    first, second = vectors.chunk(2, dim=-1)
    across = torch.cat([-second, first], dim=-1)
    return (vectors * turns[0] + across * turns[1]).to(vectors.dtype)


def block_mask(documents: Tensor) -> Tensor:
    """(B, 1, T, T) bool: the tokens of the same document up to and with itself; documents (B, T).

    >>> block_mask(torch.tensor([[0, 0, 1]]))[0, 0].int().tolist()
    [[1, 0, 0], [1, 1, 0], [0, 0, 1]]
    """
    size = documents.shape[1]
    before = torch.ones(size, size, dtype=torch.bool, device=documents.device).tril()
    return (documents.unsqueeze(2) == documents.unsqueeze(1)).unsqueeze(1) & before
