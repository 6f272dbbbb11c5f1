"""A trained model as a folder: encoder and tokenizer in transformers' layout, head and pooling beside them; no pickle.

config.json model.safetensors tokenizer.json …   the encoder, loadable by `AutoModel.from_pretrained`
head.safetensors                                 weights of pooling and head
groundswell.json                                 task, labels, cleaning, truncation, pooling
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from transformers import PreTrainedTokenizerBase

from groundswell.errors import RunFolderError
from groundswell.model.classifier import TextClassifier
from groundswell.model.outputs import Outputs
from groundswell.model.pretrained import load_encoder, load_tokenizer, quiet_transformers
from groundswell.representation.pooling import PoolingName
from groundswell.run_folder import write_json
from groundswell.text.tokenization import TextTokenizer, Truncation

HEAD = "head.safetensors"
DESCRIPTION = "groundswell.json"
FORMAT = 1


@dataclass(frozen=True)
class TextSettings:
    """How a text becomes tokens."""

    cleaning: tuple[str, ...]
    max_tokens: int
    truncation: Truncation
    window_overlap: int


@dataclass(frozen=True)
class SavedModel:
    """Everything needed to analyse a text the way the model was trained to."""

    model: TextClassifier
    tokenizer: TextTokenizer
    outputs: Outputs
    text: TextSettings


def make_text_tokenizer(tokenizer: PreTrainedTokenizerBase, text: TextSettings) -> TextTokenizer:
    """The tokenizer that cuts as the settings say; training and prediction both come through here."""
    return TextTokenizer(
        tokenizer, max_tokens=text.max_tokens, truncation=text.truncation, window_overlap=text.window_overlap
    )


def save_model(saved: SavedModel, folder: Path) -> None:
    """Write a model into an existing folder."""
    with quiet_transformers():
        saved.model.encoder.network.save_pretrained(folder)  # type: ignore[operator]
    saved.tokenizer.tokenizer.save_pretrained(folder)
    weights = {
        name: tensor.contiguous()
        for name, tensor in saved.model.state_dict().items()
        if not name.startswith("encoder.")
    }
    save_file(weights, folder / HEAD)
    description: dict[str, Any] = {
        "format": FORMAT,
        "pooling": saved.model.pooling.name,
        "outputs": asdict(saved.outputs),
        "text": asdict(saved.text),
    }
    write_json(folder / DESCRIPTION, description)


def load_model(folder: Path) -> SavedModel:
    """The model of a folder, float32, in eval mode."""
    try:
        description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunFolderError(f"{folder / DESCRIPTION}: cannot be read ({error}). Train again") from error
    if description.get("format") != FORMAT:
        raise RunFolderError(
            f"{folder / DESCRIPTION}: format {description.get('format')!r}, expected {FORMAT}. "
            "It was written by another version of groundswell; install that one, or train again"
        )
    found: dict[str, Any] = description["outputs"]
    outputs = Outputs(**{**found, "labels": tuple(found["labels"]), "prior": tuple(found["prior"])})
    text = TextSettings(**{**description["text"], "cleaning": tuple(description["text"]["cleaning"])})
    pooling: PoolingName = description["pooling"]
    model = TextClassifier(load_encoder(folder), pooling, len(outputs.labels))
    weights = load_file(folder / HEAD)
    missing, unexpected = model.load_state_dict(weights, strict=False)
    lost = [name for name in missing if not name.startswith("encoder.")]
    if lost or unexpected:
        raise RunFolderError(
            f"{folder / HEAD}: does not fit the model ({', '.join([*lost, *unexpected])}). Train again"
        )
    model.eval()
    return SavedModel(model, make_text_tokenizer(load_tokenizer(folder), text), outputs, text)
