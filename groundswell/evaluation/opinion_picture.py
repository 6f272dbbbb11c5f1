"""Two pictures of the groups of opinions: a heat map of shares, and bars of net sentiment."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

from groundswell.errors import MissingExtraError
from groundswell.evaluation.opinion_groups import POLARITIES, OpinionGroups, Tally
from groundswell.evaluation.opinion_wording import Wording, percent, signed
from groundswell.evaluation.word_picture import NO_CJK_FONT, cjk_fonts
from groundswell.run_folder import whole_file

MOST_ROWS = 30
FEWEST_BARS = 5  # aspects of a single opinion are drawn only where there are not enough others
MOST_CHARACTERS = 28
NO_GLYPH = "some characters, such as emoji, are in no installed font: the PNGs show boxes; opinions.html shows them"
COLOURS = {"positive": "#0b6b73", "neutral": "#6b7780", "negative": "#b4541a"}
FULL_SHADES = {"positive": "#5fa9ae", "neutral": "#a9b4ba", "negative": "#dd9868"}  # dark digits stand out on each
_ROW_INCHES = 0.34


class _Bar(NamedTuple):
    label: str
    tally: Tally


def draw_opinions(groups: OpinionGroups, folder: Path, wording: Wording) -> list[str]:
    """Writes `categories.png` and `aspects.png` into a folder; returns warnings, such as that a font is missing.

    Opinions without any category fill the first picture with aspects too. Raises MissingExtraError without matplotlib.
    """
    try:
        import matplotlib
    except ImportError as error:
        raise MissingExtraError("pictures need matplotlib. Install it: pip install 'groundswell[pictures]'") from error
    aspects = [_Bar(_aspect_label(each.aspect, each.category), each.tally) for each in groups.aspects if each.aspect]
    aspects = aspects or [_Bar(wording.unnamed, groups.overall)]
    categories = [_Bar(each.category, each.tally) for each in groups.categories if each.category] or aspects
    fonts = cjk_fonts()
    settings: dict[str, Any] = {"font.family": [*fonts, "DejaVu Sans"], "axes.unicode_minus": False}
    with matplotlib.rc_context(cast("Any", settings)), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        _save(_heat_map(categories, wording), folder / "categories.png")
        _save(_net_bars(aspects, wording), folder / "aspects.png")
    shown = "".join([*(bar.label for bar in [*categories, *aspects][: 2 * MOST_ROWS]), wording.heat_title])
    chinese = any("\u3400" <= character <= "\u9fff" for character in shown)
    if chinese and not fonts:
        return [NO_CJK_FONT]
    boxes = any("missing from font" in str(warning.message) for warning in caught)
    return [NO_GLYPH] if boxes else []


def _save(figure: Any, path: Path) -> None:
    with whole_file(path) as aside:
        figure.savefig(aside, format="png", dpi=150, metadata={"Software": None})


def _aspect_label(aspect: str, category: str | None) -> str:
    name = aspect if len(aspect) <= MOST_CHARACTERS else aspect[: MOST_CHARACTERS - 1] + "…"
    return f"{name} · {category}" if category else name


def _axes(
    bars: Sequence[_Bar], title: str, wording: Wording, chosen: Sequence[_Bar] | None = None
) -> tuple[Any, Any, list[_Bar]]:
    """A figure, its axes with a labelled row per bar, and the bars that are shown: the first of those chosen."""
    from matplotlib.figure import Figure

    shown = list((bars if chosen is None else chosen)[:MOST_ROWS])
    figure = Figure(figsize=(9, 1.5 + _ROW_INCHES * max(len(shown), 1)), layout="constrained")
    axes = figure.add_subplot()
    if len(shown) < len(bars):
        title += "\n" + wording.more_rows.format(shown=len(shown), all=len(bars))
    axes.set_title(title, fontsize=11, loc="left", pad=10)
    # `$` would begin a formula
    labels = [f"{bar.label}  ({bar.tally.num_opinions:,})".replace("$", r"\$") for bar in shown]
    axes.set_yticks(range(len(shown)), labels, fontsize=9)
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return figure, axes, shown


def _heat_map(bars: Sequence[_Bar], wording: Wording) -> Any:
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.patches import Rectangle

    figure, axes, shown = _axes(bars, wording.heat_title, wording)
    for column, polarity in enumerate(POLARITIES):
        shades = LinearSegmentedColormap.from_list(polarity, ["#f4f6f6", FULL_SHADES[polarity]])
        for row, bar in enumerate(shown):
            share = bar.tally.shares[polarity].value
            axes.add_patch(Rectangle((column - 0.48, row - 0.46), 0.96, 0.92, color=shades(share), linewidth=0))
            axes.text(column, row, percent(share), ha="center", va="center", fontsize=9, color="#1b2328")
    axes.set_xticks(range(len(POLARITIES)), [wording.polarities[polarity] for polarity in POLARITIES], fontsize=9)
    axes.xaxis.set_ticks_position("top")
    for label in axes.get_xticklabels():
        label.set_verticalalignment("baseline")
    axes.set_xlim(-0.5, len(POLARITIES) - 0.5)
    return figure


def _net_bars(bars: Sequence[_Bar], wording: Wording) -> Any:
    """Shares of negative to the left and of positive to the right; the net stands as a dot with its number."""
    several = [bar for bar in bars if bar.tally.num_opinions > 1]
    figure, axes, shown = _axes(bars, wording.bar_title, wording, several if len(several) >= FEWEST_BARS else None)
    for row, (_, tally) in enumerate(shown):
        positive, negative = tally.shares["positive"].value, tally.shares["negative"].value
        axes.barh(row, positive, height=0.62, color=COLOURS["positive"], alpha=0.55)
        axes.barh(row, -negative, height=0.62, color=COLOURS["negative"], alpha=0.55)
        axes.plot(tally.net, row, "o", color="#1b2328", markersize=4.5)
        axes.text(1.06, row, signed(tally.net), ha="left", va="center", fontsize=9, color="#1b2328")
    axes.axvline(0, color="#1b2328", linewidth=0.8)
    ends = [-1.0, -0.5, 0.0, 0.5, 1.0]
    axes.set_xticks(ends, [percent(abs(end)) for end in ends], fontsize=8.5)
    axes.grid(axis="x", color="#e0e5e4", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.set_xlim(-1.02, 1.2)
    names = wording.polarities
    axes.set_xlabel(f"← {names['negative']}      {wording.share_of_opinions}      {names['positive']} →", fontsize=9)
    return figure
