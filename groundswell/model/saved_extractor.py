"""A trained opinion extractor as a folder, and what reads texts with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from groundswell.data.opinion_targets import Elements, LocatedText, locate
from groundswell.model.encoder import Encoder
from groundswell.model.opinion_extractor import OpinionExtractor
from groundswell.model.opinion_scoring import Calibration, extract_opinions
from groundswell.model.text_settings import TextSettings, make_text_tokenizer
from groundswell.text.tokenization import TextTokenizer, Tokens
from groundswell.types import Opinion, Span


@dataclass(frozen=True)
class SavedExtractor:
    """Everything needed to find opinions in a text the way a network was trained to."""

    model: OpinionExtractor
    tokenizer: TextTokenizer
    text: TextSettings
    calibration: Calibration

    def reader(self, device: torch.device, *, bfloat16: bool) -> OpinionReader:
        """The network on a device."""
        return OpinionReader(self, device, bfloat16=bfloat16)

    def describe(self) -> dict[str, Any]:
        """What must be written down beside the weights."""
        return {"opinions": {"elements": asdict(self.model.elements), "calibration": asdict(self.calibration)}}


def load_extractor(
    folder: Path, described: dict[str, Any], encoder: Encoder, tokens: Tokens, text: TextSettings
) -> SavedExtractor:
    """The extractor whose head lies in a folder, in float32 and eval mode; RunFolderError when its head does not fit.

    described   what `describe` returned
    """
    found = described["opinions"]["elements"]
    elements = Elements(**{**found, "polarities": tuple(found["polarities"]), "categories": tuple(found["categories"])})
    model = OpinionExtractor(encoder, elements)
    model.load_head(folder)
    calibration = Calibration(**described["opinions"]["calibration"])
    return SavedExtractor(model.eval(), make_text_tokenizer(tokens, text), text, calibration)


class OpinionReader:
    """An extractor on a device: reads texts, then says which opinions they hold."""

    def __init__(self, saved: SavedExtractor, device: torch.device, *, bfloat16: bool) -> None:
        self._model = saved.model.to(device).eval()
        self._tokenizer, self._cleaning = saved.tokenizer, saved.text.cleaning
        self._calibration, self._device, self._bfloat16 = saved.calibration, device, bfloat16

    def read(self, texts: Sequence[str], given: Sequence[tuple[Span, ...] | None] | None = None) -> list[LocatedText]:
        """The tokens of each text with their places; `given`: of each text the aspects that are asked for."""
        return locate(texts, self._cleaning, self._tokenizer, given)

    def opinions(
        self, located: Sequence[LocatedText], on_batch: Callable[[int], None] = lambda texts: None
    ) -> list[tuple[Opinion, ...]]:
        """The opinions of texts that were read, in the order they stand in, with calibrated scores."""
        found = extract_opinions(
            self._model, located, pad_id=self._tokenizer.pad_id, device=self._device,
            bfloat16=self._bfloat16, on_batch=on_batch,
        )  # fmt: skip
        return [self._calibration(opinions) for opinions in found]
