"""How far explanations of a model can be believed, measured on texts; and a few of them, for a report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundswell.analyzer import Analyzer, find_error
from groundswell.errors import DataError
from groundswell.evaluation.intervals import bootstrap_intervals
from groundswell.explaining import Question, explain_rows
from groundswell.explanation.explained_output import ExplainedOutput, explained_outputs
from groundswell.explanation.faithfulness import Faithfulness, measure_orders, order_of, random_orders
from groundswell.explanation.gradients import QUICK_STEPS, STEPS, layer_weights, load_captum
from groundswell.explanation.methods import MethodName, methods_of, pick_method, weigh
from groundswell.explanation.text_words import TextWords
from groundswell.explanation.word_scorer import BaselineWords, NetworkWords, whole, word_scorer
from groundswell.model.saved_extractor import SavedExtractor
from groundswell.model.saved_model import SavedBaseline, SavedNetwork
from groundswell.text.blank import is_blank
from groundswell.types import Example

EXAMPLES = 8
FEWEST_TEXTS, MOST_TEXTS = 5, 30
# Weights times tokens that a measurement may read: some ten seconds on two cores.
MOST_WORK = 4e10
NAMES = ("comprehensiveness", "sufficiency")

Interval = dict[str, float]
OnStage = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Sample:
    """Texts with what is asked of each: the label that is given, of several the most probable one."""

    scorer: NetworkWords | BaselineWords
    texts: list[TextWords]
    outputs: list[ExplainedOutput]


def measure_faithfulness(
    analyzer: Analyzer,
    texts: Sequence[str],
    methods: Sequence[str] = (),
    *,
    seed: int = 0,
    steps: Sequence[int] = STEPS,
    on_stage: OnStage = lambda name, done, total: None,
) -> dict[str, dict[str, Any]]:
    """How faithful each method is on some texts, each against random words: by method, plain values.

    comprehensiveness, sufficiency                  see `Faithfulness`, means over the texts with 95 % intervals
    random_comprehensiveness, random_sufficiency    of random words, as many of them
    gain                                            of comprehensiveness less sufficiency over random words on the same
                                                    texts: above 0 where the method is better than chance
    num_texts

    methods    all that go with the model, when empty
    seed       of the random words and of the bootstrap
    steps      of integrated gradients
    on_stage   called with what is done, how many texts are, and of how many

    Raises DataError for a method that does not go with the model, for a run that finds opinions, and without a text
    that can be read.
    """
    sample = _sample(analyzer, texts)
    chosen = [pick_method(sample.scorer, name) for name in methods] or methods_of(sample.scorer)
    return _measure(sample, chosen, seed, steps, on_stage)


def best_method(measured: dict[str, dict[str, Any]]) -> str:
    """The method with the highest comprehensiveness less sufficiency."""
    return max(measured, key=lambda name: float(measured[name]["gain"]["value"]))


def evidence_findings(
    analyzer: Analyzer,
    examples: Sequence[Example],
    *,
    seed: int = 0,
    on_stage: OnStage = lambda name, done, total: None,
) -> dict[str, Any]:
    """A few examples with the weights of their words, and how faithful the method is, for a report.

    {"method", "num_texts", "faithfulness": {method: as `measure_faithfulness`},
     "examples": [{"id", "text", "gold", "label", "confidence", "words": [{"start", "end", "weight"}]}]}

    Some ten seconds with a small encoder on two cores: of a larger one, fewer texts are measured. Of a network it is
    integrated gradients with few steps. Of opinions there is one example for each, and nothing is measured.

    Raises DataError without an example that can be read, MissingExtraError for a network without captum.
    """
    usable = [example for example in examples if find_error(example.text) is None and not is_blank(example.text)]
    if not usable:
        raise DataError(f"{analyzer.name}: found no text to explain, expected at least one that is not blank")
    order = np.random.default_rng(seed).permutation(len(usable))
    drawn = [usable[number] for number in order[:MOST_TEXTS]]
    if isinstance(analyzer.saved, SavedExtractor):
        return _opinion_findings(analyzer, drawn[:EXAMPLES])
    sample = _sample(analyzer, [example.text for example in drawn])
    if isinstance(sample.scorer, NetworkWords):
        load_captum()  # the other methods would take minutes
    method = methods_of(sample.scorer)[0]
    few = _affordable(sample)
    measured = _measure(few, [method], seed, (QUICK_STEPS,), on_stage)
    shown = Sample(sample.scorer, sample.texts[:EXAMPLES], sample.outputs[:EXAMPLES])
    return {
        "method": method,
        "num_texts": len(few.texts),
        "faithfulness": measured,
        "examples": _examples(shown, drawn, method),
    }


def _sample(analyzer: Analyzer, texts: Sequence[str]) -> Sample:
    saved = analyzer.saved
    if not isinstance(saved, SavedNetwork | SavedBaseline):
        raise DataError(
            f"{analyzer.name}: finds opinions or has several heads, expected labels or a value of the whole text. Name "
            "such a head"
        )
    usable = [text for text in texts if find_error(text) is None and not is_blank(text)]
    scorer = word_scorer(saved, analyzer.device)
    words = [one for one in scorer.read(usable) if one.read.any()]
    if not words:
        raise DataError(f"{analyzer.name}: found no text with a word, expected at least one. Name data with some")
    logits = scorer.logits([whole(one) for one in words])
    outputs = []
    for row in logits:
        given = explained_outputs(scorer.outputs, row)
        outputs.append(max(given, key=lambda output: float(row[output.number])))
    return Sample(scorer, words, outputs)


def _measure(
    sample: Sample, methods: Sequence[MethodName], seed: int, steps: Sequence[int], on_stage: OnStage
) -> dict[str, dict[str, Any]]:
    generator = np.random.default_rng(seed)
    by_chance = [random_orders(words, generator) for words in sample.texts]
    total = len(sample.texts)
    random = measure_orders(sample.scorer, sample.texts, sample.outputs, by_chance)
    measured: dict[str, dict[str, Any]] = {}
    for method in methods:
        done = 0

        def advance(texts: int, method: str = method) -> None:
            nonlocal done
            done += texts
            on_stage(method, done, total)

        found = weigh(sample.scorer, method, sample.texts, sample.outputs, steps=steps, on_text=advance)
        orders = [[order_of(each.weights)] for each in found]
        measured[method] = _told(measure_orders(sample.scorer, sample.texts, sample.outputs, orders), random, seed)
    return measured


def _told(found: Faithfulness, random: Faithfulness, seed: int) -> dict[str, Any]:
    columns = np.stack([*found, *random, found.together - random.together], axis=1)
    names = (*NAMES, *(f"random_{name}" for name in NAMES), "gain")
    return {**dict(zip(names, _intervals(columns, seed), strict=True)), "num_texts": len(columns)}


def _intervals(columns: NDArray[np.float64], seed: int) -> list[Interval]:
    """Mean of each column with its 95 % interval, by bootstrap over the rows."""
    ends = bootstrap_intervals(columns, lambda sums: sums / len(columns), seed=seed)
    return [
        {"value": float(mean), "low": float(low), "high": float(high)}
        for mean, (low, high) in zip(columns.mean(axis=0), ends, strict=True)
    ]


def _affordable(sample: Sample) -> Sample:
    """As many of the texts as can be measured in some seconds."""
    if isinstance(sample.scorer, BaselineWords):
        return sample
    weights = layer_weights(sample.scorer)
    work = np.cumsum([weights * sum(map(len, words.tokens)) for words in sample.texts])
    count = max(FEWEST_TEXTS, int((work <= MOST_WORK).sum()))
    return Sample(sample.scorer, sample.texts[:count], sample.outputs[:count])


def _examples(sample: Sample, drawn: Sequence[Example], method: MethodName) -> list[dict[str, Any]]:
    """Sample texts with the weights of the words that are read; `drawn` are examples, in the order of the sample."""
    by_text = {example.text: example for example in reversed(drawn)}
    logits = sample.scorer.logits([whole(words) for words in sample.texts])
    told = []
    for words, output, row, found in zip(
        sample.texts, sample.outputs, logits,
        weigh(sample.scorer, method, sample.texts, sample.outputs, steps=(QUICK_STEPS,)), strict=True,
    ):  # fmt: skip
        example = by_text[words.text]
        told.append({
            "id": example.id, "text": words.text, "gold": _gold(example), "label": output.name,
            "confidence": float(output.values(row[None])),
            "words": [
                {"start": start, "end": end, "weight": float(weight)}
                for (start, end), weight in zip(words.words, found.weights, strict=True) if not np.isnan(weight)
            ],
        })  # fmt: skip
    return told


def _opinion_findings(analyzer: Analyzer, examples: Sequence[Example]) -> dict[str, Any]:
    """An example for each opinion; nothing is measured."""
    told = []
    by_id = dict(enumerate(examples))
    for one in explain_rows(analyzer, ((number, example.text) for number, example in by_id.items()), Question()):
        if one.opinion is not None and one.id is not None:
            told.append({
                "id": by_id[int(one.id)].id, "text": one.text, "gold": None, "label": one.label,
                "confidence": one.value,
                "words": [
                    {"start": word.start, "end": word.end, "weight": word.weight}
                    for word in one.words if word.weight is not None
                ],
            })  # fmt: skip
    return {"method": "occlusion", "num_texts": 0, "faithfulness": {}, "examples": told}


def _gold(example: Example) -> object:
    """The label, the labels in one string, or the value."""
    return ", ".join(example.target) if isinstance(example.target, tuple) else example.target
