"""`groundswell report errors`: a run and labelled data in, the errors worth reading out."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from groundswell.cli.terminal import console, note, print_json
from groundswell.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

DOUBT_COLUMNS = ("source", "row", "id", "label", "suggested", "probability", "correct", "text")
_SHOWN_TEXT = 300


def errors(  # noqa: PLR0913 - one parameter per option
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder written by `groundswell train`.")],
    source: Annotated[str, typer.Argument(metavar="DATA", help="Labelled rows the run was not trained on.")],
    overrides: Annotated[
        list[str] | None, typer.Argument(metavar="KEY=VALUE", help="Such as data.text=review data.label=stars.")
    ] = None,
    train: Annotated[
        str | None, typer.Option(help="Labelled rows the run was trained on; default: those of its recipe.")
    ] = None,
    label_errors: Annotated[
        bool, typer.Option("--label-errors/--no-label-errors", help="Look for labels that are probably wrong.")
    ] = True,
    top: Annotated[int, typer.Option(min=1, help="How many of each are printed.")] = 10,
    head: Annotated[str | None, typer.Option(help="Of a run with several heads, the one that is asked.")] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for errors.json and label_errors.csv, or a .jsonl file of likely label errors."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Show what a run is surely wrong about, labels that are probably wrong, and what errors have in common."""
    from groundswell.error_analysis import ErrorSettings
    from groundswell.run_errors import find_run_errors

    if out is not None and out.suffix != ".jsonl" and out.exists() and not out.is_dir():
        raise InputError(f"{out}: a file, expected a folder to write, or a name that ends with .jsonl")
    most_doubts = top if out is None else 1_000_000
    settings = ErrorSettings(top=top, label_errors=label_errors, most_doubts=most_doubts)
    found = find_run_errors(run, source, train=train, head=head, overrides=overrides or [], settings=settings)
    for sentence in found.notes:
        note(sentence)
    if out is not None:
        note(f"{_write(out, found.findings)} written; the column `correct` is for you")
    if as_json:
        print_json(found.findings)
        return
    _show(console(), found.findings, top)


def _write(out: Path, findings: dict[str, Any]) -> str:
    """The names of the files that were written."""
    from groundswell.run_folder import write_json, write_text

    doubts = [{**{"correct": ""}, **doubt} for doubt in findings["label_errors"]]
    ordered = [{name: doubt[name] for name in DOUBT_COLUMNS} for doubt in doubts]
    if out.suffix == ".jsonl":
        write_text(out, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ordered))
        return str(out)
    out.mkdir(parents=True, exist_ok=True)
    write_json(out / "errors.json", findings)
    table = io.StringIO()
    writer = csv.DictWriter(table, DOUBT_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(ordered)
    write_text(out / "label_errors.csv", table.getvalue())
    return f"{out / 'errors.json'} and {out / 'label_errors.csv'}"


def _show(screen: Console, findings: dict[str, Any], top: int) -> None:
    screen.print(f"{findings['num_wrong']:,} of {findings['num_rows']:,} rows are wrong", soft_wrap=True)
    if findings["confident"]:
        searched = findings["searched"]
        near = f"; nearest of {searched['training']:,} training texts" if searched["training"] else ""
        screen.print(f"\nConfident mistakes{near}", style="bold", soft_wrap=True)
    for mistake in findings["confident"]:
        said = (
            f"row {mistake['row']}: {mistake['gold']}, predicted {mistake['predicted']} ({mistake['confidence']:.3f})"
        )
        screen.print(said, style="yellow", soft_wrap=True)
        screen.print(f"  {_short(mistake['text'])}", soft_wrap=True)
        for near in mistake["nearest"]:
            screen.print(
                f"    {near['similarity']:.2f} {near['label']}, row {near['row']}: {_short(near['text'], 100)}"
            )
    for name, title in (("evaluated", "the data, by the run"), ("training", "the training data, by cross-validation")):
        doubts = [doubt for doubt in findings["label_errors"] if doubt["source"] == name]
        if doubts:
            screen.print(f"\nLabels that are probably wrong, in {title}", style="bold", soft_wrap=True)
            _show_doubts(screen, doubts[:top])
    if findings["clusters"]:
        screen.print("\nErrors that belong together", style="bold")
    for cluster in findings["clusters"]:
        words = ", ".join(cluster["words"]) or "no word is typical of them"
        screen.print(f"{cluster['num_rows']:,} rows: {words}", style="yellow", soft_wrap=True)
        for example in cluster["examples"]:
            said = f"{example['gold']}, predicted {example['predicted']}"
            screen.print(f"    {said}: {_short(example['text'], 100)}", soft_wrap=True)


def _show_doubts(screen: Console, doubts: Sequence[dict[str, Any]]) -> None:
    for doubt in doubts:
        said = f"row {doubt['row']}: {doubt['label']}, rather {doubt['suggested']} ({doubt['probability']:.2f})"
        screen.print(f"{said}: {_short(doubt['text'], 120)}", soft_wrap=True)


def _short(text: str, length: int = _SHOWN_TEXT) -> str:
    """The text in one line, its beginning and end where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length // 2]} … {line[-length // 2 :]}"
