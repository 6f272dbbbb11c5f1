"""What is wrong with the values of a recipe, in plain words: place, found, expected, and what was probably meant.

    recipe.yaml: training.epochs: found 0, expected a whole number of at least 1 and at most 10000
    recipe.yaml: unknown key 'training.learnig_rate'; did you mean 'training.learning_rate'?
    command line: tuning.method: found 'lorra', expected one of full, head, lora; did you mean 'lora'?

What is expected comes from the schema of the recipe, never from the wording of a library.
"""

from __future__ import annotations

import difflib
import functools
import reprlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pydantic import ValidationError

from groundswell.recipe import Recipe
from groundswell.recipe_yaml import YesNo

COMMAND_LINE = "command line"

KeyPath = tuple[str | int, ...]
Values = dict[str, Any]
Schema = dict[str, Any]

_BRIEF = reprlib.Repr()
_BRIEF.maxstring = _BRIEF.maxother = _BRIEF.maxlong = 60
_BRIEF.maxlist = _BRIEF.maxdict = _BRIEF.maxlevel = 3


class Mistakes:
    """Lines for what is wrong with values from `place`, of which those at `overridden` come from the command line."""

    def __init__(self, values: Values, place: str, overridden: Sequence[KeyPath]) -> None:
        self._values = values
        self._place = place
        self._overridden = overridden

    def yes_no_for_text(self) -> list[str]:
        """A line for each unquoted yes, no, on, off where text is declared; names of labels may be such words."""
        return [
            self._wrong_value(path)
            for path, value in _leaves(self._values)
            if isinstance(value, YesNo) and takes_text(schema_at(path) or {}) and not is_mapping_of_labels(path[:-1])
        ]

    def lines(self, error: ValidationError) -> list[str]:
        """A line for each mistake that pydantic found."""
        lines: dict[KeyPath, str] = {}
        for found in error.errors(include_url=False):
            path = self._path_of(found["loc"])
            if found["type"] == "missing":
                lines[path] = self._missing(path)
            elif found["type"] in ("extra_forbidden", "invalid_key"):
                lines[path] = unknown_key(self._place_of(path), path)
            elif found["type"] == "value_error" and is_section(path):
                lines[path] = self._clash(path, str(found["ctx"]["error"]))
            elif self._is_given(path):  # else it follows from a given value, which has its own line
                lines[path] = self._wrong_value(path)
        # of the alternatives of a union the one that got furthest tells what is wrong
        return [line for path, line in lines.items() if not any(path == other[: len(path)] != other for other in lines)]

    def _path_of(self, location: KeyPath) -> KeyPath:
        """The keys of a pydantic location, without its names of validators and alternatives."""
        path: KeyPath = ()
        value: Any = self._values
        for part in location:
            if isinstance(value, dict) and (part in value or is_section(path)):
                value = value.get(part)
            elif isinstance(value, list | tuple) and isinstance(part, int):
                value = value[part]
            else:
                continue
            path = (*path, part)
        return path

    def _is_given(self, path: KeyPath) -> bool:
        value: Any = self._values
        for part in path:
            if isinstance(value, dict) and part not in value:
                return False
            value = value[part]
        return True

    def _place_of(self, path: KeyPath) -> str:
        return COMMAND_LINE if any(path[: len(given)] == given for given in self._overridden) else self._place

    def _missing(self, path: KeyPath) -> str:
        described = (schema_at(path) or {}).get("description")
        return f"{self._place}: missing key {dotted(path)!r}" + (f"; set it to {described}" if described else "")

    def _clash(self, path: KeyPath, reason: str) -> str:
        mixed = any(given[: len(path)] == path for given in self._overridden)
        place = f"{self._place} with {COMMAND_LINE}" if mixed else self._place
        return f"{place}: {dotted(path)}: {reason}" if path else f"{place}: {reason}"

    def _wrong_value(self, path: KeyPath) -> str:
        value: Any = self._values
        for part in path:
            value = value[part]
        schema, place = schema_at(path) or {}, self._place_of(path)
        hint = ""
        choices = [name for option in _options(schema) for name in option.get("enum", ())]
        if isinstance(value, str) and choices:
            hint = did_you_mean(value, choices)
        elif takes_text(schema) and (isinstance(value, bool | int | float | YesNo) or value == [None]):
            quoted = f"'{'-' if value == [None] else shown(value)}'"  # YAML reads a lone `-` as a list
            written = f'"{dotted(path)}={quoted}"' if place == COMMAND_LINE else quoted
            hint = f"; if it is text, put it in quotes: {written}"
        return f"{place}: {dotted(path)}: found {shown(value)}, expected {_expected(schema)}{hint}"


def unknown_key(place: str, path: KeyPath) -> str:
    """The line for a key that does not exist: what was probably meant, else what there is."""
    section, name = path[:-1], str(path[-1])
    known = list(_known_keys())
    here = [(*section, key) for key in (schema_at(section) or {}).get("properties", {})]
    near_here = difflib.get_close_matches(name, [str(key[-1]) for key in here], n=1)
    near_name = difflib.get_close_matches(name, {str(key[-1]): None for key in known}, n=1)
    meant = [dotted(key) for key in known if key[-1] == name]
    meant = meant or [dotted((*section, near)) for near in near_here]
    meant = meant or [dotted(key) for key in known if key[-1] in near_name]
    if meant:
        hint = f"; did you mean {' or '.join(map(repr, meant))}?"
    elif here:
        hint = f"; keys of {dotted(section) or 'a recipe'}: {', '.join(str(key[-1]) for key in here)}"
    else:
        hint = did_you_mean(dotted(path), [dotted(key) for key in known])
    return f"{place}: unknown key {dotted(path)!r}{hint}"


def did_you_mean(found: str, known: Iterable[str]) -> str:
    """`; did you mean 'lora'?`, or nothing when no known name is near."""
    near = difflib.get_close_matches(found.casefold(), list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def dotted(path: KeyPath) -> str:
    """The key as it is written on the command line, in one line whatever its name holds."""
    written = ".".join(map(str, path))
    return "".join(part if part.isprintable() else part.encode("unicode_escape").decode() for part in written)


def shown(value: object) -> str:
    """A value as writers of YAML know it, about 60 characters at most."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, YesNo):
        return str(value)
    brief = _BRIEF.repr(value)
    return (
        f"the mapping {brief}" if isinstance(value, dict) else f"the list {brief}" if isinstance(value, list) else brief
    )


def schema_at(path: KeyPath) -> Schema | None:
    """The JSON schema of a key; None for a key that does not exist."""
    schema: Schema | None = _schema()
    for part in path:
        inner = None
        for option in _options(schema or {}):
            properties = option.get("properties", {})
            inner = properties.get(part) or option.get("additionalProperties") or option.get("items") or inner
        if not inner:
            return None
        schema = _resolved(inner)
    return schema


def is_section(path: KeyPath) -> bool:
    """Whether the key is the recipe or one of its sections, whose keys are fixed."""
    return "properties" in (schema_at(path) or {})


def is_mapping_of_labels(path: KeyPath) -> bool:
    """Whether the key holds a mapping whose keys are names of labels."""
    inner = [option.get("additionalProperties") for option in _options(schema_at(path) or {})]
    return any(found and "properties" not in _resolved(found) for found in inner)


def takes_text(schema: Schema) -> bool:
    """Whether free text is declared, not a choice among words."""
    return any(option.get("type") == "string" and "enum" not in option for option in _options(schema))


@functools.cache
def _schema() -> Schema:
    return Recipe.model_json_schema()


def _resolved(schema: Schema) -> Schema:
    reference = schema.get("$ref")
    return _schema()["$defs"][reference.rpartition("/")[2]] if reference else schema


def _options(schema: Schema) -> list[Schema]:
    return [_resolved(option) for option in schema.get("anyOf", [schema])]


def _known_keys(path: KeyPath = ()) -> Iterator[KeyPath]:
    """Every key of a recipe, sections before what stands in them."""
    for name in (schema_at(path) or {}).get("properties", {}):
        yield (*path, name)
        yield from _known_keys((*path, name))


def _leaves(value: object, path: KeyPath = ()) -> Iterator[tuple[KeyPath, object]]:
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if items is None:
        yield path, value
    elif len(path) < 6:  # no recipe is deeper, and an alias may hold itself
        for key, inner in items:
            yield from _leaves(inner, (*path, key))


def _expected(schema: Schema) -> str:
    """What a key takes, such as `a whole number of at least 1`."""
    return " or ".join(_expected_of_option(option) for option in _options(schema))


def _expected_of_option(schema: Schema) -> str:
    if "enum" in schema:
        return f"one of {', '.join(schema['enum'])}"
    if "properties" in schema:
        return f"a section with the keys {', '.join(schema['properties'])}"
    kind = schema.get("type")
    if kind in ("integer", "number"):
        return ("a whole number" if kind == "integer" else "a number") + _bounds(schema)
    if kind == "array":
        return f"a list [...] of {_expected(schema['items']).removeprefix('one of ')}"
    if kind == "object":
        return f"a mapping of labels to {_expected(schema['additionalProperties']).removeprefix('a ')}"
    if "pattern" in schema:
        return "text of letters, digits, `_`, `.` and `-`"
    return {"string": "text", "boolean": "true or false", "null": "null"}[str(kind)]


def _bounds(schema: Schema) -> str:
    """` of at least 1`, ` above 0 and below 1`, or nothing."""
    # pydantic writes the bounds of a number that may be null under their own names
    names = (
        ("of at least", "minimum", "ge"),
        ("above", "exclusiveMinimum", "gt"),
        ("at most", "maximum", "le"),
        ("below", "exclusiveMaximum", "lt"),
    )
    limits = [f"{words} {schema[name]}" for words, *keys in names for name in keys if name in schema]
    return f" {' and '.join(limits)}" if limits else ""
