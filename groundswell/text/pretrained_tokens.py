"""Token ids of a pretrained model, by its own tokenizer."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from groundswell.errors import BaseModelError
from groundswell.text.cleaning import Place

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


class PretrainedTokens:
    """Turns texts into ids with a tokenizer of transformers; safe to call from several threads.

    Special tokens written in a text (`[SEP]`, `<|endoftext|>`) are treated as text: a review cannot steer the model.

    control_ids   those of special tokens that steer a model; no text gets one
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self.tokenizer = tokenizer
        self.prefix, self.suffix = _special_ids(tokenizer)
        self.pad_id = int(tokenizer.pad_token_id or 0)
        self.unknown_id: int | None = tokenizer.unk_token_id
        self.control_ids = _control_ids(tokenizer)
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
        return [[found for found, _ in self._without_controls(encoding.ids)] for encoding in encodings]

    def located(self, texts: Sequence[str]) -> list[tuple[list[int], list[Place]]]:
        """The ids of each text, and where in the text each of them stands."""
        with self._lock:
            encodings = self._engine.encode_batch(list(texts), add_special_tokens=False)
        located = []
        for encoding in encodings:
            kept = self._without_controls(encoding.ids)
            located.append(([found for found, _ in kept], [encoding.offsets[place] for _, place in kept]))
        return located

    @cached_property
    def sha256(self) -> str:
        """Hash of what tokenizer.json holds."""
        return hashlib.sha256(self._engine.to_str().encode()).hexdigest()

    def text(self, ids: Iterable[int]) -> str:
        """What ids say; special ones say nothing."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True))

    def save(self, folder: Path) -> None:
        """Write the tokenizer in transformers' layout."""
        self.tokenizer.save_pretrained(folder)

    def _without_controls(self, ids: list[int]) -> list[tuple[int, int]]:
        """Ids with their numbers; control ids become the unknown token: a Unigram vocabulary spells its own out."""
        numbered = [(found, number) for number, found in enumerate(ids)]
        if self.control_ids.isdisjoint(ids):
            return numbered
        instead = None if self.unknown_id in self.control_ids else self.unknown_id
        replaced = [(instead if found in self.control_ids else found, number) for found, number in numbered]
        return [(found, number) for found, number in replaced if found is not None]


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """The tokenizer of a model folder; BaseModelError when there is none or it has no fast engine."""
    from transformers import AutoTokenizer

    with quiet_transformers():
        try:
            tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(folder)
        except (OSError, ValueError) as error:
            raise BaseModelError(f"{folder}: the tokenizer cannot be loaded: {error}") from error
    if not getattr(tokenizer, "is_fast", False):
        raise BaseModelError(
            f"{folder}: the tokenizer has no tokenizer.json. Convert it with `tokenizers` and save it again"
        )
    if len(tokenizer) <= len(tokenizer.all_special_ids):
        # Without its files transformers makes one that knows special tokens only, and says nothing.
        raise BaseModelError(
            f"{folder}: holds no tokenizer. Save the one the model was trained with: "
            "`tokenizer.save_pretrained(folder)`"
        )
    return tokenizer


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Silence the loading table and the progress bar; what matters in them is checked here instead."""
    from transformers.utils import logging as transformers_logging

    level = transformers_logging.get_verbosity()
    bars = transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity(logging.ERROR)
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        transformers_logging.set_verbosity(level)
        if bars:
            transformers_logging.enable_progress_bar()  # type: ignore[no-untyped-call]


def _special_ids(tokenizer: PreTrainedTokenizerBase) -> tuple[list[int], list[int]]:
    """The ids a tokenizer puts before and after a text."""
    plain = tokenizer("a", add_special_tokens=False)["input_ids"]
    full = tokenizer("a", add_special_tokens=True)["input_ids"]
    for start in range(len(full) - len(plain) + 1):
        if full[start : start + len(plain)] == plain:
            return list(full[:start]), list(full[start + len(plain) :])
    return [], []


def _control_ids(tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    """Ids that steer a model; the unknown token does not, unless it doubles as one that does."""
    names = ("bos", "eos", "sep", "cls", "pad", "mask")
    steering = {getattr(tokenizer, f"{name}_token_id") for name in names} - {None}
    return frozenset((set(tokenizer.all_special_ids) - {tokenizer.unk_token_id}) | steering)
