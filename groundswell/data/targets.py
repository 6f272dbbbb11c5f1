"""What the label field of a row says: a name, several names, or a number."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any, Literal

Task = Literal["single_label", "multi_label", "regression", "opinions"]
Target = str | tuple[str, ...] | float

NO_LABEL = "no label"
_SEPARATOR = re.compile("[,;|]")


class UnreadableTargetError(Exception):
    """A label field that does not fit the task; `reason` is the same for all rows with the same mistake."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def name_of(value: Any) -> str:
    """A value as text: blanks at the ends removed, `1.0` is `1`, `true` and `false` as in JSON, nothing is ``.

    >>> name_of(1.0), name_of(" good "), name_of(True), name_of(None)
    ('1', 'good', 'true', '')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def read_target(value: Any, task: Task, rename: Mapping[str, str]) -> Target:
    """The target of a row.

    value    a string, number or boolean; for `multi_label` a list of these, or a string with `,`, `;` or `|` between
             names (a string that begins with `[` is a JSON list); an empty list says that no label applies
    rename   name in the file -> name it gets; not for regression
    raises   UnreadableTargetError, with the reason `no label` when there is none
    """
    if task == "regression":
        return _read_number(value)
    if task == "multi_label":
        return _read_names(value, rename)
    if isinstance(value, (list, tuple, dict)):
        raise UnreadableTargetError(f"label is a {type(value).__name__}, expected one name")
    name = name_of(value)
    if not name:
        raise UnreadableTargetError(NO_LABEL)
    return rename.get(name, name)


def _read_names(value: Any, rename: Mapping[str, str]) -> tuple[str, ...]:
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except ValueError:
            raise UnreadableTargetError("label begins like a JSON list but is none") from None
    elif not isinstance(value, (list, tuple)):
        if isinstance(value, dict):
            raise UnreadableTargetError("label is a dict, expected a list of names")
        value = _SEPARATOR.split(name_of(value))
        if not any(part.strip() for part in value):
            raise UnreadableTargetError(NO_LABEL)
    if any(isinstance(part, (list, dict)) for part in value):
        raise UnreadableTargetError("label is a list in a list, expected a list of names")
    names = (name_of(part) for part in value)
    return tuple(dict.fromkeys(rename.get(name, name) for name in names if name))


def _read_number(value: Any) -> float:
    if value is None or (isinstance(value, str) and not value.strip()):
        raise UnreadableTargetError(NO_LABEL)
    if isinstance(value, (bool, list, tuple, dict)) or (isinstance(value, str) and "_" in value):
        raise UnreadableTargetError("target is not a number")
    try:
        number = float(value)
    except (ValueError, TypeError, OverflowError):
        raise UnreadableTargetError("target is not a number") from None
    if not math.isfinite(number):
        raise UnreadableTargetError("target is not a finite number")
    return number
