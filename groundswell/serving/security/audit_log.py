"""Who asked what of the service, one line of JSON a request; never a word of a review.

{"time": "2026-01-31T09:30:00.123Z", "request_id": "4f…", "key_id": "7b1d0c4f92ae", "route": "/v1/analyze",
 "status": 200, "documents": 3, "characters": 812, "milliseconds": 41.5, "model": "reviews"}
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from groundswell.text.redaction import redact

_LONGEST_TEXT = 200  # characters of a value


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """What is written of a request.

    request_id     as sent back in X-Request-Id
    key_id         the public part; None without a key, or for one that is not known
    route          the pattern that answers, such as `/v1/analyze`, not the path as it came: that may hold anything
    documents      how many were sent; None where the body was not read
    characters     of all of them together
    milliseconds   from the arrival to the answer
    model          name of the model that answered; None where none did
    """

    request_id: str
    key_id: str | None
    route: str
    status: int
    documents: int | None
    characters: int | None
    milliseconds: float
    model: str | None = None


class AuditLog:
    """Adds lines to a file, which only its owner may read; a full one becomes `FILE.1`, the one before it `FILE.2` …

    A line that cannot be written fails no request: it is counted in `lost`, and said once until writing works again.
    The file is opened for every line, so that it may be moved or removed by others at any time.

    path         its folder is made where there is none; None writes nothing
    most_bytes   of a file; at least one line is written to each
    most_files   older files that are kept; the oldest is removed
    clock        the time now
    say          gets a line for a person; standard error unless given
    """

    def __init__(
        self,
        path: Path | None,
        *,
        most_bytes: int = 50_000_000,
        most_files: int = 10,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        say: Callable[[str], object] | None = None,
    ) -> None:
        self._path, self._most_bytes, self._most_files = path, most_bytes, most_files
        self._clock, self._say = clock, say or _to_standard_error
        self._lock = threading.Lock()
        self._lost = 0
        self._lost_since = 0  # lines of this disturbance

    @property
    def lost(self) -> int:
        """How many lines could not be written since the start."""
        return self._lost

    def write(self, event: AuditEvent) -> None:
        """Add the line of a request; nothing is raised, whatever becomes of it."""
        if self._path is None:
            return
        line = _line(event, self._clock()).encode("ascii")
        with self._lock:
            try:
                self._make_room(self._path, len(line))
                _append(self._path, line)
            except OSError as error:
                self._lose(error)
            else:
                self._recover()

    def _make_room(self, path: Path, num_bytes: int) -> None:
        """Move the files on when the line would make this one too large."""
        try:
            size = path.stat().st_size
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            return
        if size == 0 or size + num_bytes <= self._most_bytes:
            return
        names = [path, *(path.with_name(f"{path.name}.{number}") for number in range(1, self._most_files + 1))]
        for newer, older in reversed(list(pairwise(names))):
            if newer.exists():
                os.replace(newer, older)
        if self._most_files == 0:
            path.unlink()

    def _lose(self, error: OSError) -> None:
        self._lost += 1
        self._lost_since += 1
        if self._lost_since == 1:
            reason = error.strerror or type(error).__name__
            self._tell(
                f"{self._path}: {reason}; requests are answered, but not written down until that is mended. "
                "Free some space, mend the permissions, or name another file"
            )

    def _recover(self) -> None:
        if self._lost_since:
            self._tell(f"{self._path}: written again; {self._lost_since:,} requests are missing")
            self._lost_since = 0

    def _tell(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # standard error may be closed or full as well
            self._say(text)


def _line(event: AuditEvent, now: datetime) -> str:
    time = now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    values = {name: _harmless(name, value) for name, value in asdict(event).items()}
    # ASCII only: nothing in a line can end it, colour a terminal or turn its direction
    return json.dumps({"time": time, **values}, ensure_ascii=True).replace("\x7f", "\\u007f") + "\n"


def _harmless(name: str, value: object) -> object:
    """A value without personal data, cut; ids are ours and stay whole numbers and letters."""
    if isinstance(value, float):
        return round(value, 1)
    if not isinstance(value, str):
        return value
    return value[:_LONGEST_TEXT] if name in ("request_id", "key_id") else redact(value[:_LONGEST_TEXT]).text


def _append(path: Path, line: bytes) -> None:
    """Add the whole line or nothing; OSError when it does not fit."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        written = os.write(handle, line)
        if written < len(line):
            os.ftruncate(handle, os.fstat(handle).st_size - written)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    finally:
        os.close(handle)


def _to_standard_error(text: str) -> None:
    sys.stderr.write(f"groundswell: {text}\n")
    sys.stderr.flush()
