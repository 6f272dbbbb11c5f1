"""The audit log: what a line holds and never holds, what happens to a full file and a full disk."""

from __future__ import annotations

import json
import os
import stat
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from groundswell.serving.security import audit_log
from groundswell.serving.security.audit_log import AuditEvent, AuditLog

NOON = datetime(2026, 1, 31, 12, 30, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
EVENT = AuditEvent("4f00", "7b1d0c4f92ae", "/v1/analyze", 200, 3, 812, 41.5678, "reviews")


@pytest.fixture
def said() -> list[str]:
    return []


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("ascii").splitlines()]


def test_a_line_of_json_a_request_in_utc(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "audit.jsonl"
    log = AuditLog(path, clock=lambda: NOON)
    log.write(EVENT)
    log.write(AuditEvent("5a", None, "/v1/models", 401, None, None, 0.04))
    assert lines(path) == [
        {"time": "2026-01-31T04:30:00.123Z", "request_id": "4f00", "key_id": "7b1d0c4f92ae", "route": "/v1/analyze",
         "status": 200, "documents": 3, "characters": 812, "milliseconds": 41.6, "model": "reviews"},
        {"time": "2026-01-31T04:30:00.123Z", "request_id": "5a", "key_id": None, "route": "/v1/models",
         "status": 401, "documents": None, "characters": None, "milliseconds": 0.0, "model": None},
    ]  # fmt: skip
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert log.lost == 0


@pytest.mark.parametrize(
    "evil",
    ['a\n{"time": "forged"}', "a\r\nb", "\x1b[2J\x1b]0;x\x07", "\x00\x7f\x85", "\u2028\u2029\u202e", "\ud800", '"}\\'],
)
def test_no_value_can_end_a_line_or_move_a_terminal(tmp_path: Path, evil: str) -> None:
    path = tmp_path / "audit.jsonl"
    AuditLog(path).write(replace(EVENT, request_id=evil, key_id=evil, route=evil, model=evil))
    content = path.read_bytes()
    assert content.count(b"\n") == 1
    assert all(byte == 10 or 32 <= byte < 127 for byte in content)
    assert json.loads(content)["route"] == evil


def test_personal_data_in_a_path_or_a_name_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    AuditLog(path).write(replace(EVENT, request_id="13812345678", route="/v1/joe@example.com", model="13812345678"))
    (line,) = lines(path)
    assert (line["route"], line["model"], line["request_id"]) == ("/v1/[EMAIL]", "[PHONE]", "13812345678")


def test_long_values_are_cut(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    AuditLog(path).write(replace(EVENT, route="/" + "x" * 10_000))
    assert path.stat().st_size < 500


def test_no_path_writes_nothing() -> None:
    log = AuditLog(None)
    log.write(EVENT)
    assert log.lost == 0


def test_a_full_file_moves_on_and_the_oldest_goes(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    AuditLog(path, clock=lambda: NOON).write(replace(EVENT, status=100))
    size = path.stat().st_size
    log = AuditLog(path, most_bytes=2 * size, most_files=2, clock=lambda: NOON)
    for status in range(101, 108):
        log.write(replace(EVENT, status=status))
    kept = {file.name: [line["status"] for line in lines(file)] for file in tmp_path.iterdir()}
    assert kept == {"audit.jsonl": [106, 107], "audit.jsonl.1": [104, 105], "audit.jsonl.2": [102, 103]}


def test_a_line_longer_than_a_file_is_written_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    log = AuditLog(path, most_bytes=1, most_files=0)
    log.write(EVENT)
    log.write(replace(EVENT, status=201))
    assert [line["status"] for line in lines(path)] == [201]
    assert [file.name for file in tmp_path.iterdir()] == ["audit.jsonl"]


def test_a_file_that_others_move_away_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    log = AuditLog(path)
    log.write(EVENT)
    path.rename(tmp_path / "moved")
    log.write(EVENT)
    assert len(lines(path)) == len(lines(tmp_path / "moved")) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_fails_no_request_and_is_said_once(said: list[str]) -> None:
    log = AuditLog(Path("/dev/full"), say=said.append)
    for _ in range(3):
        log.write(EVENT)
    assert log.lost == 3
    assert said == [
        "/dev/full: No space left on device; requests are answered, but not written down until that is mended. "
        "Free some space, mend the permissions, or name another file"
    ]


def test_half_a_line_is_taken_back(tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "audit.jsonl"
    log = AuditLog(path, say=said.append)
    log.write(EVENT)
    before, write = path.read_bytes(), os.write
    monkeypatch.setattr(audit_log.os, "write", lambda handle, line: write(handle, line[:20]))
    log.write(EVENT)
    assert path.read_bytes() == before
    monkeypatch.undo()
    log.write(EVENT)
    assert len(lines(path)) == 2
    assert log.lost == 1


def test_a_place_that_is_none_is_said_and_so_is_its_mending(tmp_path: Path, said: list[str]) -> None:
    blocked = tmp_path / "logs"
    blocked.write_text("a file where the folder should be")
    log = AuditLog(blocked / "audit.jsonl", say=said.append)
    log.write(EVENT)
    log.write(EVENT)
    blocked.unlink()
    log.write(EVENT)
    blocked.joinpath("audit.jsonl").unlink()
    blocked.rmdir()
    blocked.write_text("again")
    log.write(EVENT)
    assert log.lost == 3
    assert [line.split(": ", 1)[1].split(";")[0] for line in said] == [
        "Not a directory",
        "written again",
        "Not a directory",
    ]
    assert said[1].endswith("; 2 requests are missing")


def test_a_standard_error_that_is_gone_fails_no_request(capsys: pytest.CaptureFixture[str]) -> None:
    def closed(_: str) -> None:
        raise ValueError("I/O operation on closed file")

    log = AuditLog(Path("/dev/null/x"), say=closed)
    log.write(EVENT)
    assert log.lost == 1
    AuditLog(Path("/dev/null/x")).write(EVENT)
    assert capsys.readouterr().err.startswith("groundswell: /dev/null/x: Not a directory; requests are answered")


def test_threads_write_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    log = AuditLog(path, most_bytes=20_000, most_files=50)

    def write(number: int) -> None:
        for _ in range(100):
            log.write(replace(EVENT, status=number))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [line["status"] for file in tmp_path.iterdir() for line in lines(file)]
    assert sorted(found) == sorted([0, 1, 2, 3] * 100)
    assert log.lost == 0


def test_the_clock_is_that_of_the_world(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    before = datetime.now(UTC)
    AuditLog(path).write(EVENT)
    (line,) = lines(path)
    written = datetime.fromisoformat(str(line["time"]))
    assert before - timedelta(milliseconds=1) <= written <= datetime.now(UTC)
