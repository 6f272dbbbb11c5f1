"""Wrong input through the whole way: refused with place, cause and cure, or counted and reported; nothing is lost."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tiny_run import changed, reviews, write
from transformers import AutoTokenizer

import groundswell as gs
from groundswell import run_folder
from groundswell.errors import BaseModelError, DataError, RecipeError, RunFolderError


def refused(values: dict[str, Any], kind: type[Exception], **sections: dict[str, Any]) -> str:
    """The message with which training is refused; no model was written."""
    given = changed(values, **sections)
    with pytest.raises(kind) as error:
        gs.train(given)
    assert not (Path(values["output"]["folder"]) / "run" / "model").exists()
    return str(error.value)


def test_missing_file(values: dict[str, Any], tmp_path: Path) -> None:
    message = refused(values, DataError, data={"train": str(tmp_path / "review.jsonl")})
    assert message.startswith(f"{tmp_path / 'review.jsonl'}: ")
    assert "reviews.jsonl" in message  # did you mean


def test_empty_file(values: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("")
    message = refused(values, DataError, data={"train": str(tmp_path / "empty.csv")})
    assert message.startswith(f"{tmp_path / 'empty.csv'}: ")
    assert "empty" in message


def test_missing_column_names_those_there_are(values: dict[str, Any]) -> None:
    path = values["data"]["train"]
    message = refused(values, DataError, data={"label": "lable"})
    assert message.startswith(f"{path}: no column 'lable'. Columns: text, label.")
    assert "Did you mean 'label'?" in message


def test_unknown_label_in_dev(values: dict[str, Any], tmp_path: Path) -> None:
    dev = write(tmp_path / "dev.jsonl", [{"text": "fine", "label": "positive"}, {"text": "odd", "label": "postive"}])
    message = refused(values, DataError, data={"dev": dev})
    assert message.startswith(f"{dev}: dev: label 'postive' (row 2) is unknown.")
    assert "Known labels: negative, positive." in message


def test_one_class_only(values: dict[str, Any], tmp_path: Path) -> None:
    rows = [{"text": f"good {number}", "label": "positive"} for number in range(20)]
    message = refused(values, DataError, data={"train": write(tmp_path / "one.jsonl", rows)})
    assert message.startswith("only one class, 'positive', in ")


def test_blank_texts_are_counted_in_training(values: dict[str, Any], tmp_path: Path) -> None:
    rows = [*reviews(), {"text": "", "label": "positive"}, {"text": " \u200b\n", "label": "negative"}]
    run = gs.train(changed(values, data={"train": write(tmp_path / "blank.jsonl", rows)}))
    train = json.loads((run.folder / "manifest.json").read_text())["data"]["rows"]["train"]
    assert train["reasons"]["blank text"] == {"count": 2, "first_rows": [41, 42]}


def test_gb18030_is_read(values: dict[str, Any], tmp_path: Path) -> None:
    lines = "text,label\n" + "".join(
        f"{row['text']}这个房间非常干净，服务也很好{n},{row['label']}\n" for n, row in enumerate(reviews())
    )
    chinese = tmp_path / "gb.csv"
    chinese.write_bytes(lines.encode("gb18030"))
    run = gs.train(changed(values, data={"train": str(chinese)}))
    assert run.metrics["dev"]["num_rows"] == 10


def test_broken_utf8_is_named_with_its_line_and_offset(values: dict[str, Any], tmp_path: Path) -> None:
    broken = tmp_path / "broken.csv"
    content = ("text,label\n" + "good,positive\n" * 20_000).encode()
    broken.write_bytes(content + b"caf\xff,positive\n")
    message = refused(values, DataError, data={"train": str(broken)})
    assert message.startswith(f"{broken}:20002: ")
    assert f"offset {len(content) + 3}" in message


def test_a_10_mb_text_and_a_nul_are_dropped_and_counted(values: dict[str, Any], tmp_path: Path) -> None:
    rows = [*reviews(), {"text": "good " * 2_000_000, "label": "positive"}, {"text": "ba\0d", "label": "negative"}]
    data = {"train": write(tmp_path / "odd.jsonl", rows), "max_bad_share": 0.1}
    run = gs.train(changed(values, data=data))
    train = json.loads((run.folder / "manifest.json").read_text())["data"]["rows"]["train"]
    assert train["reasons"]["longer than 1,000,000 characters"]["first_rows"] == [41]
    assert train["reasons"]["NUL character in text"]["first_rows"] == [42]
    rejected = [json.loads(line) for line in (run.folder / "rejected.jsonl").read_text().splitlines()]
    assert [row["row"] for row in rejected] == [41, 42]


def test_duplicated_ids_are_kept_and_warned_of(values: dict[str, Any], tmp_path: Path) -> None:
    rows = [{"id": "same", **row} for row in reviews()]
    run = gs.train(changed(values, data={"train": write(tmp_path / "ids.jsonl", rows)}))
    assert any("id" in warning and "same" in warning for warning in run.warnings), run.warnings


def test_a_recipe_with_five_mistakes_reports_all_five(values: dict[str, Any]) -> None:
    wrong = changed(
        values,
        data={"trian": "x"},
        text={"max_tokens": "many"},
        tuning={"method": "lorra"},
        training={"epochs": 0, "learning_rate": -1},
    )
    with pytest.raises(RecipeError) as error:
        gs.train(wrong)
    assert len(error.value.problems) == 5, error.value.problems


def test_a_missing_and_an_altered_file_are_named_with_their_hash(values: dict[str, Any]) -> None:
    run = gs.train(values)
    manifest = json.loads((run.folder / "manifest.json").read_text())
    head, config = run.folder / "model" / "head.safetensors", run.folder / "model" / "config.json"
    expected = manifest["files"]["model/head.safetensors"]
    head.write_bytes(head.read_bytes()[:-1] + b"\x01")
    config.unlink()
    with pytest.raises(RunFolderError) as error:
        gs.load(run.folder)
    assert f"{head}: altered (expected sha256 {expected}, found {run_folder.file_sha256(head)})" in str(error.value)
    assert f"{config}: missing (expected sha256 {manifest['files']['model/config.json']})" in str(error.value)


def test_only_pickle_weights(values: dict[str, Any], tiny_bert: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pickled"
    folder.mkdir()
    (folder / "config.json").write_bytes((tiny_bert / "config.json").read_bytes())
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    message = refused(values, BaseModelError, model={"encoder": str(folder)})
    assert message.startswith(f"{folder}: holds only pickle weights (pytorch_model.bin), which can run any code")


def test_a_full_disk_leaves_nothing_half_written(values: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    from groundswell.model import encoded_model

    def full(*args: object, **kwargs: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(encoded_model, "save_file", full)
    with pytest.raises(OSError, match="the disk is full; nothing was left half-written") as error:
        gs.train(values)
    assert error.value.errno == errno.ENOSPC
    folder = Path(values["output"]["folder"]) / "run"
    assert not (folder / "model").exists()
    assert not (folder / "manifest.json").exists()
    assert not [path for path in folder.rglob(".*") if path.name != "."]
    monkeypatch.undo()
    monkeypatch.setenv("GROUNDSWELL_CACHE", str(folder.parent / "cache"))
    assert gs.train(values, resume=True).metrics["dev"]["num_rows"] == 10


@pytest.mark.slow
def test_a_killed_training_resumes_to_the_same_bits(values: dict[str, Any], tmp_path: Path) -> None:
    long = changed(values, training={"epochs": 30, "batch_rows": 2, "checkpoint_minutes": 1e-6}, model={"dropout": 0.1})
    straight = gs.train(changed(long, output={"name": "straight"}))
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(gs.load_recipe(straight.folder / "recipe.yaml", ["output.name=killed"]).to_yaml())
    command = [sys.executable, "-m", "groundswell", "train", str(recipe)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    checkpoints = Path(long["output"]["folder"]) / "killed" / "checkpoints"
    deadline = time.monotonic() + 120
    while not any(checkpoints.glob("step-*0")) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert not (checkpoints.parent / "manifest.json").exists()
    assert any(checkpoints.glob("step-*"))
    answer = subprocess.run([*command, "--resume"], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == str(checkpoints.parent)
    found = json.loads((checkpoints.parent / "manifest.json").read_text())
    assert found["training"]["resumed_at_step"] > 0
    files = [found["files"], json.loads((straight.folder / "manifest.json").read_text())["files"]]
    for name in ("model/model.safetensors", "model/head.safetensors"):
        assert files[0][name] == files[1][name]


def test_an_unfinished_run_says_how_to_go_on(values: dict[str, Any], tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "run"
    run_folder.write_text(folder / "recipe.yaml", "data: {train: x}\n")
    with pytest.raises(RunFolderError) as error:
        gs.load(folder)
    assert str(error.value) == (
        f"{folder}: the training is not finished (manifest.json is missing). "
        f"Go on with: groundswell train {folder / 'recipe.yaml'} --name run --resume"
    )


def test_a_tokenizer_of_another_model_is_refused(values: dict[str, Any], tiny_bert: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    shutil.copytree(tiny_bert, folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    embedded = len(tokenizer)
    tokenizer.add_tokens(["onemore"])
    tokenizer.save_pretrained(folder)
    message = refused(values, BaseModelError, model={"encoder": str(folder)})
    assert message == (
        f"{folder}: the tokenizer has {embedded + 1:,} tokens, but the encoder has embeddings for {embedded:,} only. "
        "Use the tokenizer that was saved with this encoder"
    )
