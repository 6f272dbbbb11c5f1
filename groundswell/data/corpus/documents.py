"""Documents of a source, one at a time, from any number of files.

Plain text holds a document per line, per block between blank lines, or per file:

    The room was clean.
    房间很干净。

CSV, TSV, JSON Lines, Parquet and data sets hold one per row, under a column. All of it may be `.gz`, `.xz` or `.zst`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from glob import glob
from pathlib import Path
from typing import Any, Literal

from groundswell.data.accounting import Accounting
from groundswell.data.byte_source import ByteSource, find_bytes
from groundswell.data.encoding import bounded_lines, check_encoding, encoding_of, is_misread_utf_8
from groundswell.data.readers import SUFFIXES, missing_column, open_rows
from groundswell.data.rows import BadRow
from groundswell.data.splits import SAMPLE, locate
from groundswell.errors import DataError

Layout = Literal["line", "block", "file"]
MOST_CHARACTERS = 1_000_000
TOO_LONG_TO_READ = "longer than can be read"
_PATTERN_MARKS = frozenset("*?[")
_RAW_CHARACTERS = 200


@dataclass(frozen=True)
class TextSource:
    """Files that belong together, such as one web site, one shop, one year.

    name              what the report calls it
    files             paths, patterns such as `reviews/*.jsonl.xz`, folders (every file in them), `hub:owner/name`; the
                      documents come in this order, those of a pattern or a folder by name
    layout            what a document is in plain text: a line, a block between blank lines, or the whole file
    text_column       where the text stands in rows
    split_column      where the name stands that `FILE#name` selects on
    encoding          of every file; None: each file's own is detected
    most_characters   a longer document is dropped and counted; of plain text no more than this is held at a time
    """

    name: str
    files: tuple[str, ...]
    layout: Layout = "line"
    text_column: str = "text"
    split_column: str = "split"
    encoding: str | None = None
    most_characters: int = MOST_CHARACTERS


@dataclass(frozen=True, slots=True)
class Document:
    """One text.

    id       `file:line`, `file:record` or `file`
    source   name of its source
    text     as received, without line ends around it
    """

    id: str
    source: str
    text: str


@dataclass
class SourceRead:
    """What was read of a source so far.

    accounting   every document; those that can be read are counted by whoever judges them
    files        name, encoding (None for tables) and number of documents of each file, in the order read
    """

    accounting: Accounting
    files: list[dict[str, Any]] = field(default_factory=list)


def read_documents(source: TextSource, read: SourceRead) -> Iterator[Document]:
    """The documents of a source, in order; a line, a record or a block of them is in memory at a time.

    What cannot be read (a bad row, a missing text, more than `most_characters`) is counted as dropped in `read`; an
    empty file gives a warning there. Raises DataError for a missing file, and with line and byte for bytes that do not
    decode or a compressed file that is cut off.
    """
    for name in find_files(source):
        read_before = read.accounting.read
        documents = _rows(name, source, read) if _is_table(name) else _plain(name, source, read)
        count = 0
        for count, document in enumerate(documents, start=1):  # noqa: B007 - the last count is what is wanted
            yield document
        read.files[-1]["documents"] = count
        if count == 0 and read.accounting.read == read_before:
            read.accounting.warnings.append(f"{name}: holds no document.")


def find_files(source: TextSource) -> list[str]:
    """Every file of a source; DataError when one is missing or named twice, or a pattern or a folder has none."""
    found: list[str] = []
    for given in source.files:
        if given == "-":
            raise DataError(f"source {source.name!r}: standard input cannot be read twice. Save it as a file.")
        if Path(given).is_dir():
            names = sorted(str(path) for path in Path(given).rglob("[!.]*") if path.is_file())
        else:
            is_pattern = not Path(given).exists() and _PATTERN_MARKS & set(given)
            names = sorted(glob(given, recursive=True)) if is_pattern else [given]
        if not names:
            raise DataError(f"source {source.name!r}: {given!r} names no file. Mend the pattern or fill the folder.")
        found += names
    repeated = {name for name in found if found.count(name) > 1} if len(set(found)) < len(found) else set()
    if repeated or not found:
        what = f"{min(repeated)} is named twice" if repeated else "no file is named"
        raise DataError(f"source {source.name!r}: {what}. Name each of its files once.")
    for name in found:
        _is_table(name)  # looks for the file
    return found


def _is_table(name: str) -> bool:
    if name.startswith(("hub:", SAMPLE)) or (not Path(name).exists() and "#" in name):
        return True
    suffix = find_bytes(name).suffix
    return suffix == ".json" or SUFFIXES.get(suffix, "text") != "text"


def _rows(name: str, source: TextSource, read: SourceRead) -> Iterator[Document]:
    path, split = locate(name)
    if Path(path).is_file() and find_bytes(path).head(1)[0] == b"":
        read.files.append({"file": name, "encoding": None, "documents": 0})
        return

    def count_bad(bad: BadRow) -> None:
        read.accounting.reject("unreadable row", read.accounting.read + 1, bad.raw, f"{bad.place}: {bad.reason}")

    rows = open_rows(path, encoding=source.encoding, on_bad_row=count_bad)
    wanted = (source.text_column,) if split is None else (source.text_column, source.split_column)
    for column, setting in zip(wanted, ("data.text", "data.split_column"), strict=False):
        if rows.columns and column not in rows.columns:
            raise missing_column(rows, column, setting)
    read.files.append({"file": name, "encoding": rows.encoding, "documents": 0})
    for row in rows:
        if split is not None and row.values.get(source.split_column) != split:
            continue  # another part of the file
        text = row.values.get(source.text_column)
        document_id = f"{name}:{row.number}"
        if not isinstance(text, str):
            found = f"{document_id}: {source.text_column!r} holds {type(text).__name__}, expected text"
            read.accounting.reject("no text", read.accounting.read + 1, repr(text)[:_RAW_CHARACTERS], found)
        elif len(text) > source.most_characters:
            _reject_long(document_id, source, read, text)
        else:
            yield Document(document_id, source.name, text)


def _plain(name: str, source: TextSource, read: SourceRead) -> Iterator[Document]:
    found = find_bytes(name)
    encoding = check_encoding(source.encoding) if source.encoding else encoding_of(found)
    read.files.append({"file": name, "encoding": encoding, "documents": 0})
    for number, text in _pieces(found, encoding, source):
        document_id = name if source.layout == "file" else f"{name}:{number}"
        if text is None:
            _reject_long(document_id, source, read)
        else:
            yield Document(document_id, source.name, text)


def _pieces(found: ByteSource, encoding: str, source: TextSource) -> Iterator[tuple[int, str | None]]:
    """(line it begins on, text) of every document of a plain file; None for one that is too long."""
    with closing(bounded_lines(found, encoding, source.most_characters)) as lines:
        numbered = _all_alike(enumerate(lines, start=1), found.name, encoding)
        if source.layout == "line":
            yield from numbered
            return
        block = _Block(source.most_characters)
        for number, line in numbered:
            if source.layout == "block" and line is not None and not line.strip():
                yield from block.take()
            else:
                block.add(number, line)
        yield from block.take()


def _all_alike(lines: Iterator[tuple[int, str | None]], name: str, encoding: str) -> Iterator[tuple[int, str | None]]:
    """The lines; DataError at the first one in another encoding than the file."""
    for number, line in lines:
        if line is not None and is_misread_utf_8(line, encoding):
            raise DataError(
                f"{name}:{number}: the file is {encoding} up to here, but this line is UTF-8. Save it as UTF-8, or "
                "split it by encoding."
            )
        yield number, line


class _Block:
    """Lines of one document, held as long as they are not too many characters."""

    def __init__(self, most_characters: int) -> None:
        self._most = most_characters
        self._first, self._size, self._fits = 0, 0, True
        self._lines: list[str] = []

    def add(self, number: int, line: str | None) -> None:
        self._first = self._first or number
        self._size += 1 + len(line or "")
        self._fits = self._fits and line is not None and self._size - 1 <= self._most
        if self._fits and line is not None:
            self._lines.append(line)
        else:
            self._lines.clear()

    def take(self) -> Iterator[tuple[int, str | None]]:
        """The document, if a line was added since the last one."""
        if self._first:
            yield self._first, "\n".join(self._lines) if self._fits else None
        self._first, self._size, self._fits = 0, 0, True
        self._lines = []


def _reject_long(document_id: str, source: TextSource, read: SourceRead, text: str = "") -> None:
    detail = f"{document_id}: more than {source.most_characters:,} characters"
    read.accounting.reject(TOO_LONG_TO_READ, read.accounting.read + 1, text[:_RAW_CHARACTERS], detail)
