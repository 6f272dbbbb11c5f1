"""`groundswell explain`: a run and texts in, the words that its answers hang on out."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from groundswell.cli.option_names import NO_ENCODING, naming_options, text_column_named
from groundswell.cli.terminal import console, note, print_json
from groundswell.errors import InputError

if TYPE_CHECKING:
    from groundswell.explaining import Question
    from groundswell.explanation.record import Explanation

Method = Literal["auto", "integrated_gradients", "occlusion", "attention", "weights"]
TextRow = tuple[str | int | None, str]
FIRST_ROWS = 20


def explain(  # noqa: PLR0913 - one parameter per option
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder written by `groundswell train`.")],
    source: Annotated[
        str | None, typer.Argument(metavar="TEXT|FILE|-", help="A text, or rows of texts; - is standard input.")
    ] = None,
    text: Annotated[
        list[str] | None, typer.Option(help="Explain this text, whatever it looks like; repeatable.")
    ] = None,
    method: Annotated[
        Method, typer.Option(help="auto: what measured best on the run, else on models of its kind.")
    ] = "auto",
    label: Annotated[str | None, typer.Option(help="Explain this label instead of the one that is given.")] = None,
    head: Annotated[str | None, typer.Option(help="Of a run with several heads, the one that is explained.")] = None,
    aspect: Annotated[list[str] | None, typer.Option(help="Of a run that is asked for aspects; repeatable.")] = None,
    top: Annotated[int, typer.Option(min=1, help="Words listed below each text.")] = 10,
    html: Annotated[Path | None, typer.Option(help="Write a page here instead of printing.")] = None,
    faithfulness: Annotated[
        bool, typer.Option("--faithfulness", help="Measure how far each method can be believed on these texts.")
    ] = False,
    limit: Annotated[int, typer.Option(min=0, help="Rows of a file that are explained; 0: all.")] = FIRST_ROWS,
    text_column: Annotated[str, typer.Option(help="Column that holds the text.")] = "text",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per explanation, or one of --faithfulness.")
    ] = False,
) -> None:
    """Say which words speak for and against what a run says of texts."""
    from groundswell.explaining import Question
    from groundswell.run_folder import read_manifest

    read_manifest(run)
    if html is not None and (html.is_dir() or faithfulness):
        found = "a folder, expected the name of a file to write" if html.is_dir() else "found --html and --faithfulness"
        raise InputError(f"{html}: {found}" if html.is_dir() else f"{found}, expected one of them")
    rows = _rows(source, text or [], text_column, limit)
    if faithfulness:
        _print_faithfulness(run, rows, method, head, as_json)
        return
    question = Question(method, label, head, None if aspect is None else tuple(aspect))
    explanations = _with_progress(run, rows, question)
    if html is not None:
        _write_page(explanations, html, top)
        return
    _print(explanations, top, as_json)


def _rows(source: str | None, texts: list[str], text_column: str, limit: int) -> list[TextRow] | Iterator[TextRow]:
    """The texts that are asked about, each with its id; a list where their number is known."""
    if texts and source is not None:
        raise InputError(f"found {source!r} and --text, expected one of them")
    if texts or (source is not None and not _names_rows(source)):
        return [(None, one) for one in texts or [source or ""]]
    if source is None and sys.stdin.isatty():
        raise InputError("found nothing to explain, expected a text in quotes, a FILE, or - for standard input")
    rows = _of_file(source or "-", text_column)
    if not limit:
        return rows
    first = list(itertools.islice(rows, limit))
    if next(rows, None) is not None:
        note(f"{source}: the first {limit} rows; --limit N explains more, --limit 0 all")
    return first


def _names_rows(source: str) -> bool:
    """Whether an argument names a source of rows, also one that is missing; anything else is a text."""
    from groundswell.data.readers import SUFFIXES

    if source == "-" or source.startswith(("hub:", "sample:")):
        return True
    ending = source.removesuffix(".gz").removesuffix(".xz").removesuffix(".zst")
    looks_like_one = Path(ending).suffix.lower() in SUFFIXES and not any(mark in source for mark in "\n!?。！？")
    return looks_like_one or (len(source) < 256 and "\0" not in source and Path(source).exists())


def _of_file(source: str, text_column: str) -> Iterator[TextRow]:
    """(id, text) of each row; a row without a text is told and passed over."""
    from groundswell.cli.text_rows import TextRows

    with naming_options((*NO_ENCODING, *text_column_named())):
        rows = TextRows(source, text_column, None, None)
        rows.on_bad_row = lambda bad: note(f"{bad.place}: {bad.reason}; left out")
        for row in rows.source:
            value = row.values.get(text_column)
            found_id = None if rows.id_column is None else row.values.get(rows.id_column)
            if isinstance(value, str):
                yield (found_id if found_id is None or isinstance(found_id, str | int) else str(found_id)), value
            else:
                note(f"{rows.source.name}: row {row.number}: found no text in {text_column!r}; left out")


def _with_progress(run: Path, rows: Iterable[TextRow], question: Question) -> Iterator[Explanation]:
    from groundswell.explaining import explain_rows
    from groundswell.training.progress import ProgressBar

    total = len(rows) if isinstance(rows, list) else None
    done = 0
    with ProgressBar(False if total == 1 else None) as bar:

        def advance(texts: int) -> None:
            nonlocal done
            done += texts
            bar.stage("explaining", done, total)

        yield from explain_rows(run, rows, question, advance)


def _print(explanations: Iterable[Explanation], top: int, as_json: bool) -> None:
    from groundswell.cli.explanation_view import ExplanationView

    view = ExplanationView(top)
    for one in explanations:
        sys.stdout.write(one.to_json() + "\n" if as_json else view(one))


def _write_page(explanations: Iterable[Explanation], path: Path, top: int) -> None:
    from groundswell.explanation_page import render_explanations
    from groundswell.run_folder import write_text

    write_text(path, render_explanations(list(explanations), top=top))
    typer.echo(path)


def _print_faithfulness(run: Path, rows: Iterable[TextRow], method: Method, head: str | None, as_json: bool) -> None:
    from groundswell import analyzer
    from groundswell.evidence import best_method, measure_faithfulness
    from groundswell.training.progress import ProgressBar

    loaded = analyzer.load(run)
    if head is not None or loaded.heads:
        loaded = loaded.head(head)
    texts = [text for _, text in rows]
    with ProgressBar() as bar:
        measured = measure_faithfulness(loaded, texts, () if method == "auto" else (method,), on_stage=bar.stage)
    if as_json:
        print_json({"faithfulness": measured, "best": best_method(measured)})
        return
    _print_table(measured)
    typer.echo(f"best of these: {best_method(measured)}")


def _print_table(measured: dict[str, dict[str, Any]]) -> None:
    from rich.table import Table

    names = ("comprehensiveness", "random_comprehensiveness", "sufficiency", "random_sufficiency", "gain")
    titles = ("comprehensiveness ↑", "of random words", "sufficiency ↓", "of random words", "gain over random")
    texts = next(iter(measured.values()))["num_texts"]
    table = Table(
        "method", *titles, caption=f"{texts:,} texts, 95 % intervals; gain: of comprehensiveness − sufficiency"
    )
    for method, found in measured.items():
        table.add_row(method.replace("_", " "), *(_interval(found[name]) for name in names))
    console().print(table)


def _interval(found: dict[str, float]) -> str:
    return f"{found['value']:.3f}\n{found['low']:.3f} to {found['high']:.3f}"
