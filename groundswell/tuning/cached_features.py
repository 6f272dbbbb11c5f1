"""What is frozen is computed once: pooled vectors or lower states, kept on disk under a hash of their origin."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from torch import Tensor

from groundswell.data.batching import Batch, Documents, sorted_batches
from groundswell.model.classifier import TextClassifier
from groundswell.model.pretrained import PretrainedEncoder
from groundswell.run_folder import whole_folder, write_json
from groundswell.tuning.trainable import Tuning

VALUES = "values.bin"
META = "meta.json"
NUMPY_DTYPES = {torch.float32: np.float32, torch.bfloat16: np.int16}


@dataclass(frozen=True)
class CacheSettings:
    """Where and how frozen computations are kept.

    folder     of all caches
    base       sha256 of the base model's weights
    dtype      of the computation and of the kept values: float32 or bfloat16
    """

    folder: Path
    base: str
    dtype: torch.dtype
    batch_tokens: int
    device: torch.device


def cache_frozen(
    model: TextClassifier,
    tuning: Tuning,
    documents: Sequence[Documents],
    settings: CacheSettings,
    on_batch: Callable[[int], None] = lambda texts: None,
) -> list[Documents]:
    """The same texts, carrying what the frozen part of `model` makes of them; the model then skips that part.

    method head, fixed pooling       one pooled vector per window
    method head, attention pooling   the last states of every token
    top layers only                  the states that enter the lowest moving layer

    on_batch   called with the number of texts computed; not called for what is found on disk
    """
    first = tuning.first_layer(model.encoder.num_layers)
    pooled = first == model.encoder.num_layers and model.pooling.name != "attention"
    cached = [_cache(model, texts, None if pooled else first, settings, on_batch) for texts in documents]
    if pooled:
        return [texts.with_cache(features=store.values) for texts, store in zip(documents, cached, strict=True)]
    if first == model.encoder.num_layers:
        model.states_are_final = True
    else:
        _pretrained(model).drop_layers_below(first)
    return [texts.with_cache(states=store.padded) for texts, store in zip(documents, cached, strict=True)]


@dataclass(frozen=True)
class _Store:
    """Rows of values on disk, and the first row of each window."""

    values: Tensor
    first_row: list[int]
    lengths: list[int]

    def padded(self, windows: Sequence[int], length: int) -> Tensor:
        """States of some windows, (W, length, D), zero behind each window's end."""
        states = self.values.new_zeros(len(windows), length, self.values.shape[1])
        for row, window in enumerate(windows):
            first, size = self.first_row[window], self.lengths[window]
            states[row, :size] = self.values[first : first + size]
        return states


def _cache(
    model: TextClassifier, texts: Documents, layer: int | None, settings: CacheSettings, on_batch: Callable[[int], None]
) -> _Store:
    lengths = [1 if layer is None else len(window) for windows in texts.windows for window in windows]
    first_row = [0, *np.cumsum(lengths).tolist()]
    folder = settings.folder / "features" / _key(model, texts, layer, settings)
    shape = (first_row[-1], model.encoder.width)
    if not (folder / META).exists():
        with whole_folder(folder) as aside:
            _compute(model, texts, layer, settings, aside / VALUES, shape, on_batch)
            write_json(aside / META, {"shape": shape, "dtype": str(settings.dtype), "base": settings.base})
    values = np.memmap(folder / VALUES, dtype=NUMPY_DTYPES[settings.dtype], mode="c", shape=shape)
    return _Store(torch.from_numpy(values).view(settings.dtype), first_row[:-1], lengths)


def _key(model: TextClassifier, texts: Documents, layer: int | None, settings: CacheSettings) -> str:
    """Hash of everything the values depend on."""
    content = hashlib.sha256()
    for windows in texts.windows:
        for window in windows:
            content.update(len(window).to_bytes(8, "little") + window.tobytes())
    network: Any = model.encoder.network
    config = network.config.to_dict()
    what: dict[str, Any] = {
        "base": settings.base, "layer": layer, "pooling": model.pooling.name if layer is None else None,
        "dtype": str(settings.dtype), "versions": [torch.__version__, transformers.__version__],
        "config": {**config, "_name_or_path": None}, "texts": content.hexdigest(),
    }  # fmt: skip
    return hashlib.sha256(json.dumps(what, sort_keys=True, default=str).encode()).hexdigest()[:32]


def _compute(  # noqa: PLR0913  (the arguments of `_cache` plus where the values go)
    model: TextClassifier, texts: Documents, layer: int | None, settings: CacheSettings, path: Path,
    shape: tuple[int, int], on_batch: Callable[[int], None],
) -> None:  # fmt: skip
    numpy_dtype = NUMPY_DTYPES[settings.dtype]
    values = np.memmap(path, dtype=numpy_dtype, mode="w+", shape=shape)
    ends = np.cumsum([1 if layer is None else len(window) for windows in texts.windows for window in windows])
    first = texts.first_window
    model.eval()
    with torch.inference_mode(), torch.autocast(settings.device.type, dtype=torch.bfloat16, enabled=_is_bf16(settings)):
        for indices in sorted_batches(texts.lengths, batch_tokens=settings.batch_tokens, batch_rows=256):
            batch = texts.collate(indices).to(settings.device)
            rows = _frozen_part(model, batch, layer).to(settings.dtype).cpu()
            numbers = [first[index] + offset for index in indices for offset in range(len(texts.windows[index]))]
            for row, number in enumerate(numbers):
                size = 1 if layer is None else int(batch.mask[row].sum())
                part = rows[row : row + 1] if layer is None else rows[row, :size]
                kept = part.view(torch.int16) if _is_bf16(settings) else part
                values[ends[number] - size : ends[number]] = kept.numpy()
            on_batch(len(indices))
    values.flush()


def _frozen_part(model: TextClassifier, batch: Batch, layer: int | None) -> Tensor:
    if layer is None:
        return model.pool(batch)
    if layer == model.encoder.num_layers:
        states: Tensor = model.encoder(batch.token_ids, batch.mask)
        return states
    return _pretrained(model).states_below(layer, batch.token_ids, batch.mask)


def _is_bf16(settings: CacheSettings) -> bool:
    return settings.dtype == torch.bfloat16


def _pretrained(model: TextClassifier) -> PretrainedEncoder:
    """The model's encoder; only a pretrained one has layers to freeze."""
    assert isinstance(model.encoder, PretrainedEncoder)
    return model.encoder
