"""What a reader understands in ten seconds: the headline figure, what to compare it with, what to watch out for."""

from __future__ import annotations

from collections.abc import Sequence

from groundswell.evaluation import report_wording as words
from groundswell.evaluation.report_facts import ReportFacts
from groundswell.evaluation.report_markup import Html, joined, number, percent, tag
from groundswell.evaluation.report_metrics import (
    Headline,
    headline,
    interval_bar,
    metric_name,
    result_line,
    scale_of,
    split_name,
)
from groundswell.evaluation.report_warnings import Warned
from groundswell.evaluation.report_wording import Say

STRONGEST = 3
WARNINGS_ID = "warnings"


def summary(facts: ReportFacts, warned: Sequence[Warned], say: Say, level: float) -> Html:
    """The head of the page; `level` of the intervals."""
    best = headline(facts.task, facts.metrics)
    about = " · ".join(part for part in (say.term(facts.task), facts.created) if part)
    figures = (
        tag("p", say(words.NOT_MEASURED), class_="result")
        if best is None
        else joined(_headline(best, facts, say, level))
    )
    return tag(
        "header",
        tag("h1", facts.name),
        tag("p", about, class_="muted"),
        tag("div", tag("div", figures, class_="headline"), _watch_out(warned, say), class_="summary"),
    )


def contents(titles: Sequence[tuple[str, str]], say: Say) -> Html:
    """Links to the sections, as (id, title)."""
    links = [tag("li", tag("a", title, href=f"#{place}")) for place, title in titles]
    return tag("nav", tag("h2", say(words.CONTENTS)), tag("ul", *links), class_="contents")


def shown_value(key: str, value: float) -> str:
    """A metric's value in the size of a headline: shares of rows in hundredths, everything else as a number."""
    return percent(value) if key in ("accuracy", "masked_accuracy") else number(value, 2)


def _headline(best: Headline, facts: ReportFacts, say: Say, level: float) -> list[Html]:
    split = split_name(best.split, say)
    is_share = best.key == "accuracy" and facts.task == "single_label"
    rows = best.num_rows or 0
    what = say(words.RIGHT_SHARE, rows=rows, split=split) if is_share else say(
        words.HEADLINE_ROWS, metric=metric_name(best.key, say), rows=rows, split=split
    )  # fmt: skip
    low, high = shown_value(best.key, best.low), shown_value(best.key, best.high)
    sure = say(words.BETWEEN, low=low, high=high, level=percent(level, 0))
    parts = [
        tag("p", tag("b", shown_value(best.key, best.value), class_="figure"), " ", what, class_="result"),
        _gauge(best, say),
        tag("p", sure, class_="muted"),
    ]
    if best.majority is not None:
        parts.append(tag("p", tag("u", class_="dashed"), _compared(best, say)))
    parts.append(tag("p", result_line(facts.task, facts.metrics, say), class_="note"))
    return parts


def _compared(best: Headline, say: Say) -> str:
    assert best.majority is not None
    label, share = best.majority
    if best.low <= share:
        return say(words.MAJORITY, label=label, share=percent(share))
    fewer = percent(1 - (1 - best.value) / (1 - share), 0)
    return say(words.FEWER_MISTAKES, fewer=fewer, share=percent(share), label=label)


def _gauge(best: Headline, say: Say) -> Html:
    """The value with its interval on the whole scale, and where always guessing would stand."""
    scale = scale_of(best.key)
    if scale is None:
        return Html()
    mark = None if best.majority is None else best.majority[1]
    found = {"value": best.value, "low": best.low, "high": best.high}
    return interval_bar(found, scale, say, kind="gauge", mark=mark)


def _watch_out(warned: Sequence[Warned], say: Say) -> Html:
    title = tag("h2", say(words.WATCH_OUT))
    if not warned:
        return tag("div", title, tag("p", say(words.NOTHING_TO_WATCH), class_="muted"), class_="watch calm")
    items = tag("ul", *(tag("li", one.text, dir="auto") for one in warned[:STRONGEST]))
    rest = None
    if len(warned) > STRONGEST:
        rest = tag("p", tag("a", say(words.ALL_WARNINGS, count=len(warned)), href=f"#{WARNINGS_ID}"))
    return tag("div", title, items, rest, class_="watch")
