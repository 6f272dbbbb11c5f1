"""`groundswell serve keys`: API keys made, listed and revoked."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from groundswell.cli.terminal import console, note, print_json

if TYPE_CHECKING:
    from groundswell.serving.security.keys import KeyStore, Scope

keys_app = typer.Typer(no_args_is_help=True, help="API keys of the service: make, list and revoke them.")

File = Annotated[
    Path | None,
    typer.Option(
        "--keys", metavar="FILE", help="File of keys; $GROUNDSWELL_KEYS, else ~/.config/groundswell/keys.json."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


@keys_app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="Who uses the key; stands in the list.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(help="analyze, explain or admin; repeatable. Unless given: the first two."),
    ] = None,
    requests_per_minute: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Most requests a minute; no limit unless given.")
    ] = None,
    keys: File = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it, once: only its hash is kept."""
    store = _store(keys)
    key = store.create(name, cast("list[Scope]", scope or ["analyze", "explain"]), requests_per_minute)
    if as_json:
        print_json({"key": key, **asdict(store.list()[-1])})
    else:
        note(f"{store.path}: a new key for {name}. It is shown this once; send it as: Authorization: Bearer KEY")
        typer.echo(key)


@keys_app.command("list")
def list_keys(keys: File = None, as_json: AsJson = False) -> None:
    """Show every key that was made, without what makes it a key."""
    from rich.table import Table

    store = _store(keys)
    records = store.list()
    if as_json:
        print_json({"file": str(store.path), "keys": [asdict(record) for record in records]})
        return
    if not records:
        note(f"{store.path}: no keys yet. Make one: groundswell serve keys create NAME")
        return
    table = Table("id", "name", "scopes", "requests a minute", "created", "revoked", box=None, pad_edge=False)
    for record in records:
        limit = "no limit" if record.requests_per_minute is None else f"{record.requests_per_minute:,}"
        table.add_row(record.id, record.name, " ".join(record.scopes), limit, record.created, record.revoked or "")
    console().print(table)


@keys_app.command("revoke")
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="Of the key, as `list` shows it.")],
    keys: File = None,
    as_json: AsJson = False,
) -> None:
    """Refuse a key from now on; a running service does so with its next request."""
    store = _store(keys)
    store.revoke(key_id)
    record = next(record for record in store.list() if record.id == key_id)
    if as_json:
        print_json(asdict(record))
    else:
        typer.echo(f"{record.id} ({record.name}) revoked")


def _store(keys: Path | None) -> KeyStore:
    from groundswell.serving.security.keys import KeyStore, default_key_file

    return KeyStore(keys or default_key_file())
