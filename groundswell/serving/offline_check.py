"""Whether a service says what its run says offline, to the last digit: a service is started, asked and compared."""

from __future__ import annotations

import itertools
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundswell.client.blocking import Client
from groundswell.client.engine import load_engine as load_client_engine
from groundswell.errors import CheckError, InputError, ServiceError
from groundswell.serving.engine import load_engine
from groundswell.serving.worker_messages import Precision

REQUESTS_AT_ONCE = 16
SIZES = (1, 7, 2, 5, 3, 6, 4)
# Whatever an Analyzer reads is to be compared, however long a slow machine takes.
LIMITS = {"characters": 1_000_000, "body_bytes": 16_777_216, "seconds": 600}
START_SECONDS, END_SECONDS, TICK_SECONDS = 360.0, 60.0, 0.05
_MISSING = "nothing"
Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the record of a row differs most.

    field   such as `scores.positive`
    apart   how far two numbers are apart; None for what is no number on both sides
    """

    row: int
    field: str
    served: Any
    offline: Any
    apart: float | None

    def __str__(self) -> str:
        by = "" if self.apart is None else f", {self.apart:g} apart"
        return f"row {self.row}: {self.field}: served {self.served!r}, offline {self.offline!r}{by}"


@dataclass(frozen=True, slots=True)
class Checked:
    """How many rows were compared, by how many requests, and those that differ."""

    model: str
    rows: int
    requests: int
    differences: tuple[Difference, ...]

    @property
    def equal(self) -> int:
        """Rows whose records are equal."""
        return self.rows - len(self.differences)


def check_served(
    run: Path,
    rows: Sequence[tuple[int, str]],
    *,
    precision: Precision = "float32",
    aspects: Sequence[str] | None = None,
    on_rows: Callable[[int], object] = lambda count: None,
) -> Checked:
    """What a service of the run, in processes of its own on a free port of this machine, says differently.

    rows      numbers and texts; sent shuffled, 1 to 7 to a request, 16 requests at a time
    aspects   as of `Analyzer.stream_rows`, for both
    on_rows   told how many rows more were answered

    Raises InputError for what cannot be served or asked of the run, and CheckError for a service that does not start.
    """
    load_client_engine()  # what is missing is told before anything is loaded
    analyzer = load_engine(run, precision=precision)
    analyses = analyzer.stream_rows([(None, text) for _, text in rows], aspects=aspects)
    offline = [json.loads(analysis.to_json()) for analysis in analyses]
    places = list(range(len(rows)))
    random.Random(0).shuffle(places)
    parts = list(_parts(places))
    with _service(run, precision) as address, _client(address) as client, ThreadPoolExecutor(REQUESTS_AT_ONCE) as pool:

        def ask(part: list[int]) -> dict[int, Record]:
            found = dict(zip(part, _answers(client, [rows[place][1] for place in part], aspects), strict=True))
            on_rows(len(part))
            return found

        served = {place: record for found in pool.map(ask, parts) for place, record in found.items()}
    compared = (difference_of(rows[place][0], served[place], offline[place]) for place in sorted(served))
    found = tuple(difference for difference in compared if difference is not None)
    return Checked(analyzer.name, len(rows), len(parts), found)


def difference_of(row: int, served: Record, offline: Record) -> Difference | None:
    """Where two records differ most, what is no number first; None where they are equal.

    >>> print(difference_of(3, {"label": "good", "scores": {"good": 0.75}}, {"label": "good", "scores": {"good": 0.5}}))
    row 3: scores.good: served 0.75, offline 0.5, 0.25 apart
    """
    here, there = dict(_leaves("", served)), dict(_leaves("", offline))
    found = [
        Difference(row, name, one, other, _apart(one, other))
        for name in {**there, **here}
        if (one := here.get(name, _MISSING)) != (other := there.get(name, _MISSING))
    ]
    return max(found, key=lambda each: float("inf") if each.apart is None else each.apart, default=None)


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The plain values of a record with their places, such as `opinions[0].aspect.start`."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(f"{name}.{key}" if name else key, inner)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _leaves(f"{name}[{place}]", inner)
    else:
        yield name, value


def _apart(one: Any, other: Any) -> float | None:
    are_numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (one, other))
    return abs(one - other) if are_numbers else None


def _parts(places: Sequence[int]) -> Iterator[list[int]]:
    waiting, sizes = iter(places), itertools.cycle(SIZES)
    while part := list(itertools.islice(waiting, next(sizes))):
        yield part


def _client(address: str) -> Client:
    # a transport of its own: a proxy that the environment names is not for this machine
    return Client(address, timeout=LIMITS["seconds"], transport=load_client_engine().HTTPTransport())


def _answers(client: Client, texts: list[str], aspects: Sequence[str] | None) -> list[Record]:
    """The record of each text; of a request that was refused, why."""
    try:
        found = client.analyze(texts, aspects=None if aspects is None else list(aspects))
    except ServiceError as error:
        return [{"error": {"code": error.code, "message": str(error)}}] * len(texts)
    return [analysis.to_dict() for analysis in found]


@contextmanager
def _service(run: Path, precision: Precision) -> Iterator[str]:
    """The address of a service, started as users start it, from when it is ready."""
    limits = [word for name, value in LIMITS.items() for word in ("--limit", f"{name}={value}")]
    options = ["--no-auth", "--quiet", "--no-playground", "--port", "0", "--precision", precision, *limits]
    command = [sys.executable, "-m", "groundswell", "serve", "run", f"checked={run}", *options]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("wb") as file:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
        try:
            yield _address(process, log)
        finally:
            process.terminate()
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        has_ended = process.poll() is not None
        told = log.read_text(encoding="utf-8", errors="replace")
        found = re.search(r"listening on (http://\S+);", told)
        if found and "groundswell: ready" in told:
            return found[1]
        if has_ended:
            last = told.strip().rpartition("\n")[2].removeprefix("groundswell: ")
            raise (InputError if process.returncode == 2 else CheckError)(f"the service did not start: {last}")
        time.sleep(TICK_SECONDS)
    raise CheckError(
        f"the service was not ready after {START_SECONDS:.0f} s. Start it by itself: groundswell serve RUN"
    )
