"""Data sets of the Hugging Face hub, or of a folder laid out like one.

    hub:owner/name#train          hub:owner/name:configuration#train          folder#train

    folder/data/train-00000-of-00001.parquet      or      folder/train.csv, folder/test.csv

The `datasets` library says which files make up a split. Files that lie here are read by our own readers, since its
CSV reader turns the texts `NA` and `null` into nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from groundswell.data.rows import Row, RowSource
from groundswell.data.suggestion import did_you_mean
from groundswell.errors import DataError


def open_data_set(source: str, open_file: Callable[[str], RowSource]) -> RowSource:
    """The rows of one split, numbered from 1 through all of its files.

    source     `hub:owner/name#split` or `folder#split`; `#split` may be left out when there is one split
    open_file  how a file that lies here is read
    raises     DataError for a missing data set or split, and when the hub cannot be reached
    """
    address, _, split = source.partition("#") if source.startswith("hub:") else _split_folder(source)
    with _errors_told(source):
        if address.startswith("hub:"):
            return _open_remote(source, address.removeprefix("hub:"), split)
        return _open_local(source, address, split, open_file)


def _split_folder(source: str) -> tuple[str, str, str]:
    """Folder, `#`, split; a folder may have a `#` in its name."""
    return (source, "", "") if Path(source).is_dir() else source.rpartition("#")


def _open_local(source: str, folder: str, split: str, open_file: Callable[[str], RowSource]) -> RowSource:
    from datasets import load_dataset_builder
    from datasets.exceptions import DatasetsError

    try:
        builder = load_dataset_builder(folder)
    except DatasetsError as error:
        raise DataError(
            f"{source}: a folder without a data set. Expected files such as train.csv or data/train-00000-of-00001"
            ".parquet in it, or the name of one file."
        ) from error
    files: dict[str, list[str]] = {str(name): list(paths) for name, paths in (builder.config.data_files or {}).items()}
    parts = [open_file(path) for path in files[_choose_split(source, split, list(files))]]
    different = next((part for part in parts if set(part.columns) != set(parts[0].columns)), None)
    if different is not None:
        raise DataError(
            f"{different.name}: columns {', '.join(different.columns)}, but {parts[0].name} has "
            f"{', '.join(parts[0].columns)}. All files of a split need the same columns."
        )
    return RowSource(source, "hub", parts[0].encoding, parts[0].columns, lambda: _numbered(parts))


def _numbered(parts: list[RowSource]) -> Iterator[Row]:
    rows = (row for part in parts for row in part)
    return (Row(number, row.values) for number, row in enumerate(rows, start=1))


def _open_remote(source: str, address: str, split: str) -> RowSource:
    from datasets import get_dataset_split_names, load_dataset, load_dataset_builder

    name, _, configuration = address.partition(":")
    chosen = _choose_split(source, split, get_dataset_split_names(name, configuration or None))
    builder = load_dataset_builder(name, configuration or None)
    # only the reader of CSV has this option, and refuses nothing as "not available" with it
    as_text = {"keep_default_na": False} if hasattr(builder.config, "keep_default_na") else {}
    stream = load_dataset(name, configuration or None, split=chosen, streaming=True, **as_text)
    columns = tuple(stream.column_names or next(iter(stream), {}))
    return RowSource(source, "hub", None, columns, lambda: _streamed(source, stream))


def _streamed(source: str, stream: Any) -> Iterator[Row]:
    with _errors_told(source):
        for number, values in enumerate(stream, start=1):
            yield Row(number, values)


def _choose_split(source: str, split: str, splits: list[str]) -> str:
    if split in splits:
        return split
    if not split and len(splits) == 1:
        return splits[0]
    found = f"no split {split!r}" if split else "no split is named"
    address = source.removesuffix(f"#{split}") if split else source
    raise DataError(
        f"{source}: {found}. Splits: {', '.join(splits)}.{did_you_mean(split, splits)} "
        f"Write {address}#{splits[0]}, for example."
    )


@contextmanager
def _errors_told(source: str) -> Iterator[None]:
    try:
        yield
    except ConnectionError as error:
        raise DataError(
            f"{source}: the hub cannot be reached. Check the network, or download the data set elsewhere and name its "
            "folder: folder#split."
        ) from error
    except FileNotFoundError as error:
        raise DataError(
            f"{source}: the hub has no such data set, or it is private. Check the name, or log in with hf auth login."
        ) from error
    except ValueError as error:
        raise DataError(f"{source}: the data set cannot be opened ({str(error).splitlines()[0]}).") from error
