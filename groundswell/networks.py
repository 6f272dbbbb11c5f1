"""A network from a recipe: built, trained by the loop, taken out again as a model that can be saved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from groundswell import assembly, run_folder, runtime
from groundswell.assembly import TextModel
from groundswell.data.batching import Documents
from groundswell.data.splits import Splits
from groundswell.evaluation.label_thresholds import best_label_thresholds
from groundswell.evaluation.metrics import dev_metrics
from groundswell.model.classifier import TextClassifier
from groundswell.model.label_answers import LabelAnswers
from groundswell.model.outputs import Outputs
from groundswell.model.saved_model import SavedNetwork
from groundswell.model.scoring import score_documents
from groundswell.recipe import Recipe
from groundswell.results import Fitted
from groundswell.run_place import Place, learned_tokens
from groundswell.training.checkpoints import moving_weights
from groundswell.training.loop import Evaluate, fit
from groundswell.training.losses import RowLoss, classification_loss
from groundswell.training.optimizer import make_adamw
from groundswell.tuning.cached_features import CacheSettings, cache_frozen
from groundswell.tuning.trainable import choose_trainable, tuned_model


def fit_network(recipe: Recipe, splits: Splits, outputs: Outputs, place: Place) -> Fitted:
    """The recipe's network, trained; what is cut and what is unknown is counted in `splits.accounting`.

    Raises RecipeError or BaseModelError before anything is trained, TrainingError after.
    """
    accelerator = place.accelerator
    tokens = place.own_tokens(recipe, splits)
    runtime.seed_everything(recipe.seed)
    text_model = assembly.build_model(recipe, outputs, splits.examples["train"], tokens)
    splits.warnings.extend(text_model.notes)
    documents = _documents(recipe, splits, text_model)
    model, base = text_model.classifier, text_model.base_sha256
    parameters = choose_trainable(model, assembly.tuning_of(recipe), frozen_dtype=runtime.torch_dtype(place.precision))
    model.to(accelerator.device)
    with accelerator.main_process_first():
        train_texts, dev_texts = _with_cache(recipe, model, base, [documents["train"], documents["dev"]], place)
    batches = assembly.batches_of(recipe, train_texts, splits.examples["train"])
    assert train_texts.targets is not None
    row_loss = assembly.row_loss_of(recipe, train_texts.targets, outputs)
    runtime.seed_everything(recipe.seed + accelerator.process_index)  # the head is made; dropout starts here
    history = fit(
        model,
        batches,
        classification_loss(row_loss),
        optimizer=make_adamw(assembly.parameter_groups_of(recipe, model)),
        schedule=assembly.schedule_of(recipe, batches),
        accelerator=accelerator,
        settings=assembly.fit_settings(recipe),
        evaluate=_dev_evaluation(recipe, outputs, dev_texts, row_loss, place),
        checkpoint_folder=place.checkpoints(recipe, splits, base),
        resume=place.resume,
        log=place.log_writer(),
        progress=place.bar,
    )
    weights = moving_weights(model)
    return Fitted(
        outputs.labels,
        history,
        parameters,
        base,
        place.precision,
        lambda: _export(recipe, outputs, splits, weights, place.folder),
    )


def untuned_network(recipe: Recipe, splits: Splits, outputs: Outputs) -> SavedNetwork:
    """The recipe's network before any training: its encoder under a random head."""
    return _saved(recipe, assembly.build_model(recipe, outputs, splits.examples["train"]))


def _documents(recipe: Recipe, splits: Splits, text_model: TextModel) -> dict[str, Documents]:
    """Train and dev, tokenized; rows that are cut are counted, also those of test."""
    documents = {}
    for split, examples in splits.examples.items():
        found = assembly.tokenize(recipe, text_model.tokenizer, examples, text_model.outputs)
        splits.accounting[split].count_cut(found.cut, recipe.text.max_tokens, found.unknown)
        documents[split] = found.documents
    return documents


def _with_cache(
    recipe: Recipe, model: TextClassifier, base_sha256: str, documents: list[Documents], place: Place
) -> list[Documents]:
    tuning = assembly.tuning_of(recipe)
    if not recipe.tuning.cache or tuning.first_layer(model.encoder.num_layers) == 0:
        return documents
    settings = CacheSettings(
        runtime.cache_folder(), base_sha256, runtime.torch_dtype(place.precision), 2 * recipe.training.batch_tokens,
        place.accelerator.device,
    )  # fmt: skip
    place.bar.begin("computing what is frozen", sum(map(len, documents)))
    return cache_frozen(model, tuning, documents, settings, place.bar.advance)


def _dev_evaluation(recipe: Recipe, outputs: Outputs, texts: Documents, row_loss: RowLoss, place: Place) -> Evaluate:
    targets = texts.targets
    assert targets is not None
    device = place.accelerator.device

    def evaluate_dev(model: nn.Module) -> dict[str, float]:
        logits = score_documents(model, texts, device=device, bfloat16=place.precision == "bfloat16")
        loss = float(row_loss(logits, targets).mean())
        if outputs.task == "regression":
            gold, scores = outputs.mean + outputs.scale * targets.double(), outputs.values(logits)[:, 0]
        else:
            gold, scores = targets, logits
        if recipe.model.label_thresholds == "dev":
            lowest = best_label_thresholds(targets.bool().numpy(), outputs.values(logits).numpy())
            scores = scores - torch.from_numpy(lowest).logit(1e-6)  # above 0 is given
        found = dev_metrics(
            outputs.task, (gold.bool() if outputs.task == "multi_label" else gold).numpy(), scores.numpy()
        )
        return {"loss": loss, **found}

    return evaluate_dev


def _export(recipe: Recipe, outputs: Outputs, splits: Splits, weights: dict[str, Tensor], folder: Path) -> SavedNetwork:
    """The trained weights in a fresh float32 base, merged; low-rank updates are also written to adapter/."""
    tokens = learned_tokens(recipe, splits, folder, learned=True)
    fresh = assembly.build_model(recipe, outputs, splits.examples["train"], tokens)
    tuning = assembly.tuning_of(recipe)
    with run_folder.whole_folder(folder / run_folder.ADAPTER) as aside:
        tuned_model(fresh.classifier, tuning, weights, aside if tuning.method == "lora" else None)
    if tuning.method != "lora":
        (folder / run_folder.ADAPTER).rmdir()
    saved = _saved(recipe, fresh)
    return _with_thresholds(saved, splits) if recipe.model.label_thresholds == "dev" else saved


def _with_thresholds(saved: SavedNetwork, splits: Splits) -> SavedNetwork:
    """The same model; each label is given from the probability on that is best for its F1 on dev."""
    dev = splits.examples["dev"]
    logits = LabelAnswers(saved, runtime.pick_device(), bfloat16=False).logits([example.text for example in dev])
    lowest = best_label_thresholds(saved.outputs.targets(dev).bool().numpy(), saved.outputs.values(logits).numpy())
    splits.warnings.append("dev: the thresholds of the labels were chosen on it, so its figures are too good")
    return replace(saved, outputs=replace(saved.outputs, thresholds=tuple(lowest.tolist())))


def _saved(recipe: Recipe, text_model: TextModel) -> SavedNetwork:
    return SavedNetwork(text_model.classifier, text_model.tokenizer, text_model.outputs, assembly.text_settings(recipe))
