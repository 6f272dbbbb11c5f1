"""Texts or the rows of a source in, records out: printed, or in a file that goes on where it was stopped."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TextIO

from groundswell.cli.terminal import note
from groundswell.serving.predictions.record_file import PartFile, origin_of, record_file
from groundswell.serving.predictions.records import PredictionRecords, RecordCounts, json_line

if TYPE_CHECKING:
    from groundswell.analyzer import Analyzer, TextRow
    from groundswell.cli.text_rows import TextRows
    from groundswell.model.abstention import Abstention
    from groundswell.types import Analysis


@dataclass(frozen=True)
class Asked:
    """What is asked of a run."""

    run: Path
    precision: Literal["float32", "bfloat16", "auto"]
    aspects: list[str] | None
    abstention: Abstention

    def load(self) -> Analyzer:
        """The engine, after saying what its thresholds are worth."""
        from groundswell.serving.engine import load_engine

        loaded = load_engine(self.run, precision=self.precision, note=note)
        if self.abstention:
            for line in loaded.marks(self.abstention).notes:
                note(line)
        return loaded

    def analyses(self, loaded: Analyzer, rows: Iterable[TextRow]) -> Iterator[Analysis]:
        """One per row, in order."""
        return loaded.stream_rows(rows, aspects=self.aspects, abstention=self.abstention)

    def say_to_read(self, counts: RecordCounts) -> None:
        """How much is left for a person, where that was asked for."""
        if self.abstention:
            note(f"a person should read {counts.to_read:,} of {counts.rows:,} rows")


@dataclass(frozen=True)
class Place:
    """Where records are made, and where they go.

    out       a file; None: standard output
    restart   the file is begun anew
    pretty    for the eyes
    on_ray    on a cluster, by so many `workers`; None: as many as there is room for
    """

    out: Path | None = None
    restart: bool = False
    pretty: bool = False
    on_ray: bool = False
    workers: int | None = None


def predict_texts(asked: Asked, texts: list[str], out: Path | None, *, pretty: bool) -> None:
    """Write a record for each text."""
    as_lines, counts = _as_lines(pretty), RecordCounts()
    with _sink(out, None, restart=False) as sink:
        for analysis in asked.analyses(asked.load(), ((None, text) for text in texts)):
            counts.add(analysis)
            sink.write(as_lines(analysis))
    asked.say_to_read(counts)


def predict_rows(asked: Asked, manifest: Mapping[str, Any], rows: TextRows, place: Place) -> None:
    """Write a record for each row of a source; in a file that is gone on with, for those that have none yet."""
    name = rows.source.name
    is_kept = place.out is not None and name != "standard input"
    origin = origin_of(manifest, name, _options(asked, rows)) if is_kept else None
    with _sink(place.out, origin, restart=place.restart) as sink:
        counts = sink.counts if isinstance(sink, PartFile) else RecordCounts()
        num_before = counts.rows
        if num_before:
            note(f"{place.out}: continuing at row {num_before + 1:,}")
        loaded = asked.load()
        next(asked.analyses(loaded, ()), None)  # what cannot be asked of the run is told before a row is read
        start = time.perf_counter()
        if place.on_ray:
            _write_from_ray(asked, rows, sink, counts, place)
        else:
            as_lines = _as_lines(place.pretty)
            records = PredictionRecords(sink, rows.text_column, rows.id_column, as_lines=as_lines, counts=counts)
            _write_here(asked, loaded, rows, records, place)
    _say_counts(rows, counts, num_before, time.perf_counter() - start)
    asked.say_to_read(counts)


def _say_counts(rows: TextRows, counts: RecordCounts, num_before: int, seconds: float) -> None:
    now = counts.rows - num_before
    note(
        f"{rows.source.name}: {now:,} rows in {seconds:.1f} s ({now / seconds:,.0f} rows/s), "
        + (f"{counts.rows:,} in all, " if num_before else "")
        + f"{counts.errors:,} errors, {counts.warnings:,} warnings"
        + (f", encoding {rows.source.encoding}" if rows.source.encoding else "")
    )


def _write_here(asked: Asked, loaded: Analyzer, rows: TextRows, records: PredictionRecords, place: Place) -> None:
    rows.on_bad_row = records.refuse
    with _progress(place.out) as advance:
        for analysis in asked.analyses(loaded, records.texts(rows.source, rows.source.name)):
            records.take(analysis)
            advance(1)
    records.finish()


def _write_from_ray(asked: Asked, rows: TextRows, sink: PartFile | TextIO, counts: RecordCounts, place: Place) -> None:
    from groundswell.serving.predictions.ray_engine import Asking, Reading, stream_lines

    reading = Reading(rows.source.name, rows.text_column, rows.id_column, rows.source.encoding, counts.rows)
    asking = Asking(str(asked.run.resolve()), asked.precision, asked.aspects, asked.abstention)
    with _progress(place.out) as advance:
        for lines in stream_lines(reading, asking, place.workers, note):
            for line in lines.splitlines():
                counts.add_line(line)
            sink.write(lines.decode("utf-8"))
            sink.flush()
            advance(lines.count(b"\n"))


def _options(asked: Asked, rows: TextRows) -> dict[str, Any]:
    """What a record depends on besides the run and the source."""
    return {
        "text_column": rows.text_column,
        "id_column": rows.id_column,
        "encoding": rows.source.encoding,
        "precision": asked.precision,
        "aspects": asked.aspects,
        "abstain_below": asked.abstention.below,
        "accuracy": asked.abstention.accuracy,
        "coverage": asked.abstention.coverage,
    }


def _as_lines(pretty: bool) -> Callable[[Analysis], str]:
    if not pretty:
        return json_line
    from groundswell.cli.analysis_view import AnalysisView

    return AnalysisView()


@contextmanager
def _sink(out: Path | None, origin: Mapping[str, Any] | None, *, restart: bool) -> Iterator[PartFile | TextIO]:
    """Standard output, or a file that gets its name when all is written."""
    if out is None:
        yield sys.stdout
        return
    with record_file(out, origin, restart=restart) as part:
        try:
            yield part
        except KeyboardInterrupt:
            if origin is not None:
                same = "the same command without --restart" if restart else "the same command"
                note(f"{out}: {part.counts.rows:,} rows are done; go on with {same}")
            raise


@contextmanager
def _progress(out: Path | None) -> Iterator[Callable[[int], None]]:
    """What is told how many rows more are done; shown where a person looks and no result is in the way."""
    if not sys.stderr.isatty() or (out is None and sys.stdout.isatty()):
        yield lambda num_rows: None
        return
    from rich.console import Console
    from rich.progress import Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.completed:,.0f} rows"), TextColumn("{task.fields[rate]}"), TimeElapsedColumn())
    # results go through standard output while the counter is shown, so it stays out of the way there
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as progress:
        task = progress.add_task("rows", total=None, rate="")
        start = time.perf_counter()

        def advance(num_rows: int) -> None:
            progress.advance(task, num_rows)
            rate = progress.tasks[0].completed / (time.perf_counter() - start)
            progress.update(task, rate=f"{rate:,.0f} rows/s")

        yield advance
