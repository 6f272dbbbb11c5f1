"""A trained model as a folder: encoder and tokens, head and pooling beside them; safetensors and JSON, no pickle.

config.json model.safetensors tokenizer.json …          a pretrained encoder, loadable by `AutoModel.from_pretrained`
encoder.json encoder.safetensors vocabulary.json        an encoder trained from scratch
head.safetensors                                        weights of pooling and head
features.json linear.safetensors                        a baseline, which has neither encoder nor head
groundswell.json                                        task, labels, cleaning, truncation, pooling
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from groundswell.errors import RunFolderError
from groundswell.model.classifier import TextClassifier
from groundswell.model.encoder import Encoder
from groundswell.model.from_scratch import SETTINGS, load_from_scratch
from groundswell.model.linear import FEATURES, LinearClassifier, load_linear
from groundswell.model.outputs import Outputs
from groundswell.model.pretrained import load_encoder, load_tokenizer
from groundswell.model.saved_extractor import SavedExtractor, load_extractor
from groundswell.model.scorer import NetworkScorer, Scorer
from groundswell.model.text_settings import TextSettings, make_text_tokenizer
from groundswell.representation.pooling import PoolingName
from groundswell.run_folder import write_json
from groundswell.text.own_tokens import load_tokens
from groundswell.text.pretrained_tokens import PretrainedTokens
from groundswell.text.tokenization import TextTokenizer, Tokens

DESCRIPTION = "groundswell.json"
FORMAT = 1


@dataclass(frozen=True)
class SavedNetwork:
    """Everything needed to analyse a text the way a network was trained to."""

    model: TextClassifier
    tokenizer: TextTokenizer
    outputs: Outputs
    text: TextSettings

    @property
    def cleaning(self) -> tuple[str, ...]:
        """What happens to a text before it is read."""
        return self.text.cleaning

    def scorer(self, device: torch.device, *, bfloat16: bool) -> Scorer:
        """The network on a device."""
        return NetworkScorer(self.model, self.tokenizer, device, bfloat16=bfloat16)


@dataclass(frozen=True)
class SavedBaseline:
    """Everything needed to analyse a text by a weighted sum of features."""

    classifier: LinearClassifier
    outputs: Outputs
    cleaning: tuple[str, ...]

    def scorer(self, device: torch.device, *, bfloat16: bool) -> Scorer:
        """The classifier; it computes on the processor, in float64."""
        return self.classifier


SavedModel = SavedNetwork | SavedBaseline | SavedExtractor


def save_model(saved: SavedModel, folder: Path) -> None:
    """Write a model into an existing folder."""
    description: dict[str, Any] = {"format": FORMAT}
    if isinstance(saved, SavedExtractor):
        description |= {"opinions": saved.save(folder), "text": asdict(saved.text)}
        write_json(folder / DESCRIPTION, description)
        return
    description["outputs"] = asdict(saved.outputs)
    if isinstance(saved, SavedBaseline):
        saved.classifier.save(folder)
        description["cleaning"] = list(saved.cleaning)
    else:
        saved.model.encoder.save(folder)
        saved.tokenizer.tokens.save(folder)
        saved.model.save_head(folder)
        description |= {"pooling": saved.model.pooling.name, "text": asdict(saved.text)}
    write_json(folder / DESCRIPTION, description)


def load_model(folder: Path) -> SavedModel:
    """The model of a folder; a network comes in float32 and in eval mode."""
    try:
        description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunFolderError(f"{folder / DESCRIPTION}: cannot be read ({error}). Train again") from error
    if description.get("format") != FORMAT:
        raise RunFolderError(
            f"{folder / DESCRIPTION}: format {description.get('format')!r}, expected {FORMAT}. "
            "It was written by another version of groundswell; install that one, or train again"
        )
    if "opinions" in description:
        encoder, tokens = _encoder_and_tokens(folder)
        return load_extractor(folder, description["opinions"], encoder, tokens, _text_settings(description))
    found: dict[str, Any] = description["outputs"]
    names = ("labels", "prior", "thresholds")  # older folders have no thresholds
    outputs = Outputs(**{**found, **{name: tuple(found.get(name, ())) for name in names}})
    if (folder / FEATURES).exists():
        return SavedBaseline(load_linear(folder), outputs, tuple(description["cleaning"]))
    return _load_network(folder, description, outputs)


def _load_network(folder: Path, description: dict[str, Any], outputs: Outputs) -> SavedNetwork:
    text = _text_settings(description)
    pooling: PoolingName = description["pooling"]
    encoder, tokens = _encoder_and_tokens(folder)
    model = TextClassifier(encoder, pooling, len(outputs.labels))
    model.load_head(folder)
    model.eval()
    return SavedNetwork(model, make_text_tokenizer(tokens, text), outputs, text)


def _text_settings(description: dict[str, Any]) -> TextSettings:
    return TextSettings(**{**description["text"], "cleaning": tuple(description["text"]["cleaning"])})


def _encoder_and_tokens(folder: Path) -> tuple[Encoder, Tokens]:
    if (folder / SETTINGS).exists():
        return load_from_scratch(folder), load_tokens(folder)
    return load_encoder(folder), PretrainedTokens(load_tokenizer(folder))
