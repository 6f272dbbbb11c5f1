from __future__ import annotations

from pathlib import Path

import pytest

from groundswell.data import sample
from groundswell.errors import DataError


@pytest.fixture
def samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "samples"
    folder.mkdir()
    (folder / "en.jsonl").write_bytes(b'{"id": "en-1", "text": "good"}\n{"id": "en-2", "text": "bad"}\n')
    monkeypatch.setattr(sample, "SAMPLES", folder)
    return folder


def test_the_sample_is_copied_byte_for_byte_and_nothing_is_left_beside_it(samples: Path, tmp_path: Path) -> None:
    path = tmp_path / "out" / "reviews.jsonl"
    path.parent.mkdir()
    path.write_text("old", encoding="utf-8")
    assert sample.write_sample("en", path) == 2
    assert path.read_bytes() == (samples / "en.jsonl").read_bytes()
    assert [entry.name for entry in path.parent.iterdir()] == ["reviews.jsonl"]


def test_a_failed_copy_leaves_the_old_file(samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: str, target: Path) -> None:
        raise OSError("disk full")

    path = tmp_path / "out" / "reviews.jsonl"
    path.parent.mkdir()
    path.write_text("old", encoding="utf-8")
    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="disk full"):
        sample.write_sample("en", path)
    assert [entry.read_text(encoding="utf-8") for entry in path.parent.iterdir()] == ["old"]


def test_what_cannot_be_written(samples: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        sample.sample_path("eng")  # type: ignore[arg-type]
    assert str(caught.value) == "sample: found 'eng', expected en or zh. Did you mean 'en'?"
    with pytest.raises(DataError) as caught:
        sample.sample_path("zh")
    assert str(caught.value) == (
        f"{samples}/zh.jsonl: the sample is missing from this installation. Install groundswell again."
    )
    with pytest.raises(DataError) as caught:
        sample.write_sample("en", tmp_path / "nowhere" / "a.jsonl")
    assert str(caught.value) == (
        f"{tmp_path}/nowhere/a.jsonl: the folder '{tmp_path}/nowhere' does not exist. Make it first, or name another "
        "place."
    )
