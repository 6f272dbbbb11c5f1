from __future__ import annotations

import errno
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from groundswell.errors import RunFolderError
from groundswell.training import checkpoints
from groundswell.training.checkpoints import TENSORS, Checkpoint, CheckpointFolder

CPU = torch.device("cpu")


def checkpoint(step: int = 3) -> Checkpoint:
    return Checkpoint(
        weights={"a.weight": torch.full((2, 3), float(step)), "b/odd name": torch.zeros(1)},
        best={"a.weight": torch.ones(2, 3, dtype=torch.bfloat16)},
        optimizer={"0.exp_avg": torch.arange(3.0), "0.step": torch.tensor(4.0)},
        random=[torch.arange(5, dtype=torch.uint8), torch.zeros(5, dtype=torch.uint8)],
        state={"step": step, "history": {"epochs": [{"loss": 0.5}]}},
    )


def folder(path: Path, **fingerprint: str) -> CheckpointFolder:
    return CheckpointFolder(path / "checkpoints", fingerprint)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    folder(tmp_path, data="1").save(checkpoint())
    found, expected = folder(tmp_path, data="1").load(), checkpoint()
    assert found is not None
    for part in ("weights", "best", "optimizer"):
        one, other = getattr(found, part), getattr(expected, part)
        assert one.keys() == other.keys()
        assert all(torch.equal(one[name], other[name]) and one[name].dtype == other[name].dtype for name in one)
    assert [state.tolist() for state in found.random] == [state.tolist() for state in expected.random]
    assert found.state["history"] == expected.state["history"]


def test_only_the_newest_is_kept(tmp_path: Path) -> None:
    for step in (2, 10, 9):
        folder(tmp_path).save(checkpoint(step))
    assert [file.name for file in (tmp_path / "checkpoints").iterdir()] == ["step-000000009"]


def test_the_same_step_may_be_saved_again(tmp_path: Path) -> None:
    folder(tmp_path).save(checkpoint())
    folder(tmp_path).save(checkpoint())
    assert [file.name for file in (tmp_path / "checkpoints").iterdir()] == ["step-000000003"]


def test_nothing_to_load(tmp_path: Path) -> None:
    assert folder(tmp_path).load() is None


def test_cleared_folders_are_gone(tmp_path: Path) -> None:
    folder(tmp_path).save(checkpoint())
    folder(tmp_path).clear()
    folder(tmp_path).clear()
    assert list(tmp_path.iterdir()) == []


def test_every_difference_is_named(tmp_path: Path) -> None:
    CheckpointFolder(tmp_path, {"the recipe": "1", "the training data": "2", "the base model": "3"}).save(checkpoint())
    other = CheckpointFolder(tmp_path, {"the recipe": "1", "the training data": "9", "the base model": "9"})
    with pytest.raises(RunFolderError) as caught:
        other.load()
    assert str(caught.value) == (
        f"{tmp_path / 'step-000000003'}: cannot resume, because the training data and the base model changed since "
        "this run began. Change it back, or start a new run with another --name"
    )


@pytest.mark.parametrize("part", ["weights", "best", "optimizer", "random"])
def test_a_checkpoint_that_lacks_a_part_is_refused(tmp_path: Path, part: str) -> None:
    """Without the optimizer's state or the random one a run would go on, to other weights."""
    folder(tmp_path).save(checkpoint())
    path = tmp_path / "checkpoints" / "step-000000003"
    whole = load_file(path / TENSORS)
    kept = {name: tensor for name, tensor in whole.items() if not name.startswith(f"{part}/")}
    save_file(kept, path / TENSORS)
    with pytest.raises(RunFolderError) as caught:
        folder(tmp_path).load()
    assert str(caught.value) == (
        f"{path}: cannot resume, because it holds {len(kept)} of {len(whole)} tensors. Remove it to start over, or "
        "start a new run with another --name"
    )


@pytest.mark.parametrize("failing", ["save_file", "write_json"])
def test_a_full_disk_is_said_and_leaves_the_older_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    folder(tmp_path).save(checkpoint(3))

    def full(first: Any, second: Any) -> None:
        path = first if isinstance(first, Path) else second
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoints, failing, full)
    with pytest.raises(OSError, match="the disk is full") as caught:
        folder(tmp_path).save(checkpoint(4))
    path = tmp_path / "checkpoints" / "step-000000004"
    assert str(caught.value) == (
        f"[Errno 28] the disk is full; nothing was left half-written. Free some space and run it again: {str(path)!r}"
    )
    assert [file.name for file in (tmp_path / "checkpoints").iterdir()] == ["step-000000003"]
    found = folder(tmp_path).load()
    assert found is not None
    assert found.state["step"] == 3


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_an_interrupted_save_leaves_nothing_under_its_final_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    def interrupted(*anything: Any) -> None:
        raise error

    monkeypatch.setattr(checkpoints, "save_file", interrupted)
    with pytest.raises(error):
        folder(tmp_path).save(checkpoint())
    assert list((tmp_path / "checkpoints").iterdir()) == []


def test_moving_weights_are_copies_of_what_requires_a_gradient() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    model[0].requires_grad_(False)
    found = checkpoints.moving_weights(model)
    assert sorted(found) == ["1.bias", "1.weight"]
    before = found["1.weight"].clone()
    model[1].weight.data.add_(1)
    assert torch.equal(found["1.weight"], before)
    checkpoints.restore_weights(model, found)
    assert torch.equal(model[1].weight, before)


def test_missing_and_foreign_weights_are_refused() -> None:
    model = nn.Linear(2, 1)
    with pytest.raises(RunFolderError) as caught:
        checkpoints.restore_weights(model, {"weight": torch.ones(1, 2), "other": torch.ones(1)})
    assert str(caught.value) == "the checkpoint holds other weights than this recipe moves (bias, other …)"


@pytest.mark.parametrize(
    "make",
    [lambda parts: torch.optim.AdamW(parts, fused=True), lambda parts: torch.optim.SGD(parts, 0.1, momentum=0.9)],
)
def test_an_optimizer_goes_on_where_it_was(make: Any) -> None:
    def steps(model: nn.Linear, optimizer: torch.optim.Optimizer, count: int) -> None:
        for _ in range(count):
            model(torch.tensor([[1.0, 2.0]])).sum().backward()
            optimizer.step()
            optimizer.zero_grad()

    torch.manual_seed(0)
    whole = nn.Linear(2, 2)
    first = nn.Linear(2, 2)
    first.load_state_dict(whole.state_dict())
    steps(whole, make(whole.parameters()), 5)
    optimizer = make(first.parameters())
    steps(first, optimizer, 3)
    second = nn.Linear(2, 2)
    second.load_state_dict(first.state_dict())
    resumed = make(second.parameters())
    checkpoints.restore_optimizer(resumed, checkpoints.optimizer_tensors(optimizer))
    steps(second, resumed, 2)
    assert torch.equal(second.weight, whole.weight)


def test_random_states_come_back() -> None:
    torch.manual_seed(4)
    random.seed(4)
    np.random.seed(4)
    random.gauss(0, 1)  # leaves a second number behind that belongs to the state
    here, python = checkpoints.random_state(CPU), checkpoints.python_random_state()

    def draw() -> list[float]:
        return [*torch.rand(3).tolist(), random.gauss(0, 1), random.random(), *np.random.random(3)]

    first = draw()
    draw()
    checkpoints.restore_random_state(here, CPU)
    checkpoints.restore_python_random_state(python)
    assert draw() == first
