"""An opinion extractor from a recipe: built, trained by the loop, calibrated on dev, taken out as it is saved."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from groundswell import assembly, run_folder, runtime
from groundswell.data.opinion_batching import OpinionDocuments
from groundswell.data.opinion_targets import Elements, LocatedText, aspects_of, gold_of, locate, windows_of
from groundswell.data.splits import Splits
from groundswell.errors import DataError
from groundswell.evaluation.opinion_calibration import best_threshold, fit_scale
from groundswell.model.opinion_extractor import OpinionExtractor
from groundswell.model.opinion_scoring import Calibration, extract_opinions
from groundswell.model.saved_extractor import SavedExtractor
from groundswell.model.text_settings import make_text_tokenizer
from groundswell.recipe import Recipe
from groundswell.results import Fitted
from groundswell.run_place import Place, learned_tokens
from groundswell.text.own_tokens import OwnTokens
from groundswell.text.tokenization import TextTokenizer
from groundswell.training.checkpoints import moving_weights
from groundswell.training.loop import Evaluate, fit
from groundswell.training.opinion_loss import opinion_loss
from groundswell.training.optimizer import make_adamw
from groundswell.tuning.trainable import choose_trainable, tuned_model
from groundswell.types import Example, Opinion

POLARITIES = ("negative", "neutral", "positive")
LONGEST_SPAN = 24
LONGEST_CLAUSE = 64
# An opinion less likely than this is not shown even where F1 on dev would gain by it; below this F1 the run says so.
LEAST_SCORE, FEW_RIGHT = 0.15, 0.25
SHARE_OF_SPANS = 0.995


@dataclass(frozen=True)
class _Prepared:
    """An untrained extractor and the texts it is trained and chosen on."""

    base_sha256: str
    tokenizer: TextTokenizer
    model: OpinionExtractor
    notes: tuple[str, ...]


def fit_extractor(recipe: Recipe, splits: Splits, place: Place) -> Fitted:
    """The recipe's extractor, trained; the epoch, the threshold and the scale of the scores are chosen on dev.

    Gold opinions that the model cannot give (cut off, too long, removed by cleaning) are warned of; they still count
    where the model is measured.
    Raises RecipeError, DataError or BaseModelError before anything is trained, TrainingError after.
    """
    tokens = place.own_tokens(recipe, splits)
    prepared = _prepare(recipe, splits, tokens)
    splits.warnings.extend(prepared.notes)
    model, pad_id = prepared.model, prepared.tokenizer.pad_id
    documents, located = {}, {}
    for split, examples in splits.examples.items():
        located[split] = locate(
            [example.text for example in examples], recipe.text.cleaning, prepared.tokenizer,
            [aspects_of(example) for example in examples] if model.elements.given else None,
        )  # fmt: skip
        documents[split] = _documents(recipe, splits, split, located[split], model.elements, pad_id)
    parameters = choose_trainable(model, assembly.tuning_of(recipe), frozen_dtype=runtime.torch_dtype(place.precision))
    model.to(place.accelerator.device)
    batches = assembly.batches_of(recipe, documents["train"], splits.examples["train"])
    runtime.seed_everything(recipe.seed + place.accelerator.process_index)
    gold = [gold_of(example, given=model.elements.given) for example in splits.examples["dev"]]
    history = fit(
        model,
        batches,
        opinion_loss,
        optimizer=make_adamw(assembly.parameter_groups_of(recipe, model)),
        schedule=assembly.schedule_of(recipe, batches),
        accelerator=place.accelerator,
        settings=assembly.fit_settings(recipe),
        evaluate=_dev_evaluation(recipe, gold, located["dev"], pad_id, place),
        checkpoint_folder=place.checkpoints(recipe, splits, prepared.base_sha256),
        resume=place.resume,
        log=place.log_writer(),
        progress=place.bar,
    )
    weights = moving_weights(model)
    return Fitted(
        (*model.elements.polarities, *model.elements.categories),
        history, parameters, prepared.base_sha256, place.precision,
        lambda: _export(recipe, splits, weights, model.elements, place, gold, located["dev"]),
    )  # fmt: skip


def elements_of(recipe: Recipe, examples: Sequence[Example], lengths: Callable[[], Sequence[int]]) -> Elements:
    """What the recipe looks for; categories and the longest span come from the training texts.

    lengths   of all training spans, in tokens
    """
    wanted = recipe.model.opinions.elements
    categories: set[str] = set()
    if "category" in wanted:
        opinions = [opinion for example in examples for opinion in example.opinions or ()]
        categories = {opinion.category for opinion in opinions if opinion.category is not None}
        if not categories:
            raise DataError(
                f"{recipe.data.train}: no opinion has a category, but model.opinions.elements asks for them. "
                "Leave category out, or use data that has them"
            )
    # Clauses are as long as they are; what a span of words must not be is a whole sentence.
    whole = LONGEST_CLAUSE if recipe.model.opinions.units == "clauses" else None
    longest = recipe.model.opinions.longest_span or whole or _longest(lengths())
    return Elements(
        "aspect" in wanted, "opinion" in wanted, POLARITIES if "polarity" in wanted else (),
        tuple(sorted(categories)), longest, recipe.model.opinions.finder == "tags",
        recipe.model.opinions.finder == "given",
        recipe.model.opinions.units == "clauses",
    )  # fmt: skip


def _prepare(recipe: Recipe, splits: Splits, tokens: OwnTokens | None, elements: Elements | None = None) -> _Prepared:
    """`elements` when they are known already: finding the longest span goes through all training texts."""
    train = splits.examples["train"]
    if not any(example.opinions for example in train):
        raise DataError(f"{recipe.data.train}: no text holds an opinion. Name labelled data as data.train")
    runtime.seed_everything(recipe.seed)
    base = assembly.build_base(recipe, train, tokens)
    tokenizer = make_text_tokenizer(base.tokens, assembly.text_settings(recipe))
    if elements is None:
        elements = elements_of(recipe, train, lambda: _span_lengths(recipe, train, tokenizer))
    model = OpinionExtractor(base.encoder, elements, dropout=recipe.model.head_dropout)
    return _Prepared(base.sha256, tokenizer, model, base.notes)


def _span_lengths(recipe: Recipe, examples: Sequence[Example], tokenizer: TextTokenizer) -> list[int]:
    """Lengths in tokens of all training spans that the model can see."""
    every = Elements("aspect" in recipe.model.opinions.elements, True, POLARITIES, (), LONGEST_SPAN)
    lengths = []
    lost: Counter[str] = Counter()
    texts = locate([example.text for example in examples], recipe.text.cleaning, tokenizer)
    for located, example in zip(texts, examples, strict=True):
        for window in windows_of(located, example.opinions or (), every, lost):
            for first, last, begin, end, *_ in window.tuples:
                lengths += [stop - start + 1 for start, stop in ((first, last), (begin, end)) if start >= 0]
    return lengths


def _longest(lengths: Sequence[int]) -> int:
    ordered = sorted(lengths)
    return ordered[math.ceil(SHARE_OF_SPANS * len(ordered)) - 1] if ordered else 1


def _documents(
    recipe: Recipe, splits: Splits, split: str, located: Sequence[LocatedText], elements: Elements, pad_id: int
) -> OpinionDocuments:
    """The windows of a split with their gold; what is cut, unknown or out of reach is counted."""
    lost: Counter[str] = Counter()
    windows = [
        windows_of(text, gold_of(example, given=elements.given), elements, lost)
        for text, example in zip(located, splits.examples[split], strict=True)
    ]
    sizes = [sum(len(ids) for ids in text.tokens.windows) for text in located]
    unknown = sum(text.tokens.unknown * size for text, size in zip(located, sizes, strict=True)) / max(1, sum(sizes))
    cut = sum(text.tokens.truncated for text in located)
    splits.accounting[split].count_cut(cut, recipe.text.max_tokens, unknown)
    if lost:
        reasons = ", ".join(f"{reason}: {count:,}" for reason, count in sorted(lost.items()))
        splits.warnings.append(f"{split}: the model cannot give {sum(lost.values()):,} gold opinions ({reasons})")
    return OpinionDocuments(windows, pad_id)


def _dev_evaluation(
    recipe: Recipe, gold: Sequence[Sequence[Opinion]], located: Sequence[LocatedText], pad_id: int, place: Place
) -> Evaluate:
    """F1 on dev, at the threshold that is best for it in this epoch."""

    def evaluate_dev(model: nn.Module) -> dict[str, float]:
        found = _predict(model, located, pad_id, place)
        threshold, f1 = best_threshold(gold, found, recipe.model.opinions.elements)
        return {"f1": f1, "threshold": threshold}

    return evaluate_dev


def _predict(model: Any, located: Sequence[LocatedText], pad_id: int, place: Place) -> list[tuple[Opinion, ...]]:
    return extract_opinions(
        model, located, pad_id=pad_id, device=place.accelerator.device, bfloat16=place.precision == "bfloat16"
    )


def _export(  # noqa: PLR0913  (one call site; the values are those of `fit_extractor`)
    recipe: Recipe, splits: Splits, weights: dict[str, Tensor], known: Elements, place: Place,
    gold: Sequence[Sequence[Opinion]], located: Sequence[LocatedText],
) -> SavedExtractor:  # fmt: skip
    """The trained weights in a fresh float32 base, merged, with scores calibrated on dev."""
    prepared = _prepare(recipe, splits, learned_tokens(recipe, splits, place.folder, learned=True), known)
    tuning = assembly.tuning_of(recipe)
    with run_folder.whole_folder(place.folder / run_folder.ADAPTER) as aside:
        tuned_model(prepared.model, tuning, weights, aside if tuning.method == "lora" else None)
    if tuning.method != "lora":
        (place.folder / run_folder.ADAPTER).rmdir()
    model = prepared.model.to(place.accelerator.device).eval()
    elements = recipe.model.opinions.elements
    found = extract_opinions(model, located, pad_id=prepared.tokenizer.pad_id, device=torch.device("cpu"))
    slope, offset = fit_scale(gold, found, elements)
    scaled = Calibration(slope, offset, threshold=0.0)
    threshold, f1 = best_threshold(gold, [scaled(opinions) for opinions in found], elements)
    if f1 < FEW_RIGHT:
        splits.warnings.append(
            f"the model finds few opinions right (F1 {f1:.2f} on dev). Train on more labelled texts, or for more epochs"
        )
    threshold = max(threshold, LEAST_SCORE)
    # Every aspect that was given gets its answer, however unsure.
    calibration = Calibration(slope, offset, 0.0 if model.elements.given else threshold)
    return SavedExtractor(model, prepared.tokenizer, assembly.text_settings(recipe), calibration)
