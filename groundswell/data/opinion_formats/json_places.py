"""JSON with a place for every value, so that a wrong one can be named by line and column."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from groundswell.data.opinion_formats.document import Document, Place
from groundswell.data.opinion_formats.drafts import BadElementError
from groundswell.data.suggestion import did_you_mean

_BLANKS = " \t\r\n"
_NAMES = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", int: "a number", float: "a number"}


@dataclass(frozen=True)
class JsonValue:
    """A value with the way to it.

    start  code point of the document at which the outermost value begins
    path   keys and list positions from there
    """

    document: Document
    start: int
    path: tuple[str | int, ...]
    value: Any

    @property
    def place(self) -> Place:
        """Where the value stands; found out when it is asked for."""
        return self.document.at(partial(_offset_of, self.document.text, self.start, self.path))

    def get(self, key: str) -> JsonValue | None:
        """The value of a key; None when it is missing or null."""
        found = self.value.get(key) if isinstance(self.value, dict) else None
        return None if found is None else JsonValue(self.document, self.start, (*self.path, key), found)

    def need(self, key: str) -> JsonValue:
        """The value of a key; BadElementError when it is missing or null."""
        self.check(dict)
        found = self.get(key)
        if found is None:
            hint = did_you_mean(key, (name for name in self.value if name != key))
            raise BadElementError(
                f"no {key!r}",
                self.place,
                f"no value of {key!r}, but {', '.join(self.value) or 'no keys'}.{hint} Add it.",
            )
        return found

    def items(self) -> Iterator[JsonValue]:
        """Every value of a list."""
        self.check(list)
        for number, value in enumerate(self.value):
            yield JsonValue(self.document, self.start, (*self.path, number), value)

    def string(self) -> str:
        """The value itself, a string."""
        self.check(str)
        return str(self.value)

    def number(self) -> float:
        """The value itself, a number."""
        self.check(int, float)
        return float(self.value)

    def integer(self) -> int:
        """The value itself, a whole number."""
        self.check(int)
        return int(self.value)

    def check(self, *kinds: type) -> None:
        """Nothing; BadElementError when the value is of another kind; true and false are no numbers."""
        if isinstance(self.value, kinds) and (bool in kinds or not isinstance(self.value, bool)):
            return
        named = repr(self.path[-1]) if self.path else "the row"
        found = _NAMES.get(type(self.value), "null")
        raise BadElementError(
            f"{named} is not {_NAMES[kinds[0]]}",
            self.place,
            f"{named} is {found}, expected {_NAMES[kinds[0]]}. Mend the value.",
        )


def parse_json(document: Document, start: int, text: str) -> JsonValue:
    """The value of `text`, which begins at a code point of the document; BadElementError when it is no JSON."""
    try:
        return JsonValue(document, start, (), json.loads(text))
    except json.JSONDecodeError as error:
        place = document.at(start + error.pos)
        raise BadElementError("not JSON", place, f"not JSON ({error.msg}). Mend the row or remove it.") from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, brackets without end
        place = document.at(start)
        raise BadElementError("not JSON", place, f"not readable JSON ({error}). Mend the row or remove it.") from error


def _offset_of(text: str, start: int, path: tuple[str | int, ...]) -> int:
    """The code point at which the value at the end of the path begins."""
    at = _after_blanks(text, start)
    for step in path:
        at = _value_of_key(text, at, step) if isinstance(step, str) else _nth_value(text, at, step)
    return at


def _value_of_key(text: str, at: int, key: str) -> int:
    """Where the last value of the key begins, for that is the one JSON readers take."""
    decoder = json.JSONDecoder()
    found = at
    at = _after_blanks(text, at + 1)
    while text[at] != "}":
        name, at = decoder.raw_decode(text, at)
        at = _after_blanks(text, _after_blanks(text, at) + 1)
        found = at if name == key else found
        at = _after_blanks(text, decoder.raw_decode(text, at)[1])
        at = _after_blanks(text, at + 1) if text[at] == "," else at
    return found


def _nth_value(text: str, at: int, number: int) -> int:
    decoder = json.JSONDecoder()
    at = _after_blanks(text, at + 1)
    for _ in range(number):
        at = _after_blanks(text, decoder.raw_decode(text, at)[1])
        at = _after_blanks(text, at + 1)
    return at


def _after_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANKS:
        at += 1
    return at
