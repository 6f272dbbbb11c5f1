"""Whole runs in two processes, launched as docs/several-devices.md says: the losses of one process, one run folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from tiny_run import changed

import groundswell as gs
from groundswell.recipe_reading import recipe_from_values

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
ACCELERATE = ["-m", "accelerate.commands.launch", "--num_machines", "1", "--main_process_port", "0"]
ACCELERATE += ["--mixed_precision", "no", "--dynamo_backend", "no"]
FSDP = [*ACCELERATE, "--use_fsdp", "--fsdp_version", "2", "--num_processes", "2"]
DDP = [*ACCELERATE, "--multi_gpu", "--num_processes", "2"]
TORCHRUN = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]


def start(recipe: Path, name: str, launcher: list[str], *options: str, **environment: str) -> subprocess.Popen[str]:
    """`groundswell train` by a launcher."""
    command = [sys.executable, *launcher, "-m", "groundswell", "train", str(recipe), "--name", name, *options]
    variables = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), **environment}
    return subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> str:
    """What was said on standard error; the run must have ended well."""
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said
    return said


def log_of(values: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The rows of epochs in a run's log."""
    lines = (Path(values["output"]["folder"]) / name / "log.jsonl").read_text().splitlines()
    return [row for row in map(json.loads, lines) if "dev" in row]


def write_recipe(values: dict[str, Any], path: Path) -> Path:
    path.write_text(recipe_from_values(values, "test", ["output.name=null"]).to_yaml())
    return path


def assert_same_log(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    assert len(found) == len(expected) > 1
    for one, other in zip(expected, found, strict=True):
        assert (one["step"], one["epoch"]) == (other["step"], other["epoch"])
        assert other["loss"] == pytest.approx(one["loss"], abs=1e-5)
        assert other["dev"] == pytest.approx(one["dev"], abs=1e-4)


CASES: dict[str, dict[str, Any]] = {
    "full": {"tuning": {"method": "full"}, "training": {"accumulation": 3, "activation_checkpointing": True}},
    "lora over cached states": {"tuning": {"method": "lora", "layers": 1}},
    "head over cached vectors": {"tuning": {"method": "head"}},
    "from scratch": {"model": {"encoder": "transformer", "scratch": {"width": 16}}, "tuning": {"method": "full"}},
}


@pytest.mark.parametrize("case", CASES)
def test_shared_out_weights_train_as_in_one_process(values: dict[str, Any], tmp_path: Path, case: str) -> None:
    """`accelerate launch --use_fsdp --fsdp_version 2` on processors."""
    values = changed(changed(values, model={"head_dropout": 0}), **CASES[case])
    expected = gs.train(changed(values, output={"name": "one"}))
    finish(start(write_recipe(values, tmp_path / "recipe.yaml"), "two", FSDP))
    assert_same_log(log_of(values, "two"), log_of(values, "one"))
    folder = expected.folder.with_name("two")
    texts = ["very good food", "bad"]
    for one, other in zip(gs.load(expected.folder).stream(texts), gs.load(folder).stream(texts), strict=True):
        assert other.scores == pytest.approx(one.scores, abs=1e-4)
    assert not (folder / "checkpoints").exists()


@pytest.mark.parametrize(
    ("encoder", "launcher"), [("decoder", FSDP), ("lstm", DDP), ("bert", FSDP)], ids=["fsdp", "ddp", "masked"]
)
def test_language_models_train_as_in_one_process(tmp_path: Path, encoder: str, launcher: list[str]) -> None:
    """Blocks and masked pieces, shared out among processes; the same perplexity in metrics.json."""
    texts = tmp_path / "texts.txt"
    texts.write_text("".join(f"the room number {number} was {'very ' * (number % 5)}good\n" for number in range(60)))
    values: dict[str, Any] = {
        "task": "language_model",
        "data": {"train": str(texts), "dev_share": 0.2},
        "corpus": {"least_words": 0, "near_copies": None, "quality": False},
        "text": {"tokens": "words", "vocabulary_size": 50, "max_tokens": 16},
        "model": {"encoder": encoder, "scratch": {"width": 16, "hidden": 16}},
        "training": {"epochs": 2, "batch_tokens": 80, "accumulation": 2, "precision": "float32"},
        "output": {"folder": str(tmp_path)},
    }
    expected = gs.train(changed(values, output={"name": "one"}))
    finish(start(write_recipe(values, tmp_path / "recipe.yaml"), "two", launcher))
    assert_same_log(log_of(values, "two"), log_of(values, "one"))
    found = json.loads((tmp_path / "two" / "metrics.json").read_text())["dev"]
    for name, metric in expected.metrics["dev"].items():
        if isinstance(metric, dict):
            assert found[name]["value"] == pytest.approx(metric["value"], rel=1e-4)


@pytest.mark.parametrize("launcher", [DDP, FSDP], ids=["ddp", "fsdp"])
def test_killed_processes_resume(values: dict[str, Any], tmp_path: Path, launcher: list[str]) -> None:
    """All processes are killed after a checkpoint; the resumed run has the losses of one that was never stopped."""
    training = {"epochs": 60, "checkpoint_minutes": 1e-4, "patience": None}
    values = changed(values, model={"head_dropout": 0}, training=training)
    gs.train(changed(values, output={"name": "one"}))
    recipe = write_recipe(values, tmp_path / "recipe.yaml")
    process = start(recipe, "two", launcher)
    checkpoints = Path(values["output"]["folder"]) / "two" / "checkpoints"
    for _ in range(1000):
        if list(checkpoints.glob("step-*")) or process.poll() is not None:
            break
        time.sleep(0.05)
    launched = psutil.Process(process.pid)
    for one in [*launched.children(recursive=True), launched]:  # the launcher's own children lead their own groups
        one.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL, "the run was over before it could be killed"
    finish(start(recipe, "two", launcher, "--resume"))
    resumed_at = json.loads((checkpoints.parent / "manifest.json").read_text())["training"]["resumed_at_step"]
    assert resumed_at > 0
    expected, found = log_of(values, "one"), {row["epoch"]: row for row in log_of(values, "two")}
    assert_same_log([found[row["epoch"]] for row in expected], expected)


@pytest.mark.parametrize("stage", [2, 3])
def test_a_deepspeed_configuration_is_done_by_torch(values: dict[str, Any], tmp_path: Path, stage: int) -> None:
    values = changed(values, model={"head_dropout": 0})
    config = tmp_path / "deepspeed.json"
    config.write_text(json.dumps({"zero_optimization": {"stage": stage}, "gradient_clipping": 1.0}))
    asked = {"ACCELERATE_USE_DEEPSPEED": "true", "ACCELERATE_DEEPSPEED_CONFIG_FILE": str(config)}
    gs.train(changed(values, output={"name": "one"}))
    said = finish(start(write_recipe(values, tmp_path / "recipe.yaml"), "two", TORCHRUN, **asked))
    assert f"asks for ZeRO stage {stage}: torch shares the weights out itself" in said
    assert_same_log(log_of(values, "two"), log_of(values, "one"))
