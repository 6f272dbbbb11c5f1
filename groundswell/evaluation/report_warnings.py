"""Every warning of a run, the strongest first: what was said on the way, and what follows from the numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from groundswell.evaluation import report_wording as words
from groundswell.evaluation.report_behaviour import fails
from groundswell.evaluation.report_facts import ReportFacts, Values
from groundswell.evaluation.report_markup import number, percent
from groundswell.evaluation.report_metrics import Headline, headline, metric_name, split_name
from groundswell.evaluation.report_trust import is_weak
from groundswell.evaluation.report_wording import Say

MOST_ECE = 0.05
MOST_CHANGED_LABELS = 0.05
_LEAK = " stand in "  # two splits share texts: see data.splits


class Warned(NamedTuple):
    """A sentence; 3 says that a figure cannot be believed, 2 that the model fails somewhere, 1 anything else."""

    strength: int
    text: str


def ranked_warnings(facts: ReportFacts, say: Say) -> list[Warned]:
    """All warnings, each once, the strongest first and otherwise in the order of the facts."""
    found = [*_from_numbers(facts, say), *(Warned(3 if _LEAK in text else 1, text) for text in _said(facts, say))]
    return sorted(dict.fromkeys(found), key=lambda warned: -warned.strength)


def _said(facts: ReportFacts, say: Say) -> Iterator[str]:
    """What was said on the way; the caller may have listed a split's warning already, with its name or without."""
    yield from facts.warnings
    for part in (facts.metrics, facts.accounting):
        for split, values in part.items():
            for text in values.get("warnings") or []:
                if text not in facts.warnings and f"{split}: {text}" not in facts.warnings:
                    yield text if text.startswith(f"{split}: ") else f"{split}: {text}"
    yield from facts.findings.get("warnings") or []
    yield from (facts.findings.get("behaviour") or {}).get("warnings") or []


def _from_numbers(facts: ReportFacts, say: Say) -> Iterator[Warned]:
    best = headline(facts.task, facts.metrics)
    if best is not None:
        yield from _of_headline(best, facts, say)
        scores = facts.metrics[best.split]
        yield from _of_slices(scores, say)
        ece = (scores.get("calibration") or {}).get("ece")
        if ece and ece["low"] > MOST_ECE:
            yield Warned(2, say(words.OVERCONFIDENT, ece=percent(ece["value"])))
    yield from _of_behaviour(facts.findings, say)
    yield from _of_robustness(facts.findings.get("robustness") or {}, say)
    suspects = (facts.findings.get("errors") or {}).get("label_errors") or []
    if suspects:
        yield Warned(1, say(words.LABELS_WRONG, count=number(len(suspects))))


def _of_headline(best: Headline, facts: ReportFacts, say: Say) -> Iterator[Warned]:
    if best.majority is not None and best.low <= best.majority[1]:
        label, share = best.majority
        told = say(words.NO_BETTER, split=split_name(best.split, say), label=label, share=percent(share))
        yield Warned(3, told)
    if not any(split.endswith("test") for split in facts.metrics):
        yield Warned(1, say(words.ONLY_DEV))


def _of_slices(scores: Values, say: Say) -> Iterator[Warned]:
    """The weakest slice of each kind."""
    weak = [one for one in scores.get("slices") or [] if is_weak(one, scores.get(one["metric"]))]
    weak.sort(key=lambda one: -abs(one["value"] - scores[one["metric"]]["value"]))
    told: set[str] = set()
    for one in weak:
        if one["by"] in told:
            continue
        told.add(one["by"])
        overall = number(scores[one["metric"]]["value"])
        yield Warned(2, say(
            words.WEAK_SLICE, by=say.term(one["by"]), name=one["name"], metric=metric_name(one["metric"], say),
            value=number(one["value"]), rows=one["num_rows"], overall=overall,
        ))  # fmt: skip


def _of_behaviour(findings: Values, say: Say) -> Iterator[Warned]:
    capabilities = (findings.get("behaviour") or {}).get("capabilities") or []
    for one in sorted(capabilities, key=lambda one: float(one["rate"]["value"])):
        if fails(one):
            yield Warned(2, say(
                words.FAILED_CAPABILITY, capability=one["capability"], language=say.term(one["language"]),
                passed=one["num_passed"], cases=one["num_cases"], rate=percent(one["rate"]["value"], 0),
            ))  # fmt: skip
    for one in findings.get("bias") or []:
        changed = one["labels_changed"]
        if changed["low"] > MOST_CHANGED_LABELS:
            yield Warned(2, say(
                words.BIASED, first=one["first"], second=one["second"], share=percent(changed["value"]),
                pairs=number(one["num_pairs"]), attribute=say.term(one["attribute"]),
            ))  # fmt: skip


def _of_robustness(found: Values, say: Say) -> Iterator[Warned]:
    attack = found.get("attack")
    if attack and attack["accuracy"]["high"] < found["original"]["low"]:
        before, after = percent(found["original"]["value"]), percent(attack["accuracy"]["value"])
        yield Warned(2, say(words.ATTACKED, name=attack.get("name", ""), before=before, after=after))
