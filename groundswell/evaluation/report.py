"""The page that a person looks at after a run: one HTML file that needs no network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from groundswell.evaluation import report_wording as words
from groundswell.evaluation.report_behaviour import behaviour_part, bias_part
from groundswell.evaluation.report_errors import errors_part, evidence_part
from groundswell.evaluation.report_facts import ReportFacts
from groundswell.evaluation.report_markup import Html, details, percent, scrolling, section, tag
from groundswell.evaluation.report_metrics import labels_part, metrics_part
from groundswell.evaluation.report_page import page
from groundswell.evaluation.report_run import accounting_part, costs_part, history_part, recipe_part, recipe_values
from groundswell.evaluation.report_summary import WARNINGS_ID, contents, summary
from groundswell.evaluation.report_trust import calibration_part, robustness_part, slices_part
from groundswell.evaluation.report_warnings import Warned, ranked_warnings
from groundswell.evaluation.report_wording import Phrase, Say
from groundswell.run_folder import write_text

Part = Callable[[ReportFacts, Say], list[Html]]
# Name in a link, title, and what stands there: nothing where the facts hold nothing
PARTS: Sequence[tuple[str, Phrase, Part]] = (
    ("trained", words.TRAINED_ON, recipe_part),
    ("metrics", words.HOW_GOOD, metrics_part),
    ("labels", words.WHICH_LABELS, labels_part),
    ("calibration", words.CALIBRATION, calibration_part),
    ("slices", words.SLICES, slices_part),
    ("behaviour", words.BEHAVIOUR, behaviour_part),
    ("bias", words.BIAS, bias_part),
    ("robustness", words.ROBUSTNESS, robustness_part),
    ("errors", words.ERRORS, errors_part),
    ("evidence", words.EVIDENCE, evidence_part),
    ("training", words.CURVES, history_part),
    ("rows", words.ACCOUNTING, accounting_part),
    ("costs", words.COSTS, costs_part),
)
FINDINGS_OF = {  # what can be measured of a task beside its metrics
    "single_label": ("test", "calibration", "slices", "behaviour", "robustness", "errors", "evidence"),
}
LEVEL = 0.95  # of intervals, where no recipe says otherwise


def write_report(facts: ReportFacts | Mapping[str, Any], path: Path) -> None:
    """Write the page under its final name, whole or not at all.

    facts   ReportFacts, or a dict with its fields
    """
    write_text(path, render_report(facts if isinstance(facts, ReportFacts) else ReportFacts(**facts)))


def render_report(facts: ReportFacts) -> str:
    """The page as HTML text; every value in it is escaped."""
    say = Say(facts.language)
    warned = ranked_warnings(facts, say)
    sections = list(_sections(facts, warned, say))
    titles = [(place, title) for place, title, _ in sections]
    evaluation = recipe_values(facts.recipe_yaml).get("evaluation")
    level = evaluation.get("level", LEVEL) if isinstance(evaluation, Mapping) else LEVEL
    return page(
        facts.name,
        summary(facts, warned, say, level),
        contents(titles, say) if titles else Html(),
        tag("noscript", tag("p", say(words.NO_SCRIPT), class_="note")),
        *(content for _, _, content in sections),
        tag("footer", say(words.FOOTER, level=percent(level, 0))),
        language=say.html_language,
    )


def missing_parts(facts: ReportFacts) -> list[str]:
    """What could have been measured of this task and was not, by the names of `report_wording.MISSING_PARTS`."""
    errors = facts.findings.get("errors") or {}
    there = {
        "test": any(split.endswith("test") for split in facts.metrics),
        "calibration": any(scores.get("calibration") for scores in facts.metrics.values()),
        "slices": any(scores.get("slices") for scores in facts.metrics.values()),
        "errors": any(name in errors for name in ("label_errors", "clusters")),
        **{name: bool(facts.findings.get(name)) for name in ("behaviour", "robustness", "evidence")},
    }
    return [name for name in FINDINGS_OF.get(facts.task, ("test",)) if not there[name]]


def _sections(facts: ReportFacts, warned: Sequence[Warned], say: Say) -> Iterator[tuple[str, str, Html]]:
    """Name, title and content of every section that has any."""
    drawn = ((place, say(title), part(facts, say), None) for place, title, part in PARTS)
    count = say(words.ONE_WARNING) if len(warned) == 1 else say(words.WARNINGS, count=len(warned))
    last = (
        (WARNINGS_ID, count, _warnings(warned), "warnings"),
        ("recipe", say(words.WHOLE_RECIPE), _recipe(facts.recipe_yaml, say), None),
        ("missing", say(words.MISSING), _missing(facts, say), None),
    )
    for place, title, content, kind in (*drawn, *last):
        if content:
            yield place, title, section(title, *content, id=place, class_=kind)


def _warnings(warned: Sequence[Warned]) -> list[Html]:
    return [tag("ul", *(tag("li", one.text, dir="auto") for one in warned))] if warned else []


def _recipe(recipe_yaml: str, say: Say) -> list[Html]:
    if not recipe_yaml:
        return []
    shown = scrolling(say(words.WHOLE_RECIPE), tag("pre", tag("code", recipe_yaml)))
    return [details(say(words.EVERY_SETTING), shown)]


def _missing(facts: ReportFacts, say: Say) -> list[Html]:
    names = missing_parts(facts)
    if not names or not facts.metrics:
        return []
    items = []
    for name in names:
        what, command = words.MISSING_PARTS[name]
        items.append(tag("li", say(what), ": ", tag("code", command)))
    return [tag("ul", *items), tag("p", say(words.MISSING_INTRO), class_="note")]
