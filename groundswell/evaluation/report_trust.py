"""Whether a model can be trusted beyond its figures, as parts of the report: calibration, slices, robustness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from groundswell.evaluation import plots
from groundswell.evaluation import report_wording as words
from groundswell.evaluation.plots import Axis, IntervalRow, Line
from groundswell.evaluation.report_facts import ReportFacts, Values
from groundswell.evaluation.report_markup import (
    Html,
    details,
    excerpt,
    number,
    percent,
    share_with_interval,
    table,
    tag,
    with_code,
    with_interval,
)
from groundswell.evaluation.report_metrics import metric_name, ordered_splits, scale_of, split_name
from groundswell.evaluation.report_wording import Say

MOST_SLICES = 60
MOST_ATTACKED = 5
MOST_CHARACTERS = 400


def calibration_part(facts: ReportFacts, say: Say) -> list[Html]:
    """Reliability, risk and coverage, conformal sets, and the figures; of the split that counts most."""
    for split in ordered_splits(facts.metrics):
        found = facts.metrics[split].get("calibration")
        if found:
            return _calibration(found, split, say)
    return []


def slices_part(facts: ReportFacts, say: Say) -> list[Html]:
    """Parts of the rows with their intervals beside the whole; of the split that counts most."""
    for split in ordered_splits(facts.metrics):
        found = facts.metrics[split].get("slices")
        if found:
            return _slices(found, facts.metrics[split], split, say)
    return []


def is_weak(found: Values, overall: Values | None) -> bool:
    """Whether a slice is worse than the whole beyond chance: their intervals do not meet."""
    if found.get("small") or not overall or found.get("high") is None:
        return False
    if found["metric"] in ("mae", "rmse"):
        return bool(found["low"] > overall["high"])
    return bool(found["high"] < overall["low"])


def robustness_part(facts: ReportFacts, say: Say) -> list[Html]:
    """Accuracy under each disturbance and under attack."""
    found = facts.findings.get("robustness")
    if not found:
        return []
    original, metric = found["original"], metric_name(found.get("metric", "accuracy"), say)
    disturbed = found.get("perturbations") or []
    drawn = [
        IntervalRow.of(
            one["name"], one["accuracy"],
            tone="bad" if one["accuracy"]["high"] < original["low"] else "plain",
            hint=share_with_interval(one["accuracy"]),
        )
        for one in disturbed
    ]  # fmt: skip
    rows = [(say(words.UNDISTURBED), share_with_interval(original), "–")]
    rows += [
        (one["name"], share_with_interval(one["accuracy"]), share_with_interval(one.get("labels_kept")))
        for one in disturbed
    ]
    caption = say(words.ROBUSTNESS_PLOT, rows=found.get("num_texts", 0))
    numbers = table(caption, (say(words.PERTURBATION), metric, say(words.LABELS_KEPT)), rows, numbers=(1, 2))
    if drawn:
        reference = (original["value"], say(words.UNDISTURBED))
        spec = plots.intervals(drawn, Axis(metric, plots.SHARE_FORMAT), reference)
        numbers = plots.figure(caption, spec, details(say(words.NUMBERS), numbers))
    return [numbers, *_attack(found.get("attack"), say)]


def _calibration(found: Values, split: str, say: Say) -> list[Html]:
    return [
        tag("div", *_reliability(found, say), *_risk_coverage(found, say), class_="charts"),
        _calibration_table(found, split, say),
        *_conformal(found.get("conformal") or [], say),
    ]


def _reliability(found: Values, say: Say) -> list[Html]:
    bins = [one for one in found.get("bins") or [] if one["num_rows"] and one["confidence"] is not None]
    if not bins:
        return []
    confidence, right = say(words.CONFIDENCE), say(words.SHARE_RIGHT)
    rows = [
        (
            f"{percent(one['low'], 0)}–{percent(one['high'], 0)}",
            number(one["num_rows"]),
            percent(one["confidence"]),
            share_with_interval({"value": one["accuracy"], "low": one["accuracy_low"], "high": one["accuracy_high"]}),
        )
        for one in bins
    ]
    title = say(words.RELIABILITY)
    header = (confidence, say(words.ROWS), f"{confidence} (⌀)", right)
    spec = plots.reliability(
        bins, Axis(confidence, plots.SHARE_FORMAT), Axis(right, plots.SHARE_FORMAT, (0.0, 1.0)), say(words.ROWS)
    )
    note = tag("p", say(words.RELIABILITY_NOTE), class_="note")
    return [plots.figure(title, spec, note, details(say(words.NUMBERS), table(title, header, rows, numbers=(1, 2, 3))))]


def _risk_coverage(found: Values, say: Say) -> list[Html]:
    points = found.get("risk_coverage") or []
    title, covered, right = say(words.RISK_COVERAGE), say(words.COVERAGE), say(words.SHARE_RIGHT)
    line = Line(right, [(one["coverage"], one["accuracy"]) for one in points])
    spec = plots.curves([line], Axis(covered, plots.SHARE_FORMAT), Axis(right, plots.SHARE_FORMAT))
    if spec is None:
        return []
    rows = [(percent(one["coverage"]), percent(one["accuracy"]), number(one.get("threshold"))) for one in points]
    numbers = table(title, (covered, right, say(words.THRESHOLD)), rows, numbers=(1, 2))
    note = tag("p", *with_code(say(words.RISK_NOTE)), class_="note")
    return [plots.figure(title, spec, note, details(say(words.NUMBERS), numbers))]


def _calibration_table(found: Values, split: str, say: Say) -> Html:
    before = found.get("before") or {}
    rows = [
        (metric_name(key, say), with_interval(found[key]), number(before.get(key)))
        for key in ("ece", "brier", "log_loss")
        if found.get(key)
    ]
    temperature = number(found.get("temperature"))
    caption = say(
        words.CALIBRATION_CAPTION, split=split_name(split, say), rows=found.get("num_rows", 0), temperature=temperature
    )
    return table(caption, tuple(map(say, (words.METRIC, words.AFTER_SCALING, words.BEFORE_SCALING))), rows, (1, 2))


def _conformal(sets: Sequence[Values], say: Say) -> list[Html]:
    if not sets:
        return []
    rows = [
        (
            percent(one["coverage"], 0),
            share_with_interval(one.get("achieved")),
            number(one.get("mean_size"), 2),
            number(one.get("threshold")),
        )
        for one in sets
    ]
    header = tuple(map(say, (words.PROMISED, words.ACHIEVED, words.MEAN_SIZE, words.THRESHOLD)))
    return [table(say(words.CONFORMAL_CAPTION), header, rows, numbers=(1, 2, 3))]


def _slices(found: Sequence[Values], scores: Values, split: str, say: Say) -> list[Html]:
    metric = found[0]["metric"]
    overall = scores.get(metric)
    drawn = [one for one in found if one.get("value") is not None and one.get("low") is not None]
    rows = [
        IntervalRow(
            f"{say.term(one['by'])} · {one['name']}", one["value"], one["low"], one["high"],
            tone="uncertain" if one.get("small") else "bad" if is_weak(one, overall) else "plain",
            hint=f"{with_interval(one)}, {one['num_rows']:,} {say(words.ROWS)}",
        )
        for one in drawn[:MOST_SLICES]
    ]  # fmt: skip
    name = metric_name(metric, say)
    reference = None if not overall else (overall["value"], say(words.OVERALL))
    title = say(words.SLICES_PLOT, metric=name, split=split_name(split, say))
    axis = Axis(name, plots.SHARE_FORMAT if scale_of(metric) == (0.0, 1.0) else "")
    cells = [(say.term(one["by"]), one["name"], number(one["num_rows"]), with_interval(one)) for one in found]
    header = (say(words.SLICE_BY), say(words.SLICE_NAME), say(words.ROWS), name)
    numbers = table(title, header, cells, numbers=(2, 3))
    if not rows:
        return [numbers]
    note = tag("p", say(words.SLICES_NOTE), class_="note")
    spec = plots.intervals(rows, axis, reference)
    return [plots.figure(title, spec, note, details(say(words.NUMBERS), numbers))]


def _attack(found: Mapping[str, Any] | None, say: Say) -> list[Html]:
    if not found:
        return []
    told = say(
        words.ATTACK, name=found.get("name", ""), budget=found.get("budget", ""),
        accuracy=share_with_interval(found["accuracy"]), words=number(found.get("mean_changed_words"), 1),
        queries=number(found.get("mean_queries"), 0),
    )  # fmt: skip
    examples = (found.get("examples") or [])[:MOST_ATTACKED]
    parts = [tag("p", told)]
    if examples:
        items = tag("ul", *(_attacked(one, say) for one in examples), class_="mistakes")
        parts.append(details(say(words.ATTACK_EXAMPLES), items))
    return parts


def _attacked(one: Values, say: Say) -> Html:
    lines = []
    for name, key, answer in ((words.BEFORE_ATTACK, "text", "before"), (words.AFTER_ATTACK, "attacked", "after")):
        text = str(one.get(key, ""))
        shown = excerpt(text, MOST_CHARACTERS, say(words.CHARACTERS_IN_ALL, count=len(text)))
        answered = tag("b", one.get(answer), dir="auto")
        lines += [tag("p", say(name), ": ", answered, class_="verdict"), tag("p", shown, dir="auto")]
    return tag("li", *lines)
