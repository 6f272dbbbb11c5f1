"""A run and labelled texts in, what is left of its accuracy on changed texts out."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from groundswell import assembly, run_folder
from groundswell.analyzer import Analyzer, load
from groundswell.data.accounting import Accounting
from groundswell.data.labels import LabelMap
from groundswell.data.splits import read_split
from groundswell.errors import DataError, InputError, MissingExtraError
from groundswell.evaluation.robustness.attack import Array, Budget
from groundswell.evaluation.robustness.findings import RobustnessSettings, robustness_findings
from groundswell.evaluation.robustness.perturbations import DEFAULT_STRENGTH, check_strength
from groundswell.evaluation.robustness.synonyms import SynonymSource, vector_source, wordnet_source
from groundswell.recipe import Recipe
from groundswell.recipe_reading import load_recipe
from groundswell.run_folder import read_manifest
from groundswell.text.blank import is_blank
from groundswell.text.language import detect_language
from groundswell.training.progress import ProgressBar
from groundswell.types import Example

DEFAULT_LIMIT = 200


@dataclass(frozen=True)
class RobustnessPlan:
    """What is measured.

    limit     texts, drawn at random; None: all
    strength  share of the words (Chinese characters for their slips) that a perturbation changes
    budget    of the attack; None: there is none
    vectors   word vectors to take synonyms from, beside WordNet
    head      of a run with several heads, the one that is measured
    seed      of the draw of texts and of every change
    """

    limit: int | None = DEFAULT_LIMIT
    strength: float = DEFAULT_STRENGTH
    budget: Budget | None = field(default_factory=Budget)
    vectors: Path | None = None
    head: str | None = None
    seed: int = 0


def check_robustness(
    run: str | Path,
    source: str,
    plan: RobustnessPlan = RobustnessPlan(),
    *,
    overrides: list[str] | None = None,
    progress: bool | None = None,
) -> dict[str, Any]:
    """The `robustness` entry of `findings.json`, with "rows" and "model" beside it, as `evaluate` gives them.

    source      labelled rows; blank texts are left out
    overrides   `data.text=review`, `data.label=stars`, `evaluation.precision=bfloat16` …
    progress    a bar on stderr; default: when stderr is a terminal

    Raises DataError for a run that gives anything but one label, for unknown labels and for what cannot be read.
    """
    check_strength(plan.strength)
    folder = Path(run)
    read_manifest(folder)
    recipe = load_recipe(folder / run_folder.RECIPE, overrides or [])
    analyzer = load(folder, precision=recipe.evaluation.precision)
    if plan.head is not None or analyzer.heads:
        analyzer = analyzer.head(plan.head)
        recipe = recipe.alone(str(plan.head))
    _require_one_label(analyzer)
    accounting = Accounting("robustness")
    examples = _examples(analyzer, recipe, source, accounting)
    with ProgressBar(progress) as bar:
        found = measure_robustness(analyzer, examples, plan, bar)
    return {**found, "rows": accounting.to_dict(), "model": analyzer.name}


def measure_robustness(
    analyzer: Analyzer, examples: Sequence[Example], plan: RobustnessPlan, bar: ProgressBar
) -> dict[str, Any]:
    """The `robustness` entry of `findings.json`, of as many of the examples as the plan says, blank ones left out.

    Raises DataError for a run that gives anything but one label.
    """
    _require_one_label(analyzer)
    drawn = _drawn([example for example in examples if not is_blank(example.text)], plan)
    synonyms, missing = _synonyms(plan.vectors, drawn)
    settings = RobustnessSettings(plan.strength, plan.budget, synonyms, plan.seed)
    gold = analyzer.outputs.targets(drawn).numpy()

    def score(texts: Sequence[str]) -> Array:
        return analyzer.outputs.values(analyzer.score(texts, bar.advance)).numpy()

    texts = [example.text for example in drawn]
    found = robustness_findings(texts, gold, score, analyzer.outputs.labels, settings, bar)
    found["skipped"] += missing
    return found


def _require_one_label(analyzer: Analyzer) -> None:
    task = analyzer.outputs.task  # DataError for opinions, which have no labels of whole texts
    if task != "single_label":
        raise DataError(
            f"{analyzer.name}: the task is {task}, expected single_label: an answer must be right or wrong. Use a run "
            "that gives each text one label"
        )


def _examples(analyzer: Analyzer, recipe: Recipe, source: str, accounting: Accounting) -> list[Example]:
    examples = read_split(source, assembly.split_settings(recipe), accounting)
    LabelMap(analyzer.outputs.labels).check_known(examples, "robustness", source)
    return examples


def _drawn(examples: list[Example], plan: RobustnessPlan) -> list[Example]:
    """As many as wanted, in the order of the source."""
    if plan.limit is None or plan.limit >= len(examples):
        return examples
    if plan.limit < 1:
        raise InputError(f"limit: found {plan.limit}, expected at least 1 text")
    return [examples[number] for number in sorted(random.Random(plan.seed).sample(range(len(examples)), plan.limit))]


def _synonyms(
    vectors: Path | None, examples: Sequence[Example]
) -> tuple[tuple[SynonymSource, ...], list[dict[str, str]]]:
    """The sources there are, and why WordNet is none of them; it takes seconds to read, so only for English texts."""
    sources, missing = [], []
    try:
        if any(detect_language(example.text) == "en" for example in examples):
            sources.append(wordnet_source())
        else:
            missing.append({"name": "synonyms (WordNet)", "why": "no text in the language en"})
    except MissingExtraError as error:
        missing.append({"name": "synonyms (WordNet)", "why": str(error)})
    if vectors is not None:
        sources.append(vector_source(vectors))
    return tuple(sources), missing
