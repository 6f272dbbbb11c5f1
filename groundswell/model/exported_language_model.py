"""A language model as a folder that transformers loads whole, with what it predicts tokens by."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor

from groundswell.errors import DataError, RunFolderError
from groundswell.model.masked_lm import PUBLISHED_HEADS, MaskedLanguageModel
from groundswell.model.neural_lm.decoder import Decoder
from groundswell.model.saved_language_model import SavedLanguageModel
from groundswell.run_folder import whole_folder, write_json

_OURS = ("groundswell.json", "head.safetensors", "vocabulary.json", "marks.json")
# Of each family: the class with the head, and the name of the encoder in it.
_FAMILIES = {
    "bert": ("BertForMaskedLM", "bert"),
    "roberta": ("RobertaForMaskedLM", "roberta"),
    "xlm-roberta": ("XLMRobertaForMaskedLM", "roberta"),
    "distilbert": ("DistilBertForMaskedLM", "distilbert"),
}


def export_for_transformers(saved: SavedLanguageModel, model: Path, out: Path) -> None:
    """Write a new folder for `AutoModelForCausalLM` or `AutoModelForMaskedLM` and `AutoTokenizer`.

    model   folder of the saved model

    Raises RunFolderError when the folder exists, DataError for a model that transformers has no class for.
    """
    if out.exists():
        raise RunFolderError(f"{out}: exists already. Choose another folder, or remove it")
    if not isinstance(saved.model, Decoder | MaskedLanguageModel):
        raise DataError(f"{model}: transformers has no class for this kind of model, only for a decoder and a bert")
    if not (model / "tokenizer.json").exists():
        raise DataError(f"{model}: tokens cut by jieba cannot be written as a tokenizer.json. Choose text.tokens=bpe")
    if isinstance(saved.model, MaskedLanguageModel):
        _export_masked(saved.model, model, out)
        return
    with whole_folder(out) as aside:
        _copy(model, aside)


def _export_masked(model: MaskedLanguageModel, folder: Path, out: Path) -> None:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if config["model_type"] not in _FAMILIES:
        raise DataError(f"{folder}: the head of {config['model_type']!r} models is not known. Use the folder as it is")
    name, prefix = _FAMILIES[config["model_type"]]
    weights: dict[str, Tensor] = {f"{prefix}.{key}": part for key, part in model.encoder.network.state_dict().items()}
    own = model.state_dict()
    weights |= {theirs: own[ours] for ours, theirs in PUBLISHED_HEADS[config["model_type"]].items()}
    with whole_folder(out) as aside:
        _copy(folder, aside)
        save_file(
            {key: part.contiguous() for key, part in weights.items()}, aside / "model.safetensors", {"format": "pt"}
        )
        write_json(aside / "config.json", {**config, "architectures": [name], "tie_word_embeddings": True})


def _copy(model: Path, out: Path) -> None:
    for file in model.iterdir():
        if file.name not in _OURS:
            shutil.copyfile(file, out / file.name)
