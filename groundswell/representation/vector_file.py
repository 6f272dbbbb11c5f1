"""Files of word vectors in word2vec's format, text or binary: opened in a second, and only the needed rows are read.

text     "2 3\\nroom 0.1 -0.2 0.3\\n屏幕 0.5 0.0 -0.1\\n"
binary   "2 3\\n", then for each word: the word, a blank, D little-endian float32, and perhaps a line feed
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from groundswell.errors import DataError

BLOCK = 16 * 2**20
LONGEST_WORD = 4096
WIDEST = 100_000  # numbers of a vector; more is a damaged first line
Vectors = NDArray[np.float32]
# Words, first bytes of their numbers, and how many bytes these take.
Found = tuple[list[bytes], list[int], list[int]]


@dataclass(frozen=True)
class VectorFile:
    """Words with the places of their vectors in a file; no vector is in memory.

    words    in the file's order, usually by falling frequency
    places   (V,) byte at which the numbers of each word begin
    sizes    (V,) bytes of the numbers of each word
    width    D
    """

    path: Path
    words: list[str]
    places: NDArray[np.int64]
    sizes: NDArray[np.int64]
    width: int
    binary: bool

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The row of each word; of a word that stands twice the first one."""
        return {word: len(self.words) - 1 - number for number, word in enumerate(reversed(self.words))}

    def rows(self, words: Sequence[str]) -> Vectors:
        """(K, D) vectors of some words; NaN for a word that the file does not hold."""
        found = np.full((len(words), self.width), np.nan, dtype=np.float32)
        wanted = sorted((self.numbers[word], place) for place, word in enumerate(words) if word in self.numbers)
        found[[place for _, place in wanted]] = self._read_all([number for number, _ in wanted])
        return found

    def matrix(self) -> Vectors:
        """(V, D) all vectors."""
        return self._read_all(range(len(self)))

    def _read_all(self, numbers: Sequence[int]) -> Vectors:
        """(K, D) the rows of some numbers; DataError when one of them holds nan or inf."""
        found = np.empty((len(numbers), self.width), dtype=np.float32)
        with self.path.open("rb") as file, np.errstate(over="ignore", invalid="ignore"):
            for row, number in enumerate(numbers):
                found[row] = self._read(file, number)
            total = found.sum(dtype=np.float64)  # too wide for finite float32 to reach inf
        if not np.isfinite(total):
            row, column = np.argwhere(~np.isfinite(found))[0]
            raise DataError(
                f"{self._place_of(numbers[row], int(column))}, expected a finite number. "
                "The file is damaged; fetch or write it again"
            )
        return found

    def _read(self, file: BinaryIO, number: int) -> Vectors:
        file.seek(int(self.places[number]))
        raw = file.read(int(self.sizes[number]))
        try:
            values = np.frombuffer(raw, "<f4") if self.binary else np.array(raw.split(), dtype=np.float32)
        except ValueError as error:
            raise DataError(f"{self._place(number)}: {error}. The file is damaged; fetch or write it again") from error
        if len(values) != self.width:
            raise DataError(
                f"{self._place(number)}: found {len(values)} numbers, expected {self.width} as the first line says. "
                "The file is damaged; fetch or write it again"
            )
        return values

    def _place(self, number: int) -> str:
        return f"{self.path}: row {number + 1} ({self.words[number]!r})"

    def _place_of(self, number: int, column: int) -> str:
        """Where one number of a row stands, and what stands there; in text by line and character."""
        with self.path.open("rb") as file:
            if self.binary:
                return f"{self._place(number)}: found {self._read(file, number)[column]} as number {column + 1}"
            end = int(self.places[number])
            line = 1 + sum(file.read(min(BLOCK, end - at)).count(b"\n") for at in range(0, end, BLOCK))
            raw = file.read(int(self.sizes[number]))
        field = list(re.finditer(rb"\S+", raw))[column]
        character = len(self.words[number]) + 1 + field.start() + 1
        return f"{self.path}:{line}:{character}: found {field[0].decode()!r} as number {column + 1} of the row"


def open_vectors(path: str | Path) -> VectorFile:
    """The words of a vector file; DataError when it is missing, has a wrong first line or is cut short."""
    path = Path(path)
    try:
        file = path.open("rb")
    except OSError as error:
        raise DataError(f"{path}: the word vectors cannot be read ({error.strerror}). Check the path") from error
    with file:
        num_words, width = _header(path, file.readline(200))
        begin = file.tell()
        binary = _is_binary(file.read(64 * (width + 8)), width)
        file.seek(begin)
        words, places, sizes = (_scan_binary if binary else _scan_text)(file, begin, width)
    if len(words) > num_words:
        raise DataError(
            f"{path}: holds more than the {num_words:,} rows that the first line says. Correct the first line"
        )
    if len(words) < num_words:
        raise DataError(
            f"{path}: cut short: found {len(words):,} whole rows, expected {num_words:,} as the first line says. "
            "Fetch or write it again"
        )
    decoded = [word.decode("utf-8", "replace") for word in words]
    return VectorFile(path, decoded, np.array(places), np.array(sizes), width, binary)


def save_vectors(path: Path, words: Sequence[str], vectors: Vectors, *, binary: bool) -> None:
    """Write words and their vectors (V, D), whole or not at all."""
    for word in words:
        if not word or any(character.isspace() for character in word):
            raise DataError(f"{word!r}: a word of a vector file may hold no blank; write `_` for it")
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with aside.open("wb") as file:
            file.write(f"{len(words)} {vectors.shape[1]}\n".encode())
            for word, vector in zip(words, vectors.astype("<f4"), strict=True):
                numbers = vector.tobytes() if binary else " ".join(map(str, vector)).encode()
                file.write(word.encode() + b" " + numbers + b"\n")
        os.replace(aside, path)
    except OSError:
        aside.unlink(missing_ok=True)
        raise


def _header(path: Path, line: bytes) -> tuple[int, int]:
    fields = line.split()
    if len(fields) == 2 and all(field.isdigit() for field in fields) and 0 < int(fields[1]) <= WIDEST:
        return int(fields[0]), int(fields[1])
    shown = line[:60].decode("utf-8", "replace").strip()
    raise DataError(
        f"{path}: the first line is {shown!r}, expected two whole numbers: rows and width (at most {WIDEST:,}), such "
        "as `400000 300`. Write that line first (GloVe's files lack it)"
    )


def _is_binary(begin: bytes, width: int) -> bool:
    """Text rows have `width` numbers that can be read; four bytes of a float hardly ever spell one."""
    line = begin.split(b"\n", 1)[0]
    fields = line.split()[-width:] if b"\n" in begin else line.split()[1:-1]
    try:
        return not [float(field) for field in fields]
    except ValueError:
        return True


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(BLOCK):
        yield block


def _scan_text(file: BinaryIO, begin: int, width: int) -> Found:
    """The rows that end in a line feed or, when they are whole, at the end of the file."""
    words, places, sizes = [], [], []
    place, rest = begin, b""
    for block in _blocks(file):
        lines = (rest + block).split(b"\n")
        rest = lines.pop()
        for line in lines:
            if line:
                size = line.find(b" ") + 1
                words.append(line[: size - 1])
                places.append(place + size)
                sizes.append(len(line) - size)
            place += len(line) + 1
    if rest.count(b" ") >= width:
        size = rest.find(b" ") + 1
        words.append(rest[: size - 1])
        places.append(place + size)
        sizes.append(len(rest) - size)
    return words, places, sizes


def _scan_binary(file: BinaryIO, begin: int, width: int) -> Found:
    words, places = [], []
    place, rest, size = begin, b"", 4 * width
    for block in _blocks(file):
        data = rest + block
        at, find = 0, data.find
        last = len(data) - size - 1  # a blank behind this has not all its numbers in the block
        while 0 <= (blank := find(b" ", at, at + LONGEST_WORD)) <= last:
            words.append(data[at:blank].lstrip(b"\n"))
            places.append(place + blank + 1)
            at = blank + 1 + size
        place += at
        rest = data[at:]
        if blank < 0 and len(rest) > LONGEST_WORD:
            break  # no word is that long: the width is wrong, and the rows found are too few
    return words, places, [size] * len(words)
