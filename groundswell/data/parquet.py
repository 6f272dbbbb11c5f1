"""Parquet tables, a batch of rows at a time."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from groundswell.data.byte_source import ByteSource
from groundswell.data.rows import Row
from groundswell.errors import DataError

_BATCH_ROWS = 1024
_SPOOL_BYTES = 64 * 2**20  # a table that does not lie in a plain file stays in memory up to this size


def read_schema(source: ByteSource) -> tuple[str, ...]:
    """The column names."""
    with _open_table(source) as table:
        return tuple(str(name) for name in table.schema_arrow.names)


def read_parquet(source: ByteSource) -> Iterator[Row]:
    """One row per row of the table, with Python values."""
    number = 0
    with _open_table(source) as table:
        for batch in table.iter_batches(batch_size=_BATCH_ROWS):
            for values in batch.to_pylist():
                number += 1
                yield Row(number, values)


@contextmanager
def _open_table(source: ByteSource) -> Iterator[Any]:
    import pyarrow
    from pyarrow.parquet import ParquetFile

    # the footer stands at the end, and a decompressed stream cannot jump there
    with source.open() as stream, tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES) as spool:
        file: Any = stream
        if not stream.seekable():
            shutil.copyfileobj(stream, spool)
            file = spool
        try:
            with ParquetFile(file) as table:
                yield table
        except pyarrow.ArrowException as error:
            raise DataError(
                f"{source.name}: not a readable Parquet file ({str(error).splitlines()[0]}). Write it again, or name a "
                "CSV or JSON Lines file."
            ) from error
