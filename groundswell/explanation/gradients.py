"""Integrated gradients: what each word adds to a score on the way from a text without words to the text itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from groundswell.data.batching import Batch, Documents
from groundswell.errors import MissingExtraError
from groundswell.explanation.explained_output import ExplainedOutput
from groundswell.explanation.text_words import NOBODY, TextWords
from groundswell.explanation.word_scorer import NetworkWords
from groundswell.model.bag_of_vectors import BagOfVectors
from groundswell.text.own_tokens import OwnTokens
from groundswell.text.pretrained_tokens import PretrainedTokens
from groundswell.text.tokenization import Tokens

TOLERANCE = 1e-3
STEPS = (24, 48, 96, 192, 384)
# So few order the words nearly as well (docs/explanation.md).
QUICK_STEPS = 8
# Weights times tokens times steps: a second on two cores.
QUICK_WORK = 2.5e10
BATCH_TOKENS = 4096


class PathWeights(NamedTuple):
    """What integrated gradients give for one text.

    weights   (W,); NaN for a word that the model does not read
    outside   what tokens of no word add
    score     of the text
    start     of the baseline
    steps     at which the gradient was taken

    The weights and `outside` sum to score - start, but for `gap`.
    """

    weights: NDArray[np.float64]
    outside: float
    score: float
    start: float
    steps: int

    @property
    def gap(self) -> float:
        """How far the sum is off."""
        return float(np.nansum(self.weights)) + self.outside - (self.score - self.start)


def integrated_gradients(
    network: NetworkWords, words: TextWords, output: ExplainedOutput, *, steps: Sequence[int] = STEPS
) -> PathWeights:
    """The weights of a text's words, by the gradient along the straight path from the baseline's vectors to its own.

    Sundararajan et al. 2017 (https://arxiv.org/abs/1703.01365, equation 1), with Gauss-Legendre quadrature by captum.
    The path runs over the vectors of the tokens, before positions are added; the weight of a word is the sum over its
    tokens and their dimensions. In the baseline every token that belongs to a word is `blank_id`, and n-grams of a bag
    of vectors are zero. By the completeness axiom the weights sum to score - start.

    steps   numbers of steps that are tried in turn until the sum is right within 1e-3; the last try stands

    Raises MissingExtraError without captum.
    """
    path = _Path.of(network, words, output)
    tolerance = TOLERANCE * abs(output.outputs.scale)
    for number in steps:
        found = path.weights(number)
        if abs(found.gap) <= tolerance:
            break
    return found


def affordable_steps(network: NetworkWords, words: TextWords) -> tuple[int, ...]:
    """Numbers of steps to try in turn, of `QUICK_STEPS` and `STEPS`: what takes about a second, at least the first."""
    per_step = layer_weights(network) * sum(map(len, words.tokens))
    tried = np.cumsum((QUICK_STEPS, *STEPS))
    count = max(1, int((tried * per_step <= QUICK_WORK).sum()))
    return (QUICK_STEPS, *STEPS)[:count]


def layer_weights(network: NetworkWords) -> int:
    """Weights that every token meets, on the processor; 0 for a network that takes no time to speak of."""
    if network.device.type != "cpu":
        return 0
    return sum(weights.numel() for layer in network.model.encoder.layers for weights in layer.parameters())


def has_captum() -> bool:
    """Whether captum is installed."""
    return find_spec("captum") is not None


def blank_id(tokens: Tokens) -> int:
    """The id that stands for a word of which nothing is known: mask, else unknown (own tokens), else padding."""
    if isinstance(tokens, PretrainedTokens):
        mask = tokens.tokenizer.mask_token_id
        return tokens.pad_id if mask is None else int(mask)
    return tokens.unknown_id if isinstance(tokens, OwnTokens) else tokens.pad_id


def load_captum() -> Any:
    """captum's integrated gradients; MissingExtraError without it."""
    try:
        from captum.attr import IntegratedGradients
    except ImportError as error:
        raise MissingExtraError(
            "integrated gradients need captum: pip install 'groundswell[explain]', or use --method occlusion"
        ) from error
    return IntegratedGradients


@dataclass(frozen=True)
class _Path:
    """The two ends of the path, and what the network makes of a point on it.

    batch         the windows of the text
    here, there   vectors at the baseline and at the text, (1, W, T', D) for each kind: of tokens, and of the n-grams of
                  2, 3, … tokens that begin at each of the first T' tokens
    """

    network: NetworkWords
    words: TextWords
    output: ExplainedOutput
    batch: Batch
    here: tuple[Tensor, ...]
    there: tuple[Tensor, ...]

    @classmethod
    def of(cls, network: NetworkWords, words: TextWords, output: ExplainedOutput) -> _Path:
        """The path of one text."""
        tokens = network.saved.tokenizer.tokens
        pad_id = network.saved.tokenizer.pad_id
        blank = blank_id(tokens)
        emptied = tuple(
            np.where(owners == NOBODY, ids, blank).astype(np.int32)
            for ids, owners in zip(words.tokens, words.owners, strict=True)
        )
        ends = []
        for windows in (emptied, words.tokens):
            batch = Documents([windows], None, pad_id).collate([0]).to(network.device)
            with torch.inference_mode(), _vectors(network.model.encoder.network) as caught:
                network.model(batch)
            ends.append(tuple(vectors.clone().unsqueeze(0) for vectors in caught))
        start = (ends[0][0], *(torch.zeros_like(grams) for grams in ends[1][1:]))
        return cls(network, words, output, batch, start, ends[1])

    def weights(self, steps: int) -> PathWeights:
        """The weights by a number of steps."""
        captum = load_captum()(self.scores, multiply_by_inputs=True)
        at_once = max(1, BATCH_TOKENS // self.batch.token_ids.numel())
        with torch.backends.cudnn.flags(enabled=False):  # its recurrent kernels take no gradient outside of training
            found = captum.attribute(
                self.there, self.here, n_steps=steps, method="gausslegendre", internal_batch_size=at_once
            )
            with torch.inference_mode():
                score, start = (float(self.scores(*end)) for end in (self.there, self.here))
        tokens = self._of_tokens([part[0].sum(dim=-1).double().cpu().numpy() for part in found])
        weights, outside = self.words.summed(
            [row[: len(owners)] for row, owners in zip(tokens, self.words.owners, strict=True)]
        )
        return PathWeights(np.where(self.words.read, weights, np.nan), outside, score, start, steps)

    def scores(self, *vectors: Tensor) -> Tensor:
        """The scores (N,) of N points on the path; vectors (N, W, T', D) of each kind."""
        count = len(vectors[0])
        windows = len(self.batch.token_ids)
        batch = Batch(
            self.batch.token_ids.repeat(count, 1),
            self.batch.mask.repeat(count, 1),
            torch.arange(count, device=self.network.device).repeat_interleave(windows),
            torch.zeros(count),
            torch.ones(count),
        )
        with _vectors(self.network.model.encoder.network, [part.flatten(0, 1) for part in vectors]):
            logits: Tensor = self.network.model(batch)
        return self.output.scores(logits)

    def _of_tokens(self, parts: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
        """(W, T) from what vectors of each kind add, (W, T'); an n-gram's share is divided among its tokens."""
        total = parts[0].copy()
        for size, part in enumerate(parts[1:], start=2):
            for offset in range(size):
                total[:, offset : offset + part.shape[1]] += part / size
        return total


@contextmanager
def _vectors(network: nn.Module, given: Sequence[Tensor] | None = None) -> Iterator[list[Tensor]]:
    """The vectors that a network looks up while the block runs, in order; `given` take their place."""
    caught: list[Tensor] = []

    def swap(module: nn.Module, inputs: Any, output: Tensor) -> Tensor | None:
        caught.append(output)
        return None if given is None else given[len(caught) - 1]

    handles = [table.register_forward_hook(swap) for table in _tables(network)]
    try:
        yield caught
    finally:
        for handle in handles:
            handle.remove()


def _tables(network: Any) -> list[nn.Module]:
    """Where a network looks up the vectors of tokens, and of n-grams."""
    if isinstance(network, BagOfVectors) and network.ngram_vectors is not None:
        return [network.embedding, network.ngram_vectors]
    return [network.get_input_embeddings() if hasattr(network, "get_input_embeddings") else network.embedding]
