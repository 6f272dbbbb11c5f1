"""`groundswell predict`: texts in, one Analysis per line out."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from groundswell.cli.terminal import note
from groundswell.errors import DataError, InputError

if TYPE_CHECKING:
    from groundswell.analyzer import TextRow
    from groundswell.data.rows import BadRow, RowSource
    from groundswell.model.abstention import Abstention
    from groundswell.types import Analysis

Precision = Literal["float32", "bfloat16", "auto"]
Write = Callable[[str], object]


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
    out: Annotated[Path | None, typer.Option(help="Write here, whole or not at all, instead of printing.")] = None,
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
    from groundswell.model.abstention import Abstention
    from groundswell.run_folder import read_manifest

    if text and source is not None:
        raise InputError(f"found FILE {source!r} and --text, expected one of them")
    if pretty and out is not None:
        raise InputError(
            "found --pretty and --out, expected one of them: --pretty is for the eyes, --out writes JSON Lines. "
            f"Leave out --pretty, or redirect: --pretty > {shlex.quote(str(out))}"
        )
    asked = _Asked(run, precision, aspect, Abstention(abstain_below, accuracy, coverage))
    if not text and (source or "-") == "-" and sys.stdin.isatty():
        note("reading from the terminal; end with Ctrl-D, or name a FILE or --text TEXT")
    read_manifest(run)  # a wrong folder is told before standard input is read to its end
    as_lines = _as_lines(pretty)
    with _output(out) as write:
        if text:
            _predict_texts(asked, text, lambda analysis: write(as_lines(analysis)))
        else:
            rows = TextRows(source or "-", text_column, id_column, encoding)
            _predict_rows(asked, rows, write, as_lines)


class TextRows:
    """The rows of a source and the columns that count; rows that cannot be read go to `on_bad_row`."""

    def __init__(self, source: str, text_column: str, id_column: str | None, encoding: str | None) -> None:
        from groundswell.data.readers import missing_column, open_rows

        self.on_bad_row: Callable[[BadRow], None] = _ignore
        try:
            self.source: RowSource = open_rows(
                source, text_column=text_column, encoding=encoding, on_bad_row=lambda bad: self.on_bad_row(bad)
            )
        except DataError as error:
            # the readers name settings of a recipe; here they are options
            told = str(error).replace("as data.text.", "with --text-column.").replace("data.encoding", "--encoding")
            raise DataError(told) from error
        columns = self.source.columns
        if id_column is not None and columns and id_column not in columns:
            told = str(missing_column(self.source, id_column, "data.id"))
            raise DataError(told.replace("as data.id.", "with --id-column."))
        self.text_column = text_column
        self.id_column = id_column or ("id" if "id" in columns else None)


@dataclass(frozen=True)
class _Asked:
    """What is asked of a run."""

    run: Path
    precision: Precision
    aspects: list[str] | None
    abstention: Abstention

    def load(self) -> Callable[[Iterable[TextRow]], Iterator[Analysis]]:
        """What gives one analysis per (id, text), in order; says what its thresholds are worth."""
        from groundswell.serving.engine import load_engine

        loaded = load_engine(self.run, precision=self.precision, note=note)
        if self.abstention:
            for line in loaded.marks(self.abstention).notes:
                note(line)
        return lambda rows: loaded.stream_rows(rows, aspects=self.aspects, abstention=self.abstention)

    def say_to_read(self, num_to_read: int, num_rows: int) -> None:
        """How much is left for a person, where that was asked for."""
        if self.abstention:
            note(f"a person should read {num_to_read:,} of {num_rows:,} rows")


def _as_lines(pretty: bool) -> Callable[[Analysis], str]:
    from groundswell.cli.analysis_view import AnalysisView
    from groundswell.cli.prediction_records import json_line

    return AnalysisView() if pretty else json_line


def _predict_texts(asked: _Asked, texts: list[str], take: Callable[[Analysis], object]) -> None:
    num_to_read = 0
    analyse = asked.load()
    for analysis in analyse((None, text) for text in texts):
        num_to_read += analysis.needs_reading
        take(analysis)
    asked.say_to_read(num_to_read, len(texts))


def _predict_rows(asked: _Asked, rows: TextRows, write: Write, as_lines: Callable[[Analysis], str]) -> None:
    from groundswell.cli.prediction_records import PredictionRecords

    analyse = asked.load()
    records = PredictionRecords(write, rows.text_column, rows.id_column, as_lines)
    rows.on_bad_row = records.refuse
    start = time.perf_counter()
    texts = records.texts(rows.source, rows.source.name)
    for analysis in _with_progress(analyse(texts)):
        records.take(analysis)
    records.finish()
    seconds = time.perf_counter() - start
    note(
        f"{rows.source.name}: {records.num_rows:,} rows in {seconds:.1f} s ({records.num_rows / seconds:,.0f} rows/s), "
        f"{records.num_errors:,} errors, {records.num_warnings:,} warnings"
        + (f", encoding {rows.source.encoding}" if rows.source.encoding else "")
    )
    asked.say_to_read(records.num_to_read, records.num_rows)


@contextmanager
def _output(out: Path | None) -> Iterator[Write]:
    """What writes a line: to standard output, or to a file that gets its name when all is written."""
    if out is None:
        yield sys.stdout.write
        return
    from groundswell.run_folder import whole_file

    if out.is_dir():
        raise InputError(f"{out}: a folder, expected the name of a file to write")
    # an unpaired surrogate becomes \udXXX, which is also how JSON writes it
    with whole_file(out) as aside, aside.open("w", encoding="utf-8", errors="backslashreplace") as file:
        yield file.write


def _with_progress(analyses: Iterable[Analysis]) -> Iterator[Analysis]:
    """The same analyses; rows per second are shown where a person looks and no result is in the way."""
    if not sys.stderr.isatty() or sys.stdout.isatty():
        yield from analyses
        return
    from rich.console import Console
    from rich.progress import Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.completed:,.0f} rows"), TextColumn("{task.fields[rate]}"), TimeElapsedColumn())
    # results go through standard output while the counter is shown, so it stays out of the way there
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as progress:
        task = progress.add_task("rows", total=None, rate="")
        start = time.perf_counter()
        for num_rows, analysis in enumerate(analyses, start=1):
            yield analysis
            rate = num_rows / (time.perf_counter() - start)
            progress.update(task, advance=1, rate=f"{rate:,.0f} rows/s")


def _ignore(_: BadRow) -> None:
    pass
