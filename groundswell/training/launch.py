"""How many processes train, and who holds the weights: what `accelerate launch` or `torchrun` was asked for.

One process, several that hold all weights (DDP), or several that share them out (FSDP). Where there is no accelerator
accelerate itself would quietly train the last kind as the second; here it means the same on every device.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import convert_outputs_to_fp32
from torch import nn

from groundswell.errors import LaunchError
from groundswell.training import deepspeed_config, shards

# What the launcher can ask for and nothing here does: the switch, what to write instead.
NOT_DONE = {
    "FSDP_OFFLOAD_PARAMS": "leave out --fsdp_offload_params",
    "FSDP_ACTIVATION_CHECKPOINTING": "leave it out and set training.activation_checkpointing=true in the recipe",
}


def settle(recipe: Mapping[str, Any]) -> tuple[str, ...]:
    """What a person should know of how the processes share the work; call it before there is an Accelerator.

    recipe   see `deepspeed_config.translate`

    Raises LaunchError for what contradicts the recipe or is not done here.
    """
    note = deepspeed_config.translate(os.environ, recipe)
    shares_weights()
    return () if note is None else (note,)


def shares_weights() -> bool:
    """Whether the processes of this launch share out the weights; LaunchError for what nothing here does."""
    if not _is_on("ACCELERATE_USE_FSDP"):
        return False
    problems = []
    if (version := os.environ.get("FSDP_VERSION", "1")) != "2":
        problems.append(f"found --fsdp_version {version}, expected 2; write `--fsdp_version 2`")
    problems += [f"found {switch}=true; {cure}" for switch, cure in NOT_DONE.items() if _is_on(switch)]
    if problems:
        raise LaunchError(f"--use_fsdp: {'; '.join(problems)}")
    # The launcher's default, with which transformers would leave the weights of all processes but one empty.
    os.environ["FSDP_CPU_RAM_EFFICIENT_LOADING"] = "false"
    return torch.distributed.is_available() and torch.distributed.is_initialized()


def prepare(
    model: nn.Module, optimizer: torch.optim.Optimizer, accelerator: Accelerator
) -> tuple[nn.Module, torch.optim.Optimizer]:
    """Model and optimizer as the processes of this launch train them; shared-out weights are changed in place."""
    if not shares_weights():
        prepared: tuple[nn.Module, torch.optim.Optimizer] = accelerator.prepare(model, optimizer)
        return prepared
    if accelerator.mixed_precision == "bf16":
        forward = _in_bfloat16(model.forward, accelerator.device)
        model.forward = convert_outputs_to_fp32(forward)
    free_layers = os.environ.get("FSDP_RESHARD_AFTER_FORWARD", "true") != "false"
    shards.share_out(model, optimizer, accelerator.device, free_layers=free_layers)
    return model, optimizer


def _in_bfloat16(forward: Callable[..., Any], device: torch.device) -> Callable[..., Any]:
    def run(*args: Any, **kwargs: Any) -> Any:
        with torch.autocast(device.type, dtype=torch.bfloat16):
            return forward(*args, **kwargs)

    return run


def _is_on(switch: str) -> bool:
    return os.environ.get(switch, "false").lower() in ("true", "1")
