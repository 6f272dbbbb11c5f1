"""`groundswell serve`: what it refuses before anything is loaded, and what it starts."""

from __future__ import annotations

import ipaddress
import json
import socket
from pathlib import Path
from typing import Any

import pytest

from groundswell.errors import InputError
from groundswell.serving import server
from groundswell.serving.limits import Limits
from groundswell.serving.models import named_runs
from groundswell.serving.security.keys import KeyStore

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks like a run; there are no keys yet."""
    monkeypatch.setenv("GROUNDSWELL_KEYS", str(tmp_path / "keys.json"))
    folder = tmp_path / "runs" / "shop"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"model": "m", "files": {}}))
    return folder


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What would be served; nothing is."""
    calls: list[Any] = []

    def run_server(app: Any, models: Any, listening: socket.socket, on_ready: Any) -> None:
        calls.append((app, models, listening.getsockname()))
        on_ready()
        listening.close()

    monkeypatch.setattr(server, "run_server", run_server)
    monkeypatch.setattr("groundswell.cli.serve._configure_logs", lambda quiet: None)
    return calls


def refused(command: Any, *words: str | Path) -> str:
    outcome = command("serve", *words)
    assert (outcome.code, outcome.out) == (2, "")
    assert "Traceback" not in outcome.err
    return str(outcome.err)


def test_without_keys_it_says_how_to_make_one(command: Any, run: Path) -> None:
    message = refused(command, run)
    assert message == (
        f"groundswell: {run.parents[1] / 'keys.json'}: no keys, so nobody could ask. Make one: groundswell serve keys "
        "create NAME; or give --no-auth, which answers everybody on this machine\n"
    )


def test_revoked_keys_do_not_count(command: Any, run: Path) -> None:
    store = KeyStore(run.parents[1] / "keys.json")
    store.create("old", ["analyze"])
    store.revoke(store.list()[0].id)
    assert "no keys" in refused(command, run)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.0.7", "::", "example.com"])
def test_without_keys_only_on_this_machine(command: Any, run: Path, host: str) -> None:
    message = refused(command, run, "--no-auth", "--host", host)
    assert f"found --no-auth with --host {host}, expected an address of this machine only" in message


def test_a_wrong_folder_is_told_before_anything_is_loaded(command: Any, run: Path, tmp_path: Path) -> None:
    assert "there is no such run folder" in refused(command, tmp_path / "missing", "--no-auth")
    assert "not a run folder" in refused(command, run, tmp_path, "--no-auth")
    assert "Missing argument" in refused(command)


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ("documents", "--limit documents: expected NAME=VALUE, such as documents=16"),
        ("documents=", "--limit documents=: expected NAME=VALUE"),
        ("documnts=4", "--limit documnts=4: unknown limit. Did you mean 'documents'? Known: requests, documents"),
        ("documents=0", "--limit documents=0: Input should be greater than or equal to 1"),
        ("documents=many", "--limit documents=many: Input should be a valid integer"),
        ("seconds=nan", "--limit seconds=nan: Input should be a finite number"),
    ],
)
def test_wrong_limits(command: Any, run: Path, limit: str, message: str) -> None:
    assert message in refused(command, run, "--no-auth", "--limit", limit)


def test_all_wrong_limits_are_told_at_once(command: Any, run: Path) -> None:
    words = [
        run,
        "--no-auth",
        "--limit",
        "x=1",
        "--limit",
        "documents=0",
        "--limit",
        "seconds=1",
        "--limit",
        "seconds=2",
    ]
    assert len(refused(command, *words).splitlines()) == 3


def test_a_port_that_is_taken_is_told(command: Any, run: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        message = refused(command, run, "--no-auth", "--port", str(port))
    assert message == (
        f"groundswell: 127.0.0.1:{port}: cannot listen (Address already in use). Choose others: --host, --port\n"
    )


def test_what_is_asked_for_is_started(command: Any, run: Path, started: list[Any]) -> None:
    second = run.parent / "second"
    second.mkdir()
    (second / "manifest.json").write_text('{"files": {}}')
    outcome = command("serve", run, f"b={second}", "--no-auth", "--port", "0", "--limit", "documents=4")
    assert (outcome.code, outcome.out) == (0, "")
    ((app, models, (host, port)),) = started
    assert [model.name for model in models] == ["shop", "b"]
    assert (host, models.serving.limits.documents) == ("127.0.0.1", 4)
    assert not app.state.has_keys
    assert f"groundswell: listening on http://127.0.0.1:{port}; loading shop, b\n" in outcome.err
    assert f"or try: curl http://127.0.0.1:{port}/v1/analyze --json" in outcome.err


def test_options_may_come_first_and_keys_are_asked_for(command: Any, run: Path, started: list[Any]) -> None:
    KeyStore(run.parents[1] / "keys.json").create("shop", ["analyze"])
    outcome = command("serve", "--port", "0", run)
    assert outcome.code == 0
    assert started[0][0].state.has_keys
    assert "-H 'Authorization: Bearer KEY'" in outcome.err


def test_the_commands_of_keys_are_still_there(command: Any, run: Path) -> None:
    assert command("serve", "keys", "create", "shop").code == 0
    assert "shop" in command("serve", "keys", "list").out
    assert "--no-auth" in command("serve", "--help").out


def test_ipv6_is_written_as_browsers_read_it() -> None:
    try:
        listening = server.listen("::1", 0)
    except InputError:
        pytest.skip("this machine has no IPv6")
    with listening:
        host = server.address_of(listening).removeprefix("http://[").partition("]")[0]
        assert ipaddress.ip_address(host).is_loopback


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["runs/a", "other/a"], "another run is served as 'a'. Name one of them: NAME=RUN"),
        (["a b=runs/a"], "found the name 'a b', expected letters, digits"),
        (["=runs/a"], "found the name ''"),
    ],
)
def test_names_that_do_not_go(given: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        named_runs(given)


def test_the_page_names_every_limit_with_its_default() -> None:
    page = (ROOT / "docs" / "serving.md").read_text(encoding="utf-8")
    for name, field in Limits.model_fields.items():
        default = f"{field.default:,}" if isinstance(field.default, int) else f"{field.default:g}"
        assert f"| `{name}` | {default} | {field.description} |" in page
