"""The text of a file of opinions, with a place for everything that is found in it.

Such files are written by hand or by annotators and hold some thousand texts: they are read whole, so that a mistake
can be named by line and column wherever it stands.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property

from groundswell.data.byte_source import ByteSource, find_bytes
from groundswell.data.encoding import check_encoding, encoding_of, text_lines
from groundswell.errors import DataError

_DECLARED = re.compile(rb"<\?xml[^>]*encoding=[\"']([A-Za-z0-9._-]+)")
_HEAD_BYTES = 200
_SINGLE_BYTES = ("iso-8859-", "windows-125")


@dataclass(frozen=True)
class Line:
    """A line without its end: 1-based number, and the code point of the document at which it begins."""

    number: int
    offset: int
    text: str


@dataclass(frozen=True)
class Place:
    """Where something stands; `file:line:column` as a string, 1-based, columns counted in code points.

    offset  code points into the document; a function where it takes work to find out
    column  name of the column of a table, shown behind the place
    """

    document: Document
    offset: int | Callable[[], int]
    column: str = ""

    def __str__(self) -> str:
        line, column = self.document.line_and_column(self.offset if isinstance(self.offset, int) else self.offset())
        name = f" ({self.column})" if self.column else ""
        return f"{self.document.name}:{line}:{column}{name}"


@dataclass(frozen=True)
class Document:
    """A decoded file.

    name    as the user gave it; `standard input` for `-`
    source  what it was opened by
    """

    name: str
    source: str
    encoding: str
    text: str = field(repr=False)

    def at(self, offset: int | Callable[[], int], column: str = "") -> Place:
        """The place of a code point."""
        return Place(self, offset, column)

    def lines(self) -> Iterator[Line]:
        """Every line; it ends with LF or CRLF and with nothing else, for U+2028 may stand inside a text."""
        for number, (start, end) in enumerate(zip(self._starts, self._starts[1:], strict=False), start=1):
            yield Line(number, start, self.text[start:end].removesuffix("\n").removesuffix("\r"))

    def line_and_column(self, offset: int) -> tuple[int, int]:
        """Both 1-based; columns are code points."""
        line = bisect_right(self._starts[:-1] or [0], offset)
        return line, offset - self._starts[line - 1] + 1

    @cached_property
    def _starts(self) -> list[int]:
        """Where each line begins, and the end of the text."""
        starts = [0]
        for line in self.text.split("\n"):
            starts.append(starts[-1] + len(line) + 1)
        if self.text.endswith("\n"):
            starts.pop()
        starts[-1] = len(self.text)
        return starts


def open_document(source: str, encoding: str | None = None) -> Document:
    """The decoded text of a path (`.gz`, `.xz`, `.zst` decompressed) or of `-`, standard input.

    encoding   detected when None

    Raises DataError for a file that is missing, empty, or of no known encoding, with line and byte.
    """
    found = find_bytes(source)
    encoding = check_encoding(encoding) if encoding else _encoding_of(found)
    with closing(text_lines(found, encoding, newline="")) as lines:
        text = "".join(lines)
    if not text.strip():
        raise DataError(f"{found.name}: the file is empty. Expected texts with their opinions.")
    return Document(found.name, source, encoding, text)


def _encoding_of(found: ByteSource) -> str:
    """The encoding that the content shows, or what an XML declaration says where the content shows none."""
    declared = _DECLARED.match(found.head(_HEAD_BYTES)[0])
    stated = declared[1].decode().casefold() if declared else ""
    try:
        shown = encoding_of(found)
    except DataError:
        if stated.startswith(_SINGLE_BYTES):
            return check_encoding(stated)
        raise
    # accented letters of single bytes can look like Chinese
    return shown if shown.startswith("utf") or not stated.startswith(_SINGLE_BYTES) else check_encoding(stated)
