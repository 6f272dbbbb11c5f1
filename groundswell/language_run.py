"""A language model from a recipe: texts become a corpus, the one loop trains on it, what comes out is measured."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from groundswell import assembly, run_folder, runtime
from groundswell.data.accounting import Accounting
from groundswell.data.corpus.building import DEV, REPORT, TOKENIZER, CorpusSettings, build_corpus
from groundswell.data.corpus.document_tokens import DocumentTokens, load_document_tokens
from groundswell.data.corpus.documents import TextSource
from groundswell.data.corpus.filters import Quality
from groundswell.data.corpus.token_file import open_tokens
from groundswell.data.language_blocks import BlockBatches
from groundswell.data.language_texts import LanguageTexts, read_language_texts
from groundswell.data.masked_pieces import MaskedBatches
from groundswell.data.splits import Splits, source_sha256
from groundswell.errors import DataError
from groundswell.language_objectives import Causal, Corpus, Masked, open_corpus
from groundswell.model.base_models import BaseModel, find_base_model
from groundswell.model.fresh_bert import fresh_bert
from groundswell.model.masked_lm import MaskedLanguageModel
from groundswell.model.neural_lm.kinds import make_language_model
from groundswell.model.neural_lm.language_model import LanguageModel
from groundswell.model.neural_lm.saved_lm import load_language_model
from groundswell.model.pretrained import load_encoder
from groundswell.model.saved_language_model import SavedLanguageModel, check_vocabulary
from groundswell.recipe import Recipe
from groundswell.results import FinishedRun, Fitted, Measured, write_results
from groundswell.run_cost import estimate_training, measured_training
from groundswell.run_place import Place
from groundswell.text.segmentation_zh import read_user_dictionary
from groundswell.training.checkpoints import CheckpointFolder, moving_weights, restore_weights
from groundswell.training.language_loss import language_loss
from groundswell.training.loop import fit
from groundswell.training.optimizer import make_adamw, parameter_groups
from groundswell.training.recomputation import recompute_layers
from groundswell.tuning.trainable import Parameters, all_of, choose_trainable, tuned_model

CORPUS = "corpus.json"
Model = LanguageModel | MaskedLanguageModel


def run_language_model(
    recipe: Recipe, place: Place, began: float, *, kept_out: Path | None = None
) -> tuple[Splits, Fitted, dict[str, Any]]:
    """What was read, what was trained, and the metrics; everything is written by the main process alone.

    kept_out   JSON Lines with more texts, under `text`, that no training text may hold
    """
    base = None if recipe.model.is_from_scratch else find_base_model(recipe.model.encoder, recipe.model.revision)
    folder = _corpus_folder(recipe, base, place, kept_out)
    tokens = load_document_tokens(folder / TOKENIZER)
    corpus = open_corpus(recipe, open_tokens(folder), tokens)
    splits, texts = _measured_texts(recipe, folder, tokens, place)
    objective = (Causal if recipe.language_model.objective == "causal" else Masked)(recipe, tokens)
    fitted, model = _fit(recipe, corpus, objective, texts["dev"], base, place)
    if model is None:
        return splits, fitted, {}
    _save(model, recipe, tokens, folder, place)
    with torch.inference_mode():
        model.to(place.accelerator.device)
        options = {"resamples": recipe.evaluation.resamples, "level": recipe.evaluation.level, "seed": recipe.seed}
        measured = {name: {"": Measured(objective.scores(model, some, **options), [])} for name, some in texts.items()}
    finished = FinishedRun(recipe, splits, fitted, time.monotonic() - began, _some_texts(folder / DEV))
    metrics = write_results(place.folder, finished, measured)
    CheckpointFolder(place.folder / run_folder.CHECKPOINTS, {}).clear()
    return splits, fitted, metrics


def _some_texts(path: Path, at_most: int = 1000) -> list[str]:
    """The first texts that were kept apart for dev, which are like those for training; none without such a file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as file:
        return [json.loads(line)["text"] for line in islice(file, at_most)]


def text_source(recipe: Recipe, name: str, files: tuple[str, ...]) -> TextSource:
    """Files as the recipe's data says they are to be read."""
    data = recipe.data
    return TextSource(
        name, files, text_column=data.text, split_column=data.split_column, encoding=data.encoding,
        most_characters=data.max_characters,
    )  # fmt: skip


def _corpus_folder(recipe: Recipe, base: BaseModel | None, place: Place, kept_out: Path | None) -> Path:
    """The corpus of the recipe's texts beside the checkpoints; built unless it lies there already."""
    settings = _corpus_settings(recipe, place.folder / run_folder.CHECKPOINTS)
    told = {
        **recipe.model_dump(mode="json", include={"data", "corpus", "text", "language_model", "seed"}),
        "base": None if base is None else base.sha256,
    }
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:12]
    folder = place.folder / run_folder.CHECKPOINTS / f"corpus-{digest}"
    with place.accelerator.main_process_first():
        if not folder.exists():
            if kept_out is not None:
                settings = replace(settings, held_out=[*settings.held_out, TextSource("kept out", (str(kept_out),))])
            if base is not None:
                settings = replace(settings, tokens=load_document_tokens(base.folder))
            build_corpus(replace(settings, folder=folder), progress=place.bar.stage)
    return folder


def _corpus_settings(recipe: Recipe, folder: Path) -> CorpusSettings:
    corpus, text = recipe.corpus, recipe.text
    sources = [
        replace(text_source(recipe, name, given.files), text_column=given.text, layout=given.layout)
        for name, given in corpus.sources.items()
    ] or [text_source(recipe, "train", (recipe.data.train,))]
    kept_apart = [name for name in (recipe.data.dev, recipe.data.test, *corpus.held_out) if name is not None]
    quality = Quality(least_words=corpus.least_words, languages=corpus.languages)
    if not corpus.quality:
        quality = Quality(corpus.least_words, 10**9, 1.0, 1.0, 10**9, 1e9, 0.0, corpus.languages)
    tokens: dict[str, Any] = {}
    if recipe.model.is_from_scratch:
        words = read_user_dictionary(Path(text.user_dictionary)) if text.user_dictionary else ()
        tokens = {
            "token_kind": text.tokens, "vocabulary_size": text.vocabulary_size, "min_count": text.min_count,
            "user_words": words, "with_mask": recipe.language_model.objective == "masked",
        }  # fmt: skip
    return CorpusSettings(
        folder,
        sources,
        quality=quality,
        held_out=[text_source(recipe, f"held out {number}", (name,)) for number, name in enumerate(kept_apart)],
        least_similarity=corpus.near_copies,
        cleaning=text.cleaning,
        dev_share=0.0 if recipe.data.dev else recipe.data.dev_share,
        seed=recipe.seed,
        **tokens,
    )


def _measured_texts(
    recipe: Recipe, folder: Path, tokens: DocumentTokens, place: Place
) -> tuple[Splits, dict[str, LanguageTexts]]:
    """What was read of every source and split, and the texts of dev and test."""
    report = json.loads((folder / REPORT).read_text(encoding="utf-8"))
    accounting = {
        source["name"]: Accounting.from_dict(source["documents"], unit="texts", rejected=source["rejected"])
        for source in report["sources"]
    }
    texts = {}
    for split, source in (("dev", recipe.data.dev), ("test", recipe.data.test)):
        if source is not None:
            cleaning = recipe.text.cleaning
            texts[split] = read_language_texts(text_source(recipe, split, (source,)), tokens, cleaning, split=split)
        elif split == "dev":  # cleaned already
            texts[split] = read_language_texts(TextSource(split, (str(folder / DEV),)), tokens, (), split=split)
    accounting |= {split: some.accounting for split, some in texts.items()}
    sources = {"train": recipe.data.train, "dev": recipe.data.dev, "test": recipe.data.test}
    hashes = {split: digest for split, source in sources.items() if source and (digest := source_sha256(source))}
    return Splits({}, accounting, None, hashes, warnings=[*report["warnings"], *place.notes]), texts


def _fit(
    recipe: Recipe, corpus: Corpus, objective: Causal | Masked, dev: LanguageTexts, base: BaseModel | None, place: Place
) -> tuple[Fitted, Model | None]:
    """How the training went and, in the main process, the trained model in float32 on the processor."""
    accelerator = place.accelerator
    model, notes = _untrained(recipe, corpus.tokens, base)
    parameters = _choose(recipe, model, place)
    if recipe.training.activation_checkpointing:
        layers: Any = model.encoder.layers if isinstance(model, MaskedLanguageModel) else getattr(model, "layers", ())
        recompute_layers(layers)
    model.to(accelerator.device)
    batches = _batches(recipe, corpus, objective)
    estimated = estimate_training(recipe, model, parameters, batches, place)
    runtime.seed_everything(recipe.seed + accelerator.process_index)  # the weights are made; dropout starts here

    def evaluate(model: nn.Module) -> dict[str, float]:
        with torch.autocast(accelerator.device.type, dtype=torch.bfloat16, enabled=place.precision == "bfloat16"):
            return objective.on_dev(model, dev)

    history = fit(
        model,
        batches,
        language_loss,
        optimizer=make_adamw(_groups(recipe, model)),
        schedule=assembly.schedule_of(recipe, batches),
        accelerator=accelerator,
        settings=assembly.fit_settings(recipe),
        evaluate=evaluate,
        checkpoint_folder=place.checkpoints(recipe, _data_hash(corpus), "" if base is None else base.sha256),
        resume=place.resume,
        log=place.log_writer(),
        progress=place.bar,
    )
    cost = {"estimated": estimated, "measured": measured_training(history, accelerator.device)}
    weights = moving_weights(model)
    trained = _trained(recipe, corpus.tokens, base, weights, place) if accelerator.is_main_process else None
    sha256 = None if base is None else base.sha256
    notes = (*notes, *_reading_notes(corpus))
    return Fitted((), history, parameters, sha256, place.precision, notes=notes, cost=cost), trained


def _batches(recipe: Recipe, corpus: Corpus, objective: Causal | Masked) -> BlockBatches | MaskedBatches:
    """The batches of all epochs; DataError when the corpus is too small for them."""
    batches = objective.batches(corpus)
    if not all(batches.plan(epoch) for epoch in range(recipe.training.epochs)):
        raise DataError(
            f"the texts come to {len(corpus.file.ids):,} tokens, too few for training.epochs={recipe.training.epochs} "
            f"and text.max_tokens={recipe.text.max_tokens}: some epochs would be empty. Add texts, or lower one of them"
        )
    return batches


def _data_hash(corpus: Corpus) -> str:
    return "".join(corpus.file.index.files.values())


def _reading_notes(corpus: Corpus) -> list[str]:
    """How often each source is read."""
    return [
        f"{source.name}: {source.tokens:,} tokens read, {source.epochs:.2f} times what it has"
        for source in corpus.mix.sources
    ]


def _untrained(recipe: Recipe, tokens: DocumentTokens, base: BaseModel | None) -> tuple[Model, tuple[str, ...]]:
    """The recipe's model before its training, and what a person should know of it."""
    runtime.seed_everything(recipe.seed)
    encoder, masked = recipe.model.encoder, recipe.language_model.objective == "masked"
    shape = {name: value for name, value in recipe.model.scratch if value is not None}
    sizes: dict[str, Any] = {"num_tokens": len(tokens), "positions": recipe.text.max_tokens}
    if base is None and not masked:
        return make_language_model(encoder, shape, **sizes, dropout=recipe.model.dropout), ()
    if base is None:
        return MaskedLanguageModel(fresh_bert(shape, **sizes, dropout=recipe.model.dropout, pad_id=tokens.pad_id)), ()
    if not masked:
        decoder = load_language_model(base.folder)
        check_vocabulary(decoder, tokens, base.folder)
        return decoder.train(), ()
    found = load_encoder(base.folder, dropout=recipe.model.dropout)
    assembly.check_positions(recipe, found)
    model = MaskedLanguageModel(found)
    check_vocabulary(model, tokens, base.folder)
    if model.take_published_head(base.folder):
        return model, ()
    return model, (f"{encoder}: has no head that predicts tokens, so a new one was learned from nothing",)


def _groups(recipe: Recipe, model: Model) -> list[dict[str, Any]]:
    """The weights with their rates; of a model that is new as a whole no part has a rate of its own."""
    training = recipe.training
    assert training.learning_rate is not None  # the recipe fills both in
    assert training.head_learning_rate is not None
    new = isinstance(model, LanguageModel)
    return parameter_groups(
        model,
        learning_rate=training.learning_rate,
        head_learning_rate=training.learning_rate if new else training.head_learning_rate,
        weight_decay=training.weight_decay,
    )


def _choose(recipe: Recipe, model: Model, place: Place) -> Parameters:
    if isinstance(model, MaskedLanguageModel):
        frozen = runtime.torch_dtype(place.precision)
        return choose_trainable(model, assembly.tuning_of(recipe), frozen_dtype=frozen)
    return all_of(model)


def _trained(
    recipe: Recipe, tokens: DocumentTokens, base: BaseModel | None, weights: dict[str, Tensor], place: Place
) -> Model:
    """The trained weights in a fresh float32 model, merged; low-rank updates are also written to adapter/."""
    model, _ = _untrained(recipe, tokens, base)
    if not isinstance(model, MaskedLanguageModel):
        restore_weights(model, weights)
        return model.eval()
    tuning = assembly.tuning_of(recipe)
    if tuning.method != "lora":
        tuned_model(model, tuning, weights, None)
    else:
        with run_folder.whole_folder(place.folder / run_folder.ADAPTER) as aside:
            tuned_model(model, tuning, weights, aside)
    return model.eval()


def _save(model: Model, recipe: Recipe, tokens: DocumentTokens, corpus: Path, place: Place) -> None:
    """Write the model, and what is known of its texts beside it."""
    with run_folder.whole_folder(place.folder / run_folder.MODEL) as aside:
        SavedLanguageModel(model, tokens, recipe.text.cleaning, recipe.text.max_tokens).save(aside)
    run_folder.write_text(place.folder / CORPUS, (corpus / REPORT).read_text(encoding="utf-8"))
    if (corpus / DEV).exists():
        run_folder.write_text(place.folder / DEV, (corpus / DEV).read_text(encoding="utf-8"))
