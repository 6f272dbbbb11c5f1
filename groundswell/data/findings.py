"""What a check of labelled files has to say: one finding for each thing, the worst first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from groundswell.types import Example

Severity = Literal["serious", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("serious", "warning", "note")

SERIOUS_SHARE = 0.005  # of the rows; less is a warning
SHOWN_ROWS = 5
_SHOWN_TEXT = 200


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with files, or worth knowing about them.

    severity   serious: figures measured on these files mislead, or the model learns what is not so; warning: some
               rows should be looked at; note: worth knowing
    code       what it is, such as `label_conflicts`; the name of its list of rows, too
    source     the file, or `first / second`
    count      how many rows (texts, labels) it concerns
    what       a clause that says it, without the file's name
    mend       what to do about it
    rows       the first places: row numbers, or several that belong together
    details    plain values that say more
    listing    every row it concerns as plain values, for a file of its own; `file` and `row` come first
    """

    severity: Severity
    code: str
    source: str
    count: int
    what: str
    mend: str
    rows: tuple[int | tuple[int, ...], ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    listing: Sequence[Mapping[str, Any]] = field(default=(), repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, without the listing."""
        return {
            "severity": self.severity,
            "code": self.code,
            "source": self.source,
            "count": self.count,
            "what": self.what,
            "mend": self.mend,
            "rows": [list(place) if isinstance(place, tuple) else place for place in self.rows],
            "details": dict(self.details),
        }


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """By severity, then by how many rows each concerns."""
    return sorted(findings, key=lambda found: (SEVERITIES.index(found.severity), -found.count))


def by_share(count: int, total: int) -> Severity:
    """`serious` for half a percent of the rows or more, else `warning`."""
    return "serious" if count >= SERIOUS_SHARE * total else "warning"


def listed(source: str, example: Example, **more: object) -> dict[str, Any]:
    """A row of a listing: file, row, id, label, what else is said, and the first 200 characters of the text."""
    target = example.target
    label = "|".join(target) if isinstance(target, tuple) else target
    row = {"file": source, "row": example.row, "id": example.id, "label": label}
    return {**row, **more, "text": example.text[:_SHOWN_TEXT]}


def concerning(
    severity: Severity, code: str, source: str, rows: Sequence[Example], texts: tuple[str, str], **details: Any
) -> Finding:
    """A finding about these rows, all of them listed; `texts` is what it says and how to mend it."""
    return Finding(
        severity, code, source, len(rows), *texts, tuple(example.row for example in rows[:SHOWN_ROWS]), details,
        [listed(source, example) for example in rows],
    )  # fmt: skip


def counted(number: int, one: str, several: str | None = None) -> str:
    """`1 row`, `2 rows`.

    >>> counted(1, "row"), counted(2_000, "row"), counted(2, "text carries", "texts carry")
    ('1 row', '2,000 rows', '2 texts carry')
    """
    return f"{number:,} {one if number == 1 else several or one + 's'}"
