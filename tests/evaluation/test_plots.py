"""Plots as Vega-Lite: what is drawn from which numbers, and that the library takes every one of them."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import pytest
import vl_convert
from tiny_findings import calibration

from groundswell.evaluation import plot_script, plots
from groundswell.evaluation.plots import Axis, IntervalRow, Line
from groundswell.evaluation.report_markup import Html
from groundswell.evaluation.report_page import page

X, Y = Axis("x"), Axis("y", ".0%")


def marks_of(spec: dict[str, Any]) -> list[str]:
    """The kinds of marks of all layers, from the bottom to the top."""
    if "layer" in spec:
        return [mark for layer in spec["layer"] for mark in marks_of(layer)]
    mark = spec["mark"]
    return [mark if isinstance(mark, str) else mark["type"]]


def values_of(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """All rows of data, from the outside to the inside."""
    found = list(spec.get("data", {}).get("values", []))
    return found + [row for layer in spec.get("layer", []) for row in values_of(layer)]


def test_points_that_are_not_finite_are_left_out() -> None:
    lines = [Line("a", [(1, 0.5), (2, math.nan), (3, 0.25)]), Line("b", [(1, math.inf)]), Line("c", [])]
    spec = plots.curves(lines, X, Y)
    assert spec is not None
    assert {(row["line"], row["x"], row["y"]) for row in values_of(spec)} == {("a", 1, 0.5), ("a", 3, 0.25)}
    assert plots.curves(lines[1:], X, Y) is None


def test_lines_are_told_apart_without_colour() -> None:
    spec = plots.curves([Line("train", [(1, 2.0)]), Line("dev", [(1, 3.0)])], X, Y)
    assert spec is not None
    encoding = spec["layer"][-1]["encoding"]
    assert encoding["strokeDash"]["scale"]["domain"] == encoding["color"]["scale"]["domain"] == ["train", "dev"]
    dashes = encoding["strokeDash"]["scale"]["range"]
    assert dashes[0] != dashes[1]


def test_a_line_of_many_points_has_no_dots() -> None:
    with_dots = plots.curves([Line("a", [(1, 2.0)])], X, Y)
    without = plots.curves([Line("a", [(1, 2.0)], dots=False)], X, Y)
    assert with_dots is not None
    assert without is not None
    assert marks_of(with_dots) == ["line", "point"]
    assert marks_of(without) == ["line"]


@pytest.mark.parametrize(("place", "side"), [(1.0, "left"), (9.0, "right")])
def test_the_label_of_a_mark_stands_where_there_is_room(place: float, side: str) -> None:
    spec = plots.curves([Line("a", [(0, 1.0), (10, 2.0)])], X, Y, (place, "kept"))
    assert spec is not None
    assert marks_of(spec)[:2] == ["rule", "text"]
    assert spec["layer"][1]["mark"]["align"] == side


def test_rows_of_one_name_stay_apart_and_look_alike() -> None:
    rows = [IntervalRow("same", 0.5, 0.4, 0.6), IntervalRow("same", 0.7, 0.6, 0.8, "bad"), IntervalRow("b", 1, 1, 1)]
    spec = plots.intervals(rows, X, (0.6, "all"))
    names = [row["row"] for row in values_of(spec) if "row" in row]
    assert len(set(names)) == 3
    assert [name.replace("\u200b", "") for name in names] == ["same", "same", "b"]
    assert spec["height"] == 3 * plots.ROW_HEIGHT


def test_calibration_starts_where_there_are_answers() -> None:
    """The least confident bin has 0.525 on average, its interval begins at 0.43: the plot begins at 0.5, 0.4."""
    spec = plots.reliability(calibration()["bins"], X, Y, "rows")
    ends = [row for row in values_of(spec) if set(row) == {"x", "y"}]
    assert ends == [{"x": 0.5, "y": 0.5}, {"x": 1.0, "y": 1.0}]
    assert spec["layer"][0]["encoding"]["x"]["scale"]["domain"] == [0.5, 1.0]
    assert spec["layer"][0]["encoding"]["y"]["scale"]["domain"] == [0.4, 1.0]


def test_a_matrix_holds_the_cells_with_rows() -> None:
    spec = plots.matrix(["a", "b"], [[3, 1], [0, 0]], ("gold", "predicted", "rows"))
    assert [(row["gold"], row["predicted"], row["rows"], row["share"], row["hit"]) for row in values_of(spec)] == [
        ("a", "a", 3, 0.75, True),
        ("a", "b", 1, 0.25, False),
    ]


def test_numbers_in_a_plot_are_numbers() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        plots.script_json({"value": math.nan})
    hostile = "</script><!--\u2028&"
    written = plots.script_json(hostile)
    assert not re.search("[<>&\u2028]", written)
    assert json.loads(written) == hostile


def test_a_text_does_not_bring_the_script() -> None:
    quoted = Html(f"<p>{plots.figure.__name__} class=&quot;drawing&quot;</p>")
    assert not plot_script.has_plots(quoted)
    assert "<script" not in page("a", quoted)
    spec = plots.curves([Line("a", [(1, 2.0)])], X, Y)
    assert spec is not None
    drawn = plots.figure("title", spec)
    assert page("a", drawn, drawn).count('<script type="module">') == 2


def test_the_library_has_nothing_that_would_end_its_element() -> None:
    script = plot_script.library()
    assert "Copyright (c) 2015-2023, University of Washington Interactive Data Lab" in script[:500]
    assert not re.search("</script|<!--", script, re.IGNORECASE)
    assert 500_000 < len(script) < 1_200_000


@pytest.fixture(scope="module")
def every_plot() -> dict[str, dict[str, Any]]:
    rows = [IntervalRow("a", 0.5, 0.4, 0.6), IntervalRow("b", 0.7, 0.6, 0.8, "uncertain")]
    found = {
        "curves": plots.curves([Line("a", [(1, 2.0), (2, 1.0)]), Line("b", [(1, 3.0)])], X, Y, (2.0, "kept")),
        "intervals": plots.intervals(rows, X, (0.6, "all")),
        "reliability": plots.reliability(calibration()["bins"], X, Y, "rows"),
        "matrix": plots.matrix(["a", "b"], [[3, 1], [1, 2]], ("gold", "predicted", "rows")),
    }
    return {name: spec for name, spec in found.items() if spec is not None}


def test_the_library_draws_every_plot(every_plot: dict[str, dict[str, Any]]) -> None:
    for name, spec in every_plot.items():
        picture = vl_convert.vegalite_to_svg({**spec, "width": 400}, config=plot_script.CONFIG)
        assert picture.count("<path") > 4, name
        assert "var(--accent)" in picture, name  # a colour of the style sheet reaches the drawing
