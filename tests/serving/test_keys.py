"""API keys: what is kept of them, who is let in, and what happens to the file."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from groundswell.errors import InputError, KeyFileError
from groundswell.serving.security import keys as keys_module
from groundswell.serving.security.keys import KeyRecord, KeyStore, default_key_file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "conf" / "keys.json"


def id_of(key: str) -> str:
    return key.split("_")[1]


def test_a_key_is_let_in_and_says_whose_it_is(file: Path) -> None:
    key = KeyStore(file).create("web shop", ["explain", "analyze"], 60)
    assert re.fullmatch(r"gsw_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", key)
    record = KeyStore(file).verify(key)
    assert record is not None
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", record.created)
    assert record == KeyRecord(id_of(key), "web shop", ("analyze", "explain"), 60, record.created)
    assert KeyStore(file).list() == [record]


def test_the_file_holds_a_salted_hash_and_nothing_of_the_key(file: Path) -> None:
    first, second = (KeyStore(file).create(name, ["analyze"]) for name in "ab")
    text = file.read_text()
    entries = json.loads(text)["keys"]
    for key, entry in zip((first, second), entries, strict=True):
        secret = key.split("_", 2)[2]
        assert secret not in text
        assert entry["sha256"] == hashlib.sha256(bytes.fromhex(entry["salt"]) + secret.encode()).hexdigest()
    assert entries[0]["salt"] != entries[1]["salt"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_nothing_but_the_key_is_let_in(file: Path) -> None:
    store = KeyStore(file)
    key = store.create("a", ["analyze"])
    other = store.create("b", ["analyze"])
    wrong = [
        "", "_", "__", "gsw", key[:-1], key + "A", key.upper(), key.replace("gsw", "GSW"), f" {key}", f"{key}\n",
        f"gsw_{id_of(key)}_", f"gsw_{id_of(other)}_{key.split('_', 2)[2]}", f"gsw_000000000000_{key.split('_', 2)[2]}",
        key + "\x00", "gsw_" + "9" * 10**6, "密钥_\ud800_x",
    ]  # fmt: skip
    assert [store.verify(candidate) for candidate in wrong] == [None] * len(wrong)
    assert store.verify(key) is not None


def test_a_running_server_sees_keys_made_and_revoked_by_another_process(file: Path) -> None:
    server = KeyStore(file)
    assert server.verify("gsw_000000000000_x") is None  # there is no file yet
    key = KeyStore(file).create("a", ["analyze"])
    assert server.verify(key) is not None
    KeyStore(file).revoke(id_of(key))
    assert server.verify(key) is None
    (record,) = server.list()
    assert record.revoked is not None
    entry = json.loads(file.read_text())["keys"][0]
    assert (entry["salt"], entry["sha256"]) == ("", "")
    file.unlink()
    assert server.verify(key) is None


def test_a_file_of_the_same_time_and_size_is_still_another_one(file: Path) -> None:
    server, other = KeyStore(file), file.with_name("other.json")
    key = server.create("a", ["analyze"])
    replacing = KeyStore(other).create("b", ["analyze"])
    assert file.stat().st_size == other.stat().st_size
    assert server.verify(key) is not None
    for path in (file, other):
        os.utime(path, ns=(10**18, 10**18))
    assert server.verify(key) is not None
    os.replace(other, file)
    assert server.verify(key) is None
    assert server.verify(replacing) is not None


def test_the_file_is_read_once_while_it_stays_the_same(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = KeyStore(file)
    key = store.create("a", ["analyze"])
    assert store.verify(key) is not None
    monkeypatch.setattr(keys_module, "_read_keys", None)
    assert store.verify(key) is not None


def test_revoking_twice_keeps_the_first_time_and_an_unknown_id_is_told(file: Path) -> None:
    store = KeyStore(file)
    gone, kept = (id_of(store.create(name, ["analyze"])) for name in "ab")
    store.revoke(gone)
    before = store.list()
    store.revoke(gone)
    assert store.list() == before
    with pytest.raises(InputError) as caught:
        store.revoke("nosuch\n")
    assert str(caught.value) == f"{file}: no key 'nosuch\\n'. Keys that are not revoked: {kept}"


def test_two_processes_at_once_lose_no_key(file: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from groundswell.serving.security.keys import KeyStore\n"
        "for number in range(8): KeyStore(Path(sys.argv[1])).create(f'{sys.argv[2]} {number}', ['analyze'])"
    )
    processes = [subprocess.Popen([sys.executable, "-c", script, str(file), name]) for name in ("left", "right")]
    assert [process.wait(timeout=60) for process in processes] == [0, 0]
    names = {record.name for record in KeyStore(file).list()}
    assert names == {f"{side} {number}" for side in ("left", "right") for number in range(8)}


def test_threads_share_a_store(file: Path) -> None:
    store = KeyStore(file)
    key = store.create("a", ["analyze"])
    answers: list[bool] = []

    def ask() -> None:
        answers.extend(store.verify(key) is not None for _ in range(200))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(5):
        store.create(f"other {number}", ["explain"])
    for thread in threads:
        thread.join()
    assert answers == [True] * 800


def test_a_lock_that_is_never_free_is_told(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from filelock import FileLock

    monkeypatch.setattr(keys_module, "_LOCK_SECONDS", 0.1)
    file.parent.mkdir()
    with FileLock(f"{file}.lock"), pytest.raises(KeyFileError) as caught:
        KeyStore(file).create("a", ["analyze"])
    assert str(caught.value) == (
        f"{file}: another process has held {file}.lock for 0 s, expected it to be free. End that process, then try "
        "again"
    )


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "no JSON (Expecting value: line 1 column 1 (char 0))"),
        (b"\xff\xfe\x00", "no JSON ('utf-16-le' codec can't decode byte 0x00 in position 2: truncated data)"),
        (b"[]", "the file: Input should be a valid dictionary or instance of _File"),
        (b'{"keys": []}', "format: Field required"),
        (b'{"format": "groundswell api keys 1", "keys": [], "more": 1}', "more: Extra inputs are not permitted"),
        (b'{"format": "other", "keys": []}', "format: Input should be 'groundswell api keys 1'"),
        (b'{"format": "groundswell api keys 1", "keys": [{"id": "x"}]}', "keys.0.id: String should match pattern"),
    ],
)
def test_a_damaged_or_foreign_file_is_told_and_lets_nobody_in(file: Path, content: bytes, found: str) -> None:
    store = KeyStore(file)
    key = store.create("a", ["analyze"])
    assert store.verify(key) is not None
    file.write_bytes(content)
    for ask in (store.list, lambda: store.verify(key), lambda: store.create("b", ["analyze"])):
        with pytest.raises(KeyFileError) as caught:
            ask()
        assert str(caught.value).startswith(f"{file}: found {found}")
        assert str(caught.value).endswith(
            ", expected a file written by `groundswell serve keys create`. Name another file, or bring it back from a "
            "backup"
        )
    assert file.read_bytes() == content


def test_a_file_that_cannot_be_read_is_told_and_lets_nobody_in(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = KeyStore(file)
    key = store.create("a", ["analyze"])

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(file))

    for owner, name in ((Path, "open"), (keys_module.os, "stat")):
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, refuse)
            with pytest.raises(KeyFileError) as caught:
                KeyStore(file).verify(key)
        assert str(caught.value) == (
            f"{file}: cannot be read (Permission denied), expected a file that whoever runs this may read. Mend its "
            "owner and permissions, or name another file"
        )
    assert store.verify(key) is not None


def test_what_cannot_be_written_leaves_the_older_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = KeyStore(file)
    store.create("a", ["analyze"])
    before = file.read_bytes()

    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="disk is full"):
        store.create("b", ["analyze"])
    assert file.read_bytes() == before
    assert sorted(path.name for path in file.parent.iterdir()) == ["keys.json", "keys.json.lock"]


@pytest.mark.parametrize(
    ("name", "scopes", "limit", "message"),
    [
        (" ", ["analyze"], None, "found ' ' as the name of a key, expected 1 to 100 visible characters. Say who"),
        ("a\nb", ["analyze"], None, r"found 'a\nb' as the name of a key, expected 1 to 100 visible"),
        ("x" * 101, ["analyze"], None, "found 'xxx"),
        ("a", [], None, "found none as scopes of a key, expected one or more of analyze, explain, admin"),
        ("a", ["analyze", "root"], None, "found 'root' as scopes of a key, expected one or more of analyze"),
        ("a", ["analyze"], 0, "found 0 requests per minute, expected 1 or more; leave it out for no limit"),
    ],
)  # fmt: skip
def test_what_makes_no_key(file: Path, name: str, scopes: list[Any], limit: int | None, message: str) -> None:
    with pytest.raises(InputError) as caught:
        KeyStore(file).create(name, scopes, limit)
    assert str(caught.value).startswith(message)
    assert not file.exists()


def test_the_file_that_is_meant_without_a_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GROUNDSWELL_KEYS", str(tmp_path / "mine.json"))
    assert default_key_file() == tmp_path / "mine.json"
    monkeypatch.delenv("GROUNDSWELL_KEYS")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_key_file() == tmp_path / ".config" / "groundswell" / "keys.json"
