from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from groundswell.errors import RunFolderError
from groundswell.model.outputs import Outputs
from groundswell.model.saved_model import SavedNetwork, load_model, save_model
from groundswell.model.text_settings import TextSettings, make_text_tokenizer
from groundswell.text.pretrained_tokens import PretrainedTokens, load_tokenizer

OUTPUTS = Outputs("single_label", ("bad", "good"), (0.25, 0.75))
SETTINGS = TextSettings(("blanks",), 24, "head_tail", 4)
Make = Callable[..., Any]


def saved(folder: Path, make_classifier: Make, pooling: str = "attention") -> SavedNetwork:
    model = make_classifier(folder, pooling).eval()
    return SavedNetwork(
        model, make_text_tokenizer(PretrainedTokens(load_tokenizer(folder)), SETTINGS), OUTPUTS, SETTINGS
    )


def refusal(folder: Path) -> str:
    with pytest.raises(RunFolderError) as caught:
        load_model(folder)
    return str(caught.value)


def test_a_saved_model_gives_the_same_logits(
    any_tiny: Path, tmp_path: Path, make_classifier: Make, make_documents: Make
) -> None:
    before = saved(any_tiny, make_classifier)
    save_model(before, tmp_path)
    after = load_model(tmp_path)
    batch = make_documents(any_tiny).collate(range(10))
    assert torch.equal(after.model(batch), before.model(batch))
    assert (after.outputs, after.text) == (OUTPUTS, SETTINGS)
    assert not after.model.training
    text = "good food " * 30
    assert [w.tolist() for w in after.tokenizer([text])[0].windows] == [
        w.tolist() for w in before.tokenizer([text])[0].windows
    ]


def test_nothing_saved_is_pickle(tiny_bert: Path, tmp_path: Path, make_classifier: Make) -> None:
    save_model(saved(tiny_bert, make_classifier), tmp_path)
    names = {file.name for file in tmp_path.iterdir()}
    assert {"config.json", "model.safetensors", "head.safetensors", "groundswell.json", "tokenizer.json"} <= names
    assert {file.suffix for file in tmp_path.iterdir()} <= {".json", ".safetensors", ".txt", ".jinja"}


def test_a_folder_without_description_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "groundswell.json"
    expected = f"{path}: cannot be read ([Errno 2] No such file or directory: '{path}'). Train again"
    assert refusal(tmp_path) == expected


def test_another_format_is_refused(tiny_bert: Path, tmp_path: Path, make_classifier: Make) -> None:
    save_model(saved(tiny_bert, make_classifier), tmp_path)
    path = tmp_path / "groundswell.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 99}))
    assert refusal(tmp_path) == (
        f"{path}: format 99, expected 1. It was written by another version of groundswell; install that one, or train "
        "again"
    )


def test_a_head_that_lacks_a_weight_is_refused(tiny_bert: Path, tmp_path: Path, make_classifier: Make) -> None:
    """A head of random weights must never be taken for a trained one (trap M8)."""
    save_model(saved(tiny_bert, make_classifier), tmp_path)
    weights = load_file(tmp_path / "head.safetensors")
    del weights["head.project.weight"]
    save_file({**weights, "other": torch.zeros(1)}, tmp_path / "head.safetensors")
    assert refusal(tmp_path) == (
        f"{tmp_path / 'head.safetensors'}: does not fit the model (head.project.weight, other). Train again"
    )


@pytest.mark.slow
def test_another_process_gives_the_same_logits(
    tiny_bert: Path, tmp_path: Path, make_classifier: Make, make_documents: Make
) -> None:
    before = saved(tiny_bert, make_classifier)
    save_model(before, tmp_path)
    batch = make_documents(tiny_bert).collate([0, 1, 2])
    save_file({"ids": batch.token_ids, "mask": batch.mask}, tmp_path / "batch.safetensors")
    script = (
        "import sys, torch\nfrom pathlib import Path\nfrom safetensors.torch import load_file\n"
        "from groundswell.data.batching import Batch\nfrom groundswell.model.saved_model import load_model\n"
        "found = load_file(sys.argv[1] + '/batch.safetensors')\n"
        "batch = Batch(found['ids'], found['mask'], torch.arange(3), torch.zeros(3), torch.ones(3))\n"
        "print(load_model(Path(sys.argv[1])).model(batch).tolist())"
    )
    answer = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True)
    torch.testing.assert_close(torch.tensor(json.loads(answer.stdout)), before.model(batch).detach(), atol=1e-6, rtol=0)
