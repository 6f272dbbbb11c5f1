"""`groundswell serve keys`: make, list and revoke."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from groundswell.cli.serve_keys import keys_app
from groundswell.errors import InputError
from groundswell.serving.security.keys import KeyStore


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that is meant when none is named."""
    path = tmp_path / "keys.json"
    monkeypatch.setenv("GROUNDSWELL_KEYS", str(path))
    return path


def keys(*words: str | Path) -> Result:
    app = typer.Typer()
    app.add_typer(keys_app, name="keys")
    return CliRunner().invoke(app, ["keys", *map(str, words)])


def test_a_key_is_printed_once_listed_without_it_and_revoked(file: Path) -> None:
    made = keys("create", "web shop", "--scope", "analyze", "--requests-per-minute", "60")
    assert made.exit_code == 0
    key = made.stdout.strip()
    record = KeyStore(file).verify(key)
    assert record is not None
    assert (record.scopes, record.requests_per_minute) == (("analyze",), 60)
    assert made.stderr == (
        f"groundswell: {file}: a new key for web shop. It is shown this once; send it as: Authorization: Bearer KEY\n"
    )
    listed = keys("list").stdout
    assert key.split("_", 2)[2] not in listed
    assert listed.splitlines()[1].split() == [record.id, "web", "shop", "analyze", "60", record.created]
    assert keys("revoke", record.id).stdout == f"{record.id} (web shop) revoked\n"
    assert KeyStore(file).verify(key) is None
    assert len(keys("list").stdout.splitlines()[1].split()) == 7


def test_unless_told_a_key_may_analyze_and_explain_but_not_administer(file: Path) -> None:
    made = json.loads(keys("create", "a", "--json").stdout)
    assert made["scopes"] == ["analyze", "explain"]
    assert made["requests_per_minute"] is None
    record = KeyStore(file).verify(made["key"])
    assert record is not None
    assert record.id == made["id"]


def test_json_of_the_list_and_a_file_by_name(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    keys("create", "a", "--keys", other)
    assert not file.exists()
    listed = json.loads(keys("list", "--keys", other, "--json").stdout)
    assert listed["file"] == str(other)
    (entry,) = listed["keys"]
    assert sorted(entry) == ["created", "id", "name", "requests_per_minute", "revoked", "scopes"]


def test_no_keys_yet(file: Path) -> None:
    listed = keys("list")
    assert (listed.exit_code, listed.stdout) == (0, "")
    assert listed.stderr == f"groundswell: {file}: no keys yet. Make one: groundswell serve keys create NAME\n"
    assert not file.exists()


def test_wrong_words_are_told(file: Path) -> None:
    wrong = keys("create", "a", "--scope", "root")
    assert str(wrong.exception) == "found 'root' as scopes of a key, expected one or more of analyze, explain, admin"
    assert keys("create", "a", "--requests-per-minute", "0").exit_code == 2
    unknown = keys("revoke", "7b1d0c4f92ae")
    assert isinstance(unknown.exception, InputError)
    assert str(unknown.exception) == f"{file}: no key '7b1d0c4f92ae'. Keys that are not revoked: none"
