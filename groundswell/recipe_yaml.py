"""YAML as recipes are written: keys are text, and a repeated key is noted instead of silently winning.

Of the surprises of YAML 1.1, octal numbers (`010`), base 60 (`12:30`) and dates are switched off, and an unquoted `no`
stays recognisable, so that `label: no` can be refused while `cache: no` still means false.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any, NamedTuple

import yaml


class YesNo(str):
    """An unquoted yes, no, on or off: true or false where that is declared, a mistake where text is."""


class RepeatedKey(NamedTuple):
    """A key that stands twice in one mapping; lines from 1."""

    line: int
    key: str
    first_line: int


class YamlError(Exception):
    """Text that is not YAML: `place` is `:line:column`, as far as it is known."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(reason)
        self.place = place


def read_yaml(text: str) -> tuple[Any, list[RepeatedKey]]:
    """The plain value of the text, and its repeated keys; raises YamlError."""
    try:
        loader = _RecipeLoader(text)
        return loader.get_single_data(), loader.repeated
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise YamlError(place, error.problem or error.context or "unreadable") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise YamlError(f":{line}", f"character {text[error.position]!r} is not allowed") from error
    except RecursionError as error:
        raise YamlError("", "nested too deeply") from error
    except ValueError as error:  # a whole number of more than 4,300 digits
        raise YamlError("", str(error).partition(";")[0]) from error


class _RecipeLoader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - where PyYAML keeps them

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.repeated: list[RepeatedKey] = []

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        first_keys: dict[str, yaml.Node] = {}
        for key, _ in node.value:
            first = first_keys.setdefault(str(key.value), key)
            if first is not key:
                found = RepeatedKey(key.start_mark.line + 1, str(key.value), first.start_mark.line + 1)
                self.repeated.append(found)
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        self.flatten_mapping(node)
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key must be text", key.start_mark)
        return {key.value: self.construct_object(value, deep=deep) for key, value in node.value}


def _yes_no(_: Any, node: Any) -> YesNo:
    return YesNo(node.value)


for _tag, _pattern, _first_characters in (
    ("bool", r"true|True|TRUE|false|False|FALSE", [*"tTfF"]),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?(?:0|[1-9][0-9_]*)", [*"-+0123456789"]),
    ("float", r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|\.[0-9][0-9_]*|\.inf|\.nan)", [*"-+.0123456789"]),
    ("merge", r"<<", ["<"]),
    ("yes_no", r"[yY]es|YES|[nN]o|NO|[oO]n|ON|[oO]ff|OFF", [*"yYnNoO"]),
):
    _RecipeLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), _first_characters)
_RecipeLoader.add_constructor("tag:yaml.org,2002:yes_no", _yes_no)
