"""Which weights move: all, the head, low-rank updates, or any of these in the top layers only."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from groundswell.errors import BaseModelError
from groundswell.model.encoded_model import EncodedModel
from groundswell.model.pretrained import PretrainedEncoder
from groundswell.training.checkpoints import restore_weights

Method = Literal["full", "head", "lora"]


@dataclass(frozen=True)
class Lora:
    """Low-rank adaptation (https://arxiv.org/abs/2106.09685, equation 3): W x + (alpha / rank) B A x, B starts at 0.

    targets   names (or ends of names) of linear layers; empty means every linear layer
    """

    rank: int = 8
    alpha: float = 16.0
    dropout: float = 0.0
    targets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tuning:
    """Method of tuning; `layers` limits it to the top so many layers of the encoder."""

    method: Method
    layers: int | None = None
    lora: Lora = Lora()

    def first_layer(self, num_layers: int) -> int:
        """Number (from 0) of the lowest layer that moves; everything below is frozen."""
        if self.method == "head":
            return num_layers
        if self.layers is None:
            return 0
        if self.layers > num_layers:
            raise BaseModelError(
                f"tuning.layers: found {self.layers}, but the encoder has {num_layers} layers; lower it"
            )
        return num_layers - self.layers


@dataclass(frozen=True)
class Parameters:
    """How many weights there are and how many move, and in how many modules low-rank updates sit."""

    trainable: int
    total: int
    adapted_modules: int


def all_of(model: nn.Module) -> Parameters:
    """The count of a model that is trained whole."""
    count = sum(parameter.numel() for parameter in model.parameters())
    return Parameters(count, count, 0)


def choose_trainable(model: EncodedModel, tuning: Tuning, *, frozen_dtype: torch.dtype = torch.float32) -> Parameters:
    """Freeze and wrap `model` in place so that exactly the weights of the method move; all moving weights are float32.

    Pooling and head always move. Frozen weights are kept in `frozen_dtype`; what lies below the lowest layer that moves
    runs without dropout.
    """
    encoder = model.encoder
    total = sum(parameter.numel() for parameter in model.parameters())
    first = tuning.first_layer(encoder.num_layers)
    for parameter in encoder.parameters():
        parameter.requires_grad_(False)
    adapted = 0
    if tuning.method == "full":
        for module in [encoder] if tuning.layers is None else list(encoder.layers[first:]):
            module.requires_grad_(True)
    elif tuning.method == "lora":
        adapted = _add_lora(model, tuning.lora, first)
    for parameter in model.parameters():
        parameter.data = parameter.data.to(torch.float32 if parameter.requires_grad else frozen_dtype)
    if first:
        model.keep_in_eval(_without_moving(encoder, set(encoder.layers[first:])))
    trainable = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    return Parameters(trainable, total, adapted)


def tuned_model(
    fresh: EncodedModel, tuning: Tuning, weights: dict[str, Tensor], adapter_folder: Path | None
) -> Parameters:
    """Put trained weights into a freshly loaded model, in place, and merge low-rank updates into its weights (float32).

    adapter_folder   where the low-rank updates are also saved, in peft's format; None saves none
    """
    parameters = choose_trainable(fresh, tuning)
    restore_weights(fresh, weights)
    if tuning.method == "lora":
        network = fresh.encoder.network
        if adapter_folder is not None:
            network.save_pretrained(adapter_folder)  # type: ignore[operator]
        with _quiet_peft():
            fresh.encoder.network = network.merge_and_unload()  # type: ignore[operator]
    return parameters


def _add_lora(model: EncodedModel, lora: Lora, first_layer: int) -> int:
    from peft import LoraConfig, get_peft_model
    from peft.tuners.tuners_utils import BaseTunerLayer

    encoder = model.encoder
    assert isinstance(encoder, PretrainedEncoder)  # the recipe lets no other be adapted
    name = encoder.layer_path.rpartition(".")[2]
    linear = _linear_names(encoder)
    config = LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,  # type: ignore[arg-type]
        lora_dropout=lora.dropout,
        # peft refuses its own "all-linear" together with a choice of layers.
        target_modules=list(lora.targets) or (linear if first_layer else "all-linear"),
        layers_to_transform=list(range(first_layer, encoder.num_layers)) if first_layer else None,
        layers_pattern=name if first_layer else None,
    )
    with _quiet_peft():
        try:
            encoder.network = get_peft_model(encoder.network, config)
        except ValueError as error:
            raise BaseModelError(
                f"tuning.lora.targets: found {', '.join(lora.targets) or 'none'}, which matches no linear layer of "
                f"this encoder. Its linear layers: {', '.join(linear)}"
            ) from error
    adapted = [module for module in encoder.network.modules() if isinstance(module, BaseTunerLayer)]
    for target in lora.targets:
        paths = [path for path, module in encoder.network.named_modules() if isinstance(module, BaseTunerLayer)]
        if not any(path == target or path.endswith(f".{target}") for path in paths):
            raise BaseModelError(f"tuning.lora.targets: {target!r} matches no linear layer of this encoder; remove it")
    for module in adapted:
        # peft would copy every input to float32 and autocast would copy it back to 16 bits.
        setattr(module, "cast_input_dtype_enabled", False)  # noqa: B010  (nn.Module types attributes as tensors)
    return len(adapted)


def _linear_names(encoder: nn.Module) -> list[str]:
    from transformers.pytorch_utils import Conv1D  # GPT-2's linear layer

    linear = (nn.Linear, Conv1D)
    return sorted({path.rpartition(".")[2] for path, part in encoder.named_modules() if isinstance(part, linear)})


def _without_moving(module: nn.Module, moving: set[nn.Module]) -> list[nn.Module]:
    """The largest parts of `module` that hold none of the layers that move."""
    if moving.isdisjoint(module.modules()):
        return [module]
    if module in moving:
        return []
    return [part for child in module.children() for part in _without_moving(child, moving)]


class _quiet_peft(warnings.catch_warnings):  # noqa: N801  (a context manager, used like a function)
    """Silence what peft says about transformers' renamed attributes and about layouts it then handles itself."""

    def __enter__(self) -> None:
        super().__enter__()
        warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing.*")
        warnings.filterwarnings("ignore", message=".*fan_in_fan_out.*")
