"""What a saved model is made of, whatever its task: its heads, its tokens, its encoder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from groundswell.errors import InputError
from groundswell.model.saved_extractor import SavedExtractor
from groundswell.model.saved_model import SavedBaseline, SavedHeads, SavedModel, SavedNetwork
from groundswell.model.text_settings import make_text_tokenizer
from groundswell.text.tokenization import Tokens

Head = SavedNetwork | SavedExtractor


def heads_of(saved: SavedModel, option: str) -> Mapping[str, Head]:
    """The heads of a network by name, a single task's as ""; InputError, naming the option, for what has no network."""
    if isinstance(saved, SavedHeads):
        return saved.heads
    if isinstance(saved, SavedNetwork | SavedExtractor):
        return {"": saved}
    kind = "is a baseline, which has no network" if isinstance(saved, SavedBaseline) else "cannot be taken apart"
    raise InputError(f"{option}: the run {kind}. Leave it out; a smaller text.vocabulary_size makes a baseline smaller")


def tokens_of(saved: SavedModel) -> Tokens:
    """The tokens of a network."""
    return next(iter(heads_of(saved, "tokens").values())).tokenizer.tokens


def with_tokens(saved: SavedModel, tokens: Tokens) -> SavedModel:
    """The same network reading other tokens."""
    changed = {
        name: replace(head, tokenizer=make_text_tokenizer(tokens, head.text))
        for name, head in heads_of(saved, "tokens").items()
    }
    return replace(saved, heads=changed) if isinstance(saved, SavedHeads) else changed[""]
