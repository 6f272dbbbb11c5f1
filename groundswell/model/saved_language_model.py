"""A trained language model as a folder: its weights, its tokens, and how a text is read; no pickle.

groundswell.json                         what it predicts, how texts are cleaned, how much it reads
config.json model.safetensors            a decoder or an encoder, loadable by transformers
language_model.json model.safetensors    a fixed window or a recurrent network
head.safetensors                         what an encoder predicts left-out tokens by
tokenizer.json … or vocabulary.json      its tokens
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundswell.data.corpus.document_tokens import DocumentTokens, load_document_tokens
from groundswell.errors import BaseModelError, RunFolderError
from groundswell.model.masked_lm import MaskedLanguageModel
from groundswell.model.neural_lm.language_model import LanguageModel
from groundswell.model.neural_lm.saved_lm import OWN, load_language_model, save_language_model
from groundswell.model.pretrained import load_encoder
from groundswell.model.saved_model import DESCRIPTION, FORMAT
from groundswell.run_folder import write_json
from groundswell.text.own_tokens import OwnTokens
from groundswell.text.standard_tokenizer import write_standard_tokenizer


@dataclass(frozen=True)
class SavedLanguageModel:
    """Everything needed to read a text the way a language model was trained to.

    max_tokens   of a block, in training
    """

    model: LanguageModel | MaskedLanguageModel
    tokens: DocumentTokens
    cleaning: tuple[str, ...]
    max_tokens: int

    def save(self, folder: Path) -> None:
        """Write it into an existing folder."""
        described: dict[str, Any] = {"cleaning": list(self.cleaning), "max_tokens": self.max_tokens}
        if isinstance(self.model, MaskedLanguageModel):
            self.model.encoder.save(folder)
            self.model.save_head(folder)
            described["objective"] = "masked"
        else:
            begin_id, end_id = self.tokens.start_id, self.tokens.end_id
            save_language_model(self.model, folder, begin_id=begin_id, end_id=end_id)
            described["objective"] = "causal"
        own = self.tokens.tokens
        needs_jieba = isinstance(own, OwnTokens) and own.segmentation.kind == "jieba"
        if (folder / OWN).exists() or needs_jieba:
            self.tokens.save(folder)
        else:
            write_standard_tokenizer(self.tokens, folder, max_tokens=self.max_tokens)
        write_json(folder / DESCRIPTION, {"format": FORMAT, "language_model": described})


def load_saved_language_model(folder: Path) -> SavedLanguageModel:
    """The language model of a folder, in float32 and eval mode; RunFolderError when it cannot be read or is none."""
    try:
        description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        described = description["language_model"]
        cleaning, max_tokens = tuple(described["cleaning"]), int(described["max_tokens"])
        objective = described["objective"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunFolderError(
            f"{folder}: holds no language model that can be loaded ({error}). Train one with task=language_model"
        ) from error
    if objective == "masked":
        masked = MaskedLanguageModel(load_encoder(folder))
        if not masked.take_published_head(folder):
            raise RunFolderError(f"{folder}: the head that predicts tokens is missing. Train again")
        model: LanguageModel | MaskedLanguageModel = masked
    else:
        model = load_language_model(folder)
    tokens = load_document_tokens(folder)
    check_vocabulary(model, tokens, folder)
    return SavedLanguageModel(model.eval(), tokens, cleaning, max_tokens)


def check_vocabulary(model: LanguageModel | MaskedLanguageModel, tokens: DocumentTokens, folder: Path) -> None:
    """Nothing; BaseModelError when the tokenizer has ids that the model has no rows for."""
    rows = model.embedding.num_embeddings if isinstance(model, MaskedLanguageModel) else model.num_tokens
    if len(tokens) > rows:
        raise BaseModelError(
            f"{folder}: the tokenizer has {len(tokens):,} tokens, but the model has embeddings for {rows:,} only. Use "
            "the tokenizer that was saved with this model"
        )
