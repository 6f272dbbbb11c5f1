"""Predictions of a file on a cluster, by Ray Data: the same lines as those of one machine, in the same order.

One task reads the file with our readers, on the machine that the job was started on, and gives chunks of rows; actors,
each with an engine of its own, give the lines of a chunk. A chunk whose actor has died is computed again.
"""

from __future__ import annotations

import io
import json
import logging
import math
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from typing import Any, Literal

from groundswell.analyzer import Analyzer
from groundswell.data.readers import open_rows
from groundswell.errors import ClusterError, DataError, InputError, MissingExtraError
from groundswell.model.abstention import Abstention
from groundswell.serving.engine import load_engine
from groundswell.serving.predictions.records import json_line, refused_row, text_of
from groundswell.types import Analysis

# Smaller than those of the analyzer: a file of some thousand rows is to keep several workers busy.
CHUNK_ROWS = 256
CHUNK_CHARACTERS = 1_000_000
# Ray would report to its makers, hide accelerators by a rule that will change, and print what concerns nobody here.
SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "1",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
}
CHUNK, LINES, STOPPED = "chunk", "lines", "stopped"


@dataclass(frozen=True)
class Reading:
    """What is read: the arguments of `open_rows`, the column of the id, and how many rows are passed over."""

    source: str
    text_column: str
    id_column: str | None
    encoding: str | None
    num_done: int = 0


@dataclass(frozen=True)
class Asking:
    """What is asked of which run: the arguments of `load_engine` and of `stream_rows`."""

    run: str
    precision: Literal["auto", "float32", "bfloat16"]
    aspects: list[str] | None
    abstention: Abstention


def stream_lines(
    reading: Reading,
    asking: Asking,
    workers: int | None = None,
    note: Callable[[str], object] = lambda said: None,
) -> Iterator[bytes]:
    """The records of a file as lines of JSON, one per row and in their order, some hundred at a time.

    workers   actors, each on one processor and with its share of the accelerators; None: as many as there is room for
    note      told what Ray has to say, such as that a worker ran out of memory

    Runs on the cluster that RAY_ADDRESS names, otherwise on this machine; every machine must find the run under the
    same path. Raises DataError for a source that cannot be read to its end, MissingExtraError without Ray, InputError
    for more workers than processors, and ClusterError when the cluster fails.
    """
    with _cluster(workers, note) as resources:
        import ray

        num_workers = workers or int(resources["CPU"])
        if num_workers > resources["CPU"]:
            found = f"--workers {num_workers}: the cluster has {resources['CPU']:.0f} processors"
            raise InputError(f"{found}, and each worker needs one. Ask for fewer")
        accelerators = int(resources.get("GPU", 0))
        share = 1 / math.ceil(num_workers / accelerators) if accelerators else 0.0
        try:
            for answer in _answers(reading, asking, num_workers, share):
                if answer[STOPPED]:
                    raise DataError(answer[STOPPED])
                yield answer[LINES]
        except ray.exceptions.RayError as error:
            told = str(error).strip().splitlines()[-1]
            raise ClusterError(f"the cluster failed ({told}). Run the same command again: it goes on there") from error


def read_chunks(reading: Reading) -> Iterator[bytes]:
    """The rows of a source in chunks, as JSON: `[id, text]`, or the finished line of a row without a text.

    What stops the reading is the last chunk: `{"stopped": message}`.
    """
    items: list[list[Any] | str] = []
    characters = 0
    try:
        for number, item in enumerate(_read_items(reading)):
            if number < reading.num_done:
                continue
            items.append(item)
            characters += len(item if isinstance(item, str) else item[1])
            if len(items) == CHUNK_ROWS or characters > CHUNK_CHARACTERS:
                yield json.dumps(items).encode()
                items, characters = [], 0
    except DataError as error:
        yield json.dumps(items).encode()
        yield json.dumps({STOPPED: str(error)}).encode()
        return
    if items:
        yield json.dumps(items).encode()


def lines_of(analyzer: Analyzer, chunk: bytes, asking: Asking) -> bytes:
    """The records of a chunk, a line each, as they stand in the file."""
    items = json.loads(chunk)
    texts = [(item[0], item[1]) for item in items if not isinstance(item, str)]
    analyses = analyzer.stream_rows(texts, aspects=asking.aspects, abstention=asking.abstention)
    lines = [item if isinstance(item, str) else json_line(next(analyses)) for item in items]
    return "".join(lines).encode("utf-8", errors="backslashreplace")


class Worker:
    """An actor: gives the lines of chunks with an engine that it loads once."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._analyzer = load_engine(asking.run, precision=asking.precision)

    def __call__(self, table: Any) -> Any:
        """A table of chunks -> a table of their lines."""
        import pyarrow as pa

        chunks = table[CHUNK].to_pylist()
        stopped = [json.loads(chunk)[STOPPED] if chunk.startswith(b"{") else "" for chunk in chunks]
        lines = [b"" if chunk.startswith(b"{") else lines_of(self._analyzer, chunk, self._asking) for chunk in chunks]
        return pa.table({LINES: pa.array(lines, pa.binary()), STOPPED: pa.array(stopped, pa.string())})


def _read_items(reading: Reading) -> Iterator[list[Any] | str]:
    refused: list[str] = []
    rows = open_rows(
        reading.source,
        text_column=reading.text_column,
        encoding=reading.encoding,
        on_bad_row=lambda bad: refused.append(json_line(refused_row(bad))),
    )
    for row in rows:
        yield from refused
        refused.clear()
        found = text_of(row, reading.text_column, reading.id_column, rows.name)
        yield json_line(found) if isinstance(found, Analysis) else list(found)
    yield from refused


def _answers(reading: Reading, asking: Asking, num_workers: int, accelerators: float) -> Iterator[dict[str, Any]]:
    """A row for each chunk, in their order."""
    import ray
    from ray.data import ActorPoolStrategy, DataContext

    context = DataContext.get_current().copy()
    context.execution_options.preserve_order = True
    context.enable_progress_bars = False
    context.target_max_block_size = 1  # one chunk to a block, so that each goes to the actor that is free
    here = {"ray.io/node-id": ray.get_runtime_context().get_node_id()}
    with DataContext.current(context):
        chunks = ray.data.read_datasource(_source_of(reading), override_num_blocks=1, num_cpus=0, label_selector=here)
        answered = chunks.map_batches(
            Worker,
            fn_constructor_args=(asking,),
            batch_size=1,
            batch_format="pyarrow",
            compute=ActorPoolStrategy(size=num_workers),
            num_cpus=1,
            num_gpus=accelerators,
        )
        yield from answered.iter_rows()


def _source_of(reading: Reading) -> Any:
    """The chunks as a data source of Ray: one task, because a row can be found only by reading those before it."""
    import pyarrow as pa
    from ray.data import Datasource, ReadTask
    from ray.data.block import BlockMetadata

    def tables() -> Iterator[Any]:
        for chunk in read_chunks(reading):
            yield pa.table({CHUNK: pa.array([chunk], pa.binary())})

    class Chunks(Datasource):  # type: ignore[misc]
        def estimate_inmemory_data_size(self) -> int | None:
            return None

        def get_read_tasks(self, parallelism: int, **_: Any) -> list[Any]:
            return [ReadTask(tables, BlockMetadata(num_rows=None, size_bytes=None, input_files=None, exec_stats=None))]

    return Chunks()


@contextmanager
def _cluster(workers: int | None, note: Callable[[str], object]) -> Iterator[dict[str, float]]:
    """What the cluster has; one of this machine is started where none is named, and stopped in the end."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    try:
        import ray
        import ray.data  # sets up the logger that is quieted below
    except ImportError as error:
        raise MissingExtraError('--engine ray needs Ray. Install it: pip install "groundswell[ray]"') from error
    for handler in logging.getLogger("ray.data").handlers:
        if handler.name == "console":
            handler.setLevel(logging.CRITICAL)  # what fails is raised, and told once
    is_ours = not ray.is_initialized()
    if is_ours:
        named = os.environ.get("RAY_ADDRESS")
        size = {} if named else {"num_cpus": workers or os.cpu_count(), "include_dashboard": False}
        ray.init(address=named or "local", log_to_driver=False, logging_level=logging.ERROR, **size)
    try:
        # Ray prints to standard output, which is for records
        with redirect_stdout(_FirstLines(note)):
            yield ray.cluster_resources()
    finally:
        if is_ours:
            ray.shutdown()


class _FirstLines(io.TextIOBase):
    """Takes what is printed, and tells the first line of each message, without colours."""

    def __init__(self, note: Callable[[str], object]) -> None:
        self._note = note

    def write(self, text: str, /) -> int:
        line = re.sub(r"\x1b\[[0-9;]*m", "", text).partition("\n")[0].strip()
        if line:
            self._note(line)
        return len(text)
