"""A trained model as a folder: encoder and tokens, head and pooling beside them; safetensors and JSON, no pickle.

config.json model.safetensors tokenizer.json …          a pretrained encoder, loadable by `AutoModel.from_pretrained`
encoder.json encoder.safetensors vocabulary.json        an encoder trained from scratch
model.onnx tokenizer.json or vocabulary.json …          an encoder as a graph
head.safetensors                                        weights of pooling and head, or of what finds opinions
heads/NAME/head.safetensors                             the same of each head of a multi-task model
features.json linear.safetensors                        a baseline, which has neither encoder nor head
groundswell.json                                        task, labels, temperature, cleaning, truncation, pooling
calibration.json                                        what dev allows to promise; of a head in heads/NAME
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import torch

from groundswell.errors import RunFolderError
from groundswell.model.classifier import TextClassifier
from groundswell.model.encoder import Encoder
from groundswell.model.from_scratch import SETTINGS, load_from_scratch
from groundswell.model.graph_encoder import GRAPH, LOGITS, GraphEncoder
from groundswell.model.graph_scorer import GraphScorer
from groundswell.model.linear import FEATURES, LinearClassifier, load_linear
from groundswell.model.outputs import Outputs
from groundswell.model.pretrained import load_encoder
from groundswell.model.saved_extractor import SavedExtractor, load_extractor
from groundswell.model.scorer import NetworkScorer, Scorer
from groundswell.model.served_calibration import ServedCalibration, load_calibration
from groundswell.model.text_settings import TextSettings, make_text_tokenizer
from groundswell.run_folder import write_json
from groundswell.text.own_tokens import VOCABULARY, load_tokens
from groundswell.text.pretrained_tokens import PretrainedTokens, load_tokenizer
from groundswell.text.tokenization import TextTokenizer, Tokens

DESCRIPTION, HEADS = "groundswell.json", "heads"
FORMAT = 1


@dataclass(frozen=True)
class SavedNetwork:
    """Everything needed to analyse a text the way a network was trained to."""

    model: TextClassifier
    tokenizer: TextTokenizer
    outputs: Outputs
    text: TextSettings
    calibration: ServedCalibration | None = None

    @property
    def cleaning(self) -> tuple[str, ...]:
        """What happens to a text before it is read."""
        return self.text.cleaning

    def scorer(self, device: torch.device, *, bfloat16: bool) -> Scorer:
        """The network on a device; a graph on the processor."""
        encoder = self.model.encoder
        if isinstance(encoder, GraphEncoder) and LOGITS in encoder.settings.classes:
            return GraphScorer(self.model, encoder, self.tokenizer)
        return NetworkScorer(self.model, self.tokenizer, device, bfloat16=bfloat16)

    def describe(self) -> dict[str, Any]:
        """What must be written down beside the weights."""
        return {"outputs": asdict(self.outputs), "pooling": self.model.pooling.name}


@dataclass(frozen=True)
class SavedBaseline:
    """Everything needed to analyse a text by a weighted sum of features."""

    classifier: LinearClassifier
    outputs: Outputs
    cleaning: tuple[str, ...]
    calibration: ServedCalibration | None = None

    def scorer(self, device: torch.device, *, bfloat16: bool) -> Scorer:
        """The classifier; it computes on the processor, in float64."""
        return self.classifier


Reads = Literal["text", "sentences", "both"]


@dataclass(frozen=True)
class SavedHeads:
    """Several models that share one encoder, its tokens and what happens to a text before it; by name.

    reads   what each labels of a text: the whole, each sentence for itself, or both
    """

    heads: dict[str, SavedNetwork | SavedExtractor]
    reads: dict[str, Reads]


SavedModel = SavedNetwork | SavedBaseline | SavedExtractor | SavedHeads


def save_model(saved: SavedModel, folder: Path) -> None:
    """Write a model into an existing folder."""
    description: dict[str, Any] = {"format": FORMAT}
    if isinstance(saved, SavedBaseline):
        saved.classifier.save(folder)
        description |= {"outputs": asdict(saved.outputs), "cleaning": list(saved.cleaning)}
    elif isinstance(saved, SavedHeads):
        _save_encoder(next(iter(saved.heads.values())), folder, description)
        description["heads"] = {}
        for name, head in saved.heads.items():
            (folder / HEADS / name).mkdir(parents=True)
            head.model.save_head(folder / HEADS / name)
            _save_calibration(head, folder / HEADS / name)
            description["heads"][name] = {"reads": saved.reads[name], **head.describe()}
    else:
        _save_encoder(saved, folder, description)
        saved.model.save_head(folder)
        description |= saved.describe()
    if not isinstance(saved, SavedHeads):
        _save_calibration(saved, folder)
    write_json(folder / DESCRIPTION, description)


def _save_encoder(saved: SavedNetwork | SavedExtractor, folder: Path, description: dict[str, Any]) -> None:
    saved.model.encoder.save(folder)
    saved.tokenizer.tokens.save(folder)
    description["text"] = asdict(saved.text)


def _save_calibration(saved: SavedNetwork | SavedBaseline | SavedExtractor, folder: Path) -> None:
    if not isinstance(saved, SavedExtractor) and saved.calibration is not None:
        saved.calibration.save(folder)


def load_model(folder: Path, graph: Path | None = None) -> SavedModel:
    """The model of a folder; a network comes in float32 and in eval mode.

    graph   of its encoder, which is then read instead of the encoder's own weights
    """
    try:
        description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunFolderError(f"{folder / DESCRIPTION}: cannot be read ({error}). Train again") from error
    if description.get("format") != FORMAT:
        raise RunFolderError(
            f"{folder / DESCRIPTION}: format {description.get('format')!r}, expected {FORMAT}. "
            "It was written by another version of groundswell; install that one, or train again"
        )
    if "language_model" in description:
        raise RunFolderError(
            f"{folder}: holds a language model, which labels no text. Ask it by `groundswell lm`, or tune it with "
            "model.encoder set to its run"
        )
    if (folder / FEATURES).exists():
        cleaning = tuple(description["cleaning"])
        return SavedBaseline(load_linear(folder), _outputs(description), cleaning, load_calibration(folder))
    found = description["text"]
    parts = (*_encoder_and_tokens(folder, graph), TextSettings(**{**found, "cleaning": tuple(found["cleaning"])}))
    if "heads" not in description:
        return _load_head(folder, description, *parts)
    heads: dict[str, Any] = description["heads"]
    return SavedHeads(
        {name: _load_head(folder / HEADS / name, one, *parts) for name, one in heads.items()},
        {name: one["reads"] for name, one in heads.items()},
    )


def _load_head(
    folder: Path, described: dict[str, Any], encoder: Encoder, tokens: Tokens, text: TextSettings
) -> SavedNetwork | SavedExtractor:
    if "opinions" in described:
        return load_extractor(folder, described, encoder, tokens, text)
    outputs, pooling = _outputs(described), described["pooling"]
    model = TextClassifier(encoder, pooling, len(outputs.labels))
    model.load_head(folder)
    return SavedNetwork(model.eval(), make_text_tokenizer(tokens, text), outputs, text, load_calibration(folder))


def _outputs(described: dict[str, Any]) -> Outputs:
    found: dict[str, Any] = described["outputs"]
    names = ("labels", "prior", "thresholds")  # older folders have neither thresholds nor a temperature
    return Outputs(**{**found, **{name: tuple(found.get(name, ())) for name in names}})


def encoder_of(saved: SavedModel) -> Encoder | None:
    """The encoder that all heads of a model read; a baseline has none."""
    if isinstance(saved, SavedBaseline):
        return None
    return next(iter(saved.heads.values())).model.encoder if isinstance(saved, SavedHeads) else saved.model.encoder


def _encoder_and_tokens(folder: Path, graph: Path | None) -> tuple[Encoder, Tokens]:
    own = (folder / VOCABULARY).exists()
    tokens = load_tokens(folder) if own else PretrainedTokens(load_tokenizer(folder))
    if graph is not None or (folder / GRAPH).exists():
        return GraphEncoder(graph or folder / GRAPH), tokens
    return load_from_scratch(folder) if (folder / SETTINGS).exists() else load_encoder(folder), tokens
