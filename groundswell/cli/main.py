"""The `groundswell` command: its verbs, and what becomes of errors.

A verb imports its stage when it runs, so `groundswell --help` loads neither torch nor transformers.
"""

from __future__ import annotations

import errno
import io
import os
import shlex
import sys
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer

from groundswell import __version__
from groundswell.cli import (
    compare,
    compress,
    data,
    demo,
    doctor,
    evaluate,
    explain,
    lm,
    predict,
    report,
    serve,
    train,
    vectors,
)
from groundswell.cli.terminal import note
from groundswell.errors import CheckError, GroundswellError

CHECK_FAILED, WRONG_INPUT, STOPPED, READER_GONE = 1, 2, 130, 141
_FULL = {errno.ENOSPC, errno.EDQUOT}
_MENDABLE = {
    errno.EACCES,
    errno.EEXIST,
    errno.EISDIR,
    errno.ENAMETOOLONG,
    errno.ENOENT,
    errno.ENOTDIR,
    errno.EPERM,
    errno.EROFS,
}

app = typer.Typer(
    name="groundswell",
    help="From a file of reviews to a tuned, measured, reloadable opinion model.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo")(demo.demo)
app.command("train")(train.train)
app.command("evaluate")(evaluate.evaluate)
app.command("predict")(predict.predict)
app.command("explain")(explain.explain)
app.command("compare")(compare.compare)
app.command("compress")(compress.compress)
app.add_typer(report.app, name="report")
app.add_typer(data.app, name="data")
app.add_typer(vectors.app, name="vectors")
app.add_typer(lm.app, name="lm")
app.add_typer(serve.app, name="serve")
app.command("doctor")(doctor.doctor)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"groundswell {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """End the process with the exit code of the command it was started with."""
    code = run(sys.argv[1:])
    if os.environ.get("ACCELERATE_USE_FSDP", "").lower() in ("1", "true"):
        leave(code)
    sys.exit(code)


def leave(code: int) -> NoReturn:
    """End the process without taking Python down.

    Once weights were shared out, torch's threads are now and then not joined by then and abort a process whose work is
    done ("terminate called without an active exception", one of 14 trainings in two processes).
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def run(arguments: Sequence[str]) -> int:
    """The exit code of one command; expected errors are lines on standard error, never a traceback."""
    _write_utf_8()
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except GroundswellError as error:
        note(str(error))
        code = CHECK_FAILED if isinstance(error, CheckError) else WRONG_INPUT
    except BrokenPipeError:
        code = READER_GONE
    except OSError as error:
        code = _storage_code(error)
    if code:
        _forget_unwritten()
    return code


def _run(arguments: Sequence[str]) -> int:
    """The exit code that typer ends the process with."""
    try:
        app(args=list(arguments), prog_name="groundswell")
    except KeyboardInterrupt:
        return _stopped(arguments)
    except SystemExit as stop:
        # typer ends the process itself when the reader of a pipe has gone, and after Ctrl-C
        if isinstance(stop.__context__, BrokenPipeError):
            return READER_GONE
        if stop.code == STOPPED:
            return _stopped(arguments)
        return stop.code if isinstance(stop.code, int) else 0
    return 0


def _stopped(arguments: Sequence[str]) -> int:
    if arguments and arguments[0] == "train":
        again = [*arguments, *(["--resume"] if "--resume" not in arguments else [])]
        note(f"stopped; go on with: groundswell {shlex.join(again)}")
    else:
        note("stopped")
    return STOPPED


def _storage_code(error: OSError) -> int:
    """The exit code for a file that cannot be read or written, after a line about it; any other error goes on."""
    place = f"{error.filename}: " if error.filename else ""
    if error.errno in _FULL:
        cure = "" if "Free" in str(error.strerror) else "; free some space and run it again"
        note(f"{place}{error.strerror}{cure}")
        return CHECK_FAILED
    if error.errno in _MENDABLE and place:
        note(f"{place}{error.strerror}; name another place or mend its permissions")
        return WRONG_INPUT
    raise error


def _write_utf_8() -> None:
    # an unpaired surrogate becomes \udXXX, which is also how JSON writes it
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _forget_unwritten() -> None:
    # Python would try once more at its end, fail again and complain
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
