"""The script that draws the plots of a page: Vega-Lite inlined, and nothing else that a browser would run.

A page allows exactly these two scripts by their hashes; expressions of a plot are interpreted, never evaluated as code.
"""

from __future__ import annotations

import base64
import hashlib
import json
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from groundswell.evaluation.report_markup import Html
from groundswell.run_folder import write_text
from groundswell.runtime import cache_folder

NOTICES = Path(__file__).parent / "vega" / "LICENSES.txt"
DRAWING = "drawing"  # class of the element that a plot is drawn in; its specification stands in the next element
FONT = (
    'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "PingFang SC", "Hiragino Sans GB", '
    '"Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif'
)
# Colours are those of the style sheet, so a plot turns dark with its page without being drawn again.
CONFIG: dict[str, Any] = {
    "background": None,
    "font": FONT,
    "view": {"stroke": None},
    "axis": {
        "labelColor": "var(--muted)", "titleColor": "var(--muted)", "gridColor": "var(--rule)",
        "domainColor": "var(--rule)", "tickColor": "var(--rule)", "labelFontSize": 12, "titleFontSize": 12,
        "titleFontWeight": "normal", "titlePadding": 8,
    },
    "axisX": {"labelOverlap": "greedy", "labelSeparation": 6},
    "legend": {
        "labelColor": "var(--ink)", "labelFontSize": 12, "orient": "top", "title": None, "symbolStrokeWidth": 2.5,
        "symbolSize": 300, "labelLimit": 260, "columnPadding": 14, "offset": 24,
    },
    "rule": {"color": "var(--muted)"},
    "text": {"color": "var(--muted)", "fontSize": 12},
    "point": {"color": "var(--accent)", "filled": True, "opacity": 1, "size": 55},
    "line": {"color": "var(--accent)", "strokeWidth": 2.25},
}  # fmt: skip
_DRAW = """
const config = CONFIG;
config.axisY = {labelLimit: matchMedia("(max-width: 40rem)").matches ? 125 : 240};
const options = {renderer: "svg", actions: false, ast: true, config};
for (const place of document.querySelectorAll(".DRAWING")) {
  await new Promise((next) => setTimeout(next));  // the page can be read and scrolled between two plots
  try {
    await vegaEmbed(place, JSON.parse(place.nextElementSibling.textContent), options);
  } catch (error) {
    place.textContent = String(error);
    console.error(error);
  }
}
document.documentElement.dataset.plots = "drawn";
"""


@cache
def library() -> str:
    """The text of the library, with its notices: Vega, Vega-Lite and Vega-Embed in one module, as vl-convert has them.

    Putting it together takes a second, so it is kept in the cache folder.
    """
    kept = cache_folder() / "plots" / f"vega-{version('vl-convert-python')}.js"
    try:
        script = kept.read_text(encoding="utf-8")
    except OSError:
        script = _bundled()
        with suppress(OSError):  # a cache that cannot be written costs a second next time
            kept.parent.mkdir(parents=True, exist_ok=True)
            write_text(kept, script)
    return f"/*!\n{NOTICES.read_text(encoding='utf-8')}*/\n{script}\n"


def _bundled() -> str:
    import vl_convert

    script: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return script


@cache
def drawer() -> str:
    """The few lines that hand each plot of a page to the library."""
    return _DRAW.replace("CONFIG", json.dumps(CONFIG)).replace("DRAWING", DRAWING)


def has_plots(content: Html) -> bool:
    """Whether a page with this content has something to draw; a text cannot look like it, its quotes are escaped."""
    return f'class="{DRAWING}"' in content


@cache
def scripts() -> Html:
    """Both scripts as elements, for the end of a page."""
    return Html("".join(f'<script type="module">{text}</script>' for text in (library(), drawer())))


@cache
def script_policy() -> str:
    """The part of a content policy that lets both run, and nothing else."""
    digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (library(), drawer()))
    return "script-src " + " ".join(f"'sha256-{digest}'" for digest in digests)
