"""Accuracy against cost: where the dots lie, and which of them are worth their cost."""

from __future__ import annotations

from groundswell.evaluation.leaderboard_picture import Axes, Point, cost_picture, worthwhile


def point(name: str, cost: float, value: float) -> Point:
    return Point(name, cost, value, value - 0.05, value + 0.05)


CHEAP, DEAR, BEATEN = point("cheap", 1.0, 0.7), point("dear", 100.0, 0.9), point("beaten", 10.0, 0.6)


def test_places_by_hand() -> None:
    """The picture is 640 wide, of which 56 at the left and 190 at the right are margins: 394 for two powers of ten.

    Cost 10 lies in the middle, at 56 + 394 / 2 = 253. Of 360 in height 30 and 48 are margins, 282 are left: the value
    0.75 lies half way from 1 down to 0.5, at 30 + 282 / 2 = 171.
    """
    axes = Axes([0, 1, 2], [0.5, 0.75, 1.0])
    assert [axes.x(cost) for cost in (1, 10, 100)] == [56, 253, 450]
    assert [axes.y(value) for value in (1.0, 0.75, 0.5)] == [30, 171, 312]


def test_a_model_that_costs_more_and_is_worse_is_not_joined() -> None:
    assert worthwhile([DEAR, BEATEN, CHEAP]) == [CHEAP, DEAR]
    picture = cost_picture("title", "seconds", [DEAR, BEATEN, CHEAP])
    assert picture.count('class="line line1"') == 1
    assert all(f"<title>{one.name}: " in picture for one in (DEAR, BEATEN, CHEAP))


def test_without_models_there_is_no_picture() -> None:
    assert cost_picture("title", "seconds", []) == ""
