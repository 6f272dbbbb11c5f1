"""What is left of a model's accuracy on changed texts, as the plain values of `findings.json`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from groundswell.errors import DataError
from groundswell.evaluation.checks import checked_ids, checked_names
from groundswell.evaluation.proportions import wilson
from groundswell.evaluation.robustness.attack import NAME, Array, Attacked, Budget, Score, attack_texts
from groundswell.evaluation.robustness.attack_candidates import attack_candidates
from groundswell.evaluation.robustness.guarded_words import GuardedText, WordGuard
from groundswell.evaluation.robustness.perturbations import DEFAULT_STRENGTH, perturb, perturbations
from groundswell.evaluation.robustness.synonyms import SynonymSource
from groundswell.evaluation.significance import compare_paired
from groundswell.text.cleaning import Edit

MOST_EXAMPLES = 5
Values = dict[str, Any]


@dataclass(frozen=True)
class RobustnessSettings:
    """How hard texts are shaken.

    strength   share of the words (Chinese characters for their slips) that a perturbation changes
    budget     of the attack; None: there is none
    synonyms   where synonyms come from; () leaves out what needs them
    """

    strength: float = DEFAULT_STRENGTH
    budget: Budget | None = field(default_factory=Budget)
    synonyms: tuple[SynonymSource, ...] = ()
    seed: int = 0


class Bar(Protocol):
    """Shows how far the work is."""

    def begin(self, description: str, total: int) -> None:
        """A new piece of work begins."""

    def advance(self, steps: int) -> None:
        """Some of it is done."""


class NoBar:
    """Shows nothing."""

    def begin(self, description: str, total: int) -> None:
        """Nothing."""

    def advance(self, steps: int) -> None:
        """Nothing."""


def robustness_findings(
    texts: Sequence[str],
    gold: Array,
    score: Score,
    labels: Sequence[str],
    settings: RobustnessSettings = RobustnessSettings(),
    bar: Bar = NoBar(),  # noqa: B008 - holds nothing
) -> Values:
    """Accuracy on texts as they are, under each perturbation, and under attack, each with its 95 % interval.

    gold      (N,) label ids of the N texts
    score     texts -> probabilities (K, C), columns in the order of `labels`; it moves the bar by the texts done
    returns   {"num_texts", "metric", "original": {v, l, h}, "strength", "perturbations", "skipped", "attack"}

    A perturbation {"name", "num_texts", "num_unchanged", "original", "accuracy", "lost", "labels_kept"} is measured on
    the texts that it changed: `original` is the accuracy on the same texts before, `lost` how far it fell (interval by
    bootstrap over texts), `labels_kept` the share whose answer stayed. "skipped" [{"name", "why"}]: those that changed
    no text. The attack takes the texts that were answered right; its accuracy is over all N.

    Raises DataError for no text, and for label ids that are none.
    """
    if not texts:
        raise DataError("robustness: found 0 texts, expected at least 1. Use data with labelled rows")
    gold = checked_ids("gold", gold, len(checked_names(labels)))
    guard = WordGuard()
    guarded = [guard(text) for text in texts]
    changes = _changes(guarded, settings)
    flat = [text for change in changes for text in change.texts]
    bar.begin("perturbing", len(texts) + len(flat))
    probabilities = np.asarray(score([*texts, *flat]))  # at once, so that batches are of texts of like length
    before = probabilities[: len(texts)]
    right = before.argmax(axis=1) == gold
    found: Values = {
        "num_texts": len(texts), "metric": "accuracy", "original": _share(right), "strength": settings.strength,
        **_perturbed(changes, probabilities, gold, settings.seed),
    }  # fmt: skip
    if settings.budget is not None:
        whose = np.flatnonzero(right)
        right_ones = [guarded[number] for number in whose]
        attacked = _attack(right_ones, before[whose], score, settings, bar)
        withstood = _interval(sum(not one.succeeded for one in attacked), len(texts))
        values = _attack_values(attacked, right_ones, before[whose], labels, settings.budget)
        found["attack"] = {"accuracy": withstood, **values}
    return found


def marked_changes(text: str, edits: Sequence[Edit]) -> list[Values]:
    """Where each change stands in the changed text, with what stood there: {"start", "end", "before", "after"}."""
    marked, moved = [], 0
    for edit in sorted(edits):
        start = edit.start + moved
        marked.append(
            {
                "start": start, "end": start + len(edit.replacement), "before": text[edit.start : edit.end],
                "after": edit.replacement,
            }
        )  # fmt: skip
        moved += len(edit.replacement) - (edit.end - edit.start)
    return marked


class _Change(NamedTuple):
    """What a perturbation made of N texts: the rows it changed, as which texts, and how many it could not change."""

    name: str
    rows: NDArray[np.int64]
    texts: list[str]
    num_unchanged: int
    why_none: str


def _changes(guarded: Sequence[GuardedText], settings: RobustnessSettings) -> list[_Change]:
    changes = []
    for kind in perturbations(settings.synonyms):
        found = [perturb(text, kind, strength=settings.strength, seed=settings.seed) for text in guarded]
        rows = [number for number, text in enumerate(found) if text is not None]
        made_for = sum(text.language in kind.languages for text in guarded)
        where = f"none of {made_for:,} texts could be changed"
        why = where if made_for else f"no text in the language {' or '.join(kind.languages)}"
        texts = [text for text in found if text is not None]
        changes.append(_Change(kind.name, np.array(rows, dtype=np.int64), texts, made_for - len(rows), why))
    return changes


def _perturbed(changes: Sequence[_Change], probabilities: Array, gold: Array, seed: int) -> Values:
    """`perturbations` and `skipped`; rows of `probabilities` are the N texts, then those of each change."""
    answers = probabilities.argmax(axis=1)
    before, position = answers[: len(gold)], len(gold)
    measured, skipped = [], []
    for change in changes:
        after = answers[position : position + len(change.texts)]
        position += len(change.texts)
        if not change.texts:
            skipped.append({"name": change.name, "why": change.why_none})
            continue
        wanted, was = gold[change.rows], before[change.rows]
        lost = compare_paired(was == wanted, after == wanted, seed=seed)
        measured.append(
            {
                "name": change.name, "num_texts": len(change.texts), "num_unchanged": change.num_unchanged,
                "original": _share(was == wanted), "accuracy": _share(after == wanted),
                "lost": {"value": lost.difference, "low": lost.low, "high": lost.high},
                "labels_kept": _share(was == after),
            }
        )  # fmt: skip
    return {"perturbations": measured, "skipped": skipped}


def _attack(
    texts: Sequence[GuardedText], before: Array, score: Score, settings: RobustnessSettings, bar: Bar
) -> list[Attacked]:
    assert settings.budget is not None
    most = settings.budget.max_queries
    bar.begin("attacking", len(texts) * most)
    candidates = attack_candidates(settings.synonyms, settings.seed)
    # queries that an attack saves are done too, or the bar would promise too long a wait
    return attack_texts(
        texts, before, score, candidates, settings.budget, lambda attacked: bar.advance(most - attacked.num_queries)
    )


def _attack_values(
    attacked: Sequence[Attacked], texts: Sequence[GuardedText], before: Array, labels: Sequence[str], budget: Budget
) -> Values:
    """The `attack` entry but for its accuracy; changed words are averaged over the texts whose answer turned."""
    turned = [number for number, one in enumerate(attacked) if one.succeeded]
    shown = sorted(turned, key=lambda number: (len(attacked[number].edits), len(texts[number].text)))[:MOST_EXAMPLES]
    return {
        "name": NAME,
        "budget": str(budget),
        "num_attacked": len(attacked),
        "num_turned": len(turned),
        "mean_queries": _mean([one.num_queries for one in attacked]),
        "mean_changed_words": _mean([len(attacked[number].edits) for number in turned]),
        "mean_changed_share": _mean([len(attacked[number].edits) / texts[number].num_words for number in turned]),
        "examples": [_example(texts[number].text, before[number], attacked[number], labels) for number in shown],
    }


def _example(text: str, before: Array, attacked: Attacked, labels: Sequence[str]) -> Values:
    """One text whose answer turned; it was right, so the answer before is the gold label."""
    first, last = int(before.argmax()), int(attacked.probabilities.argmax())
    return {
        "text": text,
        "attacked": attacked.text,
        "gold": labels[first],
        "before": labels[first],
        "after": labels[last],
        "confidence_before": float(before[first]),
        "confidence_after": float(attacked.probabilities[last]),
        "changes": marked_changes(text, attacked.edits),
    }


def _share(flags: Array) -> dict[str, float]:
    return _interval(int(flags.sum()), len(flags))


def _interval(count: int, total: int) -> dict[str, float]:
    share = wilson(count, total)
    return {"value": share.value, "low": share.low, "high": share.high}


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
