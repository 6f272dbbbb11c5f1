"""Charts as inline SVG, drawn without a library: a curve per epoch, and an interval on its scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from groundswell.evaluation.report_markup import Html, number, tag

WIDTH, HEIGHT = 440, 240
LEFT, RIGHT, TOP, BOTTOM = 52, 24, 36, 44
MOST_LABELLED_POINTS = 8


class Series(NamedTuple):
    """One line of a chart: (epoch, value) points; values that are not finite leave a gap."""

    name: str
    points: Sequence[tuple[float, float]]


class Frame(NamedTuple):
    """How values map to the drawing."""

    first_epoch: float
    last_epoch: float
    lowest: float
    highest: float

    def x(self, epoch: float) -> float:
        """The horizontal place of an epoch; a single epoch stands in the middle."""
        span = self.last_epoch - self.first_epoch
        share = (epoch - self.first_epoch) / span if span else 0.5
        return round(LEFT + 12 + share * (WIDTH - LEFT - RIGHT - 24), 1)

    def y(self, value: float) -> float:
        """The vertical place of a value."""
        return round(TOP + (self.highest - value) / (self.highest - self.lowest) * (HEIGHT - TOP - BOTTOM), 1)


def line_chart(title: str, series: Sequence[Series], marked_epoch: float | None = None) -> Html:
    """A curve with axes, labelled values and a text alternative; nothing when no value is finite.

    marked_epoch   drawn as a thin upright line: the epoch whose weights were kept
    """
    series = [Series(line.name, [point for point in line.points if math.isfinite(point[1])]) for line in series]
    series = [line for line in series if line.points]
    if not series:
        return Html()
    ticks = round_ticks([value for line in series for _, value in line.points])
    epochs = sorted({epoch for line in series for epoch, _ in line.points})
    frame = Frame(epochs[0], epochs[-1], ticks[0], ticks[-1])
    drawing = tag(
        "svg",
        tag("title", title),
        tag("desc", _description(series)),
        *_axes(frame, ticks, epochs),
        _mark(frame, marked_epoch),
        *(_line(frame, series, order) for order in range(len(series))),
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        class_="chart",
    )
    return tag("figure", tag("figcaption", title, *_legend(series)), drawing)


def interval_bar(value: float, low: float, high: float, scale: tuple[float, float]) -> Html:
    """An interval as a band with its value as a dot, on a scale of fixed ends."""
    start, end = scale

    def place(number: float) -> float:
        return round(22 + 296 * (min(max(number, start), end) - start) / (end - start), 1)

    return tag(
        "svg",
        tag("text", f"{start:g}", x=14, y=12, class_="tick end"),
        tag("line", x1=22, x2=318, y1=8, y2=8, class_="track"),
        tag("text", f"{end:g}", x=326, y=12, class_="tick start"),
        tag(
            "rect", x=place(low), y=3, width=max(round(place(high) - place(low), 1), 2), height=10, rx=2, class_="band"
        ),
        tag("line", x1=place(value), x2=place(value), y1=1, y2=15, class_="value-line"),
        viewBox="0 0 336 16",
        role="img",
        class_="interval wide",
        aria_label=f"{value:.3f}, interval {low:.3f} to {high:.3f}, on a scale from {start:g} to {end:g}",
    )


def round_ticks(values: Sequence[float]) -> list[float]:
    """Round numbers, evenly spaced, around all values: at least two.

    >>> round_ticks([0.31, 0.62])
    [0.3, 0.4, 0.5, 0.6, 0.7]
    """
    low, high = min(values), max(values)
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        margin = abs(low) * 0.1 or 1.0
        low, high = low - margin, high + margin
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [float(f"{index * step:.12g}") for index in range(first, last + 1)]


def _axes(frame: Frame, ticks: Sequence[float], epochs: Sequence[float]) -> list[Html]:
    decimals = max(len(f"{tick:g}".partition(".")[2]) for tick in ticks)
    lines = []
    for tick in ticks:
        y = frame.y(tick)
        lines.append(tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="grid"))
        lines.append(tag("text", f"{tick:.{decimals}f}", x=LEFT - 8, y=y + 4, class_="tick end"))
    every = math.ceil(len(epochs) / 10)
    for epoch in epochs[::every]:
        lines.append(tag("text", f"{epoch:g}", x=frame.x(epoch), y=HEIGHT - BOTTOM + 18, class_="tick middle"))
    return [*lines, tag("text", "epoch", x=(LEFT + WIDTH - RIGHT) / 2, y=HEIGHT - 6, class_="tick middle")]


def _mark(frame: Frame, epoch: float | None) -> Html | None:
    if epoch is None or not frame.first_epoch <= epoch <= frame.last_epoch:
        return None
    x = frame.x(epoch)
    side = "end" if x > WIDTH / 2 else "start"
    return tag(
        "g",
        tag("line", x1=x, x2=x, y1=4, y2=HEIGHT - BOTTOM, class_="mark"),
        tag("text", "weights kept", x=x - 5 if side == "end" else x + 5, y=13, class_=f"tick {side}"),
    )


def _line(frame: Frame, series: Sequence[Series], order: int) -> Html:
    line = series[order]
    others = dict(point for other in series if other is not line for point in other.points)
    places = [(frame.x(epoch), frame.y(value)) for epoch, value in line.points]
    path = " ".join(f"{x},{y}" for x, y in places)
    dots = [
        tag("circle", tag("title", f"{line.name}, epoch {epoch:g}: {number(value)}"), cx=x, cy=y, r=3.5)
        for (x, y), (epoch, value) in zip(places, line.points, strict=True)
    ]
    # Where two lines are close, the upper one is labelled above its points and the lower one below.
    below = [value < others.get(epoch, value) for epoch, value in line.points]
    labels = [
        tag(
            "text",
            number(line.points[index][1]),
            x=places[index][0],
            y=places[index][1] + (17 if below[index] else -9),
            class_="value",
        )
        for index in _labelled(len(places))
    ]
    return tag("g", tag("polyline", points=path), *dots, *labels, class_=f"line line{order}")


def _labelled(num_points: int) -> list[int]:
    every = math.ceil(num_points / MOST_LABELLED_POINTS)
    return sorted({*range(0, num_points - every // 2, every), num_points - 1})


def _legend(series: Sequence[Series]) -> list[Html]:
    if len(series) < 2:
        return []
    return [tag("span", line.name, class_=f"key key{order}") for order, line in enumerate(series)]


def _description(series: Sequence[Series]) -> str:
    return " ".join(
        f"{line.name}: " + ", ".join(f"epoch {epoch:g} {number(value)}" for epoch, value in line.points) + "."
        for line in series
    )
