"""What a multi-task model says about texts: the answers of its heads, joined into the fields of one analysis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from groundswell.data.opinion_targets import locate
from groundswell.errors import DataError
from groundswell.model.label_answers import Answer, LabelAnswers
from groundswell.model.opinion_answers import Asked, OpinionAnswers, not_found
from groundswell.model.saved_extractor import SavedExtractor
from groundswell.model.saved_model import SavedHeads, SavedNetwork
from groundswell.model.shared_scoring import HeadModels, HeadScores, score_heads
from groundswell.text.sentences import split_sentences
from groundswell.types import Sentence

INTENSITY = "intensity"


class HeadAnswers:
    """Every head's answer, from one pass of the encoder over each text.

    The first head that gives one label and reads the whole text names the text's own `label`, the first that reads
    sentences names those; without one they follow from the opinions. A value whose head is called `intensity` is the
    text's intensity. `heads` holds what each head that labels the whole text said.
    """

    on_blank = "the scores are the shares of the labels in training, and it holds no opinions"
    on_windows = "whose scores were averaged and whose opinions were joined"

    def __init__(self, saved: SavedHeads, device: torch.device, *, bfloat16: bool) -> None:
        self._device, self._bfloat16 = device, bfloat16
        networks = {name: head for name, head in saved.heads.items() if isinstance(head, SavedNetwork)}
        extractors = [head for head in saved.heads.values() if isinstance(head, SavedExtractor)]
        first = next(iter(saved.heads.values()))
        self._tokenizer, self._cleaning = first.tokenizer, first.text.cleaning
        self._labels = {name: LabelAnswers(head, device, bfloat16=bfloat16) for name, head in networks.items()}
        self._opinions = OpinionAnswers(extractors[0], device, bfloat16=bfloat16) if extractors else None
        self._of_sentences = next((name for name in networks if saved.reads[name] in ("sentences", "both")), None)
        whole = {name: head.model for name, head in networks.items() if saved.reads[name] in ("text", "both")}
        extractor = extractors[0].model if extractors else None
        self._models = HeadModels(first.model.encoder, whole, extractor, first.tokenizer.pad_id)

    @property
    def takes_aspects(self) -> bool:
        """Whether one of the heads can be asked for aspects."""
        return self._opinions is not None

    def __call__(self, texts: Sequence[str], aspects: Sequence[str] | None = None) -> list[Answer]:
        """One answer per text; `aspects` as for `OpinionAnswers`, where there is a head that finds opinions."""
        asked: Asked | None = None
        if self._opinions is not None:
            asked = self._opinions.asked(texts, aspects)
            read = self._opinions.read(texts, asked)
        else:
            read = locate(texts, self._cleaning, self._tokenizer)
        fields = self._fields(texts, score_heads(self._models, read, device=self._device, bfloat16=self._bfloat16))
        return [
            Answer(found, located.tokens, not_found(asked, number))
            for number, (found, located) in enumerate(zip(fields, read, strict=True))
        ]

    def _fields(self, texts: Sequence[str], scores: HeadScores) -> list[dict[str, Any]]:
        """The joined fields of each text."""
        answers = {name: self._labels[name].fields(texts, logits) for name, logits in scores.logits.items()}
        joined: list[dict[str, Any]] = []
        for number, text in enumerate(texts):
            of_heads = {name: fields[number] for name, fields in answers.items()}
            fields: dict[str, Any] = {}
            if self._opinions is not None:
                fields = self._opinions.fields(text, self._opinions.calibration(scores.opinions[number]))
            joined.append(fields | _main_fields(of_heads) | ({"heads": of_heads} if of_heads else {}))
        if self._of_sentences is not None:
            for fields, sentences in zip(joined, self._sentences(texts, self._of_sentences), strict=True):
                fields["sentences"] = sentences
        return joined

    def _sentences(self, texts: Sequence[str], head: str) -> list[tuple[Sentence, ...]]:
        """The sentences of each text, read by themselves as a head was trained to."""
        places = [split_sentences(text) for text in texts]
        pieces = [text[start:end] for text, found in zip(texts, places, strict=True) for start, end in found]
        answers = iter(self._labels[head](pieces))
        return [
            tuple(Sentence(start, end, (said := next(answers).fields)["label"], said["scores"]) for start, end in found)
            for found in places
        ]


def _main_fields(of_heads: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The fields that an analysis has one place for."""
    one_label = next((found for found in of_heads.values() if "label" in found), None)
    several = next((found for found in of_heads.values() if "labels" in found), None)
    first = one_label or several or next(iter(of_heads.values()), None)
    fields = dict(first or {})
    if several is not None:
        fields["labels"] = several["labels"]
    if INTENSITY in of_heads:
        value = next(iter(of_heads[INTENSITY]["scores"].values()))
        fields["intensity"] = min(max(value, 0.0), 1.0)
    return fields


def check_name(saved: SavedHeads, name: str | None) -> str:
    """The name of a head; DataError, listing all, for any other."""
    if name not in saved.heads:
        found = "no head" if name is None else f"the head {name!r}"
        raise DataError(
            f"found {found}, expected one of {', '.join(saved.heads)}. Name one of them as the head (--head)"
        )
    return name
