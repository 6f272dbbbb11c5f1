"""The fixed order of label names: a class id is a place in it, never a place in a file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Self

from groundswell.data.suggestion import did_you_mean
from groundswell.errors import DataError
from groundswell.types import Example

_SHOWN_ROWS = 5


@dataclass(frozen=True)
class LabelMap:
    """Names by class id; ids are 0 to C - 1 in this order.

    >>> LabelMap(("negative", "positive")).id_of("positive")
    1
    """

    names: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.names or len(set(self.names)) != len(self.names):
            raise DataError(f"label map: found {list(self.names)}, expected one or more names, each once.")

    @classmethod
    def from_examples(cls, examples: Iterable[Example]) -> Self:
        """The labels of the examples, sorted by name; numbers by value, so that `10` stands behind `9`.

        Raises DataError when there is only one class: nothing could be learnt.
        """
        targets = [_names(example) for example in examples]
        names = {name for target in targets for name in target}
        if not names:
            raise DataError(f"{len(targets):,} rows, but none has a label. Name the column of the label as data.label.")
        # a multi-label row may lack the only label, which is then a class of its own
        if len(names) == 1 and all(targets):
            raise DataError(
                f"only one class, {next(iter(names))!r}, in {len(targets):,} rows. Two are needed: add rows of another "
                "class, or check data.label and data.labels."
            )
        return cls(tuple(sorted(names, key=_sort_key(names))))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The map that `to_json` wrote; raises DataError for anything else."""
        try:
            names = json.loads(text)
        except ValueError as error:
            raise DataError(f"label map: not JSON ({error}). Take it from the run folder it was written to.") from error
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise DataError("label map: expected a JSON list of names. Take it from the run folder it was written to.")
        return cls(tuple(names))

    def to_json(self) -> str:
        """A JSON list of the names in order."""
        return json.dumps(list(self.names), ensure_ascii=False)

    def sha256(self) -> str:
        """Hash of names and order, 64 hexadecimal digits."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def __len__(self) -> int:
        return len(self.names)

    def id_of(self, name: str) -> int:
        """The class id of a name; raises DataError for an unknown one."""
        if name not in self.names:
            raise DataError(f"label {name!r} is unknown. Known labels: {', '.join(self.names)}.{self._hint(name)}")
        return self.names.index(name)

    def name_of(self, class_id: int) -> str:
        """The name of a class id; raises DataError outside of 0 to C - 1."""
        if not 0 <= class_id < len(self.names):
            raise DataError(f"class id {class_id} is unknown. Known ids: 0 to {len(self.names) - 1}.")
        return self.names[class_id]

    def check_known(self, examples: Iterable[Example], split: str, source: str) -> None:
        """Nothing; raises DataError naming every unknown label of the split with its rows."""
        known = frozenset(self.names)
        rows_of: dict[str, list[int]] = {}
        for example in examples:
            for name in _names(example):
                if name not in known:
                    rows_of.setdefault(name, []).append(example.row)
        if not rows_of:
            return
        findings = " ".join(
            f"label {name!r} ({_rows(rows)}) is unknown.{self._hint(name)}" for name, rows in rows_of.items()
        )
        raise DataError(
            f"{source}: {split}: {findings} Known labels: {', '.join(self.names)}. Rename it with data.labels, such as "
            f"{{{next(iter(rows_of))}: {self.names[0]}}}, or mend the rows."
        )

    def _hint(self, name: str) -> str:
        return did_you_mean(name, self.names)


def _names(example: Example) -> tuple[str, ...]:
    target = example.target
    if isinstance(target, float):
        raise DataError(
            f"row {example.row}: the target is the number {target}, expected a label. Set task: regression."
        )
    if target is None:
        return ()
    return (target,) if isinstance(target, str) else target


def _rows(rows: list[int]) -> str:
    more = f" and {len(rows) - _SHOWN_ROWS:,} more" if len(rows) > _SHOWN_ROWS else ""
    return ("row " if len(rows) == 1 else "rows ") + ", ".join(map(str, rows[:_SHOWN_ROWS])) + more


def _sort_key(names: set[str]) -> Callable[[str], tuple[float, str]]:
    numbers = {name: _number(name) for name in names}
    if all(number is not None for number in numbers.values()):
        return lambda name: (numbers[name] or 0.0, name)
    return lambda name: (0.0, name)


def _number(name: str) -> float | None:
    try:
        value = float(name)
    except ValueError:
        return None
    return value if value == value else None  # "nan" has no place among numbers
