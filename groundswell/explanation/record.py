"""What is said about one output of one text: the record of an explanation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from groundswell.types import Language, Opinion, opinion_of, opinion_values


@dataclass(frozen=True, slots=True)
class WordWeight:
    """A word and how much it counts: `text == explanation.text[start:end]`.

    start, end   code points into the text as received; end-exclusive
    weight       above 0 it speaks for the label, below 0 against it; None when the model does not read the word
    """

    text: str
    start: int
    end: int
    weight: float | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a model says what it says about a text, word by word.

    label        the label whose score the weights are about, or the name of a value; None of a blank text
    value        its probability, or the value
    score        what the words are weighed by: the log of the odds (of several labels, the label's logit less the mean
                 of the others'), or the value; of an opinion its probability
    start        the score of a text without words, where the weights sum to `score` - `start`; else None
    gap          how far that sum is off; None where none is promised
    steps        at which integrated gradients were taken
    method       integrated_gradients, occlusion, attention or weights
    words        in the order of the text
    opinion      of a run that finds opinions the one that is explained
    warnings     `code: sentence`
    error        {"code", "message"} when this text could not be explained; then nothing else is filled
    """

    text: str
    language: Language = "other"
    label: str | None = None
    value: float | None = None
    score: float | None = None
    start: float | None = None
    gap: float | None = None
    steps: int | None = None
    method: str | None = None
    words: tuple[WordWeight, ...] = ()
    opinion: Opinion | None = None
    warnings: tuple[str, ...] = ()
    model: str = ""
    id: str | int | None = None
    error: dict[str, str] | None = None

    def top(self, count: int) -> tuple[WordWeight, ...]:
        """The words of the largest weights, for or against, largest first; words of no weight are left out."""
        weighed = [word for word in self.words if word.weight]
        return tuple(sorted(weighed, key=lambda word: -abs(word.weight or 0.0))[:count])

    def to_dict(self) -> dict[str, Any]:
        """The record as plain values, numbers with six decimals; `id` comes first when the input had one."""
        head: dict[str, Any] = {} if self.id is None else {"id": self.id}
        if self.error is not None:
            return {**head, "text": self.text, "error": self.error}
        record = {
            **head,
            "text": self.text,
            "language": self.language,
            "label": self.label,
            **{name: _rounded(getattr(self, name)) for name in ("value", "score", "start", "gap")},
            "steps": self.steps,
            "method": self.method,
            "words": [
                {"text": word.text, "start": word.start, "end": word.end, "weight": _rounded(word.weight)}
                for word in self.words
            ],
            "warnings": list(self.warnings),
            "model": self.model,
        }
        if self.opinion is not None:
            record["opinion"] = opinion_values(self.opinion)
        return record

    def to_json(self) -> str:
        """The record as one line of JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False)

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Explanation:
        """The explanation of a record, as `to_dict` gave it; keys that are not known are left out.

        Raises KeyError, TypeError or ValueError for what is no record.
        """
        values = {each.name: record[each.name] for each in fields(cls) if record.get(each.name) is not None}
        values["text"] = record["text"]
        values["words"] = tuple(
            WordWeight(each["text"], each["start"], each["end"], each["weight"]) for each in record.get("words") or ()
        )
        values["warnings"] = tuple(record.get("warnings") or ())
        if "opinion" in values:
            values["opinion"] = opinion_of(values["opinion"])
        return cls(**values)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
