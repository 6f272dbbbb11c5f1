from __future__ import annotations

import gzip
import io
import lzma
import random
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import zstandard

from groundswell.data.byte_source import find_bytes
from groundswell.errors import DataError

CONTENT = random.Random(0).randbytes(300_000) + b"end"


def compress(name: str, content: bytes) -> bytes:
    if name.endswith(".zst"):
        return zstandard.ZstdCompressor().compress(content)
    return {".gz": gzip.compress, ".xz": lzma.compress}[name[-3:]](content)


@pytest.mark.parametrize("name", ["reviews.CSV.gz", "reviews.csv.xz", "reviews.csv.zst"])
def test_compressed_files_give_their_contents(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(compress(name, CONTENT) + compress(name, b" second part"))
    source = find_bytes(str(path))
    assert source.suffix == ".csv"
    for _ in range(2):  # it can be opened again
        with source.open() as stream:
            assert stream.read() == CONTENT + b" second part"
    assert source.head(5) == (CONTENT[:5], False)


@pytest.mark.parametrize("name", ["a.csv.gz", "a.csv.xz", "a.csv.zst"])
def test_a_cut_off_file_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(compress(name, CONTENT)[:-20_000])
    with pytest.raises(DataError) as caught, find_bytes(str(path)).open() as stream:
        stream.read()
    assert str(caught.value).startswith(f"{path}: the {path.suffix} data is damaged or cut off after ")
    assert str(caught.value).endswith("). Copy or compress the file again.")


def test_a_file_that_is_not_what_its_name_says(tmp_path: Path) -> None:
    for name in ("a.csv.gz", "a.csv.xz", "a.csv.zst"):
        (tmp_path / name).write_bytes(b"text,label\ngood,1\n")
        with pytest.raises(DataError, match="damaged or cut off after 0 decompressed bytes"):
            find_bytes(str(tmp_path / name)).head(10)


def test_a_missing_file_names_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "reviews.csv").touch()
    (tmp_path / "other.txt").touch()
    with pytest.raises(DataError) as caught:
        find_bytes(str(tmp_path / "reviws.csv"))
    assert str(caught.value) == (
        f"{tmp_path}/reviws.csv: no such file. Did you mean 'reviews.csv'? "
        f"Files in '{tmp_path}': other.txt, reviews.csv."
    )
    with pytest.raises(DataError) as caught:
        find_bytes(str(tmp_path / "nowhere" / "a.csv"))
    assert str(caught.value) == (
        f"{tmp_path}/nowhere/a.csv: no such file; the folder '{tmp_path}/nowhere' does not exist either. Mend the path."
    )


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").touch()
    with pytest.raises(DataError) as caught:
        find_bytes(str(tmp_path))
    assert str(caught.value) == f"{tmp_path}: a folder, but a file is expected. Name a file in it: a.csv."


def test_large_standard_input_goes_to_disk_and_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("groundswell.data.byte_source._SPOOL_BYTES", 1000)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(CONTENT)))
    with find_bytes("-").open() as stream:  # the source itself is gone already
        assert stream.read() == CONTENT


def test_standard_input_is_read_once_and_opened_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(CONTENT)))
    source = find_bytes("-")
    assert (source.name, source.suffix) == ("standard input", "")
    with source.open() as first, source.open() as second:
        assert first.read(10) == second.read(10) == CONTENT[:10]
        assert first.read() == CONTENT[10:]
    with source.open() as third:
        assert third.read() == CONTENT
