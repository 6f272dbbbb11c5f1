"""Plots of a page as Vega-Lite specifications: curves, shares with intervals, calibration, large confusion matrices.

Every plot is as wide as its place, takes its colours from the style sheet, tells series apart by shape or dashes as
well as by colour, and stands above the numbers it shows, for readers without a script or a screen.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from groundswell.evaluation.plot_script import DRAWING
from groundswell.evaluation.report_markup import Html, tag

Spec = dict[str, Any]

COLOURS = ("var(--accent)", "var(--second)", "var(--muted)")
DASHES = ([1, 0], [6, 4], [2, 3])
HEIGHT = 250
ROW_HEIGHT = 24
SHARE_FORMAT = ".0%"
TONES = ("plain", "bad", "uncertain")  # of a row of `intervals`


class Line(NamedTuple):
    """One line of a plot: (x, y) points in order; values that are not finite are left out.

    dots   mark every point; a line of many points is better without
    """

    name: str
    points: Sequence[tuple[float, float]]
    dots: bool = True


class IntervalRow(NamedTuple):
    """A value with its interval under a name; `tone` is plain, bad or uncertain, `hint` is shown when pointed at."""

    name: str
    value: float
    low: float
    high: float
    tone: str = "plain"
    hint: str = ""

    @classmethod
    def of(cls, name: str, found: Mapping[str, float], tone: str = "plain", hint: str = "") -> IntervalRow:
        """The row of {"value", "low", "high"}."""
        return cls(name, found["value"], found["low"], found["high"], tone, hint)


class Axis(NamedTuple):
    """What an axis shows: its title, how its numbers are written (d3-format), and its ends where they are fixed."""

    title: str
    format: str = ""
    domain: tuple[float, float] | None = None


def figure(title: str, spec: Spec, *below: object, description: str = "") -> Html:
    """The place of a plot with its title; `below` stands under it, such as a note and the numbers.

    description   read out instead of the drawing
    """
    told = tag(
        "div", class_=DRAWING, style=f"min-height:{_total_height(spec)}px", role="img", aria_label=description or title
    )
    written = Html(f'<script type="application/json">{script_json(spec)}</script>')
    return tag("figure", tag("figcaption", title), told, written, *below, class_="plot")


def script_json(value: object) -> str:
    """JSON that may stand inside a script element: no `<`, `>` or `&`, so nothing can end it.

    >>> script_json("</script>")
    '"\\\\u003c/script\\\\u003e"'
    """
    text = json.dumps(value, ensure_ascii=True, allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def curves(lines: Sequence[Line], x: Axis, y: Axis, mark: tuple[float, str] | None = None) -> Spec | None:
    """Lines over a common x; None when no point is finite.

    mark   a place on x with its label: drawn as an upright line
    """
    kept = [line._replace(points=[point for point in line.points if all(map(math.isfinite, point))]) for line in lines]
    kept = [line for line in kept if line.points]
    if not kept:
        return None
    names = [line.name for line in kept]
    values = [{"line": line.name, "x": place, "y": value} for line in kept for place, value in line.points]
    dotted = {line.name for line in kept if line.dots}
    encoding: Spec = {
        "x": channel("x", x, tickCount=6, grid=False),
        "y": channel("y", y, tickCount=5),
        "color": by_name("line", names, COLOURS, legend=len(names) > 1),
        "strokeDash": by_name("line", names, DASHES, legend=len(names) > 1),
        "tooltip": [
            {"field": "line", "title": " "},
            {"field": "x", "title": x.title, "format": x.format or ",.4~g"},
            {"field": "y", "title": y.title or " ", "format": y.format or ",.4~g"},
        ],
    }
    dots = [value for value in values if value["line"] in dotted]
    layers: list[Spec] = []
    quiet = [value for value in values if value["line"] not in dotted]
    if quiet:
        mark_of_line = {"type": "line", **({"strokeWidth": 1} if dots else {})}
        layers.append({"data": {"values": quiet}, "mark": mark_of_line})
    if dots:
        layers.append({"data": {"values": dots}, "mark": {"type": "line"}})
        layers.append({"data": {"values": dots}, "mark": {"type": "point"}, "encoding": {"strokeDash": None}})
    marks = [] if mark is None else _upright(mark, [place for line in kept for place, _ in line.points])
    return layered(HEIGHT, [*marks, {"layer": layers, "encoding": encoding}])


def intervals(rows: Sequence[IntervalRow], x: Axis, reference: tuple[float, str] | None = None) -> Spec:
    """Each row a dot on its interval, from top to bottom; `reference` is a value that all are compared with."""
    values = [
        {"row": name, "value": row.value, "low": row.low, "high": row.high, "tone": row.tone,
         "hint": row.hint or f"{row.value:.3f} ({row.low:.3f}–{row.high:.3f})"}
        for name, row in zip(_told_apart([row.name for row in rows]), rows, strict=True)
    ]  # fmt: skip
    encoding: Spec = {
        "y": {
            "field": "row", "type": "nominal", "sort": None,
            "axis": {"title": None, "ticks": False, "domain": False, "labelPadding": 8,
                     "labelColor": "var(--ink)"},
        },
        "color": by_name("tone", TONES, COLOURS, legend=False),
        "tooltip": [{"field": "row", "title": " "}, {"field": "hint", "title": "  "}],
    }  # fmt: skip
    across = channel("low", x, tickCount=5)
    layers: list[Spec] = [
        {"mark": {"type": "rule", "strokeWidth": 2}, "encoding": {"x": across, "x2": {"field": "high"}}},
        {
            "mark": {"type": "point", "size": 80},
            "encoding": {
                "x": channel("value", x),
                "shape": by_name("tone", TONES, ("circle", "diamond", "cross"), legend=False),
            },
        },
    ]
    found = [] if reference is None else _upright(reference, [end for row in rows for end in (row.low, row.high)])
    return layered(
        ROW_HEIGHT * len(rows), [*found, {"layer": layers, "encoding": encoding, "data": {"values": values}}]
    )


def reliability(bins: Sequence[Mapping[str, float]], x: Axis, y: Axis, counted: str) -> Spec:
    """How often answers of a confidence are right, against the line on which they should lie.

    bins      {"confidence", "accuracy", "accuracy_low", "accuracy_high", "num_rows"}; a dot's area is its rows
    counted   what `num_rows` counts, in words
    """
    least = min((found["confidence"] for found in bins), default=0.0)
    start = math.floor(min(least, 0.9) * 10) / 10
    lowest = math.floor(10 * min((found["accuracy_low"] for found in bins), default=0.0)) / 10
    ends = [{"x": start, "y": start}, {"x": 1.0, "y": 1.0}]
    x, y = x._replace(domain=(start, 1.0)), y._replace(domain=(min(start, lowest), 1.0))
    encoding: Spec = {
        "x": channel("confidence", x, tickCount=5, grid=False),
        "tooltip": [
            {"field": "confidence", "title": x.title, "format": ".1%"},
            {"field": "accuracy", "title": y.title, "format": ".1%"},
            {"field": "num_rows", "title": counted, "format": ","},
        ],
    }
    layers: list[Spec] = [
        {
            "mark": {"type": "rule", "strokeWidth": 1.75, "color": "var(--accent)"},
            "encoding": {"y": channel("accuracy_low", y), "y2": {"field": "accuracy_high"}},
        },
        {
            "mark": {"type": "point", "filled": True},
            "encoding": {
                "y": channel("accuracy", y, tickCount=5),
                "size": {"field": "num_rows", "type": "quantitative", "scale": {"range": [25, 320]}, "legend": None},
            },
        },
    ]
    wanted = {
        "data": {"values": ends},
        "mark": {"type": "line", "color": "var(--muted)", "strokeDash": [5, 4], "strokeWidth": 1.25},
        "encoding": {"x": channel("x", x), "y": channel("y", y)},
    }
    return layered(HEIGHT, [wanted, {"layer": layers, "encoding": encoding, "data": {"values": list(map(dict, bins))}}])


def matrix(names: Sequence[str], confusion: Sequence[Sequence[int]], titles: tuple[str, str, str]) -> Spec:
    """A confusion matrix as shades: the darker, the larger the share of the gold label; only cells with rows.

    titles   of gold, of predicted, and of the rows in a cell
    """
    totals = [sum(counts) for counts in confusion]
    values = [
        {"gold": names[gold], "predicted": names[predicted], "rows": count, "share": count / totals[gold],
         "hit": gold == predicted}
        for gold, counts in enumerate(confusion)
        for predicted, count in enumerate(counts)
        if count
    ]  # fmt: skip

    def axis(field: str, title: str, **more: Any) -> Spec:
        return {
            "field": field, "type": "nominal", "scale": {"domain": list(names)},
            "axis": {"title": title, "labelLimit": 110, "labelFontSize": 10, "ticks": False, "domain": False,
                     "labelOverlap": "greedy", **more},
        }  # fmt: skip

    encoding: Spec = {
        "y": axis("gold", titles[0]),
        "x": axis("predicted", titles[1], labelAngle=-90, orient="top"),
        "color": {
            "field": "hit", "type": "nominal", "legend": None,
            "scale": {"domain": [True, False], "range": list(COLOURS[:2])},
        },
        "opacity": {
            "field": "share", "type": "quantitative", "legend": None,
            "scale": {"type": "sqrt", "domain": [0, 1], "range": [0.06, 1]},
        },
        "tooltip": [
            {"field": "gold", "title": titles[0]}, {"field": "predicted", "title": titles[1]},
            {"field": "rows", "title": titles[2], "format": ","}, {"field": "share", "title": "%", "format": ".1%"},
        ],
    }  # fmt: skip
    return layered(15 * len(names), [{"mark": "rect", "encoding": encoding, "data": {"values": values}}])


def layered(height: int, layers: Sequence[Spec]) -> Spec:
    """Layers over one another, as wide as their place."""
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": "container",
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "layer": list(layers),
    }


def channel(field: str, axis: Axis, **shown: Any) -> Spec:
    """A number along an axis."""
    scale: Spec = {"zero": False} if axis.domain is None else {"domain": list(axis.domain), "clamp": True}
    look = {"title": axis.title or None, **({"format": axis.format} if axis.format else {}), **shown}
    return {"field": field, "type": "quantitative", "scale": scale, "axis": look}


def by_name(field: str, names: Sequence[str], looks: Sequence[Any], *, legend: bool) -> Spec:
    """A colour, a shape or dashes for each name."""
    scale = {"domain": list(names), "range": [looks[place % len(looks)] for place in range(len(names))]}
    return {
        "field": field,
        "type": "nominal",
        "scale": scale,
        "legend": {"symbolType": "stroke"} if legend else None,
    }


def _told_apart(names: Sequence[str]) -> list[str]:
    """The same names to the eye, each of them once: a second one ends with a character that has no width."""
    seen: dict[str, int] = {}
    told = []
    for name in names:
        told.append(name + "\u200b" * seen.get(name, 0))
        seen[name] = seen.get(name, 0) + 1
    return told


def _total_height(spec: Spec) -> int:
    """About that of the plot with its axes, so that little moves when it is drawn."""
    return int(spec["height"]) + 50


def _upright(mark: tuple[float, str], others: Sequence[float]) -> list[Spec]:
    """An upright line with its label at the top, on the side where there is room beside the other places."""
    place, label = mark
    is_right = place > (min([*others, place]) + max([*others, place])) / 2
    data, at = {"values": [{"at": place, "label": label}]}, {"field": "at", "type": "quantitative"}
    return [
        {"data": data, "mark": {"type": "rule", "strokeDash": [3, 3]}, "encoding": {"x": at}},
        {
            "data": data,
            "mark": {"type": "text", "align": "right" if is_right else "left", "baseline": "bottom", "dy": -4},
            "encoding": {"x": at, "y": {"value": 0}, "text": {"field": "label"}},
        },
    ]
