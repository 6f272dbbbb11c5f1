"""What the model does where the right answer is known beforehand, as parts of the report: behaviour and bias."""

from __future__ import annotations

from collections.abc import Sequence

from groundswell.evaluation import plots
from groundswell.evaluation import report_wording as words
from groundswell.evaluation.plots import Axis, IntervalRow
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
    with_interval,
)
from groundswell.evaluation.report_wording import Say

WANTED_RATE = 0.8
MOST_FAILING = 12
MOST_CHARACTERS = 200


def behaviour_part(facts: ReportFacts, say: Say) -> list[Html]:
    """Pass rates by capability with intervals, one plot a language, and what fails."""
    found = facts.findings.get("behaviour") or {}
    capabilities = sorted(found.get("capabilities") or [], key=lambda one: float(one["rate"]["value"]))
    if not capabilities:
        return []
    intro = say(
        words.BEHAVIOUR_INTRO, passed=sum(one["num_passed"] for one in capabilities),
        cases=sum(one["num_cases"] for one in capabilities), capabilities=len(capabilities),
    )  # fmt: skip
    languages = list(dict.fromkeys(str(one["language"]) for one in capabilities))
    figures = [
        _rates(language, [one for one in capabilities if one["language"] == language], say) for language in languages
    ]
    skipped = [
        tag("p", say(words.SKIPPED, **{**one, "language": say.term(one["language"])}), class_="note")
        for one in found.get("skipped") or []
    ]
    note = tag("p", say(words.BEHAVIOUR_NOTE), class_="note")
    return [tag("p", intro), tag("div", *figures, class_="charts"), note, *_failures(capabilities, say), *skipped]


def fails(capability: Values) -> bool:
    """Whether surely fewer cases pass than wanted."""
    return bool(capability["rate"]["high"] < WANTED_RATE)


def bias_part(facts: ReportFacts, say: Say) -> list[Html]:
    """How often a label changes when only the word for a group is swapped."""
    found = facts.findings.get("bias") or []
    if not found:
        return []
    rows = [
        (
            say.term(one["attribute"]),
            say.term(one["language"]),
            tag("span", f"{one['first']} → {one['second']}", class_="together"),
            number(one["num_pairs"]),
            share_with_interval(one["labels_changed"]),
            with_interval(one.get("mean_shift")),
        )
        for one in found
    ]
    titles = (words.ATTRIBUTE, words.LANGUAGE, words.SWAP, words.PAIRS, words.LABELS_CHANGED, words.MEAN_SHIFT)
    return [table(say(words.BIAS_CAPTION), tuple(map(say, titles)), rows, numbers=(3, 4, 5))]


def _rates(language: str, capabilities: Sequence[Values], say: Say) -> Html:
    drawn = [
        IntervalRow.of(
            one["capability"], one["rate"],
            tone="bad" if fails(one) else "plain",
            hint=f"{share_with_interval(one['rate'])}, {one['num_passed']}/{one['num_cases']}",
        )
        for one in capabilities
    ]  # fmt: skip
    rows = [
        (
            one["capability"],
            say.term(one["kind"]),
            f"{one['num_passed']}/{one['num_cases']}",
            share_with_interval(one["rate"]),
        )
        for one in capabilities
    ]
    title = say(words.BEHAVIOUR_PLOT, language=say.term(language))
    header = tuple(map(say, (words.CAPABILITY, words.KIND, words.PASSED, words.PASS_RATE)))
    numbers = details(say(words.NUMBERS), table(title, header, rows, numbers=(2, 3)))
    axis = Axis(say(words.PASS_RATE), plots.SHARE_FORMAT, (0.0, 1.0))
    return plots.figure(title, plots.intervals(drawn, axis), numbers)


def _failures(capabilities: Sequence[Values], say: Say) -> list[Html]:
    """What fails of the worst capabilities, folded but for the first."""
    failing = [one for one in capabilities if one.get("failures")][:MOST_FAILING]
    if not failing:
        return []
    folded = []
    for place, one in enumerate(failing):
        rate = f" · {one['num_passed']}/{one['num_cases']}"
        summary = f"{one['capability']} ({say.term(one['language'])}){rate}"
        items = tag("ul", *(_failure(failure, say) for failure in one["failures"]), class_="mistakes")
        folded.append(tag("details", tag("summary", summary), items, open=place == 0))
    return [tag("h3", say(words.FAILURES)), *folded]


def _failure(failure: Values, say: Say) -> Html:
    text = str(failure.get("text", ""))
    shown = excerpt(text, MOST_CHARACTERS, say(words.CHARACTERS_IN_ALL, count=len(text)))
    confidence = failure.get("confidence")
    verdict = tag(
        "p", f"{say(words.EXPECTED)} ", tag("b", failure.get("expected"), dir="auto"), f" · {say(words.FOUND)} ",
        tag("span", failure.get("found"), class_="wrong", dir="auto"),
        None if confidence is None else f" · {say(words.CONFIDENCE)} {percent(confidence)}", class_="verdict",
    )  # fmt: skip
    return tag("li", tag("p", shown, dir="auto"), verdict)
