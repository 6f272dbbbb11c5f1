"""Bytes of a file or of standard input, decompressed, that can be opened more than once."""

from __future__ import annotations

import functools
import gzip
import io
import lzma
import shutil
import sys
import tempfile
import weakref
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

from groundswell.data.suggestion import did_you_mean
from groundswell.errors import DataError

COMPRESSIONS = (".gz", ".xz", ".zst")
_SPOOL_BYTES = 16 * 2**20  # standard input up to this size stays in memory
_CHUNK_BYTES = 2**18
_SHOWN_FILES = 8


@dataclass(frozen=True)
class ByteSource:
    """Where bytes come from.

    name    as the user gave it; `standard input` for `-`
    suffix  lower case, without the compression: `.csv` for `reviews.CSV.gz`; empty for standard input
    open    a new reader from the first decompressed byte
    """

    name: str
    suffix: str
    open: Callable[[], BinaryIO] = field(repr=False)

    def head(self, num_bytes: int) -> tuple[bytes, bool]:
        """The first bytes, and whether they are all there are."""
        with self.open() as stream:
            head = stream.read(num_bytes + 1)
        return head[:num_bytes], len(head) <= num_bytes


def find_bytes(source: str) -> ByteSource:
    """The bytes behind a path or `-`; `.gz`, `.xz` and `.zst` are decompressed on the way.

    Standard input is read to its end here, once, and kept (on disk when it is large).
    Raises DataError for a file that is missing, a folder or not readable.
    """
    if source == "-":
        return ByteSource("standard input", "", functools.partial(_open_spooled, _Spool(sys.stdin.buffer)))
    path = Path(source)
    if path.is_dir():
        names = _file_names(path)
        raise DataError(f"{source}: a folder, but a file is expected. Name a file in it: {names}.")
    if not path.exists():
        raise DataError(_missing_file(source, path))
    suffixes = [suffix.lower() for suffix in path.suffixes]
    compression = suffixes.pop() if suffixes and suffixes[-1] in COMPRESSIONS else ""
    suffix = suffixes[-1] if suffixes else ""
    return ByteSource(source, suffix, functools.partial(_open_file, source, compression))


def _missing_file(source: str, path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"{source}: no such file; the folder {str(folder)!r} does not exist either. Mend the path."
    hint = did_you_mean(path.name, [entry.name for entry in folder.iterdir()])
    return f"{source}: no such file.{hint} Files in {str(folder)!r}: {_file_names(folder)}."


def _file_names(folder: Path) -> str:
    names = sorted(entry.name for entry in folder.iterdir() if entry.is_file())
    more = f" and {len(names) - _SHOWN_FILES} more" if len(names) > _SHOWN_FILES else ""
    return (", ".join(names[:_SHOWN_FILES]) or "none") + more


def _open_spooled(spool: _Spool) -> BinaryIO:
    return cast("BinaryIO", io.BufferedReader(_SpoolReader(spool)))


def _open_file(source: str, compression: str) -> BinaryIO:
    try:
        file = open(source, "rb")  # noqa: SIM115 - the caller closes it
    except OSError as error:
        raise DataError(f"{source}: cannot be read ({error.strerror}). Check the file's permissions.") from error
    if not compression:
        return file
    return cast("BinaryIO", io.BufferedReader(_Decompressed(source, file, compression), _CHUNK_BYTES))


class _Spool:
    """A stream read to its end; closed when neither its source nor a reader is left."""

    def __init__(self, stream: BinaryIO) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES)  # noqa: SIM115 - closed by the next line
        weakref.finalize(self, self._file.close)
        shutil.copyfileobj(stream, self._file)

    def read(self, position: int, num_bytes: int) -> bytes:
        """Up to `num_bytes` from a place on."""
        self._file.seek(position)
        return self._file.read(num_bytes)


class _SpoolReader(io.RawIOBase):
    """A reader with its own place in a spool, which stays open for the next reader."""

    def __init__(self, spool: _Spool) -> None:
        self._spool = spool
        self._position = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._spool.read(self._position, len(buffer))
        buffer[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)


class _Decompressed(io.RawIOBase):
    """The contents of a compressed file; damage is a DataError that says how far it could be read."""

    def __init__(self, name: str, file: BinaryIO, compression: str) -> None:
        self._name = name
        self._file = file
        self._compression = compression
        self._num_read = 0
        self._stream: Any = {".gz": _open_gzip, ".xz": _open_xz, ".zst": _ZstandardFrames}[compression](file)

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()
        super().close()

    def readinto(self, buffer: Any) -> int:
        try:
            piece: bytes = self._stream.read(len(buffer))
        except (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, _DamagedFrameError) as error:
            raise DataError(
                f"{self._name}: the {self._compression} data is damaged or cut off after {self._num_read} decompressed "
                f"bytes ({error}). Copy or compress the file again."
            ) from error
        buffer[: len(piece)] = piece
        self._num_read += len(piece)
        return len(piece)


def _open_gzip(file: BinaryIO) -> gzip.GzipFile:
    return gzip.GzipFile(fileobj=file, mode="rb")


def _open_xz(file: BinaryIO) -> lzma.LZMAFile:
    return lzma.LZMAFile(file, "rb")


class _DamagedFrameError(Exception):
    """A zstandard frame that does not decode or does not end."""


class _ZstandardFrames:
    """Concatenated zstandard frames as one stream; unlike the library's own reader it notices a cut-off frame."""

    def __init__(self, file: BinaryIO) -> None:
        import zstandard

        self._error = zstandard.ZstdError
        self._new_frame = zstandard.ZstdDecompressor().decompressobj
        self._file = file
        self._frame: Any = None
        self._compressed = b""
        self._ready = bytearray()

    def read(self, num_bytes: int) -> bytes:
        while not self._ready and self._decompress_more():
            pass
        piece = bytes(self._ready[:num_bytes])
        del self._ready[:num_bytes]
        return piece

    def _decompress_more(self) -> bool:
        self._compressed = self._compressed or self._file.read(_CHUNK_BYTES // 8)
        if not self._compressed:
            if self._frame is not None:
                raise _DamagedFrameError("the last frame does not end")
            return False
        self._frame = self._frame or self._new_frame()
        try:
            self._ready += self._frame.decompress(self._compressed)
        except self._error as error:
            raise _DamagedFrameError(str(error)) from error
        self._compressed = self._frame.unused_data if self._frame.eof else b""
        if self._frame.eof:
            self._frame = None
        return True
