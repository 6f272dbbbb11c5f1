"""Recipes from YAML and `section.key=value`, checked whole: all mistakes are reported at once.

    data: {train: reviews.csv}          in a file, read by `load_recipe`
    training.epochs=5                   an override, from the command line; of two for one key the later wins

Relative paths in a recipe stay as written: they are relative to the working directory, not to the recipe.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from groundswell.errors import RecipeError
from groundswell.recipe import Recipe
from groundswell.recipe_mistakes import (
    COMMAND_LINE,
    KeyPath,
    Mistakes,
    Schema,
    Values,
    did_you_mean,
    is_mapping_of_labels,
    is_section,
    schema_at,
    shown,
    takes_text,
    unknown_key,
)
from groundswell.recipe_yaml import RepeatedKey, YamlError, YesNo, read_yaml

MOST_BYTES = 1_000_000


def load_recipe(path: str | Path, overrides: Sequence[str] = ()) -> Recipe:
    """The recipe of a file, or of a name such as `sentiment/minilm-lora`, with its overrides.

    Raises RecipeError with one line for each mistake.
    """
    file = find_recipe(path)
    values, problems = _read_file(file)
    return _build(values, str(file), overrides, problems)


def recipe_from_values(values: Mapping[str, Any], place: str, overrides: Sequence[str] = ()) -> Recipe:
    """The recipe of plain nested values, with its overrides.

    place   what messages begin with, such as the name of a file
    raises  RecipeError with one line for each mistake
    """
    return _build(copy.deepcopy(dict(values)), place, overrides, [])


def apply_overrides(values: Mapping[str, Any], overrides: Sequence[str]) -> Values:
    """A copy of plain recipe values in which each `section.key=value` is set; the values are not checked.

    Raises RecipeError for an unknown key, a missing `=` or a value that is not YAML.
    """
    changed = copy.deepcopy(dict(values))
    problems = [problem for written in overrides for problem in _Override(written).set_in(changed)]
    if problems:
        raise RecipeError(problems)
    return changed


def find_recipe(path: str | Path) -> Path:
    """The file of a recipe: as written, or under `recipes/` here or beside the package; `.yaml` may be left out."""
    shelves = (Path("recipes"), Path(__file__).resolve().parent.parent / "recipes")
    for candidate in (folder / f"{path}{suffix}" for folder in (Path(), *shelves) for suffix in ("", ".yaml", ".yml")):
        if candidate.is_file():
            return candidate
    asked = Path(path)
    if asked.is_dir():
        names = ", ".join(sorted(entry.name for entry in asked.glob("*.y*ml"))) or "none"
        raise RecipeError([f"{path}: a folder, expected a recipe file; recipes in it: {names}"])
    near = [str(entry) for entry in asked.parent.glob("*.y*ml")] if asked.parent.is_dir() else []
    shipped = {
        entry.relative_to(shelf).with_suffix("").as_posix() for shelf in shelves for entry in shelf.rglob("*.yaml")
    }
    known = f"; recipes by name: {', '.join(sorted(shipped))}" if shipped else ""
    raise RecipeError([f"{path}: no such recipe{did_you_mean(str(path), [*near, *sorted(shipped)])}{known}"])


def _build(values: Values, place: str, overrides: Sequence[str], problems: list[str]) -> Recipe:
    changes = [_Override(written) for written in overrides]
    unset = [problem for change in changes for problem in change.set_in(values)]
    # an empty section, `training:` with nothing below, means its defaults; without `data:` the missing key is named
    values = {"data": {}} | {name: value for name, value in values.items() if value is not None}
    mistakes = Mistakes(values, place, [change.path for change in changes])
    problems = [*problems, *mistakes.yes_no_for_text()]
    try:
        recipe = Recipe.model_validate(values)
    except ValidationError as error:
        raise RecipeError([*problems, *mistakes.lines(error), *unset]) from error
    if problems or unset:
        raise RecipeError([*problems, *unset])
    return recipe


def _read_file(file: Path) -> tuple[Values, list[str]]:
    """The values of a file and a line for each repeated key; raises RecipeError where nothing can be read."""
    text = _read_text(file)
    try:
        values, repeated = read_yaml(text)
    except YamlError as error:
        raise RecipeError([f"{file}{error.place}: not YAML: {error}; check indentation and quotes"]) from error
    if values is None:
        raise RecipeError([f"{file}: the recipe is empty, expected at least `data: {{train: FILE}}`"])
    if not isinstance(values, dict):
        raise RecipeError([f"{file}: found {shown(values)}, expected sections such as `data:` and `training:`"])
    return values, [_repeated_line(file, key) for key in repeated]


def _repeated_line(file: Path, found: RepeatedKey) -> str:
    return f"{file}:{found.line}: the key {found.key!r} stands already in line {found.first_line}; keep one of them"


def _read_text(file: Path) -> str:
    try:
        num_bytes = file.stat().st_size
        if num_bytes > MOST_BYTES:
            raise RecipeError([f"{file}: found {num_bytes:,} bytes, expected a recipe of at most {MOST_BYTES:,}"])
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise RecipeError([f"{file}: cannot be read ({error.strerror}); check its permissions"]) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise RecipeError([f"{file}:{line}: not UTF-8 at byte {error.start}; save the recipe as UTF-8"]) from error


class _Override:
    """One `section.key=value`; `path` is where it belongs."""

    def __init__(self, written: str) -> None:
        self._written = written
        key, self._equals, self._value = written.partition("=")
        self._key = key.strip()
        self.path = _split_key(self._key)

    def set_in(self, values: Values) -> list[str]:
        """Nothing, once the value is set; else what is wrong."""
        if not self._equals or not self._key:
            return [f"{COMMAND_LINE}: found {self._written!r}, expected section.key=value"]
        schema = schema_at(self.path)
        if schema is None:
            return [unknown_key(COMMAND_LINE, self.path)]
        try:
            value = self._read_value(schema)
        except YamlError as error:
            return [f"{COMMAND_LINE}: {self._key}: found {self._value!r}, which is not YAML: {error}"]
        parent: Any = values
        for depth, name in enumerate(self.path[:-1], start=1):
            inner = parent.get(name)
            if not isinstance(inner, dict):
                if inner is not None and is_section(self.path[:depth]):
                    return []  # a section that is no mapping is reported as such
                inner = parent[name] = {}
            parent = inner
        parent[self.path[-1]] = value
        return []

    def _read_value(self, schema: Schema) -> Any:
        """The value as YAML; where text is declared, all but null, booleans and quoted text stays as typed."""
        as_typed = takes_text(schema) and self._value.lstrip()[:1] not in ("'", '"')
        try:
            value, repeated = read_yaml(self._value)
        except YamlError:
            if as_typed:
                return self._value
            raise
        if repeated:
            raise YamlError("", f"the key {repeated[0].key!r} stands twice")
        return self._value if as_typed and not (value is None or isinstance(value, bool | YesNo)) else value


def _split_key(key: str) -> KeyPath:
    """The parts of a dotted key; the name of a label keeps its own dots."""
    parts = key.split(".")
    for depth in range(1, len(parts)):
        if is_mapping_of_labels(tuple(parts[:depth])):
            return (*parts[:depth], ".".join(parts[depth:]))
    return tuple(parts)
