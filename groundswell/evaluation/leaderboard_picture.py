"""Accuracy against cost as inline SVG: every model a dot with its interval, the worthwhile ones joined."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from groundswell.evaluation.report_charts import round_ticks
from groundswell.evaluation.report_markup import Html, number, tag

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 56, 190, 30, 48
LABEL_HEIGHT = 14


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


class Axes(NamedTuple):
    """Where costs and values lie on the picture.

    powers   of ten: the ticks of the costs
    ticks    of the values
    """

    powers: Sequence[int]
    ticks: Sequence[float]

    def x(self, cost: float) -> float:
        """The place of a cost, on a logarithmic scale."""
        share = (math.log10(cost) - self.powers[0]) / (self.powers[-1] - self.powers[0])
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        """The height of a value, from the top."""
        return round(TOP + (self.ticks[-1] - value) / (self.ticks[-1] - self.ticks[0]) * (HEIGHT - TOP - BOTTOM), 1)


def cost_picture(title: str, axis: str, points: Sequence[Point]) -> Html:
    """A scatter on a logarithmic scale of costs; nothing without points."""
    if not points:
        return Html()
    ends = [end for point in points for end in (point.low, point.high)]
    axes = Axes(_powers([point.cost for point in points]), round_ticks(ends))
    front = worthwhile(points)
    path = " ".join(f"{axes.x(point.cost)},{axes.y(point.value)}" for point in front)
    labels = _label_heights([axes.y(point.value) for point in points], HEIGHT - BOTTOM)
    dots = [_dot(axes, point, label, point in front) for point, label in zip(points, labels, strict=True)]
    drawing = tag(
        "svg", tag("title", title), tag("desc", _description(points)), *_grid(axes, axis),
        tag("g", tag("polyline", points=path), class_="line line0"), *dots,
        viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", class_="chart",
    )  # fmt: skip
    legend = "Bars: intervals. Joined: no cheaper model is as good."
    return tag("figure", tag("figcaption", title), drawing, tag("p", legend, class_="note"))


def _grid(axes: Axes, axis: str) -> list[Html]:
    """Lines, their numbers and the names of both axes."""
    grid = []
    for tick in axes.ticks:
        height = axes.y(tick)
        grid.append(tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=height, y2=height, class_="grid"))
        grid.append(tag("text", f"{tick:g}", x=LEFT - 8, y=height + 4, class_="tick end"))
    for power in axes.powers:
        place = axes.x(10.0**power)
        grid.append(tag("line", x1=place, x2=place, y1=TOP, y2=HEIGHT - BOTTOM, class_="grid"))
        grid.append(tag("text", f"{10.0**power:g}", x=place, y=HEIGHT - BOTTOM + 18, class_="tick middle"))
    grid.append(tag("text", axis, x=(LEFT + WIDTH - RIGHT) / 2, y=HEIGHT - 8, class_="tick middle"))
    grid.append(tag("text", "accuracy", x=LEFT - 8, y=TOP - 14, class_="tick end"))
    return grid


def _dot(axes: Axes, point: Point, label: float, worth: bool) -> Html:
    """A model with its interval and its name, which stands at the height `label`."""
    x, y = axes.x(point.cost), axes.y(point.value)
    return tag(
        "g",
        tag("title", _hint(point)),
        tag("line", x1=x, x2=x, y1=axes.y(point.low), y2=axes.y(point.high), class_="mark"),
        tag("circle", cx=x, cy=y, r=4.5),
        tag("line", x1=x + 6, x2=WIDTH - RIGHT + 14, y1=y, y2=label - 4, class_="grid"),
        tag("text", point.name, x=WIDTH - RIGHT + 18, y=label, class_="tick start"),
        class_="line line0" if worth else "line line1",
    )


def _powers(costs: Sequence[float]) -> list[int]:
    low, high = math.floor(math.log10(min(costs))), math.ceil(math.log10(max(costs)))
    return list(range(low, max(high, low + 1) + 1))


def _label_heights(places: Sequence[float], bottom: float) -> list[float]:
    """Heights near the dots at which no label lies on another, and none below `bottom` as long as there is room."""
    order = sorted(range(len(places)), key=lambda number: places[number])
    heights = [0.0] * len(places)
    last = -math.inf
    for place in order:
        last = max(places[place] + 4, last + LABEL_HEIGHT)
        heights[place] = last
    for above, place in enumerate(reversed(order)):
        heights[place] = min(heights[place], bottom - above * LABEL_HEIGHT)
    return heights


def _hint(point: Point) -> str:
    return f"{point.name}: {point.value:.3f} ({point.low:.3f} to {point.high:.3f}) at {number(point.cost)}"


def _description(points: Sequence[Point]) -> str:
    return " ".join(f"{point.name}: {point.value:.3f} at {number(point.cost)}." for point in points)
