"""From a recipe to the parts of a run: examples, tokens, model, optimizer. Here the recipe becomes plain values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from groundswell.data.batching import Batch, Documents, shuffled_batches
from groundswell.data.examples import Columns, Reading
from groundswell.data.head_splits import load_head_splits
from groundswell.data.labels import LabelMap
from groundswell.data.opinion_batching import OpinionBatch, OpinionDocuments
from groundswell.data.splits import Splits, SplitSettings
from groundswell.errors import BaseModelError, RecipeError
from groundswell.evaluation.slice_members import BY_TEXT, LABEL, TIME
from groundswell.model.base_models import find_base_model
from groundswell.model.classifier import TextClassifier
from groundswell.model.encoded_model import EncodedModel
from groundswell.model.encoder import Encoder
from groundswell.model.from_scratch import EncoderSettings, FromScratchEncoder
from groundswell.model.outputs import Outputs, describe_outputs
from groundswell.model.pretrained import load_encoder
from groundswell.model.text_settings import TextSettings, make_text_tokenizer
from groundswell.recipe import Recipe
from groundswell.representation.learned_vectors import vector_path
from groundswell.representation.vector_file import open_vectors
from groundswell.text.cleaning import clean
from groundswell.text.own_tokens import OwnTokens, learn_tokens
from groundswell.text.pretrained_tokens import PretrainedTokens, load_tokenizer
from groundswell.text.segmentation_zh import read_user_dictionary
from groundswell.text.tokenization import TextTokenizer, Tokens
from groundswell.training import losses
from groundswell.training.loop import Batches, FitSettings
from groundswell.training.losses import RowLoss
from groundswell.training.optimizer import parameter_groups
from groundswell.training.schedules import Schedule, make_schedule
from groundswell.tuning.trainable import Lora, Tuning
from groundswell.types import Example


@dataclass(frozen=True)
class TextModel:
    """An encoder before its training, with its tokenizer, under a head for these outputs."""

    tokenizer: TextTokenizer
    classifier: TextClassifier
    outputs: Outputs


@dataclass(frozen=True)
class TrainingBatches:
    """Batches of the training texts in an order that follows from the seed; see `training.loop.Batches`."""

    documents: Documents | OpinionDocuments
    examples: Sequence[Example]
    batch_tokens: int
    batch_rows: int
    seed: int

    def plan(self, epoch: int) -> list[list[int]]:
        """The micro-batches of an epoch."""
        return shuffled_batches(
            self.documents.lengths,
            batch_tokens=self.batch_tokens,
            batch_rows=self.batch_rows,
            seed=self.seed,
            epoch=epoch,
        )

    def collate(self, indices: Sequence[int], *, counted: bool = True) -> Batch | OpinionBatch:
        """The batch of some texts."""
        return self.documents.collate(indices, counted=counted)

    def describe(self, indices: Sequence[int]) -> str:
        """Rows and ids of some texts, for an error message."""
        named = [f"row {self.examples[index].row} (id {self.examples[index].id})" for index in indices]
        return ", ".join(named[:8]) + (f" and {len(named) - 8} more" if len(named) > 8 else "")


def slice_columns(recipe: Recipe) -> tuple[str, ...]:
    """The columns that slices are made by and that nothing else reads."""
    read = {*BY_TEXT, LABEL, *([TIME] if recipe.data.time else [])}
    return tuple(name for name in recipe.evaluation.slices if name not in read)


def split_settings(recipe: Recipe) -> SplitSettings:
    """How the recipe's splits are read."""
    data = recipe.data
    assert recipe.task != "multi_task"  # its heads have splits of their own,
    assert recipe.task != "language_model"  # and a corpus has none
    return SplitSettings(
        sources={name: source for name in ("train", "dev", "test") if (source := recipe.describe_source(name))},
        columns=Columns(data.text, data.label, data.id, data.group, data.time, slice_columns(recipe)),
        reading=Reading(
            task=recipe.task,
            rename=data.labels,
            encoding=data.encoding,
            max_bad_share=data.max_bad_share,
            max_characters=data.max_characters,
        ),
        split_column=data.split_column,
        limit=data.limit,
        dev_share=data.dev_share,
        hold_out=data.split,
        overlap=data.overlap,
        seed=recipe.seed,
        format=data.format,
        repair=data.repair,
    )


def splits_of(recipe: Recipe) -> dict[str, Splits]:
    """The splits of each head of the recipe, by its name; a single task is the one head ""."""
    return load_head_splits({name: split_settings(recipe.alone(name)) for name in recipe.heads or ("",)})


def text_settings(recipe: Recipe) -> TextSettings:
    """How the recipe's texts become tokens."""
    text = recipe.text
    return TextSettings(text.cleaning, text.max_tokens, text.truncation, text.window_overlap)


def tuning_of(recipe: Recipe) -> Tuning:
    """Which weights the recipe moves."""
    lora = recipe.tuning.lora
    return Tuning(recipe.tuning.method, recipe.tuning.layers, Lora(lora.rank, lora.alpha, lora.dropout, lora.targets))


def outputs_of(recipe: Recipe, splits: Splits) -> Outputs:
    """The outputs of the recipe's head, from the training texts."""
    assert recipe.task != "opinions"  # those have no labels of whole texts,
    assert recipe.task != "language_model"
    assert recipe.task != "multi_task"  # and every head has outputs of its own
    return describe_outputs(recipe.task, splits.examples["train"], recipe.data.label, splits.label_map)


@dataclass(frozen=True)
class Base:
    """An encoder before its training, and its tokens.

    sha256   of the pretrained weights, or of the vocabulary of an encoder trained from scratch
    notes    whole sentences for a person
    """

    sha256: str
    tokens: Tokens
    encoder: Encoder
    notes: tuple[str, ...] = ()


def build_model(
    recipe: Recipe, outputs: Outputs, examples: Sequence[Example], tokens: OwnTokens | None = None
) -> TextModel:
    """The recipe's encoder under a new head; call `seed_everything` first; see `build_base`."""
    base = build_base(recipe, examples, tokens)
    tokenizer = make_text_tokenizer(base.tokens, text_settings(recipe))
    return TextModel(tokenizer, classifier_over(base.encoder, recipe, outputs), outputs)


def classifier_over(encoder: Encoder, recipe: Recipe, outputs: Outputs) -> TextClassifier:
    """The recipe's untrained classifier over an encoder."""
    return TextClassifier(encoder, recipe.model.pooling, len(outputs.labels), head_dropout=recipe.model.head_dropout)


def build_base(recipe: Recipe, examples: Sequence[Example], tokens: OwnTokens | None = None) -> Base:
    """The recipe's encoder and its tokens.

    examples   training texts, of which an encoder trained from scratch learns its tokens
    tokens     tokens it has learned before

    Raises RecipeError when the texts are too long for a pretrained encoder.
    """
    if recipe.model.is_from_scratch:
        own = tokens or own_tokens_of(recipe, examples)
        return _from_scratch(recipe, own)
    base = find_base_model(recipe.model.encoder, recipe.model.revision)
    encoder = load_encoder(base.folder, dropout=recipe.model.dropout, layers=recipe.model.layers)
    check_positions(recipe, encoder)
    pretrained_tokens = PretrainedTokens(load_tokenizer(base.folder))
    network: Any = encoder.network
    embedded = network.get_input_embeddings().num_embeddings
    if len(pretrained_tokens) > embedded:
        raise BaseModelError(
            f"{base.folder}: the tokenizer has {len(pretrained_tokens):,} tokens, but the encoder has embeddings for "
            f"{embedded:,} only. Use the tokenizer that was saved with this encoder"
        )
    return Base(base.sha256, pretrained_tokens, encoder)


def check_positions(recipe: Recipe, encoder: Encoder) -> None:
    """Nothing; RecipeError when the recipe's texts are too long for a pretrained encoder."""
    if encoder.positions is not None and recipe.text.max_tokens > encoder.positions:
        raise RecipeError(
            [
                f"text.max_tokens: found {recipe.text.max_tokens}, but {recipe.model.encoder!r} reads at most "
                f"{encoder.positions} tokens. Lower it; text.truncation=windows reads a longer text in parts"
            ]
        )


def own_tokens_of(recipe: Recipe, examples: Sequence[Example]) -> OwnTokens:
    """The tokens that an encoder trained from scratch learns of the training texts."""
    text = recipe.text
    assert text.tokens is not None  # the recipe fills these in
    assert text.min_count is not None
    assert text.vocabulary_size is not None
    return learn_tokens(
        [clean(example.text, text.cleaning) for example in examples],
        text.tokens,
        min_count=text.min_count,
        max_size=text.vocabulary_size,
        user_words=read_user_dictionary(Path(text.user_dictionary)) if text.user_dictionary else (),
    )


@dataclass(frozen=True)
class TokenizedExamples:
    """Examples as documents, how many of them were cut, and which share of their tokens is unknown."""

    documents: Documents
    cut: int
    unknown: float


def tokenize(
    recipe: Recipe, tokenizer: TextTokenizer, examples: Sequence[Example], outputs: Outputs
) -> TokenizedExamples:
    """The examples as the encoder reads them."""
    tokenized = tokenizer([clean(example.text, recipe.text.cleaning) for example in examples])
    documents = Documents([text.windows for text in tokenized], outputs.targets(examples), tokenizer.pad_id)
    sizes = [sum(map(len, text.windows)) for text in tokenized]
    unknown = sum(text.unknown * size for text, size in zip(tokenized, sizes, strict=True)) / max(1, sum(sizes))
    return TokenizedExamples(documents, sum(text.truncated for text in tokenized), unknown)


def row_loss_of(recipe: Recipe, targets: Tensor, outputs: Outputs) -> RowLoss:
    """The recipe's loss per text; class weights come from the training targets."""
    training = recipe.training
    weights = None
    if training.class_weights == "balanced":
        weights = losses.balanced_weights(targets, len(outputs.labels))
    elif isinstance(training.class_weights, dict):
        weights = _given_weights(training.class_weights, LabelMap(outputs.labels), targets)
    if training.loss == "mse":
        return losses.mse
    if training.loss == "focal":
        return losses.focal(training.focal_gamma, weights)
    if training.loss == "bce":
        return losses.bce(weights)
    return losses.cross_entropy(weights, training.label_smoothing)


def fit_settings(recipe: Recipe) -> FitSettings:
    """How long and how carefully the recipe trains."""
    training = recipe.training
    return FitSettings(
        epochs=training.epochs,
        accumulation=training.accumulation,
        clip_norm=training.clip_norm,
        metric=training.metric,
        patience=training.patience,
        checkpoint_seconds=60 * training.checkpoint_minutes,
    )


def launch_values(recipe: Recipe, precision: str) -> dict[str, Any]:
    """What a configuration of the launcher may repeat of the recipe, see `training.deepspeed_config`."""
    names = ("accumulation", "clip_norm", "learning_rate", "weight_decay", "batch_tokens", "schedule")
    values = {f"training.{name}": getattr(recipe.training, name) for name in names}
    return {**values, "training.precision=bfloat16": precision == "bfloat16"}


def batches_of(recipe: Recipe, documents: Documents | OpinionDocuments, examples: Sequence[Example]) -> TrainingBatches:
    """The recipe's batches of the training texts."""
    training = recipe.training
    return TrainingBatches(documents, examples, training.batch_tokens, training.batch_rows, recipe.seed)


def parameter_groups_of(recipe: Recipe, model: EncodedModel) -> list[dict[str, Any]]:
    """The moving weights of `model` in groups with the recipe's rates and weight decay."""
    training = recipe.training
    assert training.learning_rate is not None  # the recipe fills both in
    assert training.head_learning_rate is not None
    return parameter_groups(
        model,
        learning_rate=training.learning_rate,
        head_learning_rate=training.head_learning_rate,
        weight_decay=training.weight_decay,
    )


def schedule_of(recipe: Recipe, batches: Batches) -> Schedule:
    """The recipe's learning-rate schedule over all optimizer steps of the training."""
    training = recipe.training
    plans = [batches.plan(epoch) for epoch in range(training.epochs)]
    total_steps = sum(math.ceil(len(plan) / training.accumulation) for plan in plans)
    return make_schedule(training.schedule, total_steps=total_steps, warmup_share=training.warmup_share)


def scratch_settings(recipe: Recipe, num_tokens: int, width: int | None = None) -> EncoderSettings:
    """The shape of the recipe's own encoder; `width` is that of given vectors."""
    model = recipe.model
    given = {name: value for name, value in model.scratch if value is not None and name != "vectors"}
    given |= {} if width is None else {"width": width}
    settings: dict[str, Any] = {"kind": model.encoder, "num_tokens": num_tokens, "dropout": model.dropout, **given}
    return EncoderSettings(positions=recipe.text.max_tokens, **settings)


def _from_scratch(recipe: Recipe, tokens: OwnTokens) -> Base:
    model = recipe.model
    vectors: Tensor | None = None
    notes: tuple[str, ...] = ()
    if model.scratch.vectors is not None:
        vectors = _given_vectors(model.scratch.vectors, tokens, model.scratch.width)
        notes = (_coverage(model.scratch.vectors, tokens, vectors),)
    width = None if vectors is None else vectors.shape[1]
    encoder = FromScratchEncoder(scratch_settings(recipe, len(tokens), width), vectors)
    return Base(tokens.sha256, tokens, encoder, notes)


def _coverage(source: str, tokens: OwnTokens, vectors: Tensor) -> str:
    """How many words got a vector, and which share of the training text they are."""
    known = ~vectors.isnan().any(dim=1)
    counts = torch.tensor(tokens.vocabulary.counts, dtype=torch.float64)
    share = float(counts[known].sum() / counts.sum().clamp(min=1))
    found = f"{int(known.sum()):,} of {len(tokens) - 2:,} words, {share:.0%} of the training text, have a vector there"
    few = ". The others start at random: are these vectors of the same language, cut and cased alike?"
    return f"model.scratch.vectors={source}: {found}{few if share < 0.5 else ''}"


def _given_vectors(source: str, tokens: OwnTokens, width: int | None) -> Tensor:
    file = open_vectors(vector_path(Path(source)))
    if width not in (None, file.width):
        raise RecipeError(
            [
                f"model.scratch.width: found {width}, but the vectors of {source} have {file.width} numbers. "
                "Leave it out, or name other vectors"
            ]
        )
    vectors = torch.from_numpy(file.rows(tokens.vocabulary.tokens))
    if vectors.isnan().all():
        raise RecipeError(
            [
                f"model.scratch.vectors: none of the {len(tokens):,} tokens has a vector in {source}. "
                f"Are its words cut as text.tokens={tokens.segmentation.kind} cuts them, and in lower case as well?"
            ]
        )
    return vectors


def _given_weights(given: dict[str, float], label_map: LabelMap, targets: Tensor) -> Tensor:
    if set(given) != set(label_map.names):
        raise RecipeError(
            [
                f"training.class_weights: found weights for {', '.join(sorted(given))}, expected one for each of "
                f"{', '.join(label_map.names)}"
            ]
        )
    weights = torch.tensor([given[name] for name in label_map.names])
    if targets.dim() == 2:
        return weights
    return weights / weights[targets].mean()  # mean 1 over the training texts keeps the scale of the loss
