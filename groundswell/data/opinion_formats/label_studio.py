"""Regions with labels, and relations between them (Label Studio's JSON export).

One task, as it stands in the file (our own sentence):

    [{"id": 1, "data": {"text": "屏幕很亮。"}, "annotations": [{"completed_by": 3, "result": [
      {"id": "a", "from_name": "label", "to_name": "text", "type": "labels",
       "value": {"start": 0, "end": 2, "text": "屏幕", "labels": ["评价维度##正向"]}},
      {"id": "o", "from_name": "label", "to_name": "text", "type": "labels",
       "value": {"start": 2, "end": 4, "text": "很亮", "labels": ["观点词"]}},
      {"type": "relation", "from_id": "a", "to_id": "o", "direction": "right", "labels": ["观点"]}]}]}]

Ends are exclusive. Offsets count UTF-16 units or code points, depending on the version: `value.text` tells which.
A label is a role, with `##` and a polarity behind it; regions without a relation are opinions of their own. Cancelled
annotations are dropped; several annotators give several examples, one group, with the annotator's number in the id.
Written are code points.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from groundswell.data.opinion_formats.document import Document
from groundswell.data.opinion_formats.drafts import BadElementError, DraftOpinion, DraftText, Mention, Role, draft_each
from groundswell.data.opinion_formats.intake import CANCELLED, Intake
from groundswell.data.opinion_formats.json_places import JsonValue, parse_json
from groundswell.data.opinion_formats.label_studio_offsets import as_code_points, counts_utf_16
from groundswell.data.opinion_formats.writing import Holding, Tally
from groundswell.errors import DataError
from groundswell.types import Example, Opinion, Polarity, Span

HOLDS = Holding(
    frozenset({"aspect", "opinion", "polarity", "id", "label", "none"}), needs=(frozenset({"aspect", "opinion"}),)
)
UTF_16 = "offsets in UTF-16 units"
_SEPARATOR = "##"
_ASPECT_LABEL, _OPINION_LABEL, _RELATION_LABEL = "评价维度", "观点词", "观点"
_ROLE_OF: dict[str, Role] = {
    **dict.fromkeys([_ASPECT_LABEL, "属性", "方面", "评价对象", "aspect", "target"], "aspect"),
    **dict.fromkeys([_OPINION_LABEL, "评价词", "意见词", "opinion"], "opinion"),
}
_POLARITY_LABELS: dict[Polarity, str] = {"positive": "正向", "neutral": "中性", "negative": "负向"}
_REGION_TYPES = ("labels", "hypertextlabels")


@dataclass(frozen=True)
class _Region:
    id: str
    mention: Mention
    polarity: str | None
    found: JsonValue
    notes: tuple[str, ...]


def read(document: Document, intake: Intake) -> None:
    """Gives every annotation to the intake; its row is the number of its task."""
    try:
        tasks = list(parse_json(document, 0, document.text).items())
    except BadElementError as bad:
        raise DataError(str(bad)) from bad
    in_utf_16 = counts_utf_16(tasks)
    for row, task in enumerate(tasks, start=1):
        try:
            drafts = _drafts(task, row, in_utf_16)
        except BadElementError as bad:
            intake.reject_text(bad, row, json.dumps(task.value))
            continue
        for draft in drafts:
            if draft is None:
                intake.drop_text(CANCELLED, row)
            else:
                intake.add(draft)


def render(examples: Sequence[Example], tally: Tally) -> str:
    """One task per text, in one JSON array."""
    tasks = []
    for number, example in enumerate(examples, start=1):
        results: list[dict[str, Any]] = []
        for opinion in example.opinions or ():
            _add_opinion(results, opinion)
        if isinstance(example.target, str):
            results.append({"from_name": "sentiment", "to_name": "text", "type": "choices",
                            "value": {"choices": [example.target]}})  # fmt: skip
        annotations = [] if example.opinions is None and not results else [{"result": results}]
        tasks.append({"id": number, "data": {"id": example.id, "text": example.text}, "annotations": annotations})
        tally.texts += 1
        tally.opinions += len(example.opinions or ())
    return json.dumps(tasks, ensure_ascii=False, indent=1) + "\n"


def _add_opinion(results: list[dict[str, Any]], opinion: Opinion) -> None:
    """Its regions, each with an id of its own, and the relation between them."""
    polarity = _SEPARATOR + _POLARITY_LABELS[opinion.polarity]
    ids = []
    for span, label in ((opinion.aspect, _ASPECT_LABEL), (opinion.opinion, _OPINION_LABEL)):
        if span is not None:
            ids.append(f"r{len(results) + 1}")
            results.append(_region(span, label + (polarity if len(ids) == 1 else ""), ids[-1]))
    if len(ids) == 2:
        results.append({"type": "relation", "from_id": ids[0], "to_id": ids[1], "direction": "right",
                        "labels": [_RELATION_LABEL]})  # fmt: skip


def _region(span: Span, label: str, name: str) -> dict[str, Any]:
    value = {"start": span.start, "end": span.end, "text": span.text, "labels": [label]}
    return {"id": name, "from_name": "label", "to_name": "text", "type": "labels", "value": value}


def _drafts(task: JsonValue, row: int, in_utf_16: bool) -> list[DraftText | None]:
    """One draft per annotation, None for a cancelled one; one without opinions for a task without annotations."""
    text = task.need("data").need("text")
    given = task.need("data").get("id") or task.get("id")
    name = str(given.value) if given else str(row)
    annotations = list(found.items()) if (found := task.get("annotations")) else []
    valid = [one for one in annotations if not ((cancelled := one.get("was_cancelled")) and cancelled.value)]
    raw = json.dumps(task.value)
    drafts: list[DraftText | None] = [None] * (len(annotations) - len(valid))
    if not annotations:
        drafts.append(DraftText(name, text.string(), row, text.place, raw, None))
    for annotation in valid:
        results = list(annotation.need("result").items())
        opinions = _opinions(results, text.string(), in_utf_16)
        many = len(valid) > 1
        identity = f"{name}/{_annotator(annotation)}" if many else name
        group = name if many else None
        drafts.append(
            DraftText(identity, text.string(), row, text.place, raw, opinions, _document_label(results), group)
        )
    return drafts


def _annotator(annotation: JsonValue) -> str:
    found = annotation.get("completed_by")
    number = found.get("id") or found if found else None
    return str(number.value) if number and not isinstance(number.value, dict | list) else "unknown"


def _document_label(results: list[JsonValue]) -> str | None:
    for result in results:
        if result.value.get("type") == "choices":
            chosen = list(result.need("value").need("choices").items())
            return chosen[0].string() if chosen else None
    return None


def _opinions(results: list[JsonValue], text: str, in_utf_16: bool) -> tuple[DraftOpinion | BadElementError, ...]:
    regions: dict[str, list[_Region]] = {}
    errors: list[BadElementError] = []
    for result in results:
        result.check(dict)
        if result.value.get("type") in _REGION_TYPES:
            try:
                for region in _regions(result, text, in_utf_16):
                    regions.setdefault(region.id, []).append(region)
            except BadElementError as bad:
                errors.append(bad)
    relations = [result for result in results if result.value.get("type") == "relation"]
    linked = {str(relation.value.get(end)) for relation in relations for end in ("from_id", "to_id")}
    alone = [region for name, found in regions.items() if name not in linked for region in found]
    pairs = []
    for relation in relations:
        try:
            pairs += _pairs(relation, regions)
        except BadElementError as bad:
            errors.append(bad)
    return (*draft_each([*pairs, *((region,) for region in alone)], _draft_opinion), *errors)


def _regions(result: JsonValue, text: str, in_utf_16: bool) -> list[_Region]:
    value = result.need("value")
    given = value.get("text")
    term = given.string() if given else None
    start, end = value.need("start").integer(), value.need("end").integer()
    placed = as_code_points(start, end, term, text, in_utf_16)
    notes = () if placed == (start, end) else (UTF_16,)
    regions = []
    for label in value.need("labels").items():
        name, _, polarity = label.string().partition(_SEPARATOR)
        role = _ROLE_OF.get(name.strip().casefold())
        if role is None:
            raise BadElementError(
                "unknown label",
                label.place,
                f"label {name!r} is unknown, expected one of {', '.join(_ROLE_OF)}, with {_SEPARATOR} and a polarity "
                "behind it. Rename the label.",
            )
        mention = Mention(role, term, *placed, label.place)
        regions.append(_Region(str(result.value.get("id")), mention, polarity or None, label, notes))
    return regions


def _pairs(relation: JsonValue, regions: dict[str, list[_Region]]) -> list[tuple[_Region, ...]]:
    """Each aspect with each opinion of the two ends, whichever way the relation points."""
    ends = []
    for key in ("from_id", "to_id"):
        end = relation.need(key)
        if str(end.value) not in regions:
            raise BadElementError(
                "a relation of an unknown region",
                end.place,
                f"{key} is {end.value!r}, expected the id of a region in the same annotation. Mend the id.",
            )
        ends += regions[str(end.value)]
    aspects = [region for region in ends if region.mention.role == "aspect"]
    opinions = [region for region in ends if region.mention.role == "opinion"]
    if not aspects or not opinions:
        raise BadElementError(
            "a relation of one role",
            relation.place,
            f"a relation between two regions of the role {ends[0].mention.role}, expected an aspect and an opinion. "
            "Mend the relation.",
        )
    return [(aspect, opinion) for aspect in aspects for opinion in opinions]


def _draft_opinion(regions: tuple[_Region, ...]) -> DraftOpinion:
    first = regions[0]
    polarity = next((region for region in regions if region.polarity is not None), None)
    if polarity is None:
        raise BadElementError(
            "no polarity",
            first.found.place,
            f"label {first.found.value!r} has no polarity, expected one behind {_SEPARATOR}, such as "
            f"{_ASPECT_LABEL}{_SEPARATOR}正向. Mend the label.",
        )
    mentions = {region.mention.role: region.mention for region in regions}
    return DraftOpinion(
        place=first.found.place,
        aspect=mentions.get("aspect"),
        category=None,
        opinion=mentions.get("opinion"),
        polarity=polarity.polarity,
        polarity_place=polarity.found.place,
        notes=tuple(note for region in regions for note in region.notes),
    )
