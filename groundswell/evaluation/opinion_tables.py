"""The groups of opinions as plain values and as CSV, for machines and spreadsheets."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from typing import Any

from groundswell.evaluation.opinion_groups import POLARITIES, AspectGroup, OpinionGroups, Tally
from groundswell.evaluation.opinion_quotes import Quote
from groundswell.evaluation.proportions import Proportion
from groundswell.evaluation.spreadsheet_cells import as_text

_DIGITS = 6


def groups_as_values(groups: OpinionGroups, source: str) -> dict[str, Any]:
    """All groups, counts and quotes as values that JSON can hold; shares are {count, value, low, high}."""
    return {
        "source": source,
        "min_score": groups.min_score,
        "records": {name.removeprefix("num_"): value for name, value in asdict(groups.counts).items()},
        "languages": groups.languages,
        "overall": _tally(groups.overall),
        "categories": [
            {"category": each.category, **_tally(each.tally), "aspects": [_aspect(group) for group in each.aspects]}
            for each in groups.categories
        ],
    }


def groups_as_csv(groups: OpinionGroups) -> str:
    """One line per aspect, the most frequent category first; a byte order mark lets spreadsheets read it as UTF-8.

    Shares are 0-1; `names` and `quotes` are joined by ` | `.
    """
    rows = [_row(group) for each in groups.categories for group in each.aspects]
    file = io.StringIO()
    writer = csv.DictWriter(file, list(_COLUMNS), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: as_text(value) if isinstance(value, str) else value for name, value in row.items()})
    return "\ufeff" + file.getvalue()


_COLUMNS = (
    "category", "aspect", "opinions", "named", "implied", "unnamed", "documents",
    *(f"{polarity}{end}" for polarity in POLARITIES for end in ("", "_share", "_low", "_high")),
    "net", "mean_score", "mean_intensity", "names", "quotes",
)  # fmt: skip


def _row(group: AspectGroup) -> dict[str, object]:
    tally = group.tally
    shares: dict[str, object] = {}
    for polarity, share in tally.shares.items():
        shares[polarity] = share.count
        shares |= {f"{polarity}_{end}": round(value, _DIGITS) for end, value in _ends(share)}
    return {
        "category": group.category or "",
        "aspect": group.aspect or "",
        "opinions": tally.num_opinions,
        "named": tally.num_named,
        "implied": tally.num_implied,
        "unnamed": tally.num_unnamed,
        "documents": tally.num_documents,
        **shares,
        "net": round(tally.net, _DIGITS),
        "mean_score": round(tally.mean_score, _DIGITS),
        "mean_intensity": "" if tally.mean_intensity is None else round(tally.mean_intensity, _DIGITS),
        "names": " | ".join(f"{name} ({count})" for name, count in group.names),
        "quotes": " | ".join(f"[{each.id}] {quoted(each)}" for each in group.quotes),
    }


def _ends(share: Proportion) -> list[tuple[str, float]]:
    return [("share", share.value), ("low", share.low), ("high", share.high)]


def quoted(shown: Quote) -> str:
    """A quote in one line, with … where the text goes on.

    >>> quoted(Quote("1", 1, "so\\ngood", (False, True), (), "positive", 1.0))
    'so good…'
    """
    before, after = ("…" if cut else "" for cut in shown.cut)
    return before + " ".join(shown.text.split()) + after


def _aspect(group: AspectGroup) -> dict[str, Any]:
    return {
        "aspect": group.aspect,
        **_tally(group.tally),
        "names": dict(group.names),
        "quotes": [_quote(each) for each in group.quotes],
    }


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "opinions": tally.num_opinions,
        "named": tally.num_named,
        "implied": tally.num_implied,
        "unnamed": tally.num_unnamed,
        "documents": tally.num_documents,
        **{
            polarity: {"count": share.count, **{name: round(v, _DIGITS) for name, v in _ends(share)}}
            for polarity, share in tally.shares.items()
        },
        "net": round(tally.net, _DIGITS),
        "mean_score": round(tally.mean_score, _DIGITS),
        "mean_intensity": None if tally.mean_intensity is None else round(tally.mean_intensity, _DIGITS),
    }


def _quote(shown: Quote) -> dict[str, Any]:
    marks = [{"kind": kind, "start": start, "end": end} for kind, start, end in shown.marks]
    return {
        "id": shown.id, "line": shown.line, "text": shown.text, "cut": list(shown.cut), "marks": marks,
        "polarity": shown.polarity, "score": round(shown.score, _DIGITS),
    }  # fmt: skip
