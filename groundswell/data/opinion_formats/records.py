"""Our own records, one JSON object per line.

One row, as it stands in the file:

    {"id": "r1", "text": "屏幕很亮👍。", "label": "positive", "time": "2025-01-20T13:46:18Z", "opinions": [
     {"aspect": {"text": "屏幕", "start": 0, "end": 2}, "category": "DISPLAY#QUALITY",
      "opinion": {"text": "很亮", "start": 2, "end": 4}, "polarity": "positive", "score": 1.0, "intensity": 0.6,
      "negated": false}]}

Offsets are code points, end-exclusive; null is implicit. Without `opinions` nobody has looked for them. Keys that an
example has no place for are counted in a warning.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from groundswell.data.opinion_formats.document import Document, Line
from groundswell.data.opinion_formats.drafts import BadElementError, DraftOpinion, DraftText, Mention, Role, draft_each
from groundswell.data.opinion_formats.intake import Intake, opinion_order
from groundswell.data.opinion_formats.json_places import JsonValue, parse_json
from groundswell.data.opinion_formats.line_rows import read_each_line
from groundswell.data.opinion_formats.writing import ALL_FIELDS, Holding, Tally
from groundswell.data.targets import name_of
from groundswell.types import Example, Opinion, Span

HOLDS = Holding(ALL_FIELDS)
_KEYS = frozenset({"id", "text", "label", "group", "time", "opinions"})


def read(document: Document, intake: Intake) -> None:
    """Gives every line to the intake; the row of a text is its line."""
    others: Counter[str] = Counter()
    read_each_line(document, intake, lambda line: _draft(document, line, intake.where, others))
    if others:
        counts = ", ".join(f"{key} ({count:,} rows)" for key, count in sorted(others.items()))
        intake.warn(f"keys that are not kept: {counts}")


def render(examples: Sequence[Example], tally: Tally) -> str:
    """One record per line, its opinions in the order of the text."""
    lines = []
    for example in examples:
        record: dict[str, Any] = {"id": example.id, "text": example.text}
        record |= {
            key: value
            for key, value in (("label", example.target), ("group", example.group), ("time", example.time))
            if value is not None
        }
        if example.opinions is not None:
            record["opinions"] = [_opinion_record(opinion) for opinion in sorted(example.opinions, key=opinion_order)]
        lines.append(json.dumps(record, ensure_ascii=False) + "\n")
        tally.texts += 1
        tally.opinions += len(example.opinions or ())
    return "".join(lines)


def _opinion_record(opinion: Opinion) -> dict[str, Any]:
    record = {
        "aspect": _span_record(opinion.aspect),
        "category": opinion.category,
        "opinion": _span_record(opinion.opinion),
        "polarity": opinion.polarity,
        "score": opinion.score,
        "intensity": opinion.intensity,
        "negated": opinion.negated,
    }
    return {key: value for key, value in record.items() if key != "intensity" or value is not None}


def _span_record(span: Span | None) -> dict[str, Any] | None:
    return None if span is None else {"text": span.text, "start": span.start, "end": span.end}


def _draft(document: Document, line: Line, where: Mapping[str, str], others: Counter[str]) -> DraftText | None:
    row = parse_json(document, line.offset, line.text)
    if any(_name(row, key) != value for key, value in where.items()):
        return None
    text = row.need("text")
    opinions = row.get("opinions")
    drafts = None if opinions is None else draft_each(opinions.items(), _draft_opinion)
    others.update(row.value.keys() - _KEYS - where.keys())
    return DraftText(
        id=_name(row, "id"),
        text=text.string(),
        row=line.number,
        place=text.place,
        raw=line.text,
        opinions=drafts,
        target=_name(row, "label"),
        group=_name(row, "group"),
        time=_name(row, "time"),
    )


def _name(row: JsonValue, key: str) -> str | None:
    found = row.get(key)
    if found is not None and isinstance(found.value, list | dict):
        found.check(str)
    return None if found is None else name_of(found.value) or None


def _draft_opinion(record: JsonValue) -> DraftOpinion:
    polarity = record.need("polarity")
    category, score, intensity, negated = map(record.get, ("category", "score", "intensity", "negated"))
    if negated is not None:
        negated.check(bool)
    return DraftOpinion(
        place=record.place,
        aspect=_mention("aspect", record),
        category=None if category is None else category.string() or None,
        opinion=_mention("opinion", record),
        polarity=polarity.string(),
        polarity_place=polarity.place,
        intensity=None if intensity is None else _share(intensity),
        score=1.0 if score is None else _share(score),
        negated=negated is not None and bool(negated.value),
    )


def _mention(role: Role, record: JsonValue) -> Mention | None:
    span = record.get(role)
    if span is None:
        return None
    start, end = span.need("start").integer(), span.need("end").integer()
    return Mention(role, span.need("text").string(), start, end, span.place)


def _share(found: JsonValue) -> float:
    number = found.number()
    if not 0 <= number <= 1:
        raise BadElementError(
            f"{found.path[-1]} out of range",
            found.place,
            f"{found.path[-1]} is {number:g}, expected a number between 0 and 1. Mend the number.",
        )
    return number
