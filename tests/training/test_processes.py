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
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(HERE)}

pytestmark = pytest.mark.slow


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, command)], env=ENVIRONMENT, capture_output=True, text=True, timeout=300
    )


@pytest.mark.parametrize("method", ["full", "head", "lora"])
def test_two_processes_train_as_one(tiny_bert: Path, tmp_path: Path, method: str) -> None:
    """Losses of each epoch and weights; the batches are ragged and some leave the second process without a text."""
    histories, weights = [], []
    for number in (1, 2):
        out = tmp_path / str(number)
        out.mkdir()
        launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(number)]
        script = [HERE / "two_processes.py", tiny_bert, out, method]
        answer = run(*(launcher if number == 2 else []), *script)
        assert answer.returncode == 0, answer.stderr
        histories.append(json.loads((out / "history.json").read_text()))
        weights.append(load_file(out / "weights.safetensors"))
    one, two = histories
    assert (one["processes"], two["processes"]) == (1, 2)
    assert (one["random_states"], two["random_states"]) == (1, 2)
    assert (one["steps"], one["items"]) == (two["steps"], two["items"]) == (6, 20)
    assert two["losses"] == pytest.approx(one["losses"], abs=1e-5)
    assert two["dev"] == pytest.approx(one["dev"], abs=1e-5)
    assert weights[0].keys() == weights[1].keys()
    for name, tensor in weights[0].items():
        torch.testing.assert_close(weights[1][name], tensor, atol=1e-5, rtol=0, msg=lambda text, name=name: name + text)


@pytest.mark.parametrize("kill_at", [4, 9])
def test_a_killed_run_goes_on_to_the_same_bits(tiny_bert: Path, tmp_path: Path, kill_at: int) -> None:
    """SIGKILL inside a group of micro-batches; a new process resumes."""
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for out in (whole, killed):
        out.mkdir()
    script = HERE / "killed_process.py"
    answer = run(script, tiny_bert, whole, 0)
    assert answer.returncode == 0, answer.stderr
    assert run(script, tiny_bert, killed, kill_at).returncode == -signal.SIGKILL
    assert not (killed / "weights.safetensors").exists()
    assert [file.name for file in (killed / "checkpoints").iterdir()] == [
        f"step-{kill_at // 2 + (kill_at > 5) - 1:09d}"
    ]
    answer = run(script, tiny_bert, killed, 0)
    assert answer.returncode == 0, answer.stderr
    expected, found = load_file(whole / "weights.safetensors"), load_file(killed / "weights.safetensors")
    assert expected.keys() == found.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)
