"""A file of rows without personal data: the same rows and columns, placeholders such as [PHONE] in chosen columns.

    {"id": 1, "text": "Call me: 13812345678"}   ->   {"id": 1, "text": "Call me: [PHONE]"}

Spans of opinions and sentences in the same record move along with its text. Other columns stay as they are; what looks
personal in them is counted, so that nobody takes the file for clean.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from groundswell.data.delimited import DELIMITERS
from groundswell.data.readers import SUFFIXES
from groundswell.data.rows import Row, RowSource
from groundswell.errors import DataError
from groundswell.run_folder import whole_file
from groundswell.text.redaction import Redacted, redact, redact_values

_SPAN_KEYS = ("opinions", "sentences")
_WRITTEN = ("jsonl", "csv", "tsv", "text")
Write = Callable[[dict[str, Any]], object]


@dataclass
class RedactionCounts:
    """What was found in a file.

    rows       that were read and written
    changed    rows of them that are no longer what they were
    found      how often each kind was found and replaced
    left       of every other column, how many of its values hold personal data that was left there
    """

    rows: int = 0
    changed: int = 0
    found: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)

    def to_dict(self) -> dict[str, Any]:
        """The counts as plain values."""
        return {"rows": self.rows, "changed": self.changed, "found": dict(self.found), "left": dict(self.left)}


def redact_rows(
    rows: RowSource, columns: Sequence[str], target: Path, progress: Callable[[int], object] = lambda _: None
) -> RedactionCounts:
    """Write the rows to `target` without the personal data of these columns, whole or not at all.

    target     .jsonl, or the format of the source: .csv, .tsv, .txt; UTF-8
    progress   called with the number of rows so far
    raises     DataError for a target of another format
    """
    counts = RedactionCounts()
    with _writer(rows, target) as write:
        for row in rows:
            write(_redacted(row, columns, counts))
            counts.rows += 1
            progress(counts.rows)
    return counts


def _redacted(row: Row, columns: Sequence[str], counts: RedactionCounts) -> dict[str, Any]:
    values = dict(row.values)
    found: Counter[str] = Counter()
    for name, value in row.values.items():
        if name in columns and isinstance(value, str):
            redacted = redact(value)
            found.update(redacted.counts)
            values[name] = redacted.text
            if name == "text" and redacted.found:
                values |= {key: _moved(values[key], redacted) for key in _SPAN_KEYS if key in values}
        elif name in columns:
            values |= redact_values({name: value})
            found.update(_counts_within(value))
        elif not (name in _SPAN_KEYS and "text" in columns) and _counts_within(value):
            counts.left[name] += 1
    counts.found.update(found)
    counts.changed += bool(found)
    return values


def _counts_within(value: Any) -> Counter[str]:
    """How often each kind stands in the texts of a value."""
    if isinstance(value, str):
        return Counter(redact(value).counts)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return sum((_counts_within(one) for one in inner), Counter())


def _moved(value: Any, redacted: Redacted) -> Any:
    """Records whose `start` and `end` point into the new text and whose `text` is what stands there."""
    if isinstance(value, list):
        return [_moved(inner, redacted) for inner in value]
    if not isinstance(value, dict):
        return value
    moved = {name: _moved(inner, redacted) for name, inner in value.items()}
    start, end = value.get("start"), value.get("end")
    if type(start) is int and type(end) is int:
        moved["start"], moved["end"] = redacted.moved(start, end)
        if "text" in moved:
            moved["text"] = redacted.text[moved["start"] : moved["end"]]
    return moved


@contextmanager
def _writer(rows: RowSource, target: Path) -> Iterator[Write]:
    """What writes a row; the file gets its name when all are written."""
    kind = SUFFIXES.get(target.suffix.lower())
    if kind != "jsonl" and (kind != rows.format or kind not in _WRITTEN):
        suffixes = [suffix for suffix, named in SUFFIXES.items() if named == rows.format and named in _WRITTEN]
        wanted = " or ".join(dict.fromkeys([*suffixes, ".jsonl"]))
        raise DataError(f"{target}: found {target.suffix or 'no suffix'}, expected {wanted}. Name the file so")
    # an unpaired surrogate becomes \udXXX, which is also how JSON writes it
    with whole_file(target) as aside, aside.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        yield _write_to(file, kind, rows.columns)


def _write_to(file: IO[str], kind: str, columns: Sequence[str]) -> Write:
    if kind == "jsonl":
        return lambda values: file.write(json.dumps(values, ensure_ascii=False, default=str) + "\n")
    if kind == "text":
        return lambda values: file.write(values[columns[0]] + "\n")
    writer = csv.DictWriter(file, columns, delimiter=DELIMITERS[kind], lineterminator="\n")
    writer.writeheader()
    return writer.writerow
