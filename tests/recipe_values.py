"""Recipes with one key set, and what is wrong with them."""

from __future__ import annotations

from typing import Any

import pytest

from groundswell.errors import RecipeError
from groundswell.recipe_reading import recipe_from_values
from groundswell.recipe_sections import EvaluationSection

EVALUATION_KEYS = ", ".join(EvaluationSection.model_fields)
VALID = {"data": {"train": "reviews.csv"}}


def with_value(key: str, value: object) -> dict[str, Any]:
    values: dict[str, Any] = {"data": {"train": "reviews.csv"}}
    *sections, name = key.split(".")
    inner = values
    for section in sections:
        inner = inner.setdefault(section, {})
    inner[name] = value
    return values


def problems_of(values: dict[str, Any], *overrides: str) -> list[str]:
    with pytest.raises(RecipeError) as caught:
        recipe_from_values(values, "recipe.yaml", overrides)
    return caught.value.problems
