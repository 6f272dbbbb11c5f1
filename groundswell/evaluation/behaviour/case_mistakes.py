"""What is wrong in a file of cases: line, key, found, expected.

my.yaml:7: capabilities.0.kind: found 'invarance', expected one of minimum functionality, invariance, directional
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import yaml
from pydantic import ValidationError

from groundswell.evaluation.behaviour.case_sections import (
    EXPECTED,
    EXPECTED_OF_LABEL,
    SECTIONS,
    AttributeSection,
    CaseFileSections,
)
from groundswell.recipe_mistakes import KeyPath, did_you_mean, dotted, shown

Mistake = tuple[KeyPath, str]


class Places:
    """The lines of the keys of a file, counted from 1."""

    def __init__(self, text: str) -> None:
        self._root = yaml.compose(text, Loader=yaml.SafeLoader)

    def line(self, path: KeyPath) -> int:
        """Of the key; of the nearest one above it when it is missing."""
        node, line = self._root, 1
        for part in path:
            found = _inner(node, part)
            if found is None:
                break
            node, line = found
        return line

    def lines(self, file: str, mistakes: Sequence[Mistake]) -> list[str]:
        """Each mistake as one line for a person, from the top of the file to its end."""
        told = sorted((self.line(path), dotted(path), what) for path, what in mistakes)
        return [f"{file}:{line}: {key}: {what}" if key else f"{file}:{line}: {what}" for line, key, what in told]


def schema_mistakes(values: Any, error: ValidationError) -> list[Mistake]:
    """The place of each mistake that pydantic found, and what is wrong there."""
    return list(dict(_mistakes(values, error)).items())


def _mistakes(values: Any, error: ValidationError) -> Iterator[Mistake]:
    for found in error.errors(include_url=False):
        path = _path_of(values, found["loc"])
        value = _value_at(values, path)
        if found["type"] == "missing":
            key = (*path, found["loc"][-1])
            yield key, f"missing, expected {_expected(values, key)}"
        elif found["type"] == "extra_forbidden":
            known = _known_keys(values, path[:-1])
            yield path, f"unknown key{did_you_mean(str(path[-1]), known) or '; keys here: ' + ', '.join(known)}"
        elif found["type"].startswith("union_tag") and isinstance(value, dict):
            wrong = f"found {shown(value['kind'])}" if "kind" in value else "missing"
            hint = did_you_mean(str(value.get("kind")), SECTIONS)
            yield (*path, "kind"), f"{wrong}, expected {EXPECTED['kind']}{hint}"
        else:
            hint = "; if it is text, put it in quotes" if isinstance(value, bool | int | float) else ""
            yield path, f"found {shown(value)}, expected {_expected(values, path)}{hint}"


def _path_of(values: Any, location: Sequence[str | int]) -> KeyPath:
    """The keys of a pydantic location that are in the file, without its names of alternatives."""
    path: KeyPath = ()
    for part in location:
        is_key = isinstance(values, dict) and part in values
        if is_key or (isinstance(values, list) and isinstance(part, int) and part < len(values)):
            values = values[part]
            path = (*path, part)
    return path


def _value_at(values: Any, path: KeyPath) -> Any:
    for part in path:
        values = values[part]
    return values


def _known_keys(values: Any, path: KeyPath) -> list[str]:
    if not path:
        return list(CaseFileSections.model_fields)
    section = AttributeSection if path[0] == "attributes" else SECTIONS[_value_at(values, path)["kind"]]
    return list(section.model_fields)


def _expected(values: Any, path: KeyPath) -> str:
    """What the key takes; of something inside a list, what the list takes."""
    names = [part for part in path if isinstance(part, str)]
    name = next((part for part in reversed(names) if part in EXPECTED), "")
    if name in ("capabilities", "") and names[-1:] and names[-1] in ("positive", "negative", "neutral"):
        kind = str(_value_at(values, path[:2]).get("kind"))
        return EXPECTED_OF_LABEL[kind]
    return EXPECTED.get(name, "a mapping with language, and capabilities or attributes")


def _inner(node: yaml.Node | None, part: str | int) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part].start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                return value, key.start_mark.line + 1
    return None
