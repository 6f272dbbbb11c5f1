"""Facts of a made-up run in the shapes that a report is drawn from: every section has something to show."""

from __future__ import annotations

from typing import Any

import numpy as np

from groundswell.evaluation.metrics import score_single_label
from groundswell.recipe import Recipe

Interval = dict[str, float]


def interval(value: float, half: float = 0.02) -> Interval:
    return {"value": value, "low": max(0.0, value - half), "high": min(1.0, value + half)}


def single_label_scores(num_rows: int, names: list[str], *, right: float = 0.8) -> dict[str, Any]:
    generator = np.random.default_rng(0)
    gold = generator.integers(0, len(names), num_rows)
    predicted = np.where(generator.random(num_rows) < right, gold, generator.integers(0, len(names), num_rows))
    return score_single_label(gold, predicted, names, resamples=100)


def calibration() -> dict[str, Any]:
    bins = []
    for place in range(10):
        low = 0.5 + 0.05 * place
        accuracy = round(low + 0.01, 3)
        bins.append({"low": low, "high": low + 0.05, "num_rows": 20 + 12 * place, "confidence": low + 0.025,
                     "accuracy": accuracy, "accuracy_low": max(0.0, accuracy - 0.08),
                     "accuracy_high": min(1.0, accuracy + 0.06)})  # fmt: skip
    return {
        "num_rows": 740, "temperature": 1.37, "ece": interval(0.021, 0.008), "brier": interval(0.142),
        "log_loss": interval(0.31), "before": {"ece": 0.064, "brier": 0.15, "log_loss": 0.36}, "bins": bins,
        "risk_coverage": [
            {"coverage": 1 - 0.02 * step, "accuracy": 0.81 + 0.0036 * step, "threshold": 0.5 + 0.0095 * step}
            for step in range(50)
        ],
        "conformal": [
            {"coverage": share, "threshold": 0.2, "achieved": interval(share + 0.004), "mean_size": 1.0 + share / 5}
            for share in (0.8, 0.9, 0.95)
        ],
    }  # fmt: skip


def slices() -> list[dict[str, Any]]:
    found = [
        ("characters", "1–60", 180, 0.71), ("characters", "61–240", 420, 0.82), ("characters", "over 240", 600, 0.85),
        ("language", "en", 1188, 0.81), ("language", "other", 12, 0.58), ("label", "negative", 590, 0.83),
        ("source", "a shop with a name that is far too long for an axis", 300, 0.8),
    ]  # fmt: skip
    return [
        {"by": by, "name": name, "num_rows": rows, "metric": "accuracy", "small": rows < 30,
         **interval(value, 1.6 / rows**0.5)}
        for by, name, rows, value in found
    ]  # fmt: skip


def findings(word: str = "plain") -> dict[str, Any]:
    """Everything that findings.json may hold; `word` stands wherever a text from outside may."""
    return {
        "split": "test",
        "warnings": [f"robustness: not measured, {word}"],
        "behaviour": behaviour(word),
        "bias": [
            {"language": "en", "attribute": f"gender {word}", "first": "he", "second": "she", "num_pairs": 240,
             "labels_changed": interval(0.09), "mean_shift": {"value": -0.013, "low": -0.02, "high": -0.006}},
            {"language": "zh", "attribute": "region", "first": f"北方人{word}", "second": "南方人", "num_pairs": 80,
             "labels_changed": interval(0.01), "mean_shift": {"value": 0.001, "low": -0.004, "high": 0.006}},
        ],
        "robustness": robustness(word),
        "errors": errors(word),
        "evidence": evidence(word),
    }  # fmt: skip


def behaviour(word: str) -> dict[str, Any]:
    named = [
        ("en", "negation", "minimum functionality", 20, 6), ("en", "intensifiers", "directional", 20, 18),
        ("en", "typos", "invariance", 40, 37), ("en", f"irony {word}", "minimum functionality", 20, 9),
        ("en", "contrast: but", "minimum functionality", 20, 17), ("en", "named entities", "invariance", 40, 40),
        ("zh", "否定", "minimum functionality", 20, 15), ("zh", "繁体与简体", "invariance", 20, 20),
    ]  # fmt: skip
    capabilities = []
    for language, name, kind, cases, passed in named:
        failing = {"text": f"It is not bad at all, {word}", "expected": "positive", "found": f"negative {word}",
                   "confidence": 0.93}  # fmt: skip
        capabilities.append(
            {"language": language, "capability": name, "kind": kind, "num_cases": cases, "num_passed": passed,
             "rate": interval(passed / cases, 0.18 if passed < cases else 0.14),
             "failures": [failing] * min(2, cases - passed)}
        )  # fmt: skip
    skipped = [{"language": "zh", "capability": f"translation {word}", "why": "no pairs"}]
    return {"capabilities": capabilities, "skipped": skipped, "warnings": [f"behaviour of zh is thin, {word}"]}


def robustness(word: str) -> dict[str, Any]:
    names = {"swapped letters": 0.77, f"typing mistakes {word}": 0.75, "upper case": 0.8, "synonyms": 0.68}
    return {
        "num_texts": 400, "metric": "accuracy", "original": interval(0.81),
        "perturbations": [
            {"name": name, "accuracy": interval(value), "labels_kept": interval(value + 0.1)}
            for name, value in names.items()
        ],
        "attack": {
            "name": f"greedy synonyms {word}", "budget": "at most 20% of the words, 100 questions",
            "accuracy": interval(0.33), "mean_queries": 61.4, "mean_changed_words": 2.7,
            "examples": [{"text": f"a fine film {word}", "attacked": "a decent film", "gold": "good",
                          "before": "good", "after": f"bad {word}"}],
        },
    }  # fmt: skip


def errors(word: str) -> dict[str, Any]:
    near = {"id": "t9", "row": 77, "text": f"电池不耐用。{word}", "label": f"bad {word}", "similarity": 0.914}
    mistake = {"id": "r5", "row": 5, "text": f"电池很耐用，但屏幕太暗。{word}", "gold": f"bad {word}",
               "predicted": "good", "confidence": 0.993, "nearest": [near, near]}  # fmt: skip
    wordy = {**mistake, "row": 812, "text": f"I expected to love it. {word} " + "The plot goes nowhere. " * 40,
             "nearest": []}  # fmt: skip
    return {
        "confident": [mistake, wordy],
        "label_errors": [{"id": "r8", "row": 8, "text": f"Great value {word}", "label": f"bad {word}",
                          "suggested": "good", "probability": 0.97}],
        "clusters": [{"num_rows": 31, "words": ["price", f"delivery {word}"],
                      "examples": [{"id": "r1", "text": f"late {word}", "gold": "bad", "predicted": "good"}]}],
    }  # fmt: skip


def evidence(word: str) -> dict[str, Any]:
    text = f"The acting is superb, but the ending is a terrible letdown and far too long. {word}"
    weights = {"superb": -0.41, "but": 0.09, "terrible": 0.62, "letdown": 0.5, "too long": 0.21, "acting": -0.05}
    chinese = f"电池很耐用，但屏幕太暗。{word}"
    return {
        "method": "occlusion",
        "faithfulness": {
            name: {"comprehensiveness": interval(high), "sufficiency": interval(low),
                   "random_comprehensiveness": interval(0.05), "random_sufficiency": interval(0.3)}
            for name, high, low in (("occlusion", 0.42, 0.06), ("integrated gradients", 0.36, 0.11))
        },
        "examples": [
            {"id": "r1", "text": text, "gold": f"bad {word}", "label": f"bad {word}", "confidence": 0.91,
             "words": [marked(text, name, weight) for name, weight in weights.items()]},
            {"id": "r2", "text": chinese, "gold": "good", "label": f"bad {word}", "confidence": 0.88,
             "words": [marked(chinese, "耐用", 0.2), marked(chinese, "太暗", -0.6), marked(chinese, "但", -0.1)]},
        ],
    }  # fmt: skip


def marked(text: str, part: str, weight: float) -> dict[str, Any]:
    start = text.index(part)
    return {"start": start, "end": start + len(part), "weight": weight}


def full_facts(word: str = "plain", names: tuple[str, ...] = ("bad", "good")) -> dict[str, Any]:
    """Fields of ReportFacts; `word` stands wherever a text from outside may."""
    recipe = Recipe.model_validate({"data": {"train": f"{word}.csv", "test": "test.csv", "limit": 2000}})
    labels = [f"{names[0]} {word}", *names[1:]]
    test = {**single_label_scores(1200, labels), "calibration": calibration(), "slices": slices()}
    return {
        "name": f"run {word}",
        "task": "single_label",
        "created": f"today {word}",
        "recipe_yaml": recipe.to_yaml(),
        "metrics": {"dev": single_label_scores(60, labels), "test": test},
        "history": [
            {"epoch": 1, "step": 40, "loss": 0.7, "seconds": 31.44, "dev": {"accuracy": 0.8125, "loss": 0.55}},
            {"epoch": 2, "step": 80, "loss": 0.4, "seconds": 30.0, "dev": {"accuracy": 0.875, "loss": 0.5}},
            {"epoch": 3, "step": 120, "loss": 0.31, "seconds": 30.2, "dev": {"accuracy": 0.87, "loss": 0.52}},
        ],
        "steps": [
            {"epoch": 1 + step // 41, "step": step, "loss": 0.9 - 0.005 * step + 0.06 * (step % 3)}
            for step in range(5, 120, 5)
        ],
        "best_epoch": 2,
        "accounting": {
            f"train {word}": {
                "read": 1013,
                "kept": 1004,
                "cut": 120,
                "max_tokens": 256,
                "dropped": 9,
                "reasons": {
                    f"blank text {word}": {"count": 7, "first_rows": [17, 40, 102, 877, 1201]},
                    "no label": {"count": 2, "first_rows": [9, 443]},
                },
                "warnings": [f"3 ids stand twice {word}"],
            }
        },
        "findings": findings(word),
        "warnings": [f"12 texts of test stand in train too {word}"],
        "costs": {"seconds": 157.3, "parameters": {"trainable": 147_456, "total": 22_861_056}, "megabytes": 91.4},
        "provenance": {"model": f"run {word} sha256:0123456789ab", "commit": "abc123"},
        "languages": {"en": 970, "zh": 30},
        "hardware": {f"processor {word}": f"two cores {word}"},
        "versions": {f"torch {word}": f"2.13.0 {word}"},
    }
