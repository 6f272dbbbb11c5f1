"""A pretrained network without the token vectors that some texts never ask for, as for one language of many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from groundswell.compression.saved_parts import heads_of, tokens_of, with_tokens
from groundswell.data.readers import open_rows
from groundswell.data.splits import locate
from groundswell.errors import InputError
from groundswell.model.pretrained import PretrainedEncoder
from groundswell.model.saved_model import SavedModel
from groundswell.text.cleaning import clean
from groundswell.text.pretrained_tokens import PretrainedTokens
from groundswell.text.smaller_vocabulary import smaller_vocabulary

_CHUNK = 1_000
_IDS = ("pad_token_id", "bos_token_id", "eos_token_id", "sep_token_id", "cls_token_id", "mask_token_id", "unk_token_id")


def trim_vocabulary(
    saved: SavedModel, sources: Sequence[str], *, text_column: str, encoding: str | None = None
) -> tuple[SavedModel, dict[str, Any]]:
    """The same model with the tokens of the texts in some files, special tokens and single characters; and how many.

    A text made of kept tokens gets the same logits. Nothing is trained; the model given is changed in place.

    Raises InputError for a baseline, for an encoder from scratch and for a tokenizer that cannot be cut, DataError for
    files.
    """
    heads = heads_of(saved, "--vocabulary")
    head = next(iter(heads.values()))
    tokens, encoder = tokens_of(saved), head.model.encoder
    if not isinstance(tokens, PretrainedTokens) or not isinstance(encoder, PretrainedEncoder):
        raise InputError(
            "--vocabulary: the encoder was trained from scratch, so it has the tokens of its training texts and no "
            "others. Train it with a smaller text.vocabulary_size"
        )
    seen, num_texts = seen_ids(tokens, sources, head.text.cleaning, text_column=text_column, encoding=encoding)
    smaller, kept = smaller_vocabulary(tokens, seen)
    before = len(tokens)
    _cut_embedding(encoder, kept, smaller)
    told = {"texts": num_texts, "tokens_before": before, "tokens": len(kept)}
    return with_tokens(saved, smaller), told


def seen_ids(
    tokens: PretrainedTokens, sources: Sequence[str], cleaning: Sequence[str], *, text_column: str, encoding: str | None
) -> tuple[set[int], int]:
    """The ids that the texts of some files come to, cleaned as the model's texts are; and how many texts there are."""
    seen: set[int] = set()
    num_texts = 0
    for source in sources:
        waiting: list[str] = []
        for row in open_rows(
            locate(source)[0], text_column=text_column, encoding=encoding, on_bad_row=lambda bad: None
        ):
            text = row.values.get(text_column)
            if isinstance(text, str):
                num_texts += 1
                waiting.append(clean(text, cleaning))
            if len(waiting) == _CHUNK:
                seen.update(*tokens.ids(waiting))
                waiting = []
        seen.update(*tokens.ids(waiting))
    if not seen:
        raise InputError(f"--vocabulary: no text in {', '.join(sources)}. Name files with texts of the language")
    return seen, num_texts


def _cut_embedding(encoder: PretrainedEncoder, kept: Sequence[int], smaller: PretrainedTokens) -> None:
    """Keep the vectors of these ids alone, in place."""
    network: Any = encoder.network
    old: nn.Embedding = network.get_input_embeddings()
    config = network.config
    new_ids = {number: place for place, number in enumerate(kept)}
    changed = {name: new_ids.get(getattr(config, name, -1)) for name in _IDS}
    if encoder.positions is not None and encoder.positions < config.max_position_embeddings:
        # Its positions are counted from the id of padding on.
        assert changed["pad_token_id"] == config.pad_token_id
    padding = None if old.padding_idx is None else new_ids.get(old.padding_idx)
    vectors: Tensor = old.weight.detach()[torch.tensor(list(kept))]
    cut = nn.Embedding(len(kept), vectors.shape[1], padding_idx=padding, _weight=vectors)
    network.set_input_embeddings(cut)
    config.vocab_size = len(kept)
    for name, number in changed.items():
        if isinstance(getattr(config, name, None), int):
            setattr(config, name, number)
    assert len(smaller) == len(kept)
