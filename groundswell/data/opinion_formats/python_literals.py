"""Lists written as Python writes them, with a place for every element; nothing in them is ever executed."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from groundswell.data.opinion_formats.document import Document, Place
from groundswell.data.opinion_formats.drafts import BadElementError


@dataclass(frozen=True)
class Literal:
    """An element of a list: `value` as `ast.literal_eval` reads it."""

    document: Document
    start: int
    written: str
    node: ast.expr

    @property
    def place(self) -> Place:
        """Where it stands; found out when it is asked for."""
        return self.document.at(partial(_offset_of, self.start, self.written, self.node))

    @property
    def value(self) -> Any:
        """Its value; BadElementError when it is more than strings, numbers, lists and tuples."""
        try:
            return ast.literal_eval(self.node)
        except (ValueError, TypeError, MemoryError, RecursionError) as error:
            raise BadElementError(
                "not a list of opinions",
                self.place,
                f"{self.written_element!r}, expected strings and numbers. Mend the list.",
            ) from error

    @property
    def written_element(self) -> str:
        """The element as it stands in the file."""
        return ast.get_source_segment(self.written, self.node) or ""

    def elements(self, expected: str, count: int | None = None) -> list[Literal]:
        """The elements of a list or tuple; BadElementError, naming what was expected, for anything else."""
        if not isinstance(self.node, ast.List | ast.Tuple) or count not in (None, len(self.node.elts)):
            message = f"{self.written_element}, expected {expected}. Mend the list."
            raise BadElementError("not a list of opinions", self.place, message)
        return [Literal(self.document, self.start, self.written, node) for node in self.node.elts]


def parse_list(document: Document, start: int, written: str, expected: str) -> Iterator[Literal]:
    """The elements of a list whose text begins at a code point of the document."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)  # a backslash in a string is no mistake of ours
            tree = ast.parse(written, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        column = (error.offset or 1) - 1 if isinstance(error, SyntaxError) else 0
        place = document.at(start + min(max(column, 0), len(written)))
        reason = error.msg if isinstance(error, SyntaxError) else "it cannot be parsed"
        raise BadElementError(
            "not a list of opinions", place, f"not a list ({reason}), expected {expected}. Mend the list."
        ) from error
    yield from Literal(document, start, written, tree).elements(expected)


def _offset_of(start: int, written: str, node: ast.expr) -> int:
    # the parser counts UTF-8 bytes
    return start + len(written.encode()[: node.col_offset].decode())
