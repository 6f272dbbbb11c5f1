"""A network from a recipe, with one head or several: trained by the loop, taken out again as it is saved."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, NamedTuple

from torch import Tensor

from groundswell import assembly, run_folder, runtime
from groundswell.data.head_splits import join_splits
from groundswell.data.splits import Splits
from groundswell.label_head import LabelHead
from groundswell.model.encoded_model import EncodedModel
from groundswell.model.encoder import Encoder
from groundswell.model.multi_task import HeadModel, MultiTaskModel
from groundswell.model.outputs import Outputs
from groundswell.model.saved_extractor import SavedExtractor
from groundswell.model.saved_model import SavedHeads, SavedNetwork
from groundswell.opinion_head import OpinionHead
from groundswell.recipe import Recipe
from groundswell.results import Fitted
from groundswell.run_cost import estimate_training, measured_training
from groundswell.run_place import Place, examples_sha256, learned_tokens
from groundswell.training.checkpoints import CheckpointFolder, moving_weights
from groundswell.training.loop import Batches, Evaluate, History, fit
from groundswell.training.losses import Loss
from groundswell.training.mixing import MixedBatches
from groundswell.training.multi_task_loss import multi_task_loss
from groundswell.training.optimizer import make_adamw
from groundswell.training.recomputation import recompute_layers
from groundswell.tuning.trainable import Parameters, choose_trainable, tuned_model

Heads = Mapping[str, LabelHead | OpinionHead]


@dataclass(frozen=True)
class Variation:
    """What a training does otherwise than its recipe says.

    base     makes the encoder and its tokens, anew at every call; None: they are the recipe's
    around   entered with heads and model before it is chosen which weights move, left when they have moved
    """

    base: Callable[[], assembly.Base] | None = None
    around: Callable[[Heads, EncodedModel], AbstractContextManager[object]] = lambda heads, model: nullcontext()


class HeadsOverBase(NamedTuple):
    """Untrained heads by name over one encoder, and the model that is trained: the only head's, or all together."""

    base: assembly.Base
    heads: Heads
    model: EncodedModel


def fit_network(
    recipe: Recipe, splits: Mapping[str, Splits], place: Place, variation: Variation | None = None
) -> Fitted:
    """The recipe's network, trained, with the weights of its best epoch on dev.

    splits   of each head, by its name; a single task is the one head ""

    Raises RecipeError, DataError or BaseModelError before anything is trained, TrainingError after.
    """
    varied, joined = variation or Variation(), join_splits(splits)
    tokens = None if varied.base else place.own_tokens(recipe, joined)
    runtime.seed_everything(recipe.seed)
    base = varied.base() if varied.base else assembly.build_base(recipe, joined.examples["train"], tokens)
    over = assemble_heads(recipe, splits, base, place)
    next(iter(splits.values())).warnings.extend((*place.notes, *base.notes))
    with varied.around(over.heads, over.model):
        checkpoints = place.checkpoints(recipe, examples_sha256(joined.examples["train"]), base.sha256)
        history, parameters, cost = _fit(recipe, over, checkpoints, place)
    names = tuple(name for head in over.heads.values() for name in head.names)
    weights = moving_weights(over.model)
    return Fitted(
        names,
        history,
        parameters,
        base.sha256,
        place.precision,
        lambda: _export(recipe, joined, over.heads, weights, place, varied.base),
        cost=cost,
    )


def assemble_heads(recipe: Recipe, splits: Mapping[str, Splits], base: assembly.Base, place: Place) -> HeadsOverBase:
    """The recipe's untrained heads over an encoder; what is cut and unknown is counted in `splits`."""
    heads = {name: _make_head(recipe.alone(name), own, base, place) for name, own in splits.items()}
    return HeadsOverBase(base, heads, _over(recipe, base.encoder, {name: head.model for name, head in heads.items()}))


def _fit(
    recipe: Recipe, over: HeadsOverBase, checkpoints: CheckpointFolder, place: Place
) -> tuple[History, Parameters, dict[str, Any]]:
    """The history of the training of a model, in place; how many weights it has; and what it was to take and took."""
    base, heads, model = over
    accelerator = place.accelerator
    parameters = choose_trainable(model, assembly.tuning_of(recipe), frozen_dtype=runtime.torch_dtype(place.precision))
    model.to(accelerator.device)
    if isinstance(single := heads.get(""), LabelHead):
        with accelerator.main_process_first():
            single.cache(base.sha256)
    if recipe.training.activation_checkpointing:
        recompute_layers(base.encoder.layers)
    batches, loss, evaluate = training_parts(recipe, heads)
    estimated = estimate_training(recipe, model, parameters, batches, place)
    runtime.seed_everything(recipe.seed + accelerator.process_index)  # the heads are made; dropout starts here
    history = fit(
        model,
        batches,
        loss,
        optimizer=make_adamw(assembly.parameter_groups_of(recipe, model)),
        schedule=assembly.schedule_of(recipe, batches),
        accelerator=accelerator,
        settings=assembly.fit_settings(recipe),
        evaluate=evaluate,
        checkpoint_folder=checkpoints,
        resume=place.resume,
        log=place.log_writer(),
        progress=place.bar,
    )
    return history, parameters, {"estimated": estimated, "measured": measured_training(history, accelerator.device)}


def untuned_network(recipe: Recipe, splits: Splits, outputs: Outputs) -> SavedNetwork:
    """The recipe's network before any training: its encoder under a random head."""
    fresh = assembly.build_model(recipe, outputs, splits.examples["train"])
    return SavedNetwork(fresh.classifier, fresh.tokenizer, fresh.outputs, assembly.text_settings(recipe))


def _make_head(recipe: Recipe, splits: Splits, base: assembly.Base, place: Place) -> LabelHead | OpinionHead:
    kind = OpinionHead if recipe.task == "opinions" else LabelHead
    return kind(recipe, splits, base, place)


def _over(recipe: Recipe, encoder: Encoder, models: Mapping[str, HeadModel]) -> EncodedModel:
    """The model that is trained: that of a single task itself, or all of them over their encoder."""
    if "" in models:
        return models[""]
    return MultiTaskModel(encoder, models, learns_variances=recipe.training.weighting == "uncertainty")


def training_parts(recipe: Recipe, heads: Heads) -> tuple[Batches, Loss, Evaluate]:
    """Batches, loss and the measurement on dev of a single head, or of all together."""
    if "" in heads:
        return heads[""].batches(), heads[""].loss, heads[""].evaluate
    batches = MixedBatches(
        {name: head.batches() for name, head in heads.items()},
        temperature=recipe.training.mixing_temperature,
        seed=recipe.seed,
    )
    loss = multi_task_loss(
        {name: head.loss for name, head in heads.items()},
        {name: section.weight for name, section in recipe.heads.items()},
        frozenset(name for name, section in recipe.heads.items() if section.task == "regression"),
    )

    def evaluate_all(model: Any) -> dict[str, float]:
        """The metric that each head is chosen by, and their mean."""
        metrics = {name: section.training.metric for name, section in recipe.heads.items()}
        found = {f"{name} {metric}": heads[name].evaluate(model.head(name))[metric] for name, metric in metrics.items()}
        return {"mean": statistics.mean(found.values()), **found}

    return batches, loss, evaluate_all


def _export(
    recipe: Recipe, splits: Splits, heads: Heads, weights: dict[str, Tensor], place: Place,
    given_base: Callable[[], assembly.Base] | None,
) -> SavedNetwork | SavedExtractor | SavedHeads:  # fmt: skip
    """The trained weights in a fresh float32 base, merged; low-rank updates are also written to adapter/."""
    if given_base is not None:
        base = given_base()
    else:
        tokens = learned_tokens(recipe, splits, place.folder, learned=True)
        base = assembly.build_base(recipe, splits.examples["train"], tokens)
    fresh: dict[str, Any] = {name: head.over(base.encoder) for name, head in heads.items()}
    tuning = assembly.tuning_of(recipe)
    with run_folder.whole_folder(place.folder / run_folder.ADAPTER) as aside:
        tuned_model(_over(recipe, base.encoder, fresh), tuning, weights, aside if tuning.method == "lora" else None)
    if tuning.method != "lora":
        (place.folder / run_folder.ADAPTER).rmdir()
    return saved_heads(recipe, heads, fresh)


def saved_heads(recipe: Recipe, heads: Heads, models: Mapping[str, Any]) -> SavedNetwork | SavedExtractor | SavedHeads:
    """Trained models of some heads as they are saved; a single task's by itself."""
    saved = {name: head.save(models[name]) for name, head in heads.items()}
    return saved[""] if "" in saved else SavedHeads(saved, {name: head.reads for name, head in recipe.heads.items()})
