"""A whole page in one file: it opens anywhere and loads nothing."""

from __future__ import annotations

from groundswell.evaluation.plot_script import has_plots, script_policy, scripts
from groundswell.evaluation.report_markup import Html, joined, tag
from groundswell.evaluation.report_style import STYLE

CONTENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def page(title: str, *parts: Html, style: str = "", language: str = "en") -> str:
    """The page that holds the parts, with a policy that forbids whatever would load or run something else.

    The script that draws plots is on it once, and only where there is a plot.

    style   more rules behind those of every page
    """
    content = tag("main", *parts)
    drawn = has_plots(content)
    policy = f"{CONTENT_POLICY}; {script_policy()}" if drawn else CONTENT_POLICY
    head = joined([
        Html('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
        tag("title", f"{title} · groundswell"),
        tag("style", Html(STYLE + style)),
    ])  # fmt: skip
    body = tag("body", content, scripts() if drawn else None)
    return f"<!doctype html>\n{tag('html', tag('head', head), body, lang=language)}\n"
