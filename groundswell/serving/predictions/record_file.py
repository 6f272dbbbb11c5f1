"""The file that predictions go to: it gets its name when all is written, and what a stopped job wrote is gone on with.

While a job works, its records stand in `.NAME.part` beside the file, a line each, and `.NAME.part.json` says what they
follow from: the run, the source and the options.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from groundswell import runtime
from groundswell.errors import DataError, InputError
from groundswell.run_folder import write_json
from groundswell.serving.predictions.records import RecordCounts
from groundswell.serving.predictions.table import write_table

# How the lines of a part become the file, by the suffix of its name.
FORMATS: dict[str, Callable[[Path, Path], None]] = {
    ".jsonl": os.replace,
    ".ndjson": os.replace,
    ".parquet": write_table,
}
SYNC_SECONDS = 1.0  # a power loss costs the work of about this long, a kill none
_WAITING_BYTES = 2**20
_END_BYTES = 2**16

Origin = Mapping[str, Any]


class PartFile:
    """Lines on their way to a file.

    counts   of the records that it holds; who writes keeps them
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(f".{target.name}.part")
        self.counts = RecordCounts()
        self._origin = target.with_name(f".{target.name}.part.json")
        self._waiting: list[bytes] = []
        self._num_waiting = 0
        self._synced = time.monotonic()
        target.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("a+b", buffering=0)

    def begin(self, origin: Origin, *, restart: bool) -> None:
        """Keep the lines that a job of the same origin has written whole, or begin anew.

        Raises InputError where another process writes the file, and for lines of another origin without `restart`.
        """
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError(
                f"{self.target}: another process is writing it. Wait for it, or name another file to write"
            ) from error
        written = _read(self._origin)
        if restart or written == {}:
            self._file.truncate(0)
        if self.path.stat().st_size == 0:
            write_json(self._origin, origin)
            return
        if found := _differences(written, origin):
            raise InputError(
                f"{self.target}: a job that was stopped left rows of another origin beside it ({self.path.name}): "
                f"{found}. Run it as it was to go on, or with --restart to begin anew"
            )
        self._keep_whole_lines()

    def write(self, lines: str | bytes) -> None:
        """Take lines, line breaks included."""
        # an unpaired surrogate becomes \udXXX, which is also how JSON writes it
        data = lines if isinstance(lines, bytes) else lines.encode("utf-8", errors="backslashreplace")
        self._waiting.append(data)
        self._num_waiting += len(data)
        if self._num_waiting > _WAITING_BYTES:
            self._write_waiting()

    def flush(self) -> None:
        """Hand all lines to the system, and now and then to the disk."""
        self._write_waiting()
        if time.monotonic() - self._synced > SYNC_SECONDS:
            os.fsync(self._file.fileno())
            self._synced = time.monotonic()

    def finish(self) -> None:
        """Make the lines the file."""
        self._write_waiting()
        os.fsync(self._file.fileno())
        FORMATS[self.target.suffix.lower()](self.path, self.target)
        self.forget()

    def forget(self) -> None:
        """Remove what stands beside the file."""
        self.path.unlink(missing_ok=True)
        self._origin.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the lines; what is not handed to the system is lost."""
        self._file.close()

    def _write_waiting(self) -> None:
        rest = memoryview(b"".join(self._waiting))
        self._waiting, self._num_waiting = [], 0
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            told = f"the disk is full; what is done is kept in {self.path.name}. Free some space and run it again"
            raise OSError(error.errno, told, str(self.target)) from error

    def _keep_whole_lines(self) -> None:
        """Count the records up to the first line that is cut off or damaged, and cut there."""
        end = 0
        self._file.seek(0)
        with open(self.path, "rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                try:
                    self.counts.add_line(line)
                except ValueError:
                    break
                end += len(line)
        self._file.truncate(end)


@contextmanager
def record_file(target: Path, origin: Origin | None, *, restart: bool = False) -> Iterator[PartFile]:
    """What records are written to; it becomes `target` when the block ends well.

    origin    what the records follow from; a block that was stopped or killed is gone on with where that is the same.
              None for what cannot be read again, which is begun anew
    restart   begin anew, whatever is there

    Rows that cannot be gone on with, because their source must be mended first, are not kept.
    """
    check_target(target)
    part = PartFile(target)
    try:
        part.begin(origin or {}, restart=restart)
        try:
            yield part
        except DataError:
            part.forget()
            raise
        except KeyboardInterrupt:
            part.flush()
            raise
        part.finish()
    finally:
        part.close()
        if origin is None:
            part.forget()


def check_target(target: Path) -> None:
    """Nothing; raises InputError for a folder and for a name whose suffix is that of no format."""
    if target.is_dir():
        raise InputError(f"{target}: a folder, expected the name of a file to write")
    if target.suffix.lower() not in FORMATS:
        ending = f"ends in {target.suffix}" if target.suffix else "has no suffix"
        raise InputError(f"{target}: the name {ending}, expected one of {', '.join(FORMATS)}")


def origin_of(manifest: Mapping[str, Any], source: str, options: Mapping[str, Any]) -> Origin:
    """What records follow from, as plain values.

    manifest   of the run
    source     as the user gave it, because messages name it so
    options    those that a record depends on
    """
    files = json.dumps(manifest["files"], sort_keys=True).encode()
    return {
        "run": {"model": manifest.get("model"), "files": hashlib.sha256(files).hexdigest()},
        "source": _traits(source),
        "options": dict(options),
        "groundswell": runtime.versions()["groundswell"],
    }


def _traits(source: str) -> dict[str, Any]:
    """What tells the contents of a source without reading it all."""
    path = Path(source)
    if path.is_file():
        found = path.stat()
        with path.open("rb") as file:
            ends = hashlib.sha256(file.read(_END_BYTES))
            file.seek(max(0, found.st_size - _END_BYTES))
            ends.update(file.read(_END_BYTES))
        return {"name": source, "bytes": found.st_size, "modified": _time(found), "ends": ends.hexdigest()}
    folder = Path(source.rpartition("#")[0] or source)
    if folder.is_dir():
        listed = [(str(file), file.stat()) for file in sorted(folder.rglob("*")) if file.is_file()]
        found_files = json.dumps([(name, found.st_size, _time(found)) for name, found in listed]).encode()
        return {"name": source, "files": hashlib.sha256(found_files).hexdigest()}
    return {"name": source}


def _time(found: os.stat_result) -> str:
    return datetime.fromtimestamp(found.st_mtime, UTC).isoformat()


def _read(origin: Path) -> dict[str, Any] | None:
    """What the lines that are there follow from; None when that cannot be read."""
    found: object = None
    with suppress(OSError, ValueError):
        found = json.loads(origin.read_text(encoding="utf-8"))
    return found if isinstance(found, dict) else None


def _differences(written: Origin | None, wanted: Origin) -> str:
    """How two origins differ; empty where they do not."""
    if written is None:
        return "what it was cannot be read"
    if not wanted:
        return f"source was {written['source']['name']}, is what cannot be read again"
    then, now = _flat(written), _flat(json.loads(json.dumps(wanted)))
    return "; ".join(
        f"{name} was {json.dumps(then.get(name), ensure_ascii=False)}, "
        f"is {json.dumps(now.get(name), ensure_ascii=False)}"
        for name in sorted({*then, *now})
        if then.get(name) != now.get(name)
    )


def _flat(values: Mapping[str, Any], place: str = "") -> dict[str, Any]:
    """`{"source": {"bytes": 5}}` as `{"source.bytes": 5}`."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        found |= _flat(value, f"{place}{name}.") if isinstance(value, dict) else {place + name: value}
    return found
