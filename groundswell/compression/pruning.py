"""A model with parts taken away, by their importance on the training rows, and tuned once more to recover."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from torch import Tensor

from groundswell.assembly import Base
from groundswell.compression.choice import choose_kept, choose_layers
from groundswell.compression.importance import MOST_TEXTS, measure_importance, prunable_layers
from groundswell.compression.magnitude import kept_at_zero, share_of_zeros, zero_smallest
from groundswell.compression.saved_parts import heads_of, tokens_of
from groundswell.compression.teaching import Around
from groundswell.data.splits import Splits
from groundswell.errors import DataError, InputError
from groundswell.model.encoded_model import ENCODER, EncodedModel
from groundswell.model.encoder import Encoder
from groundswell.model.layer_parts import keep_parts
from groundswell.model.saved_model import SavedModel
from groundswell.networks import Heads, Variation, assemble_heads, fit_network, saved_heads, training_parts
from groundswell.recipe import Recipe
from groundswell.results import Fitted
from groundswell.run_place import Place
from groundswell.training.loop import History
from groundswell.tuning.trainable import all_of

Part = Literal["heads", "neurons", "layers", "weights"]
PARTS: tuple[Part, ...] = ("heads", "neurons", "layers", "weights")
WITHIN_LAYERS = {"heads", "neurons"}
RECOVERY_RATE = 1e-4


@dataclass(frozen=True)
class Pruning:
    """What is taken away.

    share             of all heads, of all neurons, of all layers or of all weights, 0-1
    parts             of which of these; `weights` become 0 and take no less room
    recovery_epochs   passes over the training rows afterwards, in which every weight that is left moves
    """

    share: float
    parts: tuple[Part, ...] = ("heads", "neurons")
    recovery_epochs: int = 2


@dataclass
class _Chosen:
    """The pruned encoder, what there is to say of it, and which of its weights must stay 0."""

    encoder: Encoder
    told: dict[str, Any] = field(default_factory=dict)
    kept: dict[str, Tensor] = field(default_factory=dict)


def prune(
    source: SavedModel, recipe: Recipe, splits: Mapping[str, Splits], place: Place, pruning: Pruning,
    teach: Around | None = None,
) -> tuple[Fitted, dict[str, Any]]:  # fmt: skip
    """The pruned model as a training gives it, and what was taken away, as plain values.

    recipe   that the source was trained by
    teach    another loss to recover by, see `networks.Variation`; None: the recipe's

    Raises InputError for a model that has no such parts, DataError for rows that the source cannot have learned from.
    """
    weights = {name: _head_weights(head.model) for name, head in heads_of(source, "--prune").items()}
    chosen = _choose(source, recipe, splits, place, pruning, weights)
    again = recovery_recipe(recipe, max(1, pruning.recovery_epochs))

    def base() -> Base:
        return Base("", tokens_of(source), copy.deepcopy(chosen.encoder))

    @contextmanager
    def around(heads: Heads, model: EncodedModel) -> Iterator[None]:
        load_heads(heads, weights)
        with ExitStack() as stack:
            stack.enter_context(kept_at_zero(model.encoder, chosen.kept))
            if teach is not None:
                stack.enter_context(teach(heads, model))
            yield

    if pruning.recovery_epochs:
        return fit_network(again, splits, place, Variation(base, around)), chosen.told
    over = assemble_heads(again, splits, base(), place)
    load_heads(over.heads, weights)
    names = tuple(name for head in over.heads.values() for name in head.names)
    saved = saved_heads(recipe, over.heads, {name: head.model.eval() for name, head in over.heads.items()})
    return Fitted(names, History(), all_of(over.model), "", place.precision, lambda: saved), chosen.told


def recovery_recipe(recipe: Recipe, epochs: int) -> Recipe:
    """The recipe by which a smaller model recovers: every weight moves, slowly where there were pretrained ones."""
    values = json.loads(recipe.model_dump_json())
    values["tuning"] = {"method": "full"}
    values["training"] |= {"epochs": epochs, "patience": None}
    if not recipe.model.is_from_scratch:
        values["training"] |= {"learning_rate": RECOVERY_RATE, "head_learning_rate": RECOVERY_RATE}
    return Recipe.model_validate(values)


def load_heads(heads: Heads, weights: Mapping[str, Mapping[str, Tensor]]) -> None:
    """Put trained weights of pooling and head into new heads, in place; DataError when they do not fit."""
    for name, head in heads.items():
        try:
            head.model.load_state_dict(dict(weights[name]), strict=False)
        except RuntimeError as error:
            raise DataError(
                f"data.train: gives the labels {', '.join(head.names)}, which are not those that the run learned. "
                "Name the rows that it was trained on"
            ) from error


def _head_weights(model: EncodedModel) -> dict[str, Tensor]:
    return {name: weight.clone() for name, weight in model.state_dict().items() if not name.startswith(ENCODER)}


def _choose(
    source: SavedModel, recipe: Recipe, splits: Mapping[str, Splits], place: Place, pruning: Pruning,
    weights: Mapping[str, Mapping[str, Tensor]],
) -> _Chosen:  # fmt: skip
    encoder = copy.deepcopy(next(iter(heads_of(source, "--prune").values())).model.encoder)
    chosen = _Chosen(encoder, {"share": pruning.share, "parts": list(pruning.parts)})
    chosen.told["recovery_epochs"] = pruning.recovery_epochs
    if "layers" in pruning.parts and not encoder.layers:
        raise InputError(f"--prune: model.encoder={recipe.model.encoder} has no layers to take away. Prune `weights`")
    if WITHIN_LAYERS & set(pruning.parts):  # a wrong kind is told before anything is read
        prunable_layers(encoder.layers, recipe.model.encoder)
    if set(pruning.parts) != {"weights"}:
        over = assemble_heads(recipe, _untold(splits), Base("", tokens_of(source), encoder), place)
        load_heads(over.heads, weights)
        over.model.to(place.accelerator.device)
        batches, loss, _ = training_parts(recipe, over.heads)
        if "layers" in pruning.parts:
            _drop_layers(chosen, over.model, (batches, loss), pruning.share, place)
        if WITHIN_LAYERS & set(pruning.parts):
            _drop_parts(chosen, over.model, (batches, loss), pruning, place)
        encoder.cpu()
    if "weights" in pruning.parts:
        chosen.kept = zero_smallest(encoder, pruning.share)
        chosen.told["zeros"] = round(share_of_zeros(encoder), 6)
    encoder.requires_grad_(True)
    return chosen


def _drop_layers(chosen: _Chosen, model: EncodedModel, by: tuple[Any, Any], share: float, place: Place) -> None:
    total = len(model.encoder.layers)
    count = round(share * total)
    if not 0 < count < total:
        raise InputError(
            f"--prune: {share} of {total} layers are {count}, expected 1 to {total - 1}. Choose another share"
        )
    place.bar.begin("trying layers", sum(range(total - count + 1, total + 1)))
    kept = choose_layers(model, count, *by, place.accelerator.autocast, place.bar.advance)
    encoder: Any = chosen.encoder
    encoder.keep_layers(kept)
    chosen.told["layers"] = {"before": total, "kept": kept}


def _drop_parts(chosen: _Chosen, model: EncodedModel, by: tuple[Any, Any], pruning: Pruning, place: Place) -> None:
    layers = prunable_layers(model.encoder.layers, "the encoder")
    batches, loss = by
    place.bar.begin("weighing heads and neurons", min(MOST_TEXTS, sum(map(len, batches.plan(0)))))
    with place.accelerator.autocast():
        found = measure_importance(model, layers, batches, loss, place.accelerator.device, place.bar.advance)
    heads, neurons = (
        choose_kept(importance, pruning.share if part in pruning.parts else 0.0)
        for part, importance in (("heads", found.heads), ("neurons", found.neurons))
    )
    before = [parts.shape for parts in layers]
    for layer, own_heads, own_neurons in zip(model.encoder.layers, heads, neurons, strict=True):
        keep_parts(layer, own_heads, own_neurons)
    for part, counts, kept in (
        ("heads", [shape.heads for shape in before], heads), ("neurons", [shape.neurons for shape in before], neurons),
    ):  # fmt: skip
        if part in pruning.parts:
            chosen.told[part] = {"before": counts, "kept": _counted(kept)}


def _untold(splits: Mapping[str, Splits]) -> dict[str, Splits]:
    """The same rows, whose accounts and warnings nobody reads: they are read a second time for the training."""
    return {name: replace(own, accounting=copy.deepcopy(own.accounting), warnings=[]) for name, own in splits.items()}


def _counted(kept: Sequence[Sequence[int]]) -> list[int]:
    return [len(numbers) for numbers in kept]
