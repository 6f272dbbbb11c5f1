"""Weights shared out among processes (FSDP): each keeps a part of every tensor and gathers a layer to compute it.

Everything here does nothing to a model that is not shared out, and must be called by all processes alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor

Named = Mapping[str, Tensor]


def share_out(
    model: nn.Module, optimizer: torch.optim.Optimizer, device: torch.device, *, free_layers: bool = True
) -> None:
    """Leave every process its part of each weight, in place; the optimizer moves these parts from now on.

    Each layer of the encoder is gathered by itself, everything else together (https://arxiv.org/abs/2304.11277).

    free_layers   a layer that was gathered forwards is given back and gathered again backwards: less memory, more talk
    """
    mesh = init_device_mesh(device.type, (torch.distributed.get_world_size(),))
    before = {parameter: name for name, parameter in model.named_parameters()}
    encoder = getattr(model, "encoder", model)
    for layer in getattr(encoder, "layers", ()):
        if next(layer.parameters(), None) is not None:
            fully_shard(layer, mesh=mesh, reshard_after_forward=free_layers)
    fully_shard(model, mesh=mesh)
    _gather_once(model)
    after = dict(model.named_parameters())
    for group in optimizer.param_groups:
        group["params"] = [after[before[parameter]] for parameter in group["params"]]


def _gather_once(model: nn.Module) -> None:
    """Make the room for gathered weights now; made inside inference mode, where a resumed run may begin, or by a part
    of the model, it could not be trained with."""
    fully_shard.state(model)._lazy_init()  # type: ignore[attr-defined]
    for module in model.modules():
        if isinstance(module, FSDPModule):
            module.unshard()
            module.reshard()


def is_shared(model: nn.Module) -> bool:
    """Whether the weights of `model` are shared out."""
    return isinstance(model, FSDPModule)


@contextmanager
def callable_in_parts(model: nn.Module) -> Iterator[None]:
    """Inside, also parts of the model can be called, not only the whole of it; layers are still gathered one by one."""
    if not isinstance(model, FSDPModule):
        yield
        return
    model.unshard()
    try:
        yield
    finally:
        for module in model.modules():
            if isinstance(module, FSDPModule):
                module.reshard()


def whole(tensor: Tensor) -> Tensor:
    """The whole of a tensor, in every process."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def own_part(tensor: Tensor) -> Tensor:
    """A copy, on the processor, of what this process holds of a tensor."""
    return (tensor.to_local() if isinstance(tensor, DTensor) else tensor).detach().cpu().clone()


def put_own_part(tensor: Tensor, part: Tensor) -> None:
    """Write back what `own_part` gave."""
    with torch.no_grad():
        (tensor.to_local() if isinstance(tensor, DTensor) else tensor).copy_(part)


def part_of(joined: Tensor, like: Tensor) -> Tensor:
    """A whole tensor as this process holds it, shared out like `like`; nothing is sent."""
    if not isinstance(like, DTensor) or joined.shape != like.shape:
        return joined
    return distribute_tensor(joined.to(like.device), like.device_mesh, like.placements, src_data_rank=None)


def put_whole(tensor: Tensor, joined: Tensor) -> None:
    """Write a whole tensor, of which this process keeps its part."""
    with torch.no_grad():
        tensor.copy_(part_of(joined, tensor))


def gathered(tensors: Named, likes: Named | None = None) -> dict[str, Tensor]:
    """The whole tensors on the processor of the first process; where they are shared out, the others get nothing.

    likes   when `tensors` are what `own_part` gave: the tensors they are parts of, by the same names
    """
    found = {}
    for name, tensor in tensors.items():
        like = tensor if likes is None else likes[name]
        if not isinstance(like, DTensor):
            found[name] = tensor.detach().cpu().clone() if likes is None else tensor
            continue
        if not isinstance(tensor, DTensor):
            tensor = DTensor.from_local(
                tensor.to(like.device), like.device_mesh, like.placements, shape=like.shape, stride=like.stride()
            )
        joined = whole(tensor.detach())
        if torch.distributed.get_rank() == 0:
            found[name] = joined.cpu().clone()
    return found
