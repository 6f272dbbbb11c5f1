"""Texts read by several heads over one encoder: every window is encoded once, whatever is asked of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from groundswell.data.batching import sorted_batches
from groundswell.data.opinion_batching import OpinionDocuments
from groundswell.data.opinion_targets import Elements, LocatedText, windows_of
from groundswell.model.classifier import TextClassifier
from groundswell.model.encoder import Encoder
from groundswell.model.opinion_decoding import TokenOpinion, decode, opinions_of
from groundswell.model.opinion_extractor import OpinionExtractor
from groundswell.model.side_by_side import side_by_side
from groundswell.types import Opinion

BATCH_TOKENS = 8192
MOST_WINDOWS = 64  # the scores of all spans of a window take length ** 2 numbers
NOTHING = Elements(aspects=False, opinions=False, polarities=(), categories=(), longest=1)


class HeadModels(NamedTuple):
    """Heads over one encoder, all in eval mode.

    classifiers   by head; of a text in several windows they average the windows' logits
    extractor     what finds opinions, or None
    pad_id        of the tokens that all of them read
    """

    encoder: Encoder
    classifiers: Mapping[str, TextClassifier]
    extractor: OpinionExtractor | None
    pad_id: int


class HeadScores(NamedTuple):
    """What the heads say about N texts.

    logits     by head: (N, C) float32 on the processor, the mean over a text's windows
    opinions   of each text, those whose probability is worth keeping, uncalibrated; none without an extractor
    """

    logits: dict[str, Tensor]
    opinions: list[tuple[Opinion, ...]]


def score_heads(
    models: HeadModels,
    located: Sequence[LocatedText],
    *,
    device: torch.device,
    bfloat16: bool = False,
    on_batch: Callable[[int], None] = lambda texts: None,
) -> HeadScores:
    """What heads over one encoder say about texts, in the order the texts came.

    on_batch   called with the number of texts done
    """
    encoder, classifiers, extractor, pad_id = models
    nothing: Counter[str] = Counter()
    elements = NOTHING if extractor is None else extractor.elements
    windows = [windows_of(text, (), elements, nothing) for text in located]
    # Windows do not know of each other, so those of a long text may stand in several batches.
    homes = [(text, number) for text, several in enumerate(windows) for number in range(len(several))]
    documents = OpinionDocuments([(windows[text][number],) for text, number in homes], pad_id)
    candidates: list[list[TokenOpinion]] = [[] for _ in located]
    rows = {name: torch.zeros(len(located), model.head.project.out_features) for name, model in classifiers.items()}
    batch_rows = 1 if encoder.at_once else MOST_WINDOWS
    batches = sorted_batches(documents.lengths, batch_tokens=BATCH_TOKENS, batch_rows=batch_rows)

    def read(indices: list[int]) -> tuple[dict[str, Tensor], list[TokenOpinion]]:
        with torch.inference_mode(), torch.autocast(device.type, dtype=torch.bfloat16, enabled=bfloat16):
            batch = documents.collate(indices).to(device)
            states = encoder(batch.token_ids, batch.mask)
            logits = {name: model.read(states, batch.mask).cpu() for name, model in classifiers.items()}
            return logits, decode(extractor.read(states, batch), elements) if extractor is not None else []

    for indices, (logits, opinions) in zip(batches, side_by_side(read, batches, encoder.at_once), strict=True):
        texts = torch.tensor([homes[index][0] for index in indices])
        for name, found in logits.items():
            rows[name].index_add_(0, texts, found)
        for one in opinions:
            text, number = homes[indices[one.window]]
            candidates[text].append(one._replace(window=number))
        on_batch(sum(homes[index][1] == 0 for index in indices))
    counts = torch.tensor([len(several) for several in windows]).unsqueeze(1)
    found_opinions = [opinions_of(text, mine, elements) for text, mine in zip(located, candidates, strict=True)]
    return HeadScores({name: sums / counts for name, sums in rows.items()}, found_opinions)
