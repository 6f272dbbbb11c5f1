"""The records that flow through groundswell, from a row of a file to an analysed text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

Polarity = Literal["positive", "neutral", "negative"]
Language = Literal["zh", "en", "other"]


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a text: `text == document[start:end]`.

    start, end   code points into the document as received; end-exclusive
    """

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Opinion:
    """Who or what is judged, in which respect, with which words, and how.

    aspect, opinion   None when implicit; at least one of aspect, opinion and category is present
    category          from the taxonomy, such as `ROOM#COMFORT`
    score             0-1, probability that the whole tuple is right; 1.0 for gold
    intensity         0-1, strength of feeling; None when not measured
    negated           True when a negation reversed the polarity; the opinion span includes the negator
    """

    aspect: Span | None
    category: str | None
    opinion: Span | None
    polarity: Polarity
    score: float = 1.0
    intensity: float | None = None
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled (or unlabelled) row.

    id         the row's own id, or its row number as a string
    text       exactly as received
    target     single label: its name; multi label: a tuple of names; regression: a float; unlabelled: None
    row        1-based row of the source (line of a JSONL file, record of a CSV without its header)
    group      rows of one group stay in one split (author, product, thread)
    time       ISO 8601, as in the file
    opinions   gold opinions, () when the text is known to hold none; None when nobody has looked for them
    columns    further columns that were asked for, as text
    """

    id: str
    text: str
    target: str | tuple[str, ...] | float | None
    row: int
    group: str | None = None
    time: str | None = None
    opinions: tuple[Opinion, ...] | None = None
    columns: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Sentence:
    """Label and probabilities of one sentence; start and end are code points, end-exclusive."""

    start: int
    end: int
    label: str
    scores: dict[str, float]


@dataclass(frozen=True, slots=True)
class Analysis:
    """What a model says about one text: the opinion record.

    label        the most probable label; None for multi label and regression
    scores       probability per label (single label: sum 1; multi label: each on its own);
                 regression: the value under its target's name
    confidence   0-1, probability that `label` is right; None for multi label and regression
    intensity    0-1, strength of feeling; None when the run has no head for it
    labels       multi label only: every label whose probability reaches its threshold
    truncated    True when any part of `text` was not read by the model
    heads        of a run with several heads: what each that labels the whole text says: its `label`, `confidence` and
                 `scores`, its `labels` and `scores`, or its value under `scores`
    warnings     `code: sentence`
    error        {"code", "message"} when this text could not be analysed; then nothing else is filled
    abstained    True when the confidence is too low for what was asked for; None when nothing was
    prediction_set   the labels that cannot be ruled out at the coverage that was asked for, the most probable first;
                 None when none was
    """

    text: str
    language: Language = "other"
    label: str | None = None
    scores: dict[str, float] = field(default_factory=dict)
    confidence: float | None = None
    intensity: float | None = None
    sentences: tuple[Sentence, ...] = ()
    opinions: tuple[Opinion, ...] = ()
    truncated: bool = False
    warnings: tuple[str, ...] = ()
    model: str = ""
    labels: tuple[str, ...] | None = None
    heads: dict[str, dict[str, Any]] = field(default_factory=dict)
    id: str | int | None = None
    error: dict[str, str] | None = None
    abstained: bool | None = None
    prediction_set: tuple[str, ...] | None = None

    @property
    def needs_reading(self) -> bool:
        """Whether a person should read the text: the model abstained, or cannot rule out a second label."""
        return bool(self.abstained) or len(self.prediction_set or ()) > 1

    def to_dict(self) -> dict[str, object]:
        """The record as plain values; `id` comes first when the input had one."""
        head: dict[str, object] = {} if self.id is None else {"id": self.id}
        if self.error is not None:
            return {**head, "text": self.text, "error": self.error}
        record: dict[str, object] = {
            **head,
            "text": self.text,
            "language": self.language,
            "label": self.label,
            **_rounded({"scores": self.scores, "confidence": self.confidence}),
            "intensity": self.intensity,
            "sentences": [_sentence_dict(sentence) for sentence in self.sentences],
            "opinions": [opinion_values(opinion) for opinion in self.opinions],
            "truncated": self.truncated,
            "warnings": list(self.warnings),
            "model": self.model,
        }
        if self.labels is not None:
            record["labels"] = list(self.labels)
        if self.abstained is not None:
            record["abstained"] = self.abstained
        if self.prediction_set is not None:
            record["prediction_set"] = list(self.prediction_set)
        if self.heads:
            record["heads"] = {name: _rounded(said) for name, said in self.heads.items()}
        return record

    def to_json(self) -> str:
        """The record as one line of JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False)

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Analysis:
        """The analysis of a record, as `to_dict` gave it; keys that are not known are left out.

        Raises KeyError, TypeError or ValueError for what is no record.
        """
        values = {each.name: record[each.name] for each in fields(cls) if record.get(each.name) is not None}
        values["text"] = record["text"]
        values["sentences"] = tuple(
            Sentence(each["start"], each["end"], each["label"], dict(each["scores"]))
            for each in record.get("sentences") or ()
        )
        values["opinions"] = tuple(opinion_of(each) for each in record.get("opinions") or ())
        for name in ("warnings", "labels", "prediction_set"):
            if name in values:
                values[name] = tuple(values[name])
        return cls(**values)


def _rounded(value: Any) -> Any:
    """Plain values with numbers of six decimals."""
    if isinstance(value, dict):
        return {name: _rounded(inner) for name, inner in value.items()}
    if isinstance(value, tuple):
        return list(value)
    return round(value, 6) if isinstance(value, float) else value


def _span_dict(span: Span | None) -> dict[str, object] | None:
    return None if span is None else {"text": span.text, "start": span.start, "end": span.end}


def _sentence_dict(sentence: Sentence) -> dict[str, object]:
    return {"start": sentence.start, "end": sentence.end, "label": sentence.label, "scores": _rounded(sentence.scores)}


def opinion_values(opinion: Opinion) -> dict[str, object]:
    """An opinion as plain values, as it stands in records."""
    return {
        "aspect": _span_dict(opinion.aspect),
        "category": opinion.category,
        "opinion": _span_dict(opinion.opinion),
        "polarity": opinion.polarity,
        "score": opinion.score,
        "intensity": opinion.intensity,
        "negated": opinion.negated,
    }


def opinion_of(values: Mapping[str, Any]) -> Opinion:
    """The opinion of plain values, as `opinion_values` gave them."""
    return Opinion(
        aspect=_span_of(values["aspect"]),
        category=values["category"],
        opinion=_span_of(values["opinion"]),
        polarity=values["polarity"],
        score=values["score"],
        intensity=values.get("intensity"),
        negated=values["negated"],
    )


def _span_of(values: Mapping[str, Any] | None) -> Span | None:
    return None if values is None else Span(values["text"], values["start"], values["end"])
