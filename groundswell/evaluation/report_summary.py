"""What a reader understands in ten seconds: the headline figure, what to compare it with, what to watch out for."""

from __future__ import annotations

from collections.abc import Sequence

from groundswell.evaluation import report_wording as words
from groundswell.evaluation.report_facts import ReportFacts
from groundswell.evaluation.report_markup import Html, joined, number, percent, tag
from groundswell.evaluation.report_metrics import Headline, headline, metric_name, result_line, scale_of, split_name
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
        parts.append(tag("p", _compared(best, say)))
    parts.append(tag("p", result_line(facts.task, facts.metrics, say), class_="note"))
    return parts


def _compared(best: Headline, say: Say) -> str:
    assert best.majority is not None
    label, share = best.majority
    alone = say(words.MAJORITY, label=label, share=percent(share))
    fewer = 1 - (1 - best.value) / (1 - share) if share < 1 else 0.0
    if best.low <= share or fewer <= 0:
        return alone
    return f"{alone} · {say(words.FEWER_MISTAKES, share=percent(fewer, 0), label=label)}"


def _gauge(best: Headline, say: Say) -> Html:
    """The value with its interval on the whole scale, and where always guessing would stand."""
    scale = scale_of(best.key)
    if scale is None:
        return Html()
    start, end = scale

    def place(value: float) -> str:
        return f"{(min(max(value, start), end) - start) / (end - start):.4f}"

    style = f"--value:{place(best.value)};--low:{place(best.low)};--high:{place(best.high)}"
    told = say(
        words.SCALE, value=f"{best.value:.3f}", low=f"{best.low:.3f}", high=f"{best.high:.3f}", start=start, end=end
    )
    mark = None
    if best.majority is not None:
        mark = tag("u", style=f"--at:{place(best.majority[1])}")
        told += f"; {say(words.MAJORITY, label=best.majority[0], share=percent(best.majority[1]))}"
    return tag("span", tag("i"), mark, tag("b"), class_="interval gauge", style=style, role="img", aria_label=told)


def _watch_out(warned: Sequence[Warned], say: Say) -> Html:
    title = tag("h2", say(words.WATCH_OUT))
    if not warned:
        return tag("div", title, tag("p", say(words.NOTHING_TO_WATCH), class_="muted"), class_="watch calm")
    items = tag("ul", *(tag("li", one.text, dir="auto") for one in warned[:STRONGEST]))
    rest = None
    if len(warned) > STRONGEST:
        rest = tag("p", tag("a", say(words.ALL_WARNINGS, count=len(warned)), href=f"#{WARNINGS_ID}"))
    return tag("div", title, items, rest, class_="watch")
