"""`docs/recipe.md`: every key of a recipe with its default, values and meaning, from the models themselves.

python docs/generate_recipe_table.py
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from groundswell.recipe import Recipe

PAGE = Path(__file__).with_name("recipe.md")
HEADING = """# The recipe

A recipe is everything a training depends on: a YAML file, plus `section.key=value` on the command line, of which the
later wins. `groundswell train RECIPE --dry-run` prints it with every default written out, and what it will cost, and
reads no data. Unknown, missing and wrong keys are reported all at once, each with its place, what was found and what
is expected.

Paths are relative to the working directory. `null` means that nothing is set; a default that follows from other keys
is written in its meaning. This page is made by `python docs/generate_recipe_table.py` from
`groundswell/recipe_sections.py`.
"""
BOUNDS = (
    ("≥", "minimum", "ge"),
    (">", "exclusiveMinimum", "gt"),
    ("≤", "maximum", "le"),
    ("<", "exclusiveMaximum", "lt"),
)
KINDS = {"integer": "whole number", "number": "number", "string": "text", "boolean": "true, false", "null": "null"}

Schema = dict[str, Any]


def render() -> str:
    """The whole page."""
    schema = Recipe.model_json_schema()
    parts = [HEADING]
    for title, description, rows in _sections(schema):
        parts.append(f"## {title}\n\n{description}\n\n| key | default | values | meaning |\n|---|---|---|---|\n{rows}")
    return "\n".join(parts)


def _sections(schema: Schema) -> Iterator[tuple[str, str, str]]:
    """Title, sentence and table rows of the recipe itself, then of each of its sections."""
    definitions = schema["$defs"]
    own: Schema = {}
    sections: list[tuple[str, Schema]] = []
    waiting = [(name, found) for name, found in schema["properties"].items()]
    while waiting:
        path, found = waiting.pop(0)
        inner = _resolved(found, definitions)
        repeated = _repeated_section(found, definitions)
        if repeated is not None:  # what stands in it is told of once
            named = f"{path}.NAME" if "additionalProperties" in inner else path
            sections.append((named, _with_sections_named(repeated, definitions)))
            continue
        if "properties" not in inner:
            own[path] = found
            continue
        sections.append((path, inner))
        nested = [(f"{path}.{name}", key) for name, key in inner["properties"].items()]
        waiting = [entry for entry in nested if _is_section(entry[1], definitions)] + waiting
    yield "The recipe itself", "Keys that stand at the top.", _rows("", own, schema.get("required", []), definitions)
    for path, section in sections:
        keys = {name: key for name, key in section["properties"].items() if not _is_section(key, definitions)}
        yield f"`{path}`", section["description"], _rows(f"{path}.", keys, section.get("required", []), definitions)


def _is_section(key: Schema, definitions: Schema) -> bool:
    return "properties" in _resolved(key, definitions) or _repeated_section(key, definitions) is not None


def _repeated_section(key: Schema, definitions: Schema) -> Schema | None:
    """The section behind a mapping with free names, or one that may be left out; None for any other key."""
    options = [_resolved(key, definitions).get("additionalProperties") or {}, *key.get("anyOf", [])]
    found = (_resolved(option, definitions) for option in options if isinstance(option, dict))
    return next((section for section in found if "properties" in section), None)


def _with_sections_named(section: Schema, definitions: Schema) -> Schema:
    """The same section; keys that are sections themselves refer to the place where these stand alone."""
    keys: Schema = {}
    for name, key in section["properties"].items():
        inner = _resolved(key, definitions)
        if "properties" in inner:
            own = ", ".join(f"`{key}`" for key in inner["properties"])
            key = {"default": "the recipe's", "enum": [f"as in {name}"], "description": f"what differs: {own}"}
        keys[name] = key
    required = [
        name
        for name in section.get("required", [])
        if "properties" not in _resolved(section["properties"][name], definitions)
    ]
    return {**section, "properties": keys, "required": required}


def _rows(prefix: str, keys: Schema, required: list[str], definitions: Schema) -> str:
    return "".join(
        f"| `{prefix}{name}` | {'required' if name in required else _default(key)} | {_values(key, definitions)} "
        f"| {key.get('description', '').replace('|', '&#124;')} |\n"
        for name, key in keys.items()
    )


def _default(key: Schema) -> str:
    found = key.get("default", {})
    return "`null`" if found is None else f"`{found if isinstance(found, str) else json.dumps(found)}`"


def _values(key: Schema, definitions: Schema) -> str:
    """What a key takes, such as `whole number ≥ 1, or null`."""
    options = [_resolved(option, definitions) for option in key.get("anyOf", [key])]
    return ", or ".join(_option(option, definitions) for option in options)


def _option(schema: Schema, definitions: Schema) -> str:
    if "enum" in schema:
        return ", ".join(f"`{name}`" for name in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array":
        return f"list of {_values(schema['items'], definitions)}"
    if schema.get("type") == "object":
        return f"mapping of label to {_values(schema['additionalProperties'], definitions)}"
    if "pattern" in schema:
        return "letters, digits, `_`, `.`, `-`"
    limits = [f"{sign} {schema[name]}" for sign, *names in BOUNDS for name in names if name in schema]
    return " ".join([KINDS[schema["type"]], ", ".join(limits)]).rstrip()


def _resolved(schema: Schema, definitions: Schema) -> Schema:
    reference = schema.get("$ref")
    return definitions[reference.rpartition("/")[2]] if reference else schema


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
