"""A neural language model as a folder: safetensors and JSON, no pickle.

config.json model.safetensors          a decoder, in the layout of Llama, loadable by `AutoModelForCausalLM`
language_model.json model.safetensors  a fixed window or a recurrent network
tokenizer.json or vocabulary.json      its tokens; see `text/own_tokens`
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from torch import nn

from groundswell.errors import RunFolderError
from groundswell.model.neural_lm.decoder import Decoder, DecoderSettings
from groundswell.model.neural_lm.fixed_window import FixedWindow
from groundswell.model.neural_lm.language_model import LanguageModel
from groundswell.model.neural_lm.recurrent_lm import RecurrentLanguageModel
from groundswell.run_folder import write_json
from groundswell.text.vocabulary import PAD_ID

WEIGHTS, LLAMA, OWN = "model.safetensors", "config.json", "language_model.json"
KINDS: dict[str, Callable[..., LanguageModel]] = {"window": FixedWindow, "recurrent": RecurrentLanguageModel}
_LLAMA_NAMES = {
    "num_tokens": "vocab_size",
    "width": "hidden_size",
    "layers": "num_hidden_layers",
    "heads": "num_attention_heads",
    "hidden": "intermediate_size",
    "positions": "max_position_embeddings",
    "norm_eps": "rms_norm_eps",
}


def save_language_model(model: LanguageModel, folder: Path, *, begin_id: int, end_id: int) -> None:
    """Write a model into an existing folder."""
    if isinstance(model, Decoder):
        _save_decoder(model, folder, begin_id=begin_id, end_id=end_id)
    else:
        _save_own(model, folder)


def _save_decoder(model: Decoder, folder: Path, *, begin_id: int, end_id: int) -> None:
    """As a `LlamaForCausalLM` with one matrix for input and output."""
    s = model.settings
    config = {name: getattr(s, own) for own, name in _LLAMA_NAMES.items()}
    config |= {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu",
        "num_key_value_heads": s.heads, "head_dim": s.width // s.heads, "tie_word_embeddings": True,
        "attention_bias": False, "mlp_bias": False, "attention_dropout": 0.0, "use_cache": True,
        "bos_token_id": begin_id, "eos_token_id": end_id, "pad_token_id": PAD_ID,
        "rope_theta": s.rotary_base, "rope_parameters": {"rope_type": "default", "rope_theta": s.rotary_base},
        "torch_dtype": "float32",
    }  # fmt: skip
    weights = {f"model.{name}": part.contiguous() for name, part in model.state_dict().items() if "lm_head" not in name}
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})
    write_json(folder / LLAMA, config)


def _save_own(model: LanguageModel, folder: Path) -> None:
    """A fixed window or a recurrent model, with the arguments that made it."""
    kind = next(name for name, made in KINDS.items() if type(model) is made)
    shape: dict[str, Any] = model.shape  # type: ignore[assignment]
    tied = "embedding.weight" if shape.get("tied") else None
    weights = {
        name: part.contiguous()
        for name, part in model.state_dict().items()
        if not (tied and name == "_output.weight")  # one matrix is kept once
    }
    save_file(weights, folder / WEIGHTS)
    write_json(folder / OWN, {"kind": kind, **shape})


def load_language_model(folder: Path) -> LanguageModel:
    """The language model of a folder in float32 and eval mode; RunFolderError when it does not fit."""
    try:
        if (folder / OWN).exists():
            shape = json.loads((folder / OWN).read_text(encoding="utf-8"))
            model = KINDS[shape.pop("kind")](**shape)
            return _filled(model, load_file(folder / WEIGHTS))
        found = json.loads((folder / LLAMA).read_text(encoding="utf-8"))
        settings = {own: found[name] for own, name in _LLAMA_NAMES.items()}
        model = Decoder(DecoderSettings(rotary_base=found["rope_parameters"]["rope_theta"], **settings))
        weights = load_file(folder / WEIGHTS)
        return _filled(model, {name.removeprefix("model."): part for name, part in weights.items()})
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise RunFolderError(f"{folder}: the language model cannot be loaded ({error}). Train again") from error


def _filled(model: LanguageModel, weights: dict[str, Any]) -> LanguageModel:
    """The model with these weights; every one of its own must be among them, but for those that are tied."""
    missing, unexpected = model.load_state_dict(weights, strict=False)
    known = {id(part) for name, part in model.named_parameters() if name in weights}
    lost = [name for name in missing if id(_part(model, name)) not in known]
    if lost or unexpected:
        raise RuntimeError(f"weights do not fit: {', '.join([*lost, *unexpected][:3])}")
    return model.eval()


def _part(model: nn.Module, name: str) -> nn.Parameter:
    return model.get_parameter(name)
