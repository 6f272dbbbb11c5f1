"""How far explanations of a model can be believed, measured on texts; and a few of them, for a report."""

from __future__ import annotations

import math
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
from groundswell.explanation.faithfulness import (
    RANDOM_ORDERS,
    Faithfulness,
    measure_orders,
    order_of,
    random_orders,
)
from groundswell.explanation.gradients import QUICK_STEPS, STEPS, layer_weights, load_captum
from groundswell.explanation.methods import MethodName, Weighed, methods_of, pick_method, weigh
from groundswell.explanation.text_words import TextWords
from groundswell.explanation.word_scorer import BaselineWords, NetworkWords, whole, word_scorer
from groundswell.model.saved_extractor import SavedExtractor
from groundswell.model.saved_model import SavedBaseline, SavedNetwork
from groundswell.text.blank import is_blank
from groundswell.types import Example

EXAMPLES = 8
FEWEST_TEXTS, MOST_TEXTS = 5, 30
# Weights times tokens of the texts that are measured for a report: some ten seconds on two cores.
MOST_WORK = 2.5e10
REPORT_ORDERS = 2
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
    random = _random(sample, seed, RANDOM_ORDERS)
    measured: dict[str, dict[str, Any]] = {}
    for method in chosen:
        found = _weighed(sample, method, steps, on_stage)
        measured[method] = _told(_faithfulness(sample, found), random, seed)
    return measured


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
    sample = _sample(analyzer, [example.text for example in drawn], most_work=MOST_WORK)
    if isinstance(sample.scorer, NetworkWords):
        load_captum()  # the other methods would take minutes
    method = methods_of(sample.scorer)[0]
    found = _weighed(sample, method, (QUICK_STEPS,), on_stage)
    measured = _told(_faithfulness(sample, found), _random(sample, seed, REPORT_ORDERS), seed)
    return {
        "method": method,
        "num_texts": len(sample.texts),
        "faithfulness": {method: measured},
        "examples": _examples(sample, found, drawn)[:EXAMPLES],
    }


def _sample(analyzer: Analyzer, texts: Sequence[str], most_work: float | None = None) -> Sample:
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
    if most_work is not None and isinstance(scorer, NetworkWords):
        words = words[: _affordable(scorer, words, most_work)]
    logits = scorer.logits([whole(one) for one in words])
    outputs = []
    for row in logits:
        given = explained_outputs(scorer.outputs, row)
        outputs.append(max(given, key=lambda output: float(row[output.number])))
    return Sample(scorer, words, outputs)


def _random(sample: Sample, seed: int, orders: int) -> Faithfulness:
    generator = np.random.default_rng(seed)
    drawn = [random_orders(words, generator, orders) for words in sample.texts]
    return measure_orders(sample.scorer, sample.texts, sample.outputs, drawn)


def _weighed(sample: Sample, method: MethodName, steps: Sequence[int], on_stage: OnStage) -> list[Weighed]:
    done, total = 0, len(sample.texts)

    def advance(texts: int) -> None:
        nonlocal done
        done += texts
        on_stage(method.replace("_", " "), done, total)

    return weigh(sample.scorer, method, sample.texts, sample.outputs, steps=steps, on_text=advance)


def _faithfulness(sample: Sample, found: Sequence[Weighed]) -> Faithfulness:
    orders = [[order_of(each.weights)] for each in found]
    return measure_orders(sample.scorer, sample.texts, sample.outputs, orders)


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


def _affordable(scorer: NetworkWords, words: Sequence[TextWords], most_work: float) -> int:
    """How many of the texts can be measured in some seconds."""
    work = np.cumsum([layer_weights(scorer) * sum(map(len, one.tokens)) for one in words])
    return max(FEWEST_TEXTS, int((work <= most_work).sum()))


def _examples(sample: Sample, found: Sequence[Weighed], drawn: Sequence[Example]) -> list[dict[str, Any]]:
    """Sample texts with the weights of the words that are read; `drawn` are the examples they come from."""
    by_text = {example.text: example for example in reversed(drawn)}
    logits = sample.scorer.logits([whole(words) for words in sample.texts])
    told = []
    for words, output, row, weighed in zip(sample.texts, sample.outputs, logits, found, strict=True):
        example = by_text[words.text]
        weights = weighed.weights.tolist()
        told.append({
            "id": example.id, "text": words.text, "gold": _gold(example), "label": output.name,
            "confidence": float(output.values(row[None])),
            "words": [
                {"start": start, "end": end, "weight": weight}
                for (start, end), weight in zip(words.words, weights, strict=True) if not math.isnan(weight)
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
