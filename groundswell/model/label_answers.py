"""What a classifier says about texts, as fields of their analyses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from groundswell.model.saved_model import SavedBaseline, SavedNetwork
from groundswell.model.scorer import NetworkScorer, ReadText
from groundswell.text.blank import is_blank
from groundswell.text.cleaning import clean


class Answer(NamedTuple):
    """What is said about one text, and what the model saw of it; `fields` are those of `Analysis`."""

    fields: dict[str, Any]
    seen: ReadText
    warnings: tuple[str, ...] = ()


class LabelAnswers:
    """Labels, several labels, or a value of each text.

    on_blank, on_windows   what an analysis says of a blank text, and of the windows of a long one
    """

    on_blank = "the scores are the shares of the labels in training"
    on_windows = "whose scores were averaged"
    takes_aspects = False

    def __init__(self, saved: SavedNetwork | SavedBaseline, device: torch.device, *, bfloat16: bool) -> None:
        self.outputs = saved.outputs
        self._cleaning = saved.cleaning
        self._scorer = saved.scorer(device, bfloat16=bfloat16)

    def __call__(self, texts: Sequence[str], aspects: Sequence[str] | None = None) -> list[Answer]:
        """One answer per text; there are no `aspects` to ask for."""
        read = self._read(texts)
        fields = self.fields(texts, self._logits(texts, read, lambda done: None))
        return [Answer(found, seen) for found, seen in zip(fields, read, strict=True)]

    def logits(self, texts: Sequence[str], on_batch: Callable[[int], None] = lambda texts: None) -> Tensor:
        """Logits (N, C) float32; a blank text gets those of the training prior."""
        return self._logits(texts, self._read(texts), on_batch)

    @property
    def has_vectors(self) -> bool:
        """Whether there is an encoder, and so `vectors`."""
        return isinstance(self._scorer, NetworkScorer)

    def vectors(self, texts: Sequence[str], on_batch: Callable[[int], None] = lambda texts: None) -> Tensor:
        """What the head reads of each text, (N, D) float32; zeros for a blank text. Only with `has_vectors`."""
        assert isinstance(self._scorer, NetworkScorer)
        written = [number for number, text in enumerate(texts) if not is_blank(text)]
        read = self._scorer.read([clean(texts[number], self._cleaning) for number in written])
        found = self._scorer.vectors(read, on_batch)
        vectors = torch.zeros(len(texts), found.shape[1])
        vectors[torch.tensor(written, dtype=torch.int64)] = found
        return vectors

    def fields(self, texts: Sequence[str], logits: Tensor) -> list[dict[str, Any]]:
        """The fields of texts with these logits (N, C), whatever computed them; blank texts get the prior's."""
        blank = torch.tensor([is_blank(text) for text in texts], dtype=torch.bool).unsqueeze(1)
        values = self.outputs.values(torch.where(blank, self._prior_logits(), logits))
        return [self._fields(scores) for scores in values.tolist()]

    def _read(self, texts: Sequence[str]) -> Sequence[ReadText]:
        return self._scorer.read([clean(text, self._cleaning) for text in texts])

    def _logits(self, texts: Sequence[str], read: Sequence[ReadText], on_batch: Callable[[int], None]) -> Tensor:
        """Logits (N, C); blank texts are answered without the model."""
        written = [number for number, text in enumerate(texts) if not is_blank(text)]
        logits = self._prior_logits().repeat(len(texts), 1)
        if written:
            logits[torch.tensor(written)] = self._scorer.logits([read[number] for number in written], on_batch)
        return logits

    def _prior_logits(self) -> Tensor:
        """Logits that `Outputs.values` turns into the prior, at whatever temperature."""
        prior = torch.tensor(self.outputs.prior)
        if self.outputs.task == "regression":
            return torch.zeros(1)
        is_single = self.outputs.task == "single_label"
        logits = prior.clamp(1e-6, 1 - 1e-6).log() if is_single else prior.logit(1e-6)
        return logits * self.outputs.temperature

    def _fields(self, values: list[float]) -> dict[str, Any]:
        scores = dict(zip(self.outputs.labels, values, strict=True))
        fields: dict[str, Any] = {"scores": scores}
        if self.outputs.task == "single_label":
            label = max(scores, key=scores.__getitem__)
            fields |= {"label": label, "confidence": scores[label]}
        if self.outputs.task == "multi_label":
            given = self.outputs.given(torch.tensor([values], dtype=torch.float64))[0].tolist()
            fields["labels"] = tuple(name for name, is_given in zip(scores, given, strict=True) if is_given)
        return fields
