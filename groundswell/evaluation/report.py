"""The page that a person looks at after a run: one HTML file that needs no network and runs no script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from groundswell.evaluation.report_markup import Html, number, scrolling, section, tag
from groundswell.evaluation.report_metrics import labels_part, metrics_part, result_line
from groundswell.evaluation.report_page import page
from groundswell.evaluation.report_run import accounting_part, costs_part, history_part, recipe_part, recipe_values
from groundswell.run_folder import write_text

MOST_CHARACTERS_OF_A_MISTAKE = 600

# The page may hold other people's texts: were one ever to slip through unescaped, it could still load and run nothing.


@dataclass(frozen=True)
class ReportFacts:
    """What the report shows, as plain values; every part but `name` and `task` may be missing.

    task          single_label, multi_label or regression
    result_line   one sentence; without it, it is made from `metrics`
    recipe_yaml   the resolved recipe
    metrics       split -> what `evaluation.metrics` returns for it
    history       one {"epoch", "loss", "seconds", "dev": {metric: value}} per epoch
    best_epoch    the epoch whose weights were kept
    accounting    split -> {"read", "kept", "cut", "dropped", "reasons": {reason: {"count", "first_rows"}},
                  "max_tokens", "warnings"}; `cut` and `dropped` may also be such reasons themselves
    mistakes      the most confident wrong answers: {"text", "gold", "predicted", "confidence"}
    warnings      whole sentences; those inside `metrics` and `accounting` are added
    costs         name -> number; `…seconds` and `…megabytes` or `…_mb` are shown with their unit, and
                  "parameters": {"trainable", "total"} with its share
    hardware      one line, or name -> value
    versions      library -> version
    created       when, as text
    """

    name: str
    task: str
    result_line: str = ""
    recipe_yaml: str = ""
    metrics: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    history: Sequence[Mapping[str, Any]] = ()
    best_epoch: int | None = None
    accounting: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    mistakes: Sequence[Mapping[str, Any]] = ()
    warnings: Sequence[str] = ()
    costs: Mapping[str, Any] = field(default_factory=dict)
    hardware: Mapping[str, Any] | str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    created: str = ""


def write_report(facts: ReportFacts | Mapping[str, Any], path: Path) -> None:
    """Write the page under its final name, whole or not at all.

    facts   ReportFacts, or a dict with its fields
    """
    write_text(path, render_report(facts if isinstance(facts, ReportFacts) else ReportFacts(**facts)))


def render_report(facts: ReportFacts) -> str:
    """The page as HTML text; every value in it is escaped."""
    recipe = recipe_values(facts.recipe_yaml)
    training = recipe.get("training")
    metric = training.get("metric") if isinstance(training, Mapping) else None
    return page(
        facts.name,
        _header(facts),
        _warnings(facts),
        section("How good it is", *metrics_part(facts.metrics)),
        section("What was trained on what", *recipe_part(recipe)),
        section("Which labels it gets right", *labels_part(facts.metrics)),
        section("Confident mistakes", *_mistakes(facts.mistakes)),
        section("How training went", *history_part(facts.history, metric, facts.best_epoch)),
        section("Every row accounted for", *accounting_part(facts.accounting)),
        section("What it cost", *costs_part(facts.costs, facts.hardware, facts.versions)),
        section("The whole recipe", *_recipe(facts.recipe_yaml)),
        tag("footer", "Intervals over rows, at the level of the recipe. Nothing on this page loads from the network."),
    )


def _header(facts: ReportFacts) -> Html:
    about = " · ".join(part for part in (facts.task.replace("_", " "), facts.created) if part)
    line = facts.result_line or result_line(facts.task, facts.metrics)
    unbroken = line.replace("–", "\u2060–\u2060")  # no line break inside an interval
    return tag("header", tag("h1", facts.name), tag("p", unbroken, class_="result"), tag("p", about, class_="muted"))


def _warnings(facts: ReportFacts) -> Html:
    shown = list(dict.fromkeys(facts.warnings))
    for part in (facts.metrics, facts.accounting):
        for split, values in part.items():
            for text in values.get("warnings") or []:
                # The caller may have listed it already, with or without the split before it.
                if text not in facts.warnings and f"{split}: {text}" not in shown:
                    shown.append(f"{split}: {text}")
    if not shown:
        return Html()
    title = "1 warning" if len(shown) == 1 else f"{len(shown)} warnings"
    return tag(
        "section", tag("h2", title), tag("ul", *(tag("li", text, dir="auto") for text in shown)), class_="warnings"
    )


def _mistakes(mistakes: Sequence[Mapping[str, Any]]) -> list[Html]:
    if not mistakes:
        return []
    return [tag("ul", *(_mistake(mistake) for mistake in mistakes), class_="mistakes")]


def _mistake(mistake: Mapping[str, Any]) -> Html:
    text = str(mistake.get("text", ""))
    if len(text) > MOST_CHARACTERS_OF_A_MISTAKE:
        text = f"{text[:MOST_CHARACTERS_OF_A_MISTAKE].rstrip()} … ({len(text):,} characters in all)"
    confidence = mistake.get("confidence")
    verdict = tag(
        "p",
        "gold ",
        tag("b", _label(mistake.get("gold")), dir="auto"),
        " · predicted ",
        tag("span", _label(mistake.get("predicted")), class_="wrong", dir="auto"),
        None if confidence is None else f" · confidence {number(confidence)}",
        class_="verdict",
    )
    return tag("li", tag("p", text, dir="auto"), verdict)


def _label(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return number(value)


def _recipe(recipe_yaml: str) -> list[Html]:
    if not recipe_yaml:
        return []
    summary = tag("summary", "Every setting, defaults included")
    return [tag("details", summary, scrolling("the recipe", tag("pre", tag("code", recipe_yaml))))]
