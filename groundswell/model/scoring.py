"""Logits or vectors of many texts, batched by length, returned in the order they came."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from groundswell.data.batching import Batch, Documents, sorted_batches
from groundswell.model.side_by_side import side_by_side


def score_documents(  # noqa: PLR0913 - how the texts are cut into batches is three of them
    model: Callable[[Batch], Tensor],
    documents: Documents,
    *,
    device: torch.device,
    bfloat16: bool = False,
    batch_tokens: int = 8192,
    at_once: int = 0,
    on_batch: Callable[[int], None] = lambda texts: None,
) -> Tensor:
    """Logits (N, C) in float32 on the processor, row n for text n; the model must be in eval mode.

    model      from a batch of N texts to (N, C): a classifier, or its `vectors`
    at_once    as `Encoder.at_once`
    on_batch   called with the number of texts done
    """

    def score(indices: list[int]) -> Tensor:
        with torch.inference_mode(), torch.autocast(device.type, dtype=torch.bfloat16, enabled=bfloat16):
            return model(documents.collate(indices).to(device)).float().cpu()

    rows: Tensor | None = None
    batches = sorted_batches(documents.lengths, batch_tokens=batch_tokens, batch_rows=1 if at_once else 256)
    for indices, found in zip(batches, side_by_side(score, batches, at_once), strict=True):
        if rows is None:
            rows = torch.empty(len(documents), found.shape[1])
        rows[torch.tensor(indices)] = found
        on_batch(len(indices))
    return torch.empty(0, 0) if rows is None else rows
