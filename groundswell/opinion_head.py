"""A head that finds opinions: its texts, its loss, how it is measured, calibrated and saved."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import torch

from groundswell import assembly
from groundswell.assembly import Base, TrainingBatches
from groundswell.data.findings import counted
from groundswell.data.opinion_batching import OpinionDocuments
from groundswell.data.opinion_targets import Elements, LocatedText, aspects_of, gold_of, locate, windows_of
from groundswell.data.splits import Splits
from groundswell.errors import DataError
from groundswell.evaluation.opinion_calibration import best_threshold, fit_scale
from groundswell.evaluation.opinion_metrics import intensity_pairs
from groundswell.model.encoder import Encoder
from groundswell.model.opinion_extractor import OpinionExtractor
from groundswell.model.opinion_scoring import Calibration, extract_opinions
from groundswell.model.saved_extractor import SavedExtractor
from groundswell.model.text_settings import make_text_tokenizer
from groundswell.recipe import Recipe
from groundswell.run_place import Place
from groundswell.text.tokenization import TextTokenizer
from groundswell.training.opinion_loss import opinion_loss
from groundswell.types import Example, Opinion

POLARITIES = ("negative", "neutral", "positive")
LONGEST_SPAN = 24
LONGEST_CLAUSE = 64
# An opinion less likely than this is not shown even where F1 on dev would gain by it; below this F1 the run says so.
LEAST_SCORE, FEW_RIGHT = 0.15, 0.25
SHARE_OF_SPANS = 0.995


class OpinionHead:
    """Opinions of each text, over an encoder that may be shared; the threshold and the scale of their scores are
    chosen on dev.

    Gold opinions that the model cannot give (cut off, too long, removed by cleaning) are warned of; they still count
    where the model is measured.
    """

    def __init__(self, recipe: Recipe, splits: Splits, base: Base, place: Place) -> None:
        self.recipe, self.splits, self.place = recipe, splits, place
        self.tokenizer = make_text_tokenizer(base.tokens, assembly.text_settings(recipe))
        self.elements = self._elements()
        self.names = (*self.elements.polarities, *self.elements.categories)
        self.model = self.over(base.encoder)
        self.loss = opinion_loss
        self._located = {split: self._locate(split) for split in splits.examples}
        self._documents = {split: self._windows(split) for split in splits.examples}
        self._gold = [gold_of(example, given=self.elements.given) for example in splits.examples["dev"]]

    def over(self, encoder: Encoder) -> OpinionExtractor:
        """An untrained model of this head over an encoder."""
        return OpinionExtractor(encoder, self.elements, dropout=self.recipe.model.head_dropout)

    def batches(self) -> TrainingBatches:
        """The training texts."""
        return assembly.batches_of(self.recipe, self._documents["train"], self.splits.examples["train"])

    def evaluate(self, model: Any) -> dict[str, float]:
        """F1 of a model of this head on dev, at the threshold that is best for it.

        Where intensities are learned, a right opinion counts 1 less the error of its intensity.
        """
        bfloat16 = self.place.precision == "bfloat16"
        found = self._predict(model, self.place.accelerator.device, bfloat16=bfloat16)
        threshold, f1 = best_threshold(self._gold, found, self.recipe.model.opinions.elements)
        if self.elements.intensity:
            kept = [[opinion for opinion in opinions if opinion.score >= threshold] for opinions in found]
            pairs = intensity_pairs(self._gold, kept, self.recipe.model.opinions.elements)
            f1 *= 1 - statistics.mean([abs(wanted - told) for wanted, told in pairs] or [0.0])
        return {"f1": f1, "threshold": threshold}

    def save(self, model: OpinionExtractor) -> SavedExtractor:
        """A trained model as it is saved, with scores calibrated on dev."""
        elements = self.recipe.model.opinions.elements
        found = self._predict(model.eval(), torch.device("cpu"))
        slope, offset = fit_scale(self._gold, found, elements)
        scaled = Calibration(slope, offset, threshold=0.0)
        threshold, f1 = best_threshold(self._gold, [scaled(opinions) for opinions in found], elements)
        if f1 < FEW_RIGHT:
            self.splits.warnings.append(
                f"the model finds few opinions right (F1 {f1:.2f} on dev). Train on more labelled texts, or for more "
                "epochs"
            )
        # Every aspect that was given gets its answer, however unsure.
        calibration = Calibration(slope, offset, 0.0 if self.elements.given else max(threshold, LEAST_SCORE))
        return SavedExtractor(model, self.tokenizer, assembly.text_settings(self.recipe), calibration)

    def _predict(self, model: Any, device: torch.device, *, bfloat16: bool = False) -> list[tuple[Opinion, ...]]:
        return extract_opinions(
            model, self._located["dev"], pad_id=self.tokenizer.pad_id, device=device, bfloat16=bfloat16
        )

    def _elements(self) -> Elements:
        train = self.splits.examples["train"]
        if not any(example.opinions for example in train):
            raise DataError(f"{self.recipe.data.train}: no text holds an opinion. Name labelled data as data.train")
        if not any(example.opinions for example in self.splits.examples["dev"]):
            raise DataError(
                f"{self.recipe.data.dev or 'dev'}: no text of dev holds an opinion, so no epoch can be chosen. Name "
                "labelled data as data.dev, or raise data.dev_share"
            )
        return elements_of(self.recipe, train, lambda: _span_lengths(self.recipe, train, self.tokenizer))

    def _locate(self, split: str) -> list[LocatedText]:
        examples = self.splits.examples[split]
        given = [aspects_of(example) for example in examples] if self.elements.given else None
        return locate([example.text for example in examples], self.recipe.text.cleaning, self.tokenizer, given)

    def _windows(self, split: str) -> OpinionDocuments:
        """The windows of a split with their gold; what is cut, unknown or out of reach is counted."""
        lost: Counter[str] = Counter()
        located = self._located[split]
        windows = [
            windows_of(text, gold_of(example, given=self.elements.given), self.elements, lost)
            for text, example in zip(located, self.splits.examples[split], strict=True)
        ]
        sizes = [sum(len(ids) for ids in text.tokens.windows) for text in located]
        unknown = sum(text.tokens.unknown * size for text, size in zip(located, sizes, strict=True)) / max(
            1, sum(sizes)
        )
        cut = sum(text.tokens.truncated for text in located)
        self.splits.accounting[split].count_cut(cut, self.recipe.text.max_tokens, unknown)
        if lost:
            reasons = ", ".join(f"{reason}: {count:,}" for reason, count in sorted(lost.items()))
            num_lost = counted(sum(lost.values()), "gold opinion")
            self.splits.warnings.append(f"{split}: the model cannot give {num_lost} ({reasons})")
        return OpinionDocuments(windows, self.tokenizer.pad_id)


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
    if recipe.model.opinions.intensity and not any(
        opinion.intensity is not None for example in examples for opinion in example.opinions or ()
    ):
        raise DataError(
            f"{recipe.data.train}: no opinion has an intensity, but model.opinions.intensity asks for it. Leave it "
            "out, or use data that has it"
        )
    # Clauses are as long as they are; what a span of words must not be is a whole sentence.
    whole = LONGEST_CLAUSE if recipe.model.opinions.units == "clauses" else None
    longest = recipe.model.opinions.longest_span or whole or _longest(lengths())
    return Elements(
        "aspect" in wanted, "opinion" in wanted, POLARITIES if "polarity" in wanted else (),
        tuple(sorted(categories)), longest, recipe.model.opinions.finder == "tags",
        recipe.model.opinions.finder == "given",
        recipe.model.opinions.units == "clauses", recipe.model.opinions.intensity,
    )  # fmt: skip


def _span_lengths(recipe: Recipe, examples: Sequence[Example], tokenizer: TextTokenizer) -> list[int]:
    """Lengths in tokens of all training spans that the model can see."""
    wanted = recipe.model.opinions.elements
    every = Elements("aspect" in wanted, "opinion" in wanted, POLARITIES, (), LONGEST_SPAN)
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
