"""What a recipe's training costs: estimated before it, from its shape alone or from its batches, and measured after."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from groundswell import assembly, runtime
from groundswell.data.head_batch import HeadBatch
from groundswell.data.opinion_targets import Elements
from groundswell.data.sample import sample_path
from groundswell.errors import InputError
from groundswell.model.base_models import find_config
from groundswell.model.classifier import TextClassifier
from groundswell.model.encoded_model import EncodedModel
from groundswell.model.encoder import Encoder
from groundswell.model.fresh_bert import fresh_bert
from groundswell.model.from_scratch import FromScratchEncoder
from groundswell.model.masked_lm import MaskedLanguageModel
from groundswell.model.multi_task import MultiTaskModel
from groundswell.model.neural_lm.kinds import make_language_model
from groundswell.model.neural_lm.language_model import LanguageModel
from groundswell.model.opinion_extractor import OpinionExtractor
from groundswell.model.pretrained import encoder_without_weights
from groundswell.recipe import Recipe
from groundswell.representation.learned_vectors import vector_path
from groundswell.representation.vector_file import open_vectors
from groundswell.run_place import Place, Precision
from groundswell.training.cost_estimate import (
    Weights,
    Work,
    bytes_needed,
    measure_machine,
    seconds_needed,
    weigh,
)
from groundswell.training.launch import shares_weights
from groundswell.training.loop import Batches, History
from groundswell.tuning.trainable import Parameters, all_of, choose_trainable

BYTES_OF_A_TOKEN = 3  # a Chinese character; English has 4 to 5
TIMES_PACKED = 4  # how much longer a compressed file may be
SEEN_BATCHES = 32  # from which the size of all is told
Cost = dict[str, Any]


def estimate_recipe(recipe: Recipe) -> Cost:
    """What the training will need, before any data or weight is read: how many tokens there are is bounded by the
    size of the file, how many labels is not known (the head is that of two).

    {"parameters": {"total", "trainable"}, "memory": {"weights", …, "total"}, "tokens", "seconds"}; bytes and seconds.
    Without a network, or where the base model cannot be found, only {"note": why there is no estimate}.
    """
    if recipe.model.is_baseline:
        return {"note": f"model.encoder={recipe.model.encoder} is fitted in one go, without the loop"}
    device = runtime.pick_device()
    precision = runtime.pick_precision(recipe.training.precision, device)
    try:
        model, parameters = _untrained(recipe, precision)
    except InputError as error:
        return {"note": str(error)}
    training, text_tokens = recipe.training, recipe.text.max_tokens
    batch = max(min(training.batch_tokens, training.batch_rows * text_tokens), text_tokens)
    tokens = _most_tokens(recipe)
    steps = 0 if tokens is None else math.ceil(tokens / (batch * training.accumulation))
    work = Work(
        batch, tokens, steps, text_tokens, _number_bytes(precision), training.activation_checkpointing,
        device.type == "cpu",
    )  # fmt: skip
    return _estimate(parameters, _weights(recipe, model), work, device, runtime.resident_bytes())


def _untrained(recipe: Recipe, precision: Precision) -> tuple[EncodedModel | LanguageModel, Parameters]:
    """The recipe's model without weights, and how many of them will move."""
    of_language = recipe.task == "language_model"
    model = _language_model_without_weights(recipe) if of_language else _model_without_weights(recipe)
    if isinstance(model, LanguageModel):
        return model, all_of(model)
    with torch.device("meta"):
        tuning, dtype = assembly.tuning_of(recipe), runtime.torch_dtype(precision)
        return model, choose_trainable(model, tuning, frozen_dtype=dtype)


def estimate_training(
    recipe: Recipe, model: EncodedModel | LanguageModel, parameters: Parameters, batches: Batches, place: Place
) -> Cost:
    """The same for a model and batches that exist; of many batches a part is looked at."""
    accelerator, plan = place.accelerator, batches.plan(0)
    looked_at = plan[:: math.ceil(len(plan) / SEEN_BATCHES)]
    sizes = [_size(batches.collate(indices)) for indices in looked_at]
    padded = [rows * length for rows, length in sizes]
    tokens = round(sum(padded) / len(padded) * len(plan)) * recipe.training.epochs
    text_tokens = round(sum(size * length for size, (_, length) in zip(padded, sizes, strict=True)) / sum(padded))
    steps = math.ceil(len(plan) / recipe.training.accumulation) * recipe.training.epochs
    number_bytes = 2 if accelerator.mixed_precision == "bf16" else 4
    work = Work(
        max(padded), tokens, steps, text_tokens, number_bytes, recipe.training.activation_checkpointing,
        accelerator.device.type == "cpu", accelerator.num_processes, shares_weights(),
    )  # fmt: skip
    return _estimate(parameters, _weights(recipe, model), work, accelerator.device, place.program)


def measured_training(history: History, device: torch.device) -> Cost:
    """What the training took: bytes at the worst moment and seconds in the loop."""
    return {"memory": {"total": runtime.peak_bytes(device)}, "seconds": round(history.seconds, 2)}


def cost_line(cost: Mapping[str, Cost]) -> str | None:
    """Estimate and measurement of a finished training, beside one another, for a person."""
    if not cost:
        return None
    said = (f"{name} {_amount(found)}" for name, found in cost.items())
    return f"training: {', '.join(said)}"


def estimate_lines(estimate: Cost) -> list[str]:
    """The estimate for a person, a few lines."""
    if "note" in estimate:
        return [f"no estimate: {estimate['note']}"]
    parameters, memory = estimate["parameters"], estimate["memory"]
    parts = ", ".join(f"{name.replace('_', ' ')} {_size_of(size)}" for name, size in memory.items() if name != "total")
    lines = [f"estimated: {parameters['total']:,} weights, of which {parameters['trainable']:,} move"]
    lines.append(f"estimated: {_size_of(memory['total'])} of memory ({parts})")
    if estimate["seconds"] is None:
        return [*lines, "estimated: no time, because the size of data.train is not known before it is read"]
    tokens = f"at most about {estimate['tokens']:,} tokens, by the size of the file"
    return [*lines, f"estimated: {estimate['seconds']:,.0f} s of training for {tokens}"]


def _estimate(parameters: Parameters, weights: Weights, work: Work, device: torch.device, program_bytes: int) -> Cost:
    dtype = torch.bfloat16 if work.number_bytes == 2 else torch.float32
    machine = measure_machine(device, dtype, weights.width, 0 if device.type == "cuda" else program_bytes)
    seconds = seconds_needed(weights, work, machine)
    memory = bytes_needed(weights, work, machine.program_bytes)
    return {
        "parameters": {"total": parameters.total, "trainable": parameters.trainable},
        "memory": memory,
        "tokens": work.tokens,
        "seconds": None if seconds is None else round(seconds, 2),
    }


def _weights(recipe: Recipe, model: EncodedModel | LanguageModel) -> Weights:
    if isinstance(model, LanguageModel):
        return weigh(model, 0, cached=False)
    first = assembly.tuning_of(recipe).first_layer(model.encoder.num_layers)
    return weigh(
        model,
        first,
        cached=recipe.tuning.cache and not recipe.heads and recipe.task not in ("opinions", "language_model"),
    )


def _language_model_without_weights(recipe: Recipe) -> EncodedModel | LanguageModel:
    model = recipe.model
    if not model.is_from_scratch:
        encoder = encoder_without_weights(find_config(model.encoder, model.revision))
        with torch.device("meta"):
            return MaskedLanguageModel(encoder)
    assert recipe.text.vocabulary_size is not None  # the recipe fills it in
    shape = {name: value for name, value in model.scratch if value is not None}
    sizes: dict[str, Any] = {"num_tokens": recipe.text.vocabulary_size, "positions": recipe.text.max_tokens}
    with torch.device("meta"):
        if recipe.language_model.objective == "masked":
            return MaskedLanguageModel(fresh_bert(shape, **sizes, dropout=0.0, pad_id=0))
        return make_language_model(model.encoder, shape, **sizes, dropout=0.0)


def _model_without_weights(recipe: Recipe) -> EncodedModel:
    """The recipe's model on the meta device, where weights have a shape but take no memory."""
    model = recipe.model
    encoder: Encoder
    if not model.is_from_scratch:
        encoder = encoder_without_weights(find_config(model.encoder, model.revision), model.layers)
    else:
        vectors = model.scratch.vectors
        width = None if vectors is None else open_vectors(vector_path(Path(vectors))).width
        assert recipe.text.vocabulary_size is not None  # the recipe fills it in
        with torch.device("meta"):
            encoder = FromScratchEncoder(assembly.scratch_settings(recipe, recipe.text.vocabulary_size, width))
    with torch.device("meta"):
        if recipe.heads:
            heads = {name: _head_without_weights(recipe.alone(name), encoder) for name in recipe.heads}
            return MultiTaskModel(encoder, heads)
        return _head_without_weights(recipe, encoder)


def _head_without_weights(recipe: Recipe, encoder: Encoder) -> TextClassifier | OpinionExtractor:
    if recipe.task != "opinions":
        return TextClassifier(encoder, recipe.model.pooling, 2)
    asked = recipe.model.opinions
    elements = Elements(
        "aspect" in asked.elements, "opinion" in asked.elements, ("negative", "neutral", "positive"), (),
        asked.longest_span or 8, asked.finder == "tags", asked.finder == "given",
    )  # fmt: skip
    return OpinionExtractor(encoder, elements)


def _most_tokens(recipe: Recipe) -> int | None:
    """More tokens than the training texts will have in all epochs, or None where the data are no file."""
    total = 0.0
    passes = recipe.training.epochs if recipe.corpus.passes is None else recipe.corpus.passes
    for name in recipe.heads or ("",):
        data = recipe.alone(name).data
        named = [file for source in recipe.corpus.sources.values() for file in source.files] or [data.train]
        found = [_most_tokens_in(source) for source in named]
        if None in found:
            return None
        most = sum(number for number in found if number is not None)
        if data.limit is not None:
            most = min(most, data.limit * recipe.text.max_tokens)
        total += most * (1.0 if data.dev else 1 - data.dev_share)
    return round(total * passes)


def _most_tokens_in(source: str) -> int | None:
    source = source.partition("#")[0]
    path = sample_path("zh" if source == "sample:zh" else "en") if source.startswith("sample:") else Path(source)
    if not path.is_file():
        return None
    packed = TIMES_PACKED if path.suffix.lower() in (".gz", ".xz", ".zst", ".parquet") else 1
    return path.stat().st_size * packed // BYTES_OF_A_TOKEN


def _size(batch: Any) -> tuple[int, int]:
    """How many windows a micro-batch holds, and how long they are with their padding."""
    rows, length = (batch.texts if isinstance(batch, HeadBatch) else batch).token_ids.shape
    return int(rows), int(length)


def _number_bytes(precision: str) -> int:
    return 2 if precision == "bfloat16" else 4


def _amount(cost: Cost) -> str:
    seconds = cost["seconds"]
    return _size_of(cost["memory"]["total"]) + ("" if seconds is None else f" and {seconds:,.1f} s")


def _size_of(num_bytes: int) -> str:
    return f"{num_bytes / 1e9:.1f} GB" if num_bytes >= 1e9 else f"{num_bytes / 1e6:.0f} MB"
