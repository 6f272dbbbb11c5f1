"""What the sections of a recipe are made of: closed, frozen, and strict about numbers and names."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict


def _no_boolean(value: object) -> object:
    """Numbers pass, `true` does not: pydantic would read it as 1."""
    if isinstance(value, bool):
        raise ValueError("found a boolean, expected a number")
    return value


def _whole(value: object) -> object:
    """`1e3` and `4096.0` in YAML or on the command line are whole numbers too; `0.5` and `true` are not."""
    value = _no_boolean(value)
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return value
    return int(value) if isinstance(value, float) and value.is_integer() else value


Number = Annotated[float, BeforeValidator(_no_boolean)]
Whole = Annotated[int, BeforeValidator(_whole)]


def _label_name(value: object) -> str:
    """The name of a label as the readers see it; YAML turns `1:` into a number and `true:` into a boolean."""
    if value is None or isinstance(value, list | dict):
        raise ValueError("expected the name of a label")
    return str(value).lower() if isinstance(value, bool) else str(value)


LabelName = Annotated[str, BeforeValidator(_label_name)]


class Section(BaseModel):
    """A closed, frozen part of the recipe."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, allow_inf_nan=False)
