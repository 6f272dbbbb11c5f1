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


def section(title: str, *children: object) -> Html:
    """A titled part of the page; nothing at all when it has no content."""
    content = [child for child in children if child is not None and child != ""]
    return tag("section", tag("h2", title), *content) if content else Html()


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
    return scrolling(caption, tag("table", tag("caption", caption), tag("thead", head), tag("tbody", *body)))


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


def _escaped(value: object) -> str:
    return value if isinstance(value, Html) else html.escape(str(value).translate(_FORBIDDEN))
