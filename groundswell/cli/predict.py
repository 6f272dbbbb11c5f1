"""`groundswell predict`: texts in, one Analysis per line out."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from groundswell.cli.option_names import ENCODING, naming_options, text_column_named
from groundswell.cli.terminal import note
from groundswell.errors import InputError

_OPTIONS = (*ENCODING, *text_column_named(), (r" as data\.id\.$", " with --id-column."))
Precision = Literal["float32", "bfloat16", "auto"]


def predict(  # noqa: PLR0913 - one parameter per option
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder written by `groundswell train`.")],
    source: Annotated[
        str | None, typer.Argument(metavar="FILE|-", help="Rows to analyse; - is standard input, also the default.")
    ] = None,
    text: Annotated[list[str] | None, typer.Option(help="Analyse this text instead of a file; repeatable.")] = None,
    text_column: Annotated[str, typer.Option(help="Column that holds the text.")] = "text",
    id_column: Annotated[
        str | None, typer.Option(help="Column carried over as `id`; otherwise `id` where there is one.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Write here instead of printing: .jsonl or .parquet. Goes on where it was stopped."),
    ] = None,
    restart: Annotated[bool, typer.Option("--restart", help="Begin --out anew, whatever was done before.")] = False,
    engine: Annotated[
        Literal["local", "ray"], typer.Option(help="This process, or a cluster of Ray: RAY_ADDRESS, else this machine.")
    ] = "local",
    workers: Annotated[
        int | None, typer.Option(min=1, help="Of --engine ray, one processor each; default: as many as there are.")
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Of the file; otherwise it is detected.")] = None,
    precision: Annotated[Precision, typer.Option(help="Numbers to compute with; auto picks by processor.")] = "float32",
    aspect: Annotated[
        list[str] | None, typer.Option(help="Ask for the opinions of this aspect only; repeatable.")
    ] = None,
    abstain_below: Annotated[
        float | None, typer.Option(metavar="CONFIDENCE", help="Mark texts of lower confidence as abstained.")
    ] = None,
    accuracy: Annotated[
        float | None, typer.Option(metavar="SHARE", help="Abstain so that this share of the answers is right.")
    ] = None,
    coverage: Annotated[
        float | None, typer.Option(metavar="SHARE", help="Add sets of labels that hold the right one this often.")
    ] = None,
    pretty: Annotated[
        bool, typer.Option("--pretty", help="For the eyes: opinions marked inside the text, and a list of them.")
    ] = False,
) -> None:
    """Analyse texts; prints one JSON object per line, in the order of the input."""
    _check_together(source, text, out, pretty=pretty, restart=restart, engine=engine, workers=workers)
    from groundswell.cli.prediction_job import Asked, Place, predict_rows, predict_texts
    from groundswell.cli.text_rows import TextRows
    from groundswell.model.abstention import Abstention
    from groundswell.run_folder import read_manifest

    if not text and (source or "-") == "-" and sys.stdin.isatty():
        note("reading from the terminal; end with Ctrl-D, or name a FILE or --text TEXT")
    manifest = read_manifest(run)  # a wrong folder is told before standard input is read to its end
    asked = Asked(run, precision, aspect, Abstention(abstain_below, accuracy, coverage))
    if text:
        predict_texts(asked, text, out, pretty=pretty)
        return
    place = Place(out, restart=restart, pretty=pretty, on_ray=engine == "ray", workers=workers)
    with naming_options(_OPTIONS):
        predict_rows(asked, manifest, TextRows(source or "-", text_column, id_column, encoding), place)


def _check_together(  # noqa: PLR0913 - the options that exclude one another
    source: str | None,
    text: list[str] | None,
    out: Path | None,
    *,
    pretty: bool,
    restart: bool,
    engine: str,
    workers: int | None,
) -> None:
    """Nothing; raises InputError for options that make no sense together."""
    if text and source is not None:
        raise InputError(f"found FILE {source!r} and --text, expected one of them")
    if pretty and out is not None:
        raise InputError(
            "found --pretty and --out, expected one of them: --pretty is for the eyes, --out writes records. "
            f"Leave out --pretty, or redirect: --pretty > {shlex.quote(str(out))}"
        )
    if restart and out is None:
        raise InputError("found --restart without --out FILE, which it begins anew")
    if engine == "ray" and (text or (source or "-") == "-" or pretty):
        found = "--text" if text else "--pretty" if pretty else "standard input"
        raise InputError(f"found --engine ray and {found}: Ray writes the records of a FILE. Name one")
    if workers is not None and engine != "ray":
        raise InputError("found --workers without --engine ray, whose workers it counts")
