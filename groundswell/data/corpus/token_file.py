"""Token ids of a corpus in one file that is mapped into memory, with an index that says what lies where.

    tokens.bin    uint16 or uint32, little end first: the documents one behind the other, each with its two marks
    lengths.bin   uint32, little end first: the number of tokens of each document
    index.json    type, counts by source, ids of the marks, hash of the tokenizer and of both files

The documents of a source lie together, in the order in which they were read.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundswell.errors import DataError, RunFolderError
from groundswell.run_folder import file_sha256, write_json

TOKENS, LENGTHS, INDEX = "tokens.bin", "lengths.bin", "index.json"
_FORMAT = 1
_CURE = "Copy the corpus folder again, or build it again"


@dataclass(frozen=True)
class SourceTokens:
    """What a source put into the file: documents that lie together, and their tokens, marks included."""

    name: str
    documents: int
    tokens: int


@dataclass(frozen=True)
class TokenIndex:
    """What is known of a token file.

    vocabulary_size     ids are below this
    start_id, end_id    first and last token of every document
    pad_id              stands in no document
    tokenizer           sha256 of the tokenizer that gave the ids
    """

    dtype: str
    sources: tuple[SourceTokens, ...]
    vocabulary_size: int
    start_id: int
    end_id: int
    pad_id: int
    tokenizer: str
    files: dict[str, str]


class TokenWriter:
    """Writes documents of token ids into a folder; `finish` writes the index. Used as a context, closes its file."""

    def __init__(self, folder: Path, vocabulary_size: int) -> None:
        self._folder = folder
        self._vocabulary_size = vocabulary_size
        self._dtype = "<u2" if vocabulary_size <= 2**16 else "<u4"
        self._lengths = array("I")
        self._counts: dict[str, list[int]] = {}
        self._file = (folder / TOKENS).open("wb")

    def __enter__(self) -> TokenWriter:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def add(self, source: str, documents: Sequence[Sequence[int]]) -> None:
        """Write documents of one source, behind all earlier ones; the documents of a source come together."""
        counts = self._counts.setdefault(source, [0, 0])
        if next(reversed(self._counts)) != source:
            raise DataError(f"token file: documents of {source!r} in two places. Write a source's documents together.")
        ids = np.fromiter(chain.from_iterable(documents), dtype=np.int64)
        if len(ids) and not 0 <= ids.min() <= ids.max() < self._vocabulary_size:
            raise DataError(
                f"token file: found ids {ids.min()} to {ids.max()}, expected 0 to {self._vocabulary_size - 1}. Give "
                "the size of the tokenizer that made them."
            )
        ids.astype(self._dtype).tofile(self._file)
        self._lengths.extend(len(document) for document in documents)
        counts[0] += len(documents)
        counts[1] += len(ids)

    def finish(self, *, start_id: int, end_id: int, pad_id: int, tokenizer: str) -> TokenIndex:
        """Write lengths and index; what was written."""
        self._file.close()
        np.array(self._lengths, dtype="<u4").tofile(self._folder / LENGTHS)
        index = TokenIndex(
            self._dtype, tuple(SourceTokens(name, *counts) for name, counts in self._counts.items()),
            self._vocabulary_size, start_id, end_id, pad_id, tokenizer,
            {name: file_sha256(self._folder / name) for name in (TOKENS, LENGTHS)},
        )  # fmt: skip
        write_json(self._folder / INDEX, {"format": _FORMAT, **asdict(index)})
        return index


@dataclass(frozen=True)
class TokenFile:
    """The documents of a corpus as ids.

    ids       (N,) uint16 or uint32, mapped: read from disk where it is asked for
    offsets   (D + 1,) int64, where each document begins in `ids`, and the end
    """

    index: TokenIndex
    ids: NDArray[Any]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        """Number of documents."""
        return len(self.offsets) - 1

    def document(self, number: int) -> NDArray[np.int64]:
        """The ids of one document, marks included."""
        return np.asarray(self.ids[self.offsets[number] : self.offsets[number + 1]], dtype=np.int64)


def open_tokens(folder: Path, *, check: bool = False) -> TokenFile:
    """The token file of a corpus folder; nothing but the lengths is read now.

    check    also compare both files with the hashes in the index, which reads them whole
    raises   RunFolderError for a missing, altered or cut-off file
    """
    index = _read_index(folder)
    lengths = _mapped(folder / LENGTHS, "<u4", sum(source.documents for source in index.sources))
    ids = _mapped(folder / TOKENS, index.dtype, sum(source.tokens for source in index.sources))
    offsets = np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))
    if offsets[-1] != len(ids):
        raise RunFolderError(f"{folder}: documents of {offsets[-1]:,} tokens, but {len(ids):,} tokens. {_CURE}")
    for name, expected in index.files.items() if check else ():
        found = file_sha256(folder / name)
        if found != expected:
            raise RunFolderError(f"{folder / name}: altered (expected sha256 {expected}, found {found}). {_CURE}")
    return TokenFile(index, ids, offsets)


def _read_index(folder: Path) -> TokenIndex:
    path = folder / INDEX
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found.pop("format") != _FORMAT:
            raise RunFolderError(f"{path}: written by another version of groundswell. Build the corpus again")
        sources = tuple(SourceTokens(**source) for source in found.pop("sources"))
        return TokenIndex(sources=sources, **found)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunFolderError(f"{path}: cannot be read ({error}). {_CURE}") from error


def _mapped(path: Path, dtype: str, expected: int) -> NDArray[Any]:
    size = np.dtype(dtype).itemsize * expected
    if not path.is_file():
        raise RunFolderError(f"{path}: missing, expected {size:,} bytes. {_CURE}")
    if path.stat().st_size != size:
        raise RunFolderError(f"{path}: found {path.stat().st_size:,} bytes, expected {size:,}. {_CURE}")
    return np.memmap(path, dtype=dtype, mode="r", shape=(expected,)) if expected else np.empty(0, dtype=dtype)
