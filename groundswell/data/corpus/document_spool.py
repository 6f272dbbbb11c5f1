"""Documents that wait on disk, readable by number, while the rest of the corpus is read."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from groundswell.errors import SelfCheckError


class DocumentSpool:
    """Texts in a file, one behind the other; in memory 21 bytes for each.

    `source` is the place of a document's source among the sources, `row` its 1-based number there, as its accounting
    has it. Documents come in the order of their sources. Used as a context, so that the file is closed and removed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("w+b")
        self._ends, self._rows, self._kept = array("q", [0]), array("q"), bytearray()
        self._sources = array("i")

    def __enter__(self) -> DocumentSpool:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, text: str, source: int, row: int) -> int:
        """Keep one more document; its number."""
        if self._sources and source < self._sources[-1]:
            raise SelfCheckError(
                f"document spool: source {source} after {self._sources[-1]}, expected them in order. Report this."
            )
        content = text.encode("utf-8", errors="surrogatepass")
        self._file.write(content)
        self._ends.append(self._ends[-1] + len(content))
        self._rows.append(row)
        self._sources.append(source)
        self._kept.append(1)
        return len(self) - 1

    def text(self, number: int) -> str:
        """The text of a document."""
        self._file.flush()
        start, end = self._ends[number], self._ends[number + 1]
        return os.pread(self._file.fileno(), end - start, start).decode("utf-8", errors="surrogatepass")

    def origin(self, number: int) -> tuple[int, int]:
        """(source, row) of a document."""
        return self._sources[number], self._rows[number]

    def drop(self, number: int) -> None:
        """Leave a document out of what follows."""
        self._kept[number] = 0

    def kept(self) -> NDArray[np.int64]:
        """(N,) numbers of the documents that are not dropped, in order."""
        return np.flatnonzero(np.frombuffer(bytes(self._kept), dtype=np.uint8)).astype(np.int64)

    def texts(self, stride: int = 1) -> Iterator[str]:
        """Every `stride`-th text that is kept, in order."""
        return (self.text(number) for number in self.kept()[::stride].tolist())

    def batches(self, most_bytes: int) -> Iterator[list[tuple[int, str]]]:
        """(source, text) of all kept documents, in order, in batches of about so many bytes."""
        numbers = self.kept()
        sizes = np.diff(np.array(self._ends))[numbers]
        turns = (np.cumsum(sizes) - sizes) // most_bytes
        borders = [0, *(np.flatnonzero(np.diff(turns)) + 1).tolist(), len(numbers)]
        for start, end in pairwise(borders):
            if end > start:
                yield [(self._sources[number], self.text(number)) for number in numbers[start:end].tolist()]
