"""Opinion records, as `groundswell predict` writes them or as people label them, checked one by one.

    {"id": "en-1", "text": "The bed was soft.", "opinions": [{"aspect": {"text": "bed", "start": 4, "end": 7},
     "category": "ROOM#COMFORT", "opinion": {"text": "soft", "start": 12, "end": 16}, "polarity": "positive"}]}

Offsets are code points, end-exclusive. `score`, `intensity` and `negated` may be missing; a gold opinion is certain.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

from groundswell.data.readers import open_rows
from groundswell.data.rows import Row, RowSource
from groundswell.data.suggestion import did_you_mean
from groundswell.errors import DataError
from groundswell.text.language import detect_language
from groundswell.types import Language, Opinion, Polarity, Span

POLARITIES: tuple[str, ...] = get_args(Polarity)
_SHOWN = 60
_CURE = "Mend the record, or write it anew: groundswell predict RUN FILE --out opinions.jsonl"


@dataclass(frozen=True, slots=True)
class AnalysedDocument:
    """A text with what was found in it.

    id         as in the record, as text; None where it has none
    line       1-based line of the file
    language   as in the record, or detected
    opinions   () for a document with an error
    error      message of a text that could not be analysed
    """

    id: str | None
    line: int
    text: str
    language: Language
    opinions: tuple[Opinion, ...] = ()
    error: str | None = None


@dataclass(frozen=True)
class AnalysedSource:
    """The documents of a file, read again by every iteration, one in memory at a time.

    name   as the user gave it; `standard input` for `-`
    """

    name: str
    rows: RowSource

    def __iter__(self) -> Iterator[AnalysedDocument]:
        for row in self.rows:
            yield _document(row, f"{self.name}:{row.number}")


def open_analysed(source: str) -> AnalysedSource:
    """The documents of a JSON Lines file, also `.gz`, `.xz` or `.zst`, or of `-`.

    Raises DataError, here or while reading, for a file that is no JSON Lines, a record without `text` or `opinions`,
    and a span that is not where it says; the message holds the line.
    """
    rows = open_rows(source)
    if rows.format != "jsonl":
        raise DataError(
            f"{rows.name}: found {_kind(rows)}, expected JSON Lines of opinion records (an object with `text` and "
            "`opinions` on each line). Write them: groundswell predict RUN FILE --out opinions.jsonl"
        )
    return AnalysedSource(rows.name, rows)


def _kind(rows: RowSource) -> str:
    return {"text": "plain text", "parquet": "Parquet", "hub": "a data set"}.get(rows.format, rows.format.upper())


def _document(row: Row, place: str) -> AnalysedDocument:
    values = row.values
    text = values.get("text")
    if not isinstance(text, str):
        raise _wrong(place, f"{_short(text)} as `text`" if "text" in values else _keys(values), "`text`, a string")
    found_id = values.get("id")
    head = (None if found_id is None else str(found_id), row.number, text)
    error = values.get("error")
    if error is not None:
        message = error.get("message") if isinstance(error, dict) else error
        return AnalysedDocument(*head, language="other", error=str(message))
    if "opinions" not in values:
        raise _wrong(
            place, _keys(values), "`opinions`, a list ([] where there are none)", did_you_mean("opinions", values)
        )
    opinions = values["opinions"]
    if not isinstance(opinions, list):
        raise _wrong(place, f"{_short(opinions)} as `opinions`", "a list ([] where there are none)")
    language: Language = values["language"] if values.get("language") in get_args(Language) else detect_language(text)
    read = tuple(_opinion(value, text, f"{place}: opinions[{number}]") for number, value in enumerate(opinions))
    return AnalysedDocument(*head, language=language, opinions=read)


def _opinion(value: Any, text: str, place: str) -> Opinion:
    if not isinstance(value, dict):
        raise _wrong(place, _short(value), "an object with `aspect`, `category`, `opinion` and `polarity`")
    polarity = value.get("polarity")
    if polarity not in POLARITIES:
        raise _wrong(place, f"{_short(polarity)} as `polarity`", f"one of {', '.join(POLARITIES)}")
    category = value.get("category")
    if category is not None and not isinstance(category, str):
        raise _wrong(place, f"{_short(category)} as `category`", "a string or null")
    aspect = _span(value.get("aspect"), text, f"{place}.aspect")
    words = _span(value.get("opinion"), text, f"{place}.opinion")
    if aspect is None and words is None and not category:
        raise _wrong(place, "neither `aspect` nor `category` nor `opinion`", "at least one of them")
    score = _share(value, "score", place)
    return Opinion(
        aspect=aspect,
        category=category or None,
        opinion=words,
        polarity=polarity,
        score=1.0 if score is None else score,
        intensity=_share(value, "intensity", place),
        negated=value.get("negated") is True,
    )


def _span(value: Any, text: str, place: str) -> Span | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        raise _wrong(place, _short(value), 'null or {"text": …, "start": …, "end": …}')
    words, start, end = value["text"], value.get("start"), value.get("end")
    if type(start) is not int or type(end) is not int:
        raise _wrong(place, f"start {_short(start)} and end {_short(end)}", "two whole numbers")
    if not 0 <= start < end <= len(text):
        raise _wrong(place, f"{start} to {end}", f"start before end, both inside the text of {len(text):,} characters")
    if text[start:end] != words:
        found = f"{_short(words)} at {start} to {end}, where the text has {_short(text[start:end])}"
        raise _wrong(place, found, "the same words", _other_unit(text, words, start, end))
    return Span(words, start, end)


def _other_unit(text: str, words: str, start: int, end: int) -> str:
    """What the offsets count instead, when they count something else."""
    for unit, encoding, width in (("UTF-16 units", "utf-16-le", 2), ("UTF-8 bytes", "utf-8", 1)):
        encoded = text.encode(encoding, errors="surrogatepass")
        if encoded[start * width : end * width] == words.encode(encoding, errors="surrogatepass"):
            return f" The offsets count {unit}; they must count code points."
    place = text.find(words)
    return f" They first stand at {place} to {place + len(words)}." if place >= 0 else ""


def _share(value: dict[str, Any], key: str, place: str) -> float | None:
    number = value.get(key)
    if number is None:
        return None
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number <= 1:
        raise _wrong(place, f"{_short(number)} as `{key}`", "a number from 0 to 1")
    return float(number)


def _keys(values: dict[str, Any]) -> str:
    return f"the keys {', '.join(values)}" if values else "no key"


def _short(value: Any) -> str:
    shown = json.dumps(value, ensure_ascii=False)
    return shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + "…"


def _wrong(place: str, found: str, expected: str, hint: str = "") -> DataError:
    return DataError(f"{place}: found {found}, expected {expected}.{hint} {_CURE}")
