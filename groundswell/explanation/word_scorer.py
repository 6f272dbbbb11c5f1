"""Logits of texts of which a model reads some words only, the others taken out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from groundswell.data.batching import Documents
from groundswell.data.opinion_targets import locate
from groundswell.explanation.text_words import NOBODY, Flags, TextWords, owners_of
from groundswell.model.graph_encoder import GraphEncoder
from groundswell.model.linear import SegmentedText
from groundswell.model.outputs import Outputs
from groundswell.model.saved_model import SavedBaseline, SavedNetwork
from groundswell.model.scoring import score_documents
from groundswell.representation.lexicon import Lexicon
from groundswell.text.cleaning import clean_with_places
from groundswell.text.tokenization import TokenIds

BATCH_TOKENS = 4096


class Part(NamedTuple):
    """Some words of a text.

    kept   (W,) bool: the words that are read; tokens that belong to no word always are
    """

    words: TextWords
    kept: Flags

    def tokens_kept(self, window: int) -> Flags:
        """(T,) bool: the tokens of a window that are read."""
        owners = self.words.owners[window]
        return np.asarray((owners == NOBODY) | np.append(self.kept, False)[owners], dtype=np.bool_)


class WordScorer(Protocol):
    """A model, asked about parts of texts.

    outputs   what its logits mean
    """

    outputs: Outputs

    def read(self, texts: Sequence[str]) -> list[TextWords]:
        """The words of each text."""
        ...

    def logits(self, parts: Sequence[Part], on_batch: Callable[[int], None] = ...) -> Tensor:
        """Logits (N, C) float32 on the processor."""
        ...


def whole(words: TextWords) -> Part:
    """All words of a text."""
    return Part(words, np.ones(len(words.words), dtype=bool))


def nothing(words: TextWords) -> Part:
    """None of them."""
    return Part(words, np.zeros(len(words.words), dtype=bool))


class NetworkWords:
    """A network on a device, in float32. Tokens of words that are taken out are taken out, and what is left closes up.

    Of a text in several windows, those without a word left are left out, unless all are.
    """

    def __init__(self, saved: SavedNetwork, device: torch.device) -> None:
        self.saved, self.device = saved, device
        self.model = saved.model.to(device).eval()
        self.outputs = saved.outputs

    def read(self, texts: Sequence[str]) -> list[TextWords]:
        """The words of each text, and the token ids that stand for them."""
        return [
            owners_of(one.text, (one.cleaned, one.origins), one.tokens.places, one.tokens.windows)
            for one in locate(texts, self.saved.cleaning, self.saved.tokenizer)
        ]

    def logits(self, parts: Sequence[Part], on_batch: Callable[[int], None] = lambda parts: None) -> Tensor:
        """Logits (N, C) float32."""
        documents = Documents([self._windows(part) for part in parts], None, self.saved.tokenizer.pad_id)
        return score_documents(
            self.model, documents, device=self.device, batch_tokens=BATCH_TOKENS, at_once=self.model.encoder.at_once,
            on_batch=on_batch,
        )  # fmt: skip

    @property
    def is_graph(self) -> bool:
        """Whether the encoder is a graph, which gives no gradients and no attention."""
        return isinstance(self.model.encoder, GraphEncoder)

    def _windows(self, part: Part) -> tuple[TokenIds, ...]:
        left = []
        for number, ids in enumerate(part.words.tokens):
            kept = part.tokens_kept(number)
            if bool((part.words.owners[number][kept] != NOBODY).any()):
                left.append(ids[kept])
        return tuple(left) or (self._without_words(),)

    def _without_words(self) -> TokenIds:
        tokens = self.saved.tokenizer.tokens
        around = [*tokens.prefix, *tokens.instead_of_nothing, *tokens.suffix]
        return np.array(around, dtype=np.int32)


class BaselineWords:
    """A weighted sum of features; tokens that are taken out make their neighbours neighbours of each other."""

    def __init__(self, saved: SavedBaseline) -> None:
        self.classifier, self.cleaning, self.outputs = saved.classifier, saved.cleaning, saved.outputs

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each n-gram that is a feature."""
        features = self.classifier.features
        return {} if isinstance(features, Lexicon) else {gram: number for number, gram in enumerate(features.grams)}

    def read(self, texts: Sequence[str]) -> list[TextWords]:
        """The words of each text, and the tokens they are made of."""
        read = []
        for text in texts:
            shown, origins = clean_with_places(text, self.cleaning)
            found = self.classifier.segmentation.places(shown)
            places = np.array([place for _, place in found], dtype=np.int32).reshape(-1, 2)
            read.append(owners_of(text, (shown, origins), [places], [[token for token, _ in found]]))
        return read

    def logits(self, parts: Sequence[Part], on_batch: Callable[[int], None] = lambda parts: None) -> Tensor:
        """Logits (N, C) float32."""
        if not parts:
            return torch.empty(0, len(self.outputs.labels))
        texts = []
        for part in parts:
            kept = part.tokens_kept(0)
            left = [token for token, is_kept in zip(part.words.tokens[0], kept, strict=True) if is_kept]
            texts.append(SegmentedText(left, 0.0))
        return self.classifier.logits(texts, on_batch)


def word_scorer(saved: SavedNetwork | SavedBaseline, device: torch.device) -> NetworkWords | BaselineWords:
    """What asks a saved model about parts of texts."""
    return BaselineWords(saved) if isinstance(saved, SavedBaseline) else NetworkWords(saved, device)
