"""Plain text: one text per line, without a header.

    The room was clean.
    房间很干净。

A line ends with LF or CRLF; a blank line is a row with a blank text, so that rows and lines agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from groundswell.data.byte_source import ByteSource
from groundswell.data.encoding import text_lines
from groundswell.data.rows import Row


def read_plain_text(source: ByteSource, encoding: str, column: str) -> Iterator[Row]:
    """One row per line, its text under `column`."""
    with closing(text_lines(source, encoding, newline="\n")) as lines:
        for number, line in enumerate(lines, start=1):
            yield Row(number, {column: line.removesuffix("\n").removesuffix("\r")})
