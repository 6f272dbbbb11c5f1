"""`groundswell serve`: trained runs behind HTTP."""

from __future__ import annotations

import importlib.util
import ipaddress
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from groundswell.cli.serve_check import check
from groundswell.cli.serve_keys import keys_app
from groundswell.cli.terminal import note
from groundswell.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from groundswell.serving.models import Models
    from groundswell.serving.security.keys import KeyStore

Precision = Literal["float32", "bfloat16", "auto"]
DEFAULT_COMMAND = "run"


class RunByDefault(TyperGroup):
    """Commands where everything that names none of them goes to `run`."""

    default_command = DEFAULT_COMMAND

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The arguments, with the command that they leave out."""
        return super().parse_args(ctx, args if args and args[0] in self.commands else [DEFAULT_COMMAND, *args])


app = typer.Typer(
    cls=RunByDefault,
    help="Answer over HTTP: RUN… serves, `keys` makes the keys of those who may ask, `check` compares with offline.",
)
app.add_typer(keys_app, name="keys")
app.command("check")(check)


@app.command(DEFAULT_COMMAND)
def serve(  # noqa: PLR0913 - one parameter per option
    runs: Annotated[
        list[str],
        typer.Argument(metavar="RUN…", help="Folders of runs, also as NAME=RUN; the first is the default model."),
    ],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one.")] = 8000,
    keys: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="File of keys; $GROUNDSWELL_KEYS, else ~/.config/groundswell/keys.json."),
    ] = None,
    no_auth: Annotated[bool, typer.Option("--no-auth", help="Answer without keys; on this machine only.")] = False,
    threads: Annotated[
        int | None, typer.Option(min=1, max=1024, help="Of each model; otherwise as many as there are cores.")
    ] = None,
    precision: Annotated[Precision, typer.Option(help="Numbers to compute with; auto picks by processor.")] = "float32",
    limit: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Such as documents=16; repeatable; docs/serving.md.")
    ] = None,
    runs_folder: Annotated[
        Path | None, typer.Option(help="Runs below it may take the place of others; otherwise where the first lies.")
    ] = None,
    audit_log: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a line for every request, without its texts.")
    ] = None,
    open_metrics: Annotated[bool, typer.Option("--open-metrics", help="/metrics needs no key.")] = False,
    playground: Annotated[
        bool | None,
        typer.Option("--playground/--no-playground", help="The page at /; by default where it is installed."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No line per request on standard error.")] = False,
) -> None:
    """Serve runs until SIGTERM or Ctrl-C; `serve keys` makes the keys of those who may ask."""
    _check_extra()
    with_page = _has_playground(playground)
    from groundswell.serving import app as service
    from groundswell.serving import server
    from groundswell.serving.security.audit_log import AuditLog

    named = _named_runs(runs)
    store = _keys(keys, no_auth, host)
    served = _models(named, limit or [], runs_folder, precision=precision, threads=threads)
    listening = server.listen(host, port)
    address = server.address_of(listening)
    _configure_logs(quiet)
    note(f"listening on {address}; loading {', '.join(named)}")
    server.run_server(
        service.create_app(
            served, keys=store, audit=AuditLog(audit_log), open_metrics=open_metrics, playground=with_page
        ),
        served,
        listening,
        on_ready=lambda: note(_first_steps(address, store is not None, with_page)),
    )
    note("ended")


def _named_runs(runs: list[str]) -> dict[str, Path]:
    from groundswell.run_folder import read_manifest
    from groundswell.serving import models

    named = models.named_runs(runs)
    for run in named.values():
        read_manifest(run)  # a wrong folder is told at once
    return named


def _models(
    named: dict[str, Path], limits: list[str], runs_folder: Path | None, *, precision: Precision, threads: int | None
) -> Models:
    from groundswell.serving import models
    from groundswell.serving.limits import read_limits
    from groundswell.serving.metrics import ServiceMetrics
    from groundswell.serving.served_model import Serving

    serving = Serving(read_limits(limits), ServiceMetrics())
    workers = models.worker_processes(serving, precision=precision, threads=threads)
    return models.Models(named, workers, serving, runs_folder=runs_folder)


def _check_extra() -> None:
    """MissingExtraError when what the service is built on is not installed."""
    for name in ("fastapi", "h11", "prometheus_client", "starlette", "uvicorn"):
        if importlib.util.find_spec(name) is None:
            raise MissingExtraError(f"serving needs {name}. Install it: pip install 'groundswell[serve]'")


def _keys(path: Path | None, no_auth: bool, host: str) -> KeyStore | None:
    """The keys that are asked for; None with --no-auth, which is refused where others can reach the service."""
    from groundswell.serving.security.keys import KeyStore, default_key_file

    if no_auth:
        if not _is_loopback(host):
            raise InputError(
                f"found --no-auth with --host {host}, expected an address of this machine only, such as 127.0.0.1. "
                "Leave out --no-auth, or --host"
            )
        return None
    store = KeyStore(path or default_key_file())
    if not any(record.revoked is None for record in store.list()):
        raise InputError(
            f"{store.path}: no keys, so nobody could ask. Make one: groundswell serve keys create NAME; or give "
            "--no-auth, which answers everybody on this machine"
        )
    return store


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _has_playground(wanted: bool | None) -> bool:
    """Whether there is a page; MissingExtraError when it is wanted and not installed."""
    from groundswell.serving.playground.pages import check_playground

    if wanted is False:
        return False
    try:
        check_playground()
    except MissingExtraError:
        if wanted:
            raise
        note("no page at /: pip install 'groundswell[playground]' adds it")
        return False
    return True


def _first_steps(address: str, with_key: bool, with_page: bool) -> str:
    page = f"open {address}/ in a browser, or " if with_page else ""
    return f"ready; {page}try: {_first_command(address, with_key)}"


def _first_command(address: str, with_key: bool) -> str:
    key = "-H 'Authorization: Bearer KEY' " if with_key else ""
    return f'curl {address}/v1/analyze {key}--json \'{{"text": "The room was spotless."}}\''


def _configure_logs(quiet: bool) -> None:
    """Lines of the service on standard error, without a text; its libraries speak up from warnings on."""
    from groundswell.serving.security.redacted_records import redact_record

    def handler(form: str) -> logging.Handler:
        made = logging.StreamHandler()
        made.setFormatter(logging.Formatter(form))
        made.addFilter(redact_record)
        return made

    logging.basicConfig(level=logging.WARNING, handlers=[handler("groundswell: %(message)s")])
    logging.getLogger("groundswell.serving").setLevel(logging.INFO)
    requests = logging.getLogger("groundswell.serving.access")  # lines of JSON, and nothing but that
    requests.handlers, requests.propagate = [handler("%(message)s")], False
    requests.setLevel(logging.WARNING if quiet else logging.INFO)
