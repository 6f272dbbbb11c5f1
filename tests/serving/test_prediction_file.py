"""The file of predictions: whole lines are gone on with, lines of another job are not."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from groundswell.errors import DataError, InputError
from groundswell.serving.predictions.record_file import PartFile, check_target, origin_of, record_file

ORIGIN = {"run": {"model": "m"}, "source": {"name": "a.csv", "bytes": 5}}
LINES = ['{"text": "a"}\n', '{"text": "b", "warnings": ["w: w"]}\n', '{"text": "c", "error": {"code": "x"}}\n']


def stop_after(target: Path, lines: list[str], origin: dict[str, object] | None = ORIGIN) -> Path:
    """The part that a job leaves which is stopped after these lines."""
    with pytest.raises(KeyboardInterrupt):
        fail_after(target, lines, KeyboardInterrupt(), origin)
    return target.with_name(f".{target.name}.part")


def fail_after(target: Path, lines: list[str], error: BaseException, origin: dict[str, object] | None = ORIGIN) -> None:
    with record_file(target, origin) as part:
        for line in lines:
            part.write(line)
        raise error


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_stopped_job_goes_on_after_its_last_line(tmp_path: Path) -> None:
    out = tmp_path / "new" / "out.jsonl"
    part = stop_after(out, LINES[:2])
    assert names(out.parent) == [".out.jsonl.part", ".out.jsonl.part.json"]
    assert json.loads(part.with_name(".out.jsonl.part.json").read_text()) == ORIGIN
    with record_file(out, ORIGIN) as again:
        assert (again.counts.rows, again.counts.warnings, again.counts.errors) == (2, 1, 0)
        again.write(LINES[2])
    assert names(out.parent) == ["out.jsonl"]
    assert out.read_text() == "".join(LINES)
    assert out.stat().st_mode & 0o777 == 0o666 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@pytest.mark.parametrize(
    "end", [b'{"text": "cut', b'{"text": "whole but for its line break"}', b"\0\0\0\n" + LINES[2].encode(), b"3\n"]
)
def test_a_damaged_end_is_cut_off(tmp_path: Path, end: bytes) -> None:
    """As a kill, or a disk that lost its power, leaves it."""
    out = tmp_path / "out.jsonl"
    with stop_after(out, LINES[:2]).open("ab") as part:
        part.write(end)
    with record_file(out, ORIGIN) as again:
        assert again.counts.rows == 2
        again.write(LINES[2])
    assert out.read_text() == "".join(LINES)


def test_an_unpaired_surrogate_is_written_as_json_writes_it(tmp_path: Path) -> None:
    with record_file(tmp_path / "out.jsonl", ORIGIN) as part:
        part.write('{"text": "\ud83d"}\n')
    assert (tmp_path / "out.jsonl").read_bytes() == b'{"text": "\\ud83d"}\n'


def test_another_origin_is_refused_and_what_was_done_stays(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    part = stop_after(out, LINES)
    other = {"run": {"model": "n"}, "source": {"name": "a.csv", "bytes": 6}}
    with pytest.raises(InputError) as error, record_file(out, other):
        pass
    assert str(error.value) == (
        f"{out}: a job that was stopped left rows of another origin beside it (.out.jsonl.part): "
        'run.model was "m", is "n"; source.bytes was 5, is 6. '
        "Run it as it was to go on, or with --restart to begin anew"
    )
    assert part.read_text() == "".join(LINES)
    with pytest.raises(InputError, match=r"source was a\.csv, is what cannot be read again\. "), record_file(out, None):
        pass
    with record_file(out, other, restart=True) as begun:
        assert begun.counts.rows == 0
        begun.write(LINES[0])
    assert out.read_text() == LINES[0]
    assert names(tmp_path) == ["out.jsonl"]


def test_lines_without_a_note_of_their_origin_are_refused(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    stop_after(out, LINES)
    (tmp_path / ".out.jsonl.part.json").write_text("{broken")
    with pytest.raises(InputError, match=r"what it was cannot be read\. Run it as it was"), record_file(out, ORIGIN):
        pass


def test_what_cannot_be_read_again_is_never_gone_on_with(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    stop_after(out, LINES, origin=None)
    assert names(tmp_path) == []
    killed = PartFile(out)
    killed.begin({}, restart=False)
    killed.write(LINES[0])
    killed.flush()
    killed.close()
    with record_file(out, None) as part:
        assert part.counts.rows == 0
        part.write(LINES[1])
    assert out.read_text() == LINES[1]


def test_a_source_that_must_be_mended_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        fail_after(tmp_path / "out.jsonl", LINES, DataError("broken"))
    assert names(tmp_path) == []


def test_two_processes_do_not_write_one_file(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with record_file(out, ORIGIN) as part:
        part.write(LINES[0])
        with pytest.raises(InputError) as error, record_file(out, ORIGIN, restart=True):
            pass
        assert str(error.value) == (f"{out}: another process is writing it. Wait for it, or name another file to write")
    assert out.read_text() == LINES[0]


def test_a_full_disk_keeps_what_is_done(tmp_path: Path) -> None:
    """The disk takes half of the second line."""

    class FullDisk:
        def __init__(self, file: object, room: int) -> None:
            self.file, self.room = file, room

        def write(self, data: memoryview) -> int:
            if not self.room:
                raise OSError(errno.ENOSPC, "No space left on device")
            taken = min(self.room, len(data))
            self.room -= taken
            return self.file.write(data[:taken])

        def __getattr__(self, name: str) -> object:
            return getattr(self.file, name)

    out = tmp_path / "out.jsonl"

    def fill() -> None:
        with record_file(out, ORIGIN) as part:
            part._file = FullDisk(part._file, len(LINES[0]) + 5)
            part.write("".join(LINES[:2]))
            part.flush()

    with pytest.raises(OSError, match="the disk is full") as error:
        fill()
    assert error.value.filename == str(out)
    assert error.value.strerror == (
        "the disk is full; what is done is kept in .out.jsonl.part. Free some space and run it again"
    )
    with record_file(out, ORIGIN) as again:
        assert again.counts.rows == 1
        again.write("".join(LINES[1:]))
    assert out.read_text() == "".join(LINES)


def test_memory_does_not_hold_all_lines(tmp_path: Path) -> None:
    with record_file(tmp_path / "out.jsonl", ORIGIN) as part:
        for _ in range(300):
            part.write('{"text": "' + 10_000 * "a" + '"}\n')
        assert part.path.stat().st_size > 2_000_000


@pytest.mark.parametrize(
    ("name", "ending"), [("out.csv", "ends in .csv"), ("out", "has no suffix"), ("out.jsonl.gz", "ends in .gz")]
)
def test_names_of_no_format(tmp_path: Path, name: str, ending: str) -> None:
    with pytest.raises(InputError) as error:
        check_target(tmp_path / name)
    assert str(error.value) == f"{tmp_path / name}: the name {ending}, expected one of .jsonl, .ndjson, .parquet"


def test_the_origin_tells_changes_of_run_source_and_options(tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_text("text\n" + 200_000 * "a" + "\n")
    os.utime(source, (1, 1))
    manifest = {"model": "m", "files": {"model/a": "1"}}
    first = origin_of(manifest, str(source), {"precision": "float32"})
    assert first == origin_of(manifest, str(source), {"precision": "float32"})
    found = [
        origin_of({**manifest, "files": {"model/a": "2"}}, str(source), {"precision": "float32"}),
        origin_of(manifest, str(source), {"precision": "bfloat16"}),
    ]
    os.utime(source, (2, 2))
    found.append(origin_of(manifest, str(source), {"precision": "float32"}))
    source.write_text("text\n" + 199_999 * "a" + "b\n")  # as long as before
    os.utime(source, (1, 1))
    found.append(origin_of(manifest, str(source), {"precision": "float32"}))
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a.csv").write_text("text\n")
    found += [origin_of(manifest, f"{folder}#train", {}), origin_of(manifest, "hub:owner/name#train", {})]
    (folder / "b.csv").write_text("text\n")
    found.append(origin_of(manifest, f"{folder}#train", {}))
    told = [json.dumps(origin, sort_keys=True) for origin in [first, *found]]
    assert len(set(told)) == len(told) == 8
