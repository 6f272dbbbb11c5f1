"""Token ids of a pretrained model, by its own tokenizer."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


class PretrainedTokens:
    """Turns texts into ids with a tokenizer of transformers; safe to call from several threads.

    Special tokens written in a text (`[SEP]`, `<|endoftext|>`) are treated as text: a review cannot steer the model.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self.tokenizer = tokenizer
        self.prefix, self.suffix = _special_ids(tokenizer)
        self.pad_id = int(tokenizer.pad_token_id or 0)
        self.unknown_id: int | None = tokenizer.unk_token_id
        self._controls = _control_ids(tokenizer)
        end_id = self.pad_id if tokenizer.eos_token_id is None else int(tokenizer.eos_token_id)
        self.instead_of_nothing = [] if self.prefix or self.suffix else [end_id]
        self._engine = tokenizer.backend_tokenizer
        self._engine.no_truncation()
        self._engine.no_padding()
        self._engine.encode_special_tokens = True
        self._lock = threading.Lock()  # the engine keeps settings as state and is not safe to share otherwise

    def __len__(self) -> int:
        return len(self.tokenizer)

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text, without the special ones around it."""
        with self._lock:
            encodings = self._engine.encode_batch_fast(list(texts), add_special_tokens=False)
        return [self._without_controls(encoding.ids) for encoding in encodings]

    def save(self, folder: Path) -> None:
        """Write the tokenizer in transformers' layout."""
        self.tokenizer.save_pretrained(folder)

    def _without_controls(self, ids: list[int]) -> list[int]:
        """Control ids become the unknown token: a Unigram vocabulary spells its own control tokens out."""
        if self._controls.isdisjoint(ids):
            return ids
        instead = [] if self.unknown_id is None or self.unknown_id in self._controls else [self.unknown_id]
        return [kept for found in ids for kept in (instead if found in self._controls else [found])]


def _special_ids(tokenizer: PreTrainedTokenizerBase) -> tuple[list[int], list[int]]:
    """The ids a tokenizer puts before and after a text."""
    plain = tokenizer("a", add_special_tokens=False)["input_ids"]
    full = tokenizer("a", add_special_tokens=True)["input_ids"]
    for start in range(len(full) - len(plain) + 1):
        if full[start : start + len(plain)] == plain:
            return list(full[:start]), list(full[start + len(plain) :])
    return [], []


def _control_ids(tokenizer: PreTrainedTokenizerBase) -> set[int]:
    """Ids that steer a model; the unknown token does not, unless it doubles as one that does."""
    names = ("bos", "eos", "sep", "cls", "pad", "mask")
    steering = {getattr(tokenizer, f"{name}_token_id") for name in names} - {None}
    return (set(tokenizer.all_special_ids) - {tokenizer.unk_token_id}) | steering
