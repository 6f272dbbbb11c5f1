"""What a language model is trained for: the next token, or tokens left out; its batches, and how it is measured."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from groundswell.data.corpus.document_tokens import DocumentTokens
from groundswell.data.corpus.mixing import Mix, mix_documents
from groundswell.data.corpus.packing import PackedBlocks
from groundswell.data.corpus.token_file import TokenFile
from groundswell.data.language_blocks import BlockBatches
from groundswell.data.language_texts import LanguageTexts
from groundswell.data.masked_pieces import MaskedBatches, MaskedPieces
from groundswell.data.masking import Masking, WordBegins
from groundswell.errors import DataError
from groundswell.evaluation.language_metrics import Floats, perplexity_of, score_causal, score_masked
from groundswell.model.masked_lm import MaskedLanguageModel
from groundswell.model.neural_lm.language_model import LanguageModel
from groundswell.model.perplexity import Perplexity
from groundswell.model.text_surprise import num_windowed, text_surprises
from groundswell.recipe import Recipe

_MEASURED_SEED = 1_000_003  # measured texts are masked alike in every epoch and every run


@dataclass(frozen=True)
class Corpus:
    """The token ids that a training reads, and in which order."""

    file: TokenFile
    tokens: DocumentTokens
    mix: Mix


def open_corpus(recipe: Recipe, file: TokenFile, tokens: DocumentTokens) -> Corpus:
    """A corpus in the order that the recipe asks for, over all its epochs."""
    given = {name: source.weight for name, source in recipe.corpus.sources.items() if source.weight is not None}
    passes = recipe.training.epochs if recipe.corpus.passes is None else recipe.corpus.passes
    mix = mix_documents(
        file.index.sources,
        file.offsets,
        weights=given or None,
        num_tokens=math.ceil(passes * len(file.ids)),
        seed=recipe.seed,
    )
    return Corpus(file, tokens, mix)


class Causal:
    """The next token of each document; its models are `LanguageModel`s."""

    def __init__(self, recipe: Recipe, tokens: DocumentTokens) -> None:
        self.recipe, self.tokens = recipe, tokens

    def batches(self, corpus: Corpus) -> BlockBatches:
        """Blocks of the corpus."""
        training, size = self.recipe.training, self.recipe.text.max_tokens
        blocks = PackedBlocks(corpus.file, corpus.mix, block_tokens=size)
        return BlockBatches(blocks, rows=max(1, training.batch_tokens // size), epochs=training.epochs)

    def on_dev(self, model: Any, texts: LanguageTexts) -> dict[str, float]:
        """The mean loss of a token, perplexity and bits per byte."""
        total, predictions = self._sums(text_surprises(model, texts.documents))
        loss = float(total.sum() / predictions.sum())
        bits = float(total.sum() / math.log(2) / texts.num_bytes.sum())
        return {"loss": loss, "perplexity": math.exp(min(loss, 700)), "bits_per_byte": bits}

    def scores(self, model: Any, texts: LanguageTexts, **options: Any) -> dict[str, Any]:
        """Perplexity and bits per byte with their intervals, and of how much."""
        total, predictions = self._sums(text_surprises(model, texts.documents))
        found: dict[str, Any] = score_causal(total, predictions, texts.num_bytes, **options)
        return {
            **found,
            "num_rows": len(texts.documents),
            "num_tokens": int(predictions.sum()),
            "unknown_tokens": round(texts.accounting.unknown, 6),
            "num_windowed": num_windowed(model, texts.documents),
        }

    def _sums(self, costs: list[Floats]) -> tuple[Floats, Any]:
        return np.array([cost.sum() for cost in costs]), np.array([len(cost) for cost in costs])


def causal_perplexity(model: LanguageModel, tokens: DocumentTokens, texts: LanguageTexts) -> Perplexity:
    """The whole account of how well texts are foreseen."""
    costs = text_surprises(model, texts.documents)
    known = [np.array(document[1:]) != tokens.unknown_id for document in texts.documents]
    return perplexity_of(
        costs, known, int(texts.num_bytes.sum()),
        num_blank=texts.accounting.num_dropped, num_windowed=num_windowed(model, texts.documents),
    )  # fmt: skip


class Masked:
    """Tokens that are left out of pieces of documents; its models are `MaskedLanguageModel`s."""

    def __init__(self, recipe: Recipe, tokens: DocumentTokens) -> None:
        if tokens.mask_id is None:
            raise DataError(
                f"language_model.objective: {recipe.model.encoder!r} has no mask token, so no token can be left out. "
                "Set it to causal, or name an encoder that has one"
            )
        self.recipe, self.tokens = recipe, tokens
        wanted = recipe.language_model
        ordinary = np.setdiff1d(np.arange(len(tokens)), list(tokens.special_ids))
        begins = WordBegins(tokens.pieces) if wanted.whole_words else None
        self._masking = Masking(wanted.mask_share, tokens.mask_id, ordinary, begins, recipe.seed)

    def batches(self, corpus: Corpus) -> MaskedBatches:
        """Pieces of the corpus."""
        training = self.recipe.training
        pieces = self._pieces(corpus.file.ids, corpus.file.offsets, corpus.mix.order, self.recipe.seed)
        return MaskedBatches(pieces, batch_tokens=training.batch_tokens, epochs=training.epochs, seed=self.recipe.seed)

    def on_dev(self, model: Any, texts: LanguageTexts) -> dict[str, float]:
        """The mean loss of a left-out token, and the share that is foreseen."""
        nats, right, predictions = self._measured(model, texts)
        return {
            "loss": float(nats.sum() / predictions.sum()),
            "masked_accuracy": float(right.sum() / predictions.sum()),
        }

    def scores(self, model: Any, texts: LanguageTexts, **options: Any) -> dict[str, Any]:
        """The share of left-out tokens that is foreseen and their perplexity, with intervals, and of how many."""
        nats, right, predictions = self._measured(model, texts)
        found: dict[str, Any] = score_masked(nats, right, predictions, **options)
        return {**found, "num_rows": len(texts.documents), "num_tokens": int(predictions.sum())}

    def _pieces(self, ids: Any, offsets: Any, order: Any, seed: int) -> MaskedPieces:
        masking = replace(self._masking, seed=seed)
        return MaskedPieces(
            ids, offsets, order, piece_tokens=self.recipe.text.max_tokens, masking=masking, pad_id=self.tokens.pad_id
        )

    @torch.inference_mode()
    def _measured(self, model: MaskedLanguageModel, texts: LanguageTexts) -> tuple[Floats, Floats, Any]:
        """Of each piece: nats, tokens foreseen, tokens left out."""
        pieces = self._pieces(texts.ids, texts.offsets, np.arange(len(texts.documents)), _MEASURED_SEED)
        plan = pieces.plan(range(len(pieces)), batch_tokens=self.recipe.training.batch_tokens, seed=0, epoch=0)
        device = next(model.parameters()).device
        found = [model.costs(pieces.collate(batch).to(device)).double().cpu() for batch in plan]
        nats, right, predictions = torch.cat(found).numpy().T
        return nats, right, predictions.astype(np.int64)
