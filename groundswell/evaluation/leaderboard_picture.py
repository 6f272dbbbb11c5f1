"""Accuracy against cost: every model a dot with its interval, the worthwhile ones joined."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from groundswell.evaluation import plots
from groundswell.evaluation.plots import Axis, Spec
from groundswell.evaluation.report_markup import Html, number, tag

HEIGHT, LABEL_HEIGHT = 320, 15
ROOM_FOR_LABELS = 0.45  # of the width of the costs
_MARGIN = 0.04  # of the height of the values


class Point(NamedTuple):
    """A model: what it costs, and how good it is with the ends of its interval."""

    name: str
    cost: float
    value: float
    low: float
    high: float


def worthwhile(points: Sequence[Point]) -> list[Point]:
    """The points that no other one beats in both cost and value, by rising cost."""
    kept: list[Point] = []
    for point in sorted(points, key=lambda point: (point.cost, -point.value)):
        if not kept or point.value > kept[-1].value:
            kept.append(point)
    return kept


def cost_picture(title: str, axis: str, points: Sequence[Point]) -> Html:
    """A scatter on a logarithmic scale of costs; nothing without points."""
    if not points:
        return Html()
    legend = tag("p", "Bars: intervals. Joined: no cheaper model is as good.", class_="note")
    told = " ".join(f"{point.name}: {point.value:.3f} at {number(point.cost)}." for point in points)
    return plots.figure(title, cost_plot(axis, points), legend, description=f"{title}. {told}")


def cost_plot(axis: str, points: Sequence[Point]) -> Spec:
    """Dots with their intervals; names stand to the right of all, each at a height of its own, tied to its dot."""
    lowest, highest = min(point.low for point in points), max(point.high for point in points)
    margin = max(highest - lowest, 0.01) * _MARGIN
    ends = (lowest - margin, highest + margin)
    costs = [point.cost for point in points]
    least, most = _decades(costs)
    span = math.log10(most / least)
    beside = most * 10 ** (0.04 * span)
    front = set(worthwhile(points))
    heights = label_heights([point.value for point in points], ends)
    values: list[dict[str, Any]] = [
        {**point._asdict(), "label": height, "beside": beside, "kind": "worth" if point in front else "beaten"}
        for point, height in zip(points, heights, strict=True)
    ]
    powers = [10.0**power for power in range(round(math.log10(least)), round(math.log10(most)) + 1)]
    across = {
        "field": "cost", "type": "quantitative",
        "scale": {"type": "log", "domain": [least, most * 10 ** (ROOM_FOR_LABELS * span)]},
        "axis": {"title": axis, "values": powers, "format": ",~g", "grid": False},
    }  # fmt: skip
    joined = {
        "data": {"values": [point._asdict() for point in worthwhile(points)]},
        "mark": {"type": "line"},
        "encoding": {"x": across, "y": plots.channel("value", Axis("accuracy", plots.SHARE_FORMAT, ends))},
    }
    return plots.layered(HEIGHT, [joined, {"data": {"values": values}, "layer": _dots(across, ends)}])


def label_heights(values: Sequence[float], ends: tuple[float, float]) -> list[float]:
    """Values near the given ones at which no label lies on another, and none below the picture while there is room."""
    step = LABEL_HEIGHT * (ends[1] - ends[0]) / HEIGHT
    order = sorted(range(len(values)), key=lambda place: -values[place])
    heights = [0.0] * len(values)
    last = math.inf
    for place in order:
        last = min(values[place], last - step)
        heights[place] = last
    for above, place in enumerate(reversed(order)):
        heights[place] = max(heights[place], ends[0] + above * step)
    return heights


def _dots(across: Spec, ends: tuple[float, float]) -> list[Spec]:
    axis = Axis("accuracy", plots.SHARE_FORMAT, ends)
    kinds: Spec = {
        "color": plots.by_name("kind", ("worth", "beaten"), plots.COLOURS, legend=False),
        "tooltip": [
            {"field": "name", "title": " "},
            {"field": "value", "title": "accuracy", "format": ".3f"},
            {"field": "cost", "title": across["axis"]["title"], "format": ",.4~g"},
        ],
    }
    tie = {"x": across, "x2": {"field": "beside"}, "y": plots.channel("value", axis), "y2": {"field": "label"}}
    name = {"field": "name", "type": "nominal"}
    label = {
        "mark": {"type": "text", "align": "left", "dx": 5, "limit": 220},
        "encoding": {"x": {**across, "field": "beside"}, "y": plots.channel("label", axis), "text": name},
    }
    return [
        {"mark": {"type": "rule", "color": "var(--rule)"}, "encoding": tie},
        {
            "mark": {"type": "rule", "strokeWidth": 1.5},
            "encoding": {**kinds, "x": across, "y": plots.channel("low", axis), "y2": {"field": "high"}},
        },
        {
            "mark": {"type": "point", "size": 80},
            "encoding": {
                **kinds, "x": across, "y": plots.channel("value", axis),
                "shape": plots.by_name("kind", ("worth", "beaten"), ("circle", "diamond"), legend=False),
            },
        },
        label,
    ]  # fmt: skip


def _decades(costs: Sequence[float]) -> tuple[float, float]:
    """The powers of ten around all costs, at least two of them."""
    low, high = math.floor(math.log10(min(costs))), math.ceil(math.log10(max(costs)))
    return 10.0**low, 10.0 ** max(high, low + 1)
