"""Accuracy against cost: where the dots and their names lie, and which of them are worth their cost."""

from __future__ import annotations

import json
import re
from itertools import pairwise

import pytest

from groundswell.evaluation.leaderboard_picture import (
    HEIGHT,
    LABEL_HEIGHT,
    Point,
    cost_picture,
    cost_plot,
    label_heights,
    worthwhile,
)


def point(name: str, cost: float, value: float) -> Point:
    return Point(name, cost, value, value - 0.05, value + 0.05)


CHEAP, DEAR, BEATEN = point("cheap", 1.0, 0.7), point("dear", 100.0, 0.9), point("beaten", 10.0, 0.6)


def test_ends_by_hand() -> None:
    """Costs 1 to 100, and 0.45 of these two decades for names: up to 10^2.9. Values 0.55 to 0.95, and 4% of 0.4."""
    joined = cost_plot("seconds", [DEAR, BEATEN, CHEAP])["layer"][0]["encoding"]
    assert joined["x"]["scale"]["domain"] == pytest.approx([1, 10**2.9])
    assert joined["x"]["axis"]["values"] == [1, 10, 100]
    assert joined["y"]["scale"]["domain"] == pytest.approx([0.55 - 0.016, 0.95 + 0.016])


def test_a_model_that_costs_more_and_is_worse_is_not_joined() -> None:
    assert worthwhile([DEAR, BEATEN, CHEAP]) == [CHEAP, DEAR]
    joined, dots = cost_plot("seconds", [DEAR, BEATEN, CHEAP])["layer"]
    assert [row["name"] for row in joined["data"]["values"]] == ["cheap", "dear"]
    kinds = {row["name"]: row["kind"] for row in dots["data"]["values"]}
    assert kinds == {"cheap": "worth", "dear": "worth", "beaten": "beaten"}


def test_no_name_lies_on_another() -> None:
    values = [0.5, 0.5, 0.51, 0.9, 0.1, 0.1, 0.1]
    heights = label_heights(values, (0.0, 1.0))
    ordered = sorted(heights)
    assert min(later - earlier for earlier, later in pairwise(ordered)) >= LABEL_HEIGHT / HEIGHT - 1e-9
    assert ordered[0] >= 0
    assert heights[3] == pytest.approx(0.9)  # one with room stays beside its dot


def test_the_numbers_are_read_out() -> None:
    picture = cost_picture("title", "seconds", [DEAR, CHEAP])
    assert 'aria-label="title. dear: 0.900 at 100.0. cheap: 0.700 at 1.000."' in picture
    data = re.findall(r'<script type="application/json">(.*?)</script>', picture)
    assert json.loads(data[0])["height"] == HEIGHT


def test_without_models_there_is_no_picture() -> None:
    assert cost_picture("title", "seconds", []) == ""


def test_models_of_one_cost_and_value_can_be_drawn() -> None:
    plot = cost_plot("seconds", [Point("a", 5.0, 0.5, 0.5, 0.5), Point("b", 5.0, 0.5, 0.5, 0.5)])
    low, high = plot["layer"][0]["encoding"]["y"]["scale"]["domain"]
    assert low < 0.5 < high
