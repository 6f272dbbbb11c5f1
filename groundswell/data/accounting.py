"""The count of every row of a split: read, kept, cut, dropped and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from groundswell.errors import SelfCheckError

SHOWN_UNKNOWN = 0.005
MOST_REJECTED = 1_000
_SHOWN_ROWS = 5
_RAW_CHARACTERS = 2_000


@dataclass
class DroppedRows:
    """How many rows were dropped for one reason, and the first five of their row numbers."""

    count: int = 0
    first_rows: list[int] = field(default_factory=list)

    def add(self, row: int) -> None:
        """Count one more row."""
        self.count += 1
        if len(self.first_rows) < _SHOWN_ROWS:
            self.first_rows.append(row)


@dataclass
class Accounting:
    """What became of the rows of a split; read = kept + dropped at any time, and cut rows are kept rows.

    cut            kept rows of which the model reads a part only
    max_tokens     the limit at which they are cut; None when nothing was cut
    unknown        share of the tokens that the model does not know, 0-1
    dropped        reason -> rows
    warnings       whole sentences for a person
    rejected       the first 1,000 bad rows: {"row", "reason", "raw"}, raw up to 2,000 characters
    unit           what is counted, for `line`
    noted          what is true of some kept rows, such as `ambiguous place` -> rows; a row may stand there twice
    opinions       the same account of the gold opinions in these rows; None where nobody reads them
    """

    split: str
    read: int = 0
    kept: int = 0
    cut: int = 0
    max_tokens: int | None = None
    unknown: float = 0.0
    dropped: dict[str, DroppedRows] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    unit: str = "rows"
    noted: dict[str, DroppedRows] = field(default_factory=dict)
    opinions: Accounting | None = None

    @property
    def num_dropped(self) -> int:
        """Rows dropped for any reason."""
        return sum(rows.count for rows in self.dropped.values())

    def keep(self) -> None:
        """Count a row that was read and is kept."""
        self.read += 1
        self.kept += 1

    def drop(self, reason: str, row: int) -> None:
        """Count a row that was read and is dropped."""
        self.read += 1
        self.dropped.setdefault(reason, DroppedRows()).add(row)

    def reject(self, reason: str, row: int, raw: str, detail: str = "") -> None:
        """`drop` a bad row and keep what it held; `detail` says more than the reason that is counted."""
        self.drop(reason, row)
        if len(self.rejected) < MOST_REJECTED:
            self.rejected.append({"row": row, "reason": detail or reason, "raw": raw[:_RAW_CHARACTERS]})

    def note(self, what: str, row: int) -> None:
        """Count something that is true of a kept row."""
        self.noted.setdefault(what, DroppedRows()).add(row)

    def withdraw(self, reason: str, row: int) -> None:
        """Count a kept row as dropped after all, such as by a limit on the number of rows."""
        self.kept -= 1
        self.dropped.setdefault(reason, DroppedRows()).add(row)

    def count_cut(self, num_rows: int, max_tokens: int, unknown: float = 0.0) -> None:
        """Set how many kept rows are cut, at how many tokens, and which share of the tokens is unknown."""
        self.cut = num_rows
        self.max_tokens = max_tokens
        self.unknown = unknown

    def check(self) -> None:
        """Nothing; raises SelfCheckError when the counts do not add up."""
        if self.read != self.kept + self.num_dropped or not 0 <= self.cut <= self.kept:
            raise SelfCheckError(
                f"{self.split}: {self.read} rows read, but {self.kept} kept ({self.cut} of them cut) and "
                f"{self.num_dropped} dropped; expected read = kept + dropped and cut <= kept. Report this as a bug."
            )
        if self.opinions is not None:
            self.opinions.check()

    def to_dict(self) -> dict[str, Any]:
        """Plain values for the manifest."""
        account: dict[str, Any] = {
            "split": self.split,
            "read": self.read,
            "kept": self.kept,
            "cut": self.cut,
            "max_tokens": self.max_tokens,
            "unknown_tokens": round(self.unknown, 6),
            "dropped": self.num_dropped,
            "reasons": _plain(self.dropped),
            "warnings": list(self.warnings),
        }
        if self.noted:
            account["noted"] = _plain(self.noted)
        if self.opinions is not None:
            account["opinions"] = self.opinions.to_dict()
        return account

    @classmethod
    def from_dict(cls, account: dict[str, Any], *, unit: str, rejected: list[dict[str, Any]]) -> Accounting:
        """The account that `to_dict` wrote down."""
        found: dict[str, Any] = {
            name: account[name] for name in ("split", "read", "kept", "cut", "max_tokens", "warnings")
        }
        for name, key in (("dropped", "reasons"), ("noted", "noted")):
            found[name] = {reason: DroppedRows(**rows) for reason, rows in account.get(key, {}).items()}
        return cls(**found, unknown=account["unknown_tokens"], unit=unit, rejected=rejected)

    def line(self) -> str:
        """One line for a person, such as
        `train: 1,000 rows read, 998 kept (120 cut at 512 tokens), 2 dropped (blank text: rows 17, 40)`.
        """
        cut = f" ({self.cut:,} cut at {self.max_tokens:,} tokens)" if self.cut and self.max_tokens else ""
        reasons = "; ".join(f"{reason}: {_row_numbers(rows)}" for reason, rows in self.dropped.items())
        dropped = f", {self.num_dropped:,} dropped ({reasons})" if reasons else ", 0 dropped"
        unknown = f", {self.unknown:.1%} of the tokens unknown" if self.unknown >= SHOWN_UNKNOWN else ""
        unknown += "".join(f", {what}: {_row_numbers(rows)}" for what, rows in self.noted.items())
        return f"{self.split}: {self.read:,} {self.unit} read, {self.kept:,} kept{cut}{dropped}{unknown}"


def _plain(counted: dict[str, DroppedRows]) -> dict[str, dict[str, Any]]:
    return {reason: {"count": rows.count, "first_rows": rows.first_rows} for reason, rows in counted.items()}


def _row_numbers(rows: DroppedRows) -> str:
    numbers = ", ".join(map(str, rows.first_rows))
    more = rows.count - len(rows.first_rows)
    return ("row " if rows.count == 1 else "rows ") + numbers + (f" and {more:,} more" if more else "")
