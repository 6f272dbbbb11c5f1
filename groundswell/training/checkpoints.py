"""Checkpoints: everything the loop needs to go on exactly where it was, as safetensors and JSON."""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from groundswell.errors import RunFolderError
from groundswell.run_folder import whole_folder, write_json
from groundswell.training import shards

TENSORS = "tensors.safetensors"
STATE = "state.json"


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint holds.

    weights, best   the moving weights by name, now and at the best epoch so far
    optimizer       state tensors by `parameter number.name`
    random          torch's random state of each process
    state           the loop's own numbers; plain JSON
    """

    weights: dict[str, Tensor]
    best: dict[str, Tensor]
    optimizer: dict[str, Tensor]
    random: list[Tensor]
    state: dict[str, Any]


class CheckpointFolder:
    """Keeps the newest checkpoint in `folder`, whole or not at all.

    fingerprint   what a resumed run must share with the one it goes on from (recipe, data, base model)
    """

    def __init__(self, folder: Path, fingerprint: dict[str, str]) -> None:
        self.folder = folder
        self.fingerprint = fingerprint

    def save(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint, then remove the older ones."""
        parts = {
            "weights": checkpoint.weights,
            "best": checkpoint.best,
            "optimizer": checkpoint.optimizer,
            "random": {str(rank): state for rank, state in enumerate(checkpoint.random)},
        }
        tensors = {
            f"{part}/{name}": tensor.contiguous() for part, named in parts.items() for name, tensor in named.items()
        }
        path = self.folder / f"step-{checkpoint.state['step']:09d}"
        with whole_folder(path) as aside:
            save_file(tensors, aside / TENSORS)
            write_json(
                aside / STATE, {"fingerprint": self.fingerprint, "num_tensors": len(tensors), **checkpoint.state}
            )
        for older in self.folder.glob("step-*"):
            if older != path:
                shutil.rmtree(older)

    def load(self) -> Checkpoint | None:
        """The newest checkpoint, or None.

        RunFolderError when recipe, data or base model differ from it, or when a part of it is missing.
        """
        found = sorted(self.folder.glob("step-*"))
        if not found:
            return None
        state = json.loads((found[-1] / STATE).read_text(encoding="utf-8"))
        differing = [name for name, value in self.fingerprint.items() if state["fingerprint"].get(name) != value]
        if differing:
            raise RunFolderError(
                f"{found[-1]}: cannot resume, because {' and '.join(differing)} changed since this run began. "
                "Change it back, or start a new run with another --name"
            )
        tensors = load_file(found[-1] / TENSORS)
        expected = state.get("num_tensors", len(tensors))
        if len(tensors) != expected:  # without its state an optimizer would start over, and say nothing
            raise RunFolderError(
                f"{found[-1]}: cannot resume, because it holds {len(tensors)} of {expected} tensors. Remove it to "
                "start over, or start a new run with another --name"
            )
        parts: dict[str, dict[str, Tensor]] = {"weights": {}, "best": {}, "optimizer": {}, "random": {}}
        for name, tensor in tensors.items():
            part, _, rest = name.partition("/")
            parts[part][rest] = tensor
        ranks = [parts["random"][str(rank)] for rank in range(len(parts["random"]))]
        return Checkpoint(parts["weights"], parts["best"], parts["optimizer"], ranks, state)

    def clear(self) -> None:
        """Remove all checkpoints; the run is finished."""
        shutil.rmtree(self.folder, ignore_errors=True)


def moving_parameters(model: nn.Module) -> dict[str, nn.Parameter]:
    """Every parameter that requires a gradient, by name."""
    return {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}


def moving_weights(model: nn.Module) -> dict[str, Tensor]:
    """A copy on the processor of every parameter that requires a gradient, by name.

    Where the weights are shared out among processes, all must call this, and only the first gets them.
    """
    return shards.gathered(moving_parameters(model))


def restore_weights(model: nn.Module, weights: dict[str, Tensor]) -> None:
    """Put saved weights back; RunFolderError unless they are exactly the ones that move."""
    moving = moving_parameters(model)
    if moving.keys() != weights.keys():
        other = sorted(moving.keys() ^ weights.keys())
        raise RunFolderError(f"the checkpoint holds other weights than this recipe moves ({', '.join(other[:3])} …)")
    for name, parameter in moving.items():
        shards.put_whole(parameter, weights[name])


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The optimizer's state tensors by `parameter number.name`; for shared-out weights as `moving_weights`."""
    return shards.gathered(
        {
            f"{number}.{name}": value
            for number, state in optimizer.state_dict()["state"].items()
            for name, value in state.items()
        }
    )


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Put saved state tensors back."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        number, _, name = key.partition(".")
        state.setdefault(int(number), {})[name] = shards.part_of(value, parameters[int(number)])
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def random_state(device: torch.device) -> Tensor:
    """This process's torch random state (processor, then the device's own), as one row of bytes."""
    states = [torch.get_rng_state()]
    if device.type == "cuda":
        states.append(torch.cuda.get_rng_state(device))
    return torch.cat(states)


def restore_random_state(state: Tensor, device: torch.device) -> None:
    """Put `random_state` back, and check that it took."""
    size = len(torch.get_rng_state())
    torch.set_rng_state(state[:size])
    if device.type == "cuda":
        torch.cuda.set_rng_state(state[size:], device)
    if not torch.equal(random_state(device), state):
        raise RunFolderError(
            "the random state of the checkpoint could not be restored on this machine; start a new run"
        )


def python_random_state() -> dict[str, Any]:
    """State of the generators of Python and numpy, as plain JSON values."""
    version, internal, gauss = random.getstate()
    numpy_state: Any = np.random.get_state(legacy=False)
    return {
        "python": [version, list(internal), gauss],
        "numpy": [numpy_state["state"]["key"].tolist(), numpy_state["state"]["pos"]],
    }


def restore_python_random_state(state: dict[str, Any]) -> None:
    """Put `python_random_state` back."""
    version, internal, gauss = state["python"]
    random.setstate((version, tuple(internal), gauss))
    key, position = state["numpy"]
    np.random.set_state(("MT19937", np.array(key, dtype=np.uint32), position, 0, 0.0))
