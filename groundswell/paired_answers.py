"""What a model says to labelled texts, as the paired metrics read it: the same texts put to several models."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from groundswell.analyzer import Analyzer
from groundswell.evaluation import paired_metrics
from groundswell.evaluation.paired_metrics import Answers
from groundswell.recipe import Recipe
from groundswell.results import opinions_of
from groundswell.types import Example


def answers_of(
    analyzer: Analyzer,
    examples: Sequence[Example],
    recipe: Recipe,
    on_batch: Callable[[int], None] = lambda texts: None,
) -> Answers:
    """The answers to the examples under the one metric of the recipe's task; labels count in alphabetical order."""
    if recipe.task == "opinions":
        gold_opinions, found = opinions_of(analyzer, examples, recipe, on_batch)
        return paired_metrics.of_opinions(gold_opinions, found, recipe.model.opinions.elements)
    outputs = analyzer.outputs
    values = outputs.values(analyzer.score([example.text for example in examples], on_batch))
    if outputs.task == "regression":
        gold_values = np.array([example.target for example in examples], dtype=np.float64)
        return paired_metrics.of_values(gold_values, values[:, 0].numpy())
    gold = outputs.targets(examples)
    if outputs.task == "multi_label":
        order = np.argsort(outputs.labels)
        return paired_metrics.of_several_labels(gold.bool().numpy()[:, order], outputs.given(values).numpy()[:, order])
    return paired_metrics.of_one_label(gold.numpy(), values.argmax(dim=1).numpy())
