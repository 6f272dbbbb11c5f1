"""The leaderboard as people read it."""

from __future__ import annotations

from groundswell.evaluation.leaderboard import Leaderboard, Row, to_html, to_markdown


def row(name: str, accuracy: float, difference: float, p_value: float) -> Row:
    interval = (accuracy, accuracy - 0.1, accuracy + 0.1)
    return Row(name, "bag", interval, interval, difference, p_value, 2.0, 1000, 0.5, 4000.0, 0.2, 0.4)


BOARD = Leaderboard(
    (
        row("best", 0.8, 0.0, 1.0),
        row("alike", 0.8, 0.0, 1.0),
        row("near", 0.7, -0.1, 0.25),
        row("far", 0.3, -0.5, 0.0001),
    ),
    "sample:en#train", "test", 100, 0.01, "best",
)  # fmt: skip


def test_only_the_best_has_nothing_to_be_compared_with() -> None:
    """A model that is right as often as the best one differs by nothing and by chance alone: p is 1."""
    lines = [line.split(" | ") for line in to_markdown(BOARD).splitlines() if line.startswith("| ")]
    assert [(cells[0], *cells[3:5]) for cells in lines] == [
        ("| model", "to the best", "p"),
        ("| best", "best", ""),
        ("| alike", "+0.000", "1"),
        ("| near", "-0.100", "0.250"),
        ("| far", "-0.500", "<0.001"),
    ]


def test_the_page_holds_the_same_cells() -> None:
    page = to_html(BOARD)
    assert page.count(">best</td>") == 1
    assert page.count(">1</td>") == 1
    assert ">+0.000</td>" in page
