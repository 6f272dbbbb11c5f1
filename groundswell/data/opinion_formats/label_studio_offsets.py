"""In which unit a file of Label Studio counts its offsets: UTF-16 units or code points.

It depends on the version that wrote the file, which the file does not say; the strings beside the offsets do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from groundswell.data.opinion_formats.json_places import JsonValue
from groundswell.data.opinion_formats.offset_units import slice_by


def counts_utf_16(tasks: Iterable[JsonValue]) -> bool:
    """Whether some region fits its text in UTF-16 units only, and none in code points only."""
    only = {True: 0, False: 0}
    for task in tasks:
        for start, end, term, text in _located(task.value):
            by_units = slice_by(text, start, end, "utf-16")
            in_utf_16 = by_units is not None and text[slice(*by_units)] == term
            if in_utf_16 != (text[start:end] == term):
                only[in_utf_16] += 1
    return only[True] > 0 and only[False] == 0


def as_code_points(start: int, end: int, term: str | None, text: str, in_utf_16: bool) -> tuple[int, int]:
    """The offsets as code points: in the unit of the file where that fits the term, else in the other."""
    by_units = slice_by(text, start, end, "utf-16") or (start, end)
    first, second = (by_units, (start, end)) if in_utf_16 else ((start, end), by_units)
    fits = [piece for piece in (first, second) if term is None or text[slice(*piece)] == term]
    return fits[0] if fits else (start, end)


def _located(task: Any) -> list[tuple[int, int, str, str]]:
    """Start, end, term and whole text of every region that has them."""
    try:
        results = [result for one in task["annotations"] for result in one["result"] if "value" in result]
        values = [result["value"] for result in results]
        rows = [
            (value["start"], value["end"], value["text"], task["data"]["text"]) for value in values if "text" in value
        ]
    except (KeyError, TypeError):
        return []
    return [row for row in rows if list(map(type, row)) == [int, int, str, str]]
