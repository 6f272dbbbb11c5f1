"""Runs that need processes of their own: two at once, and one that is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

HERE = Path(__file__).parent
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": f"{HERE}{os.pathsep}{HERE.parents[1]}"}

pytestmark = pytest.mark.slow


ALONE: dict[str, str] = {}
WHOLE_WEIGHTS = {"ACCELERATE_USE_FSDP": "false"}
SHARED_WEIGHTS = {"ACCELERATE_USE_FSDP": "true", "FSDP_VERSION": "2"}
kinds = pytest.mark.parametrize("kind", [WHOLE_WEIGHTS, SHARED_WEIGHTS], ids=["ddp", "fsdp"])


def run(*command: str | Path, kind: dict[str, str] = ALONE) -> subprocess.CompletedProcess[str]:
    """A process of its own, or two launched in a way of sharing the work."""
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"] if kind else []
    return subprocess.run(
        [sys.executable, *launcher, *map(str, command)], env={**ENVIRONMENT, **kind}, capture_output=True, text=True,
        timeout=300,
    )  # fmt: skip


@kinds
@pytest.mark.parametrize("method", ["full", "head", "lora"])
def test_two_processes_train_as_one(tiny_bert: Path, tmp_path: Path, method: str, kind: dict[str, str]) -> None:
    """Losses of each epoch and weights; the batches are ragged and some leave the second process without a text."""
    histories, weights = [], []
    for name, launched in (("one", ALONE), ("two", kind)):
        out = tmp_path / name
        out.mkdir()
        answer = run(HERE / "two_processes.py", tiny_bert, out, method, kind=launched)
        assert answer.returncode == 0, answer.stderr
        histories.append(json.loads((out / "history.json").read_text()))
        weights.append(load_file(out / "weights.safetensors"))
    one, two = histories
    assert (one["processes"], two["processes"]) == (1, 2)
    assert (one["shared_out"], two["shared_out"]) == (False, kind is SHARED_WEIGHTS)
    assert (one["random_states"], two["random_states"]) == (1, 2)
    assert one["checkpoint"] == two["checkpoint"], "a checkpoint holds whole tensors"
    assert (one["steps"], one["items"]) == (two["steps"], two["items"]) == (6, 20)
    assert two["losses"] == pytest.approx(one["losses"], abs=1e-5)
    assert two["dev"] == pytest.approx(one["dev"], abs=1e-5)
    assert weights[0].keys() == weights[1].keys()
    for name, tensor in weights[0].items():
        torch.testing.assert_close(weights[1][name], tensor, atol=1e-5, rtol=0, msg=lambda text, name=name: name + text)


@pytest.mark.parametrize("kill_at", [4, 9])
def test_a_killed_run_goes_on_to_the_same_bits(tiny_bert: Path, tmp_path: Path, kill_at: int) -> None:
    """SIGKILL inside a group of micro-batches; a new process resumes."""
    killed = killed_and_resumed(tiny_bert, tmp_path, kill_at, ALONE)
    assert killed == -signal.SIGKILL


@kinds
def test_two_killed_processes_go_on_to_the_same_bits(tiny_bert: Path, tmp_path: Path, kind: dict[str, str]) -> None:
    assert killed_and_resumed(tiny_bert, tmp_path, 9, kind) != 0


def killed_and_resumed(model: Path, folder: Path, kill_at: int, kind: dict[str, str]) -> int:
    """How the killed run ended; resumed, it must end as one that was never killed."""
    whole, killed = folder / "whole", folder / "killed"
    for out in (whole, killed):
        out.mkdir()
    script = HERE / "killed_process.py"
    answer = run(script, model, whole, 0, kind=kind)
    assert answer.returncode == 0, answer.stderr
    code = run(script, model, killed, kill_at, kind=kind).returncode
    assert not (killed / "weights.safetensors").exists()
    assert [file.name for file in (killed / "checkpoints").iterdir()] == [
        f"step-{kill_at // 2 + (kill_at > 5) - 1:09d}"
    ]
    answer = run(script, model, killed, 0, kind=kind)
    assert answer.returncode == 0, answer.stderr
    expected, found = load_file(whole / "weights.safetensors"), load_file(killed / "weights.safetensors")
    assert expected.keys() == found.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    return code
