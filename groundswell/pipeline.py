"""A recipe in, a run folder out: composes the stages."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from accelerate import Accelerator
from accelerate.state import AcceleratorState, GradientState
from accelerate.utils import broadcast_object_list
from torch import Tensor, nn

from groundswell import assembly, run_folder, runtime
from groundswell.analyzer import Analyzer, load
from groundswell.assembly import TextModel
from groundswell.baselines import fit_baseline
from groundswell.data.accounting import Accounting
from groundswell.data.batching import Documents
from groundswell.data.labels import LabelMap
from groundswell.data.splits import Splits, load_splits, read_split
from groundswell.evaluation.metrics import dev_metrics
from groundswell.model.classifier import TextClassifier
from groundswell.model.outputs import Outputs
from groundswell.model.saved_model import SavedModel, SavedNetwork, save_model
from groundswell.model.scoring import score_documents
from groundswell.recipe import Recipe
from groundswell.recipe_reading import load_recipe, recipe_from_values
from groundswell.results import FinishedRun, Measured, measure, write_results
from groundswell.run_folder import read_manifest
from groundswell.run_naming import claim_folder, claim_free_folder
from groundswell.text.own_tokens import OwnTokens, load_tokens
from groundswell.training.checkpoints import CheckpointFolder, moving_weights
from groundswell.training.loop import Evaluate, History, fit
from groundswell.training.losses import RowLoss, classification_loss
from groundswell.training.optimizer import make_adamw
from groundswell.training.progress import ProgressBar
from groundswell.training.trackers import check_trackers
from groundswell.tuning.cached_features import CacheSettings, cache_frozen
from groundswell.tuning.trainable import Parameters, choose_trainable, tuned_model

Precision = Literal["float32", "bfloat16"]
TOKENS = "tokens"


@dataclass(frozen=True)
class Run:
    """A finished training.

    folder    the run folder
    metrics   what metrics.json holds: per split the metrics with intervals, parameters, seconds, best epoch;
              empty in every process but the first
    history   one row per epoch: epoch, loss, seconds, dev metrics
    rows      one line per split: rows read, kept, cut and dropped
    """

    folder: Path
    metrics: dict[str, Any]
    history: list[dict[str, Any]]
    rows: tuple[str, ...]
    warnings: tuple[str, ...]


def train(
    recipe: Recipe | str | Path | dict[str, Any],
    *,
    name: str | None = None,
    default_name: str | None = None,
    resume: bool = False,
    progress: bool | None = None,
    **sections: Any,
) -> Run:
    """The finished run of a recipe (a Recipe, a YAML file, or a dictionary).

    name       of the run folder; default `output.name`. Without either the run is called `default_name`, else after
               the recipe's file, with a number behind it when that is taken
    resume     go on with the unfinished run of this name (the newest one), exactly where it was
    progress   a bar on stderr; default: when stderr is a terminal
    sections   replace keys of the recipe: `data={"train": "reviews.csv"}, seed=1`

    Raises RecipeError, DataError, BaseModelError or RunFolderError before anything is trained, TrainingError after.
    """
    began = time.monotonic()
    resolved, stem = _resolve(recipe, sections)
    check_trackers(resolved.training.trackers)
    accelerator, precision = _accelerator(resolved)
    folder = _claim(resolved, name, default_name or stem, resume) if accelerator.is_main_process else Path()
    folder = broadcast_object_list([folder])[0]
    runtime.seed_everything(resolved.seed)
    splits = load_splits(assembly.split_settings(resolved))
    outputs = assembly.outputs_of(resolved, splits)
    with ProgressBar(progress if accelerator.is_main_process else False) as bar:
        if resolved.model.is_baseline:
            trained, precision = _fit_baseline(resolved, splits, outputs), "float32"
        else:
            trained = _train(resolved, splits, outputs, accelerator, precision, folder, resume, bar)
        if not accelerator.is_main_process:
            accelerator.wait_for_everyone()
            accelerator.end_training()
            return Run(folder, {}, trained.history.epochs, (), ())
        saved = trained.export()
        with run_folder.whole_folder(folder / run_folder.MODEL) as aside:
            save_model(saved, aside)
        analyzer = Analyzer(saved, folder.name, precision=resolved.evaluation.precision)
        measured = _measure_splits(analyzer, resolved, splits, bar)
    finished = FinishedRun(
        resolved, splits, trained.base_sha256, outputs, trained.history, trained.parameters, splits.warnings, precision,
        time.monotonic() - began,
    )  # fmt: skip
    metrics = write_results(folder, finished, measured)
    CheckpointFolder(folder / run_folder.CHECKPOINTS, {}).clear()
    accelerator.wait_for_everyone()
    accelerator.end_training()
    rows = tuple(account.line() for account in splits.accounting.values())
    return Run(folder, metrics, trained.history.epochs, rows, tuple(splits.warnings))


def evaluate(
    run: str | Path, source: str, *, overrides: list[str] | None = None, progress: bool | None = None
) -> dict[str, Any]:
    """Metrics with intervals of a finished run on labelled data, and what became of each row.

    overrides   `data.text=review`, `data.label=stars`, `data.labels.1=positive`, `evaluation.resamples=2000` …
    """
    folder = Path(run)
    read_manifest(folder)
    recipe = load_recipe(folder / run_folder.RECIPE, overrides or [])
    analyzer = load(folder, precision=recipe.evaluation.precision)
    accounting = Accounting("evaluation")
    settings = assembly.split_settings(recipe)
    examples = read_split(source, settings, accounting, keep_blank=True)
    if recipe.task != "regression":
        LabelMap(analyzer.outputs.labels).check_known(examples, "evaluation", source)
    with ProgressBar(progress) as bar:
        bar.begin("evaluating", len(examples))
        measured = measure(analyzer, examples, recipe, bar.advance)
    return {**measured.scores, "rows": accounting.to_dict(), "model": analyzer.name}


def untuned_analyzer(recipe: Recipe) -> Analyzer:
    """The recipe's model before any training: the pretrained encoder under a random head."""
    runtime.seed_everything(recipe.seed)
    splits = load_splits(assembly.split_settings(recipe))
    outputs = assembly.outputs_of(recipe, splits)
    fresh = assembly.build_model(recipe, outputs, splits.examples["train"])
    return Analyzer(_saved(recipe, fresh), "untuned")


@dataclass(frozen=True)
class _Trained:
    """What came of the training; `base_sha256` is that of the pretrained weights or the vocabulary, if any."""

    history: History
    parameters: Parameters
    base_sha256: str | None
    export: Callable[[], SavedModel]


def _fit_baseline(recipe: Recipe, splits: Splits, outputs: Outputs) -> _Trained:
    saved, history = fit_baseline(recipe, splits, outputs)
    fitted = saved.classifier.num_weights
    return _Trained(history, Parameters(fitted, fitted, 0), None, lambda: saved)


def _train(  # noqa: PLR0913  (one call site; the values are those of `train`)
    recipe: Recipe, splits: Splits, outputs: Outputs, accelerator: Accelerator, precision: Precision, folder: Path,
    resume: bool, bar: ProgressBar,
) -> _Trained:  # fmt: skip
    with accelerator.main_process_first():
        tokens = _own_tokens(recipe, splits, folder, resume or not accelerator.is_main_process)
    runtime.seed_everything(recipe.seed)
    text_model = assembly.build_model(recipe, outputs, splits.examples["train"], tokens)
    documents = _documents(recipe, splits, text_model)
    model = text_model.classifier
    dtype = runtime.torch_dtype(precision)
    parameters = choose_trainable(model, assembly.tuning_of(recipe), frozen_dtype=dtype)
    model.to(accelerator.device)
    settings = CacheSettings(
        runtime.cache_folder(), text_model.base_sha256, dtype, 2 * recipe.training.batch_tokens, accelerator.device
    )
    with accelerator.main_process_first():
        train_texts, dev_texts = _with_cache(recipe, model, [documents["train"], documents["dev"]], settings, bar)
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
        evaluate=_dev_evaluation(outputs, dev_texts, row_loss, accelerator, precision),
        checkpoint_folder=CheckpointFolder(
            folder / run_folder.CHECKPOINTS, _fingerprint(recipe, splits, text_model.base_sha256)
        ),
        resume=resume,
        log=_log_writer(folder / run_folder.LOG, resume),
        progress=bar,
    )
    weights = moving_weights(model)
    return _Trained(
        history, parameters, text_model.base_sha256, lambda: _export(recipe, outputs, splits, weights, folder)
    )


def _documents(recipe: Recipe, splits: Splits, text_model: TextModel) -> dict[str, Documents]:
    """Train and dev, tokenized; rows that are cut are counted, also those of test."""
    documents = {}
    for split, examples in splits.examples.items():
        found = assembly.tokenize(recipe, text_model.tokenizer, examples, text_model.outputs)
        splits.accounting[split].count_cut(found.cut, recipe.text.max_tokens, found.unknown)
        documents[split] = found.documents
    return documents


def _with_cache(
    recipe: Recipe, model: TextClassifier, documents: list[Documents], settings: CacheSettings, bar: ProgressBar
) -> list[Documents]:
    tuning = assembly.tuning_of(recipe)
    if not recipe.tuning.cache or tuning.first_layer(model.encoder.num_layers) == 0:
        return documents
    bar.begin("computing what is frozen", sum(map(len, documents)))
    return cache_frozen(model, tuning, documents, settings, bar.advance)


def _dev_evaluation(
    outputs: Outputs, texts: Documents, row_loss: RowLoss, accelerator: Accelerator, precision: Precision
) -> Evaluate:
    targets = texts.targets
    assert targets is not None

    def evaluate_dev(model: nn.Module) -> dict[str, float]:
        logits = score_documents(model, texts, device=accelerator.device, bfloat16=precision == "bfloat16")
        loss = float(row_loss(logits, targets).mean())
        if outputs.task == "regression":
            gold, scores = outputs.mean + outputs.scale * targets.double(), outputs.values(logits)[:, 0]
        else:
            gold, scores = targets, logits
        found = dev_metrics(
            outputs.task, (gold.bool() if outputs.task == "multi_label" else gold).numpy(), scores.numpy()
        )
        return {"loss": loss, **found}

    return evaluate_dev


def _own_tokens(recipe: Recipe, splits: Splits, folder: Path, learned: bool) -> OwnTokens | None:
    """What an encoder trained from scratch learned as its tokens, kept beside the checkpoints; else None.

    Learning twice need not give the same pieces (Unigram sums in any order), so a resumed run and other processes read
    what was learned once.
    """
    if not recipe.model.is_from_scratch:
        return None
    place = folder / run_folder.CHECKPOINTS / TOKENS
    if not (learned and place.is_dir()):
        tokens = assembly.own_tokens_of(recipe, splits.examples["train"])
        with run_folder.whole_folder(place) as aside:
            tokens.save(aside)
    return load_tokens(place)


def _export(recipe: Recipe, outputs: Outputs, splits: Splits, weights: dict[str, Tensor], folder: Path) -> SavedNetwork:
    """The trained weights in a fresh float32 base, merged; low-rank updates are also written to adapter/."""
    tokens = _own_tokens(recipe, splits, folder, learned=True)
    fresh = assembly.build_model(recipe, outputs, splits.examples["train"], tokens)
    tuning = assembly.tuning_of(recipe)
    with run_folder.whole_folder(folder / run_folder.ADAPTER) as aside:
        tuned_model(fresh.classifier, tuning, weights, aside if tuning.method == "lora" else None)
    if tuning.method != "lora":
        (folder / run_folder.ADAPTER).rmdir()
    return _saved(recipe, fresh)


def _saved(recipe: Recipe, text_model: TextModel) -> SavedNetwork:
    return SavedNetwork(text_model.classifier, text_model.tokenizer, text_model.outputs, assembly.text_settings(recipe))


def _measure_splits(analyzer: Analyzer, recipe: Recipe, splits: Splits, bar: ProgressBar) -> dict[str, Measured]:
    measured: dict[str, Measured] = {}
    for split in ("dev", "test"):
        if split in splits.examples:
            bar.begin(f"measuring on {split}", len(splits.examples[split]))
            measured[split] = measure(analyzer, splits.examples[split], recipe, bar.advance)
    return measured


def _resolve(recipe: Recipe | str | Path | dict[str, Any], sections: dict[str, Any]) -> tuple[Recipe, str]:
    """The recipe with the given keys replaced, and the name it goes by."""
    stem = Path(recipe).stem if isinstance(recipe, str | Path) else "run"
    if isinstance(recipe, Recipe) and not sections:
        return recipe, stem
    if isinstance(recipe, str | Path):
        recipe = load_recipe(recipe)
    values: dict[str, Any] = (
        json.loads(recipe.model_dump_json(exclude_unset=True)) if isinstance(recipe, Recipe) else recipe
    )
    merged = dict(values)
    for section, given in sections.items():
        old = merged.get(section)
        merged[section] = {**old, **given} if isinstance(old, dict) and isinstance(given, dict) else given
    return recipe_from_values(merged, "recipe"), stem


def _claim(recipe: Recipe, name: str | None, default_name: str, resume: bool) -> Path:
    runs, asked_for = Path(recipe.output.folder), name or recipe.output.name
    if asked_for is not None:
        return claim_folder(runs / asked_for, recipe.to_yaml(), resume=resume)
    return claim_free_folder(runs, default_name, recipe.to_yaml(), resume=resume)


def _accelerator(recipe: Recipe) -> tuple[Accelerator, Precision]:
    """The accelerator of this run and the precision it trains in."""
    device = runtime.pick_device()
    precision = runtime.pick_precision(recipe.training.precision, device)
    if AcceleratorState._shared_state and AcceleratorState().num_processes == 1:
        # A second run in one process may want another precision; the state of the first would refuse it.
        AcceleratorState._reset_state(True)
        GradientState._reset_state()
    accelerator = Accelerator(
        mixed_precision="bf16" if precision == "bfloat16" else "no",
        cpu=device.type == "cpu",
        log_with=list(recipe.training.trackers) or None,
        project_dir=recipe.output.folder,
    )
    if recipe.training.trackers:
        accelerator.init_trackers("groundswell", config={"recipe": recipe.to_yaml()})
    return accelerator, precision


def _fingerprint(recipe: Recipe, splits: Splits, base: str) -> dict[str, str]:
    """What a resumed run must share with the one it goes on from."""
    values = recipe.model_dump(mode="json", exclude={"output"})
    texts = hashlib.sha256()
    for example in splits.examples["train"]:
        texts.update(f"{example.text}\0{example.target}\0".encode(errors="surrogatepass"))
    return {
        "the recipe": hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest(),
        "the training data": texts.hexdigest(),
        "the base model": base,
    }


def _log_writer(path: Path, resume: bool) -> Callable[[dict[str, Any]], None]:
    """Appends rows to log.jsonl; a resumed run goes on behind the rows of the first."""
    if not resume:
        path.unlink(missing_ok=True)

    def write(row: dict[str, Any]) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    return write
