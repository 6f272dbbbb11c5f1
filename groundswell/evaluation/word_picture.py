"""Words at their places in a plane, as PNG and as a page; labels are readable in Chinese too."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from groundswell.errors import MissingExtraError
from groundswell.evaluation.report_markup import Html, tag
from groundswell.evaluation.report_page import page
from groundswell.run_folder import write_text

CJK_FONTS = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Zen Hei", "PingFang SC", "Microsoft YaHei",
    "SimHei",
)  # fmt: skip
NO_CJK_FONT = "no font with Chinese characters was found: the PNG shows boxes. apt-get install fonts-noto-cjk"


def draw_words(words: Sequence[str], places: NDArray[np.float64], path: Path, title: str) -> list[str]:
    """Writes `path`.png and `path`.html; returns warnings, such as that no font has the characters.

    places   (N, 2)

    Raises MissingExtraError without matplotlib.
    """
    try:
        import matplotlib
    except ImportError as error:
        raise MissingExtraError("pictures need matplotlib. Install it: pip install 'groundswell[pictures]'") from error
    fonts = cjk_fonts()
    settings: dict[str, Any] = {
        "font.family": [*fonts, "DejaVu Sans"], "axes.unicode_minus": False, "svg.fonttype": "none",
        "svg.hashsalt": "0",
    }  # fmt: skip
    with matplotlib.rc_context(cast("Any", settings)):
        figure = _figure(words, places)
        figure.savefig(path.with_suffix(".png"), dpi=150)
        drawing = io.StringIO()
        figure.savefig(drawing, format="svg", metadata={"Date": None})
    svg = Html(drawing.getvalue()[drawing.getvalue().index("<svg") :])
    parts = tag("header", tag("h1", title)), tag("section", tag("figure", svg))
    write_text(path.with_suffix(".html"), page(title, *parts))
    chinese = any("\u3400" <= character <= "\u9fff" for word in words for character in word)
    return [NO_CJK_FONT] if chinese and not fonts else []


def cjk_fonts() -> list[str]:
    """The first installed font with Chinese characters; empty when there is none."""
    from matplotlib import font_manager

    known = {font.name for font in font_manager.fontManager.ttflist}
    return [name for name in CJK_FONTS if name in known][:1]


def _figure(words: Sequence[str], places: NDArray[np.float64]) -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 7.5), layout="constrained")
    axes = figure.add_subplot()
    axes.scatter(places[:, 0], places[:, 1], s=14, color="#0b6b73")
    for word, (x, y) in zip(words, places, strict=True):
        axes.annotate(word.replace("$", r"\$"), (x, y), xytext=(4, 3), textcoords="offset points", fontsize=9)
    axes.set_xticks([])
    axes.set_yticks([])
    return figure
