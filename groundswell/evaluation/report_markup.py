"""HTML and SVG that is escaped by construction: whatever is not markup already becomes text."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Mapping, Sequence

# Characters that an HTML page may not hold, and halves of surrogate pairs, which UTF-8 cannot write.
_FORBIDDEN = dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(127, 160), *range(0xD800, 0xE000)], "\ufffd")


class Html(str):
    """Markup: the only strings that `tag` does not escape."""

    __slots__ = ()


def tag(name: str, *children: object, **attributes: object) -> Html:
    """One element; children that are not `Html` are escaped, None is left out.

    attributes   `class_` and the like lose the last underscore, other underscores become hyphens;
                 None is left out, True is written as an empty value

    >>> tag("p", "a < b ", tag("b", "!"), class_="note")
    '<p class="note">a &lt; b <b>!</b></p>'
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{"" if value is True else _escaped(value)}"'
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    return Html(f"<{name}{written}>{joined(children)}</{name}>")


def joined(children: Iterable[object]) -> Html:
    """The children one after the other, each escaped unless it is `Html`."""
    return Html("".join(_escaped(child) for child in children if child is not None))


def section(title: str, *children: object, id: str | None = None, class_: str | None = None) -> Html:
    """A titled part of the page; nothing at all when it has no content."""
    content = [child for child in children if child is not None and child != ""]
    return tag("section", tag("h2", title), *content, id=id, class_=class_) if content else Html()


def details(summary: object, *content: object) -> Html:
    """What can be unfolded under its summary."""
    return tag("details", tag("summary", summary), *content)


def table(
    caption: str, header: Sequence[object], rows: Iterable[Sequence[object]], numbers: Sequence[int] = ()
) -> Html:
    """A table that scrolls by itself on a narrow screen; the first cell of a row is its header.

    numbers   which columns, from 0, are set to the right
    """
    right = set(numbers)

    def cell(column: int, content: object, name: str, scope: str | None) -> Html:
        return tag(name, content, scope=scope, class_="number" if column in right else None, dir="auto")

    head = tag("tr", *(cell(column, title, "th", "col") for column, title in enumerate(header)))
    body = [
        tag("tr", *(cell(i, content, "td" if i else "th", None if i else "row") for i, content in enumerate(row)))
        for row in rows
    ]
    return captioned(caption, tag("table", tag("thead", head), tag("tbody", *body)))


def captioned(caption: str, content: Html) -> Html:
    """A scrolling frame under its caption, which stays where it is."""
    return joined([tag("p", caption, class_="caption", aria_hidden="true"), scrolling(caption, content)])


def scrolling(label: str, content: Html) -> Html:
    """Content in a frame of its own that can be scrolled sideways, with the keyboard too."""
    return tag("div", content, class_="scroll", role="region", aria_label=label, tabindex=0)


def pairs(entries: Mapping[str, object]) -> Html:
    """A list of names with their values; nothing when there is none."""
    if not entries:
        return Html()
    return tag("dl", *(tag("div", tag("dt", name), tag("dd", value, dir="auto")) for name, value in entries.items()))


def number(value: object, digits: int = 3) -> str:
    """A number as people write it; a value that is none is shown as it is.

    >>> number(12204), number(412.03), number(0.91234), number(2e-05), number(float("nan"))
    ('12,204', '412.0', '0.912', '2e-05', 'not a number')
    """
    if value is None:
        return "–"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    if math.isnan(value):
        return "not a number"
    if abs(value) >= 100:
        return f"{value:,.1f}"
    return f"{value:.3g}" if 0 < abs(value) < 10**-digits else f"{value:,.{digits}f}"


def percent(share: float | None, digits: int = 1) -> str:
    """A share in hundredths.

    >>> percent(0.9125), percent(0.5, 0), percent(None)
    ('91.2%', '50%', '–')
    """
    return "–" if share is None else f"{share:.{digits}%}"


def between(low: str, high: str) -> str:
    """Two ends of an interval; after a minus a dash would be misread.

    >>> between("0.1", "0.2").replace("\u2060", ""), between("-0.1", "0.2")
    ('0.1–0.2', '-0.1 to 0.2')
    """
    return f"{low} to {high}" if low.startswith("-") or high.startswith("-") else f"{low}\u2060–\u2060{high}"


def with_interval(found: Mapping[str, float] | None, digits: int = 3) -> str:
    """A value with its interval behind it.

    >>> with_interval({"value": 0.5, "low": 0.4, "high": 0.6}).replace("\u2060", "")
    '0.500 (0.400–0.600)'
    """
    if not found:
        return "–"
    ends = between(number(found["low"], digits), number(found["high"], digits))
    return f"{number(found['value'], digits)} ({ends})"


def share_with_interval(found: Mapping[str, float] | None) -> str:
    """A share in hundredths with its interval behind it.

    >>> share_with_interval({"value": 0.5, "low": 0.4, "high": 0.6}).replace("\u2060", "")
    '50.0% (40.0–60.0%)'
    """
    if not found:
        return "–"
    low, high = percent(found["low"]).removesuffix("%"), percent(found["high"])
    return f"{percent(found['value'])} ({between(low, high)})"


def excerpt(text: str, most: int, longer: str) -> str:
    """The beginning of a long text, with what is said of its length in `longer`; a short one as it is.

    >>> excerpt("abcdef", 3, "(6 in all)")
    'abc … (6 in all)'
    """
    return text if len(text) <= most else f"{text[:most].rstrip()} … {longer}"


def with_code(text: str) -> list[object]:
    """A text whose parts between backticks are set as code."""
    return [tag("code", part) if place % 2 else part for place, part in enumerate(text.split("`"))]


def _escaped(value: object) -> str:
    return value if isinstance(value, Html) else html.escape(str(value).translate(_FORBIDDEN))
