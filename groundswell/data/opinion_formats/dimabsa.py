"""Quads of strings with a polarity, or with valence and arousal (DimABSA, SemEval-2026 task 3).

One row of each kind, as it stands in the file (our own sentence; the data set is for research use):

    {"ID": "r1", "Text": "屏幕很亮。", "Quadruplet": [{"Aspect": "屏幕", "Category": "DISPLAY#QUALITY",
     "Opinion": "很亮", "Polarity": "POS"}]}
    {"ID": "r1", "Text": "屏幕很亮。", "Quadruplet": [{"Aspect": "屏幕", "Category": "DISPLAY#QUALITY",
     "Opinion": "很亮", "VA": "7.40#6.20"}]}

Strings without offsets, NULL is implicit; a string that occurs more than once is placed at the occurrence nearest to
its partner, and counted. Valence and arousal lie between 1 and 9: the polarity is negative below a valence of 4.5 and
positive above 5.5, the intensity is the distance of the valence from 5, divided by 4. Arousal is not kept.
Polarities are written, not valences.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from groundswell.data.opinion_formats.document import Document, Line
from groundswell.data.opinion_formats.drafts import BadElementError, DraftOpinion, DraftText, Mention, Role, draft_each
from groundswell.data.opinion_formats.intake import Intake
from groundswell.data.opinion_formats.json_places import JsonValue, parse_json
from groundswell.data.opinion_formats.line_rows import read_each_line
from groundswell.data.opinion_formats.polarity_names import SHORT_NAMES, polarity_of_valence
from groundswell.data.opinion_formats.writing import Holding, Tally, count_lost_places
from groundswell.types import Example, Span

HOLDS = Holding(frozenset({"aspect", "category", "opinion", "polarity", "id", "none"}))
AROUSAL_LOST = "arousal is not kept"
_IMPLICIT = "NULL"
_LIST_KEYS = ("Quadruplet", "Triplet")
_LEAST, _NEUTRAL, _MOST = 1.0, 5.0, 9.0


def read(document: Document, intake: Intake) -> None:
    """Gives every line to the intake; the row of a text is its line."""
    read_each_line(document, intake, lambda line: _draft(document, line))


def render(examples: Sequence[Example], tally: Tally) -> str:
    """One object per line."""
    lines = []
    for example in examples:
        count_lost_places(example, tally)
        row: dict[str, object] = {"ID": example.id, "Text": example.text}
        if example.opinions is not None:
            row["Quadruplet"] = [
                {
                    "Aspect": _string(opinion.aspect),
                    "Category": opinion.category or _IMPLICIT,
                    "Opinion": _string(opinion.opinion),
                    "Polarity": SHORT_NAMES[opinion.polarity],
                }
                for opinion in example.opinions
            ]
        lines.append(json.dumps(row, ensure_ascii=False) + "\n")
        tally.texts += 1
        tally.opinions += len(example.opinions or ())
    return "".join(lines)


def _string(span: Span | None) -> str:
    return _IMPLICIT if span is None else span.text


def _draft(document: Document, line: Line) -> DraftText:
    row = parse_json(document, line.offset, line.text)
    text = row.need("Text")
    quads = next((found for key in _LIST_KEYS if (found := row.get(key)) is not None), None)
    opinions = None if quads is None else draft_each(quads.items(), _draft_opinion)
    identity = row.get("ID")
    name = None if identity is None else str(identity.value)
    return DraftText(name, text.string(), line.number, text.place, line.text, opinions)


def _draft_opinion(quad: JsonValue) -> DraftOpinion:
    category = quad.get("Category")
    named = category.string() if category else _IMPLICIT
    dimensions = quad.get("VA")
    polarity = quad.need("Polarity") if dimensions is None else dimensions
    valence = None if dimensions is None else _valence(dimensions)
    return DraftOpinion(
        place=quad.place,
        aspect=_mention("aspect", quad.get("Aspect")),
        category=None if named == _IMPLICIT else named,
        opinion=_mention("opinion", quad.get("Opinion")),
        polarity=polarity.string() if valence is None else polarity_of_valence(valence),
        polarity_place=polarity.place,
        intensity=None if valence is None else abs(valence - _NEUTRAL) / (_MOST - _NEUTRAL),
        notes=() if valence is None else (AROUSAL_LOST,),
    )


def _mention(role: Role, found: JsonValue | None) -> Mention | None:
    if found is None or found.string() == _IMPLICIT:
        return None
    return Mention(role, found.string(), None, None, found.place)


def _valence(dimensions: JsonValue) -> float:
    """The first of `valence#arousal`; BadElementError when it is not such a pair between 1 and 9."""
    try:
        valence, arousal = map(float, dimensions.string().split("#"))
    except ValueError:
        valence = arousal = math.nan
    if not (_LEAST <= valence <= _MOST and _LEAST <= arousal <= _MOST):
        raise BadElementError(
            "not valence#arousal",
            dimensions.place,
            f"VA {dimensions.value!r}, expected valence#arousal between 1 and 9, such as 7.40#6.20. Mend the value.",
        )
    return valence
