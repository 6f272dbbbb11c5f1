"""A pretrained encoder: token ids in, states out; BERT-like and GPT-like models alike."""

from __future__ import annotations

import inspect
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel

from groundswell.errors import BaseModelError
from groundswell.model import attention_cpu
from groundswell.model.encoder import Encoder
from groundswell.model.layer_parts import LayerShape, resize, shapes_of
from groundswell.run_folder import write_json
from groundswell.text.pretrained_tokens import quiet_transformers

DROPOUTS = (
    "hidden_dropout_prob", "attention_probs_dropout_prob", "dropout", "attention_dropout", "hidden_dropout",
    "activation_dropout", "resid_pdrop", "embd_pdrop", "attn_pdrop", "embedding_dropout", "mlp_dropout",
)  # fmt: skip

# What each layer has left, beside config.json, which can only say one number of heads and of neurons for all layers.
LAYER_SHAPES = "layer_shapes.json"


class PretrainedEncoder(Encoder):
    """States of every token, from a network of transformers.

    width       D, size of a state
    positions   longest input the network accepts, or None when it sets no limit
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        config: Any = network.config
        self.width = int(config.hidden_size)
        self.positions = usable_positions(config)
        self.layer_path, layers = _find_layers(network)
        self.num_layers = len(layers)
        self._entry: Tensor | None = None

    @property
    def layers(self) -> nn.ModuleList:
        """The network's layers, bottom first, also after peft wrapped it."""
        inner: Any = self.network
        inner = inner.get_base_model() if hasattr(inner, "get_base_model") else inner
        found: nn.ModuleList = inner.get_submodule(self.layer_path)
        return found

    def forward(self, token_ids: Tensor, mask: Tensor, entry: Tensor | None = None) -> Tensor:
        """token_ids (B, T), mask (B, T) bool -> states (B, T, D).

        entry   states (B, T, D) below the lowest kept layer, when `drop_layers_below` was called
        """
        self._entry = entry
        try:
            output = self.network(input_ids=token_ids, attention_mask=mask.long(), use_cache=False, return_dict=True)
        finally:
            self._entry = None
        states: Tensor = output.last_hidden_state
        return states

    def save(self, folder: Path) -> None:
        """Write the network in transformers' layout, and beside it what its layers have left where they lost some."""
        with quiet_transformers():
            self.network.save_pretrained(folder)  # type: ignore[operator]
        config: Any = self.network.config
        neurons = int(getattr(config, "intermediate_size", 0) or getattr(config, "hidden_dim", 0))
        full, shapes = LayerShape(config.num_attention_heads, neurons), shapes_of(self.layers)
        if any(shape != full for shape in shapes):
            write_json(folder / LAYER_SHAPES, [shape._asdict() for shape in shapes])

    def keep_layers(self, kept: Sequence[int]) -> None:
        """Take away every layer but these, in place."""
        layers = self.layers
        config: Any = self.network.config
        parent, _, name = self.layer_path.rpartition(".")
        setattr(self.network.get_submodule(parent), name, nn.ModuleList(layers[number] for number in kept))
        config.num_hidden_layers = self.num_layers = len(kept)
        if getattr(config, "layer_types", None):
            config.layer_types = [config.layer_types[number] for number in kept]

    def states_below(self, layer: int, token_ids: Tensor, mask: Tensor) -> Tensor:
        """The states (B, T, D) that enter layer number `layer` (from 0); nothing above it is computed."""
        caught: list[Tensor] = []

        def catch(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            caught.append(args[0] if args else kwargs["hidden_states"])
            raise _StopForwardError

        handle = self.layers[layer].register_forward_pre_hook(catch, with_kwargs=True)
        try:
            self(token_ids, mask)
        except _StopForwardError:
            pass
        finally:
            handle.remove()
        return caught[0]

    def drop_layers_below(self, layer: int) -> None:
        """Put cached states in the place of everything below layer number `layer`; the lower weights are released."""
        layers = self.layers
        for index in range(layer):
            layers[index] = _PassThrough()

        def enter(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
            if self._entry is None:
                return args, kwargs
            entry = self._entry
            return ((entry, *args[1:]), kwargs) if args else (args, {**kwargs, "hidden_states": entry})

        layers[layer].register_forward_pre_hook(enter, with_kwargs=True)


class _PassThrough(nn.Module):
    """Stands where a layer was that is not computed."""

    def forward(self, hidden_states: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        return hidden_states


class _StopForwardError(Exception):
    """Ends a forward pass whose rest is not needed."""


def load_encoder(folder: Path, *, dropout: float = 0.0, layers: int | None = None) -> PretrainedEncoder:
    """The encoder of a model folder in float32; BaseModelError when a weight is missing or the kind does not fit.

    layers   only the lowest so many
    """
    config, options = _read_config(folder, dropout)
    kind = _kind_of(folder, config)
    with quiet_transformers():
        try:
            network, info = kind.from_pretrained(
                folder, config=config, dtype=torch.float32, use_safetensors=True, output_loading_info=True,
                attn_implementation=attention_cpu.register(), **options,
            )  # fmt: skip
        except ValueError as error:
            if "attn" not in str(error).lower() and "attention" not in str(error).lower():
                raise BaseModelError(f"{folder}: cannot be loaded: {error}") from error
            # A network that brings its own attention code keeps it.
            network, info = kind.from_pretrained(
                folder, config=config, dtype=torch.float32, use_safetensors=True, output_loading_info=True, **options
            )
    missing = sorted(info["missing_keys"])
    if missing:
        raise BaseModelError(
            f"{folder}: {len(missing)} weights are missing ({', '.join(missing[:3])} …) and would be random. "
            "Use a complete checkpoint of this architecture"
        )
    return _lowest(PretrainedEncoder(network), layers, folder)


def encoder_without_weights(folder: Path, layers: int | None = None) -> PretrainedEncoder:
    """The encoder that a config.json describes, with weights that have a shape but take no memory (meta device)."""
    config, options = _read_config(folder, 0.0)
    with quiet_transformers(), torch.device("meta"):
        network = AutoModel.from_config(config, dtype=torch.float32, **options)  # type: ignore[no-untyped-call]
        encoder = PretrainedEncoder(network)
        for layer, shape in zip(encoder.layers, _layer_shapes(folder), strict=False):
            resize(layer, shape)
        return _lowest(encoder, layers, folder)


def _lowest(encoder: PretrainedEncoder, layers: int | None, folder: Path) -> PretrainedEncoder:
    if layers is None:
        return encoder
    if layers > encoder.num_layers:
        raise BaseModelError(
            f"model.layers: found {layers}, but the encoder of {folder} has {encoder.num_layers} layers; lower it"
        )
    encoder.keep_layers(range(layers))
    return encoder


def _kind_of(folder: Path, config: Any) -> Any:
    """What loads the network: transformers' own choice, or its class with layers as small as those that were saved."""
    shapes = _layer_shapes(folder)
    if not shapes:
        return AutoModel
    network_class: Any = AutoModel._model_mapping[type(config)]

    def init(self: Any, *arguments: Any, **options: Any) -> None:
        network_class.__init__(self, *arguments, **options)
        for layer, shape in zip(_find_layers(self)[1], shapes, strict=True):
            resize(layer, shape)

    return type(network_class.__name__, (network_class,), {"__init__": init, "__module__": network_class.__module__})


def _layer_shapes(folder: Path) -> list[LayerShape]:
    """What the layers of a saved encoder have left; empty where they are whole."""
    path = folder / LAYER_SHAPES
    if not path.exists():
        return []
    try:
        return [LayerShape(**found) for found in json.loads(path.read_text(encoding="utf-8"))]
    except (ValueError, TypeError) as error:
        raise BaseModelError(f"{path}: cannot be read ({error}). Copy the model folder again") from error


def _read_config(folder: Path, dropout: float) -> tuple[Any, dict[str, Any]]:
    """The config of a model folder, and what else its network is made with."""
    config = AutoConfig.from_pretrained(folder)
    if getattr(config, "is_encoder_decoder", False):
        raise BaseModelError(
            f"{folder}: {config.model_type!r} is an encoder-decoder; classification needs an encoder (BERT-like) "
            "or a decoder (GPT-like)"
        )
    for name in DROPOUTS:
        if isinstance(getattr(config, name, None), int | float):
            setattr(config, name, dropout)
    options: dict[str, Any] = {}
    network_class: Any = AutoModel._model_mapping[type(config)]
    if "add_pooling_layer" in inspect.signature(network_class.__init__).parameters:
        options["add_pooling_layer"] = False  # its weights would be random in most checkpoints, and are never used
    return config, options


def usable_positions(config: Any) -> int | None:
    """Longest input in tokens that a network with learned positions accepts, or None when it sets no limit."""
    rotary = getattr(config, "rope_parameters", None) or getattr(config, "rope_theta", None)
    positions = getattr(config, "max_position_embeddings", None)
    if positions is None or rotary is not None:
        return None if positions is None else int(positions)
    if config.model_type in ("roberta", "xlm-roberta", "camembert"):
        # Their positions start behind the pad id.
        return int(positions) - int(config.pad_token_id) - 1
    return int(positions)


def _find_layers(network: nn.Module) -> tuple[str, nn.ModuleList]:
    """Path and list of the network's layers: the longest list of modules of one kind."""
    lists = [
        (path, module) for path, module in network.named_modules() if isinstance(module, nn.ModuleList) and len(module)
    ]
    same = [(path, module) for path, module in lists if len({type(layer) for layer in module}) == 1]
    if not same:
        raise BaseModelError(f"{type(network).__name__} has no list of layers that groundswell knows how to find")
    count = getattr(network.config, "num_hidden_layers", None)
    for path, module in same:
        if len(module) == count:
            return path, module
    return max(same, key=lambda item: len(item[1]))
