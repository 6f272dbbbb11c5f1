"""A whole page in one file: it opens anywhere and loads nothing."""

from __future__ import annotations

from groundswell.evaluation.report_markup import Html, joined, tag
from groundswell.evaluation.report_style import STYLE

CONTENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def page(title: str, *parts: Html, style: str = "", language: str = "en") -> str:
    """The page that holds the parts, with a policy that forbids whatever would load something.

    style   more rules behind those of every page
    """
    head = joined([
        Html('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{CONTENT_POLICY}">'),
        tag("title", f"{title} · groundswell"),
        tag("style", Html(STYLE + style)),
    ])  # fmt: skip
    return f"<!doctype html>\n{tag('html', tag('head', head), tag('body', tag('main', *parts)), lang=language)}\n"
