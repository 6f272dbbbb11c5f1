"""`groundswell compress`: a finished run in, a smaller and faster one out, or a table that says why not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from groundswell.cli.terminal import console, note, print_json
from groundswell.errors import InputError, WorseModelError

if TYPE_CHECKING:
    from rich.table import Table

    from groundswell.compression.compress import Compression

PARTS = ("heads", "neurons", "layers", "weights")


def compress(  # noqa: PLR0913 - one parameter per option
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder written by `groundswell train`.")],
    overrides: Annotated[
        list[str] | None,
        typer.Argument(metavar="KEY=VALUE", help="Such as data.dev=reviews.csv; for a student also model.layers=3."),
    ] = None,
    quantize: Annotated[
        Literal["int8", "float32"] | None, typer.Option(help="A graph of ONNX, its products in 8 bits or whole.")
    ] = None,
    prune: Annotated[
        float | None, typer.Option(metavar="SHARE", help="Take this share of the parts away, the least important.")
    ] = None,
    parts: Annotated[
        str, typer.Option(help="Of what: heads, neurons, layers; weights become 0 and take no less room.")
    ] = "heads,neurons",
    recovery_epochs: Annotated[int, typer.Option(min=0, help="Passes over the training rows after pruning.")] = 2,
    distill: Annotated[
        str | None, typer.Option(metavar="RECIPE", help="Teach a student with this recipe's model and training.")
    ] = None,
    unlabelled: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="Texts for the run to label and teach by; repeatable.")
    ] = None,
    temperature: Annotated[float, typer.Option(min=1, help="Of the soft labels.")] = 2.0,
    teacher_share: Annotated[
        float, typer.Option(min=0, max=1, help="Of the loss; the rest is the gold labels'.")
    ] = 0.9,
    hidden_states: Annotated[
        bool, typer.Option("--hidden-states", help="Teach its hidden states too (same tokens).")
    ] = False,
    vocabulary: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="Keep the tokens of these texts only; repeatable.")
    ] = None,
    tolerance: Annotated[float, typer.Option(min=0, max=1, help="How much worse on dev it may be.")] = 0.005,
    out: Annotated[Path | None, typer.Option(help="Folder of the new run; default: beside RUN.")] = None,
    name: Annotated[str | None, typer.Option(help="Of the new run; default: RUN with what was done behind it.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help='Print {"run": FOLDER or null, "report": {...}}.')] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar and no warnings.")] = False,
) -> None:
    """Make a run smaller and faster; it is written only when it is no worse on dev than --tolerance."""
    if not distill and prune is None and (unlabelled or hidden_states):
        raise InputError("found --unlabelled or --hidden-states, which go with --distill RECIPE or --prune SHARE")
    from groundswell.compression.compress import Compression
    from groundswell.compression.pruning import Pruning
    from groundswell.compression.soft_labels import Softness
    from groundswell.compression.teaching import Teaching

    pruning = None if prune is None else Pruning(_share(prune), _parts(parts), recovery_epochs)
    teaching = Teaching(Softness(temperature, teacher_share), tuple(unlabelled or ()), hidden_states)
    wanted = Compression(distill, pruning, tuple(vocabulary or ()), quantize, teaching, tolerance)
    place = {"out": out, "name": name, "overrides": overrides or [], "progress": False if quiet else None}
    _compress(run, wanted, place, as_json=as_json)


def _compress(run: Path, wanted: Compression, place: dict[str, Any], *, as_json: bool) -> None:
    """Do it and tell of it; a model that is refused is told of too."""
    from groundswell.compression import compress as compression

    try:
        done = compression.compress(run, wanted, **place)
    except WorseModelError as error:
        _print(None, error.report, as_json)
        raise
    except KeyboardInterrupt:
        kept = "; what the teacher said is kept for the next time" if wanted.student else ""
        note(f"no new run was written{kept}")
        raise
    if place["progress"] is None:
        for line in (*done.rows, *(f"warning: {warning}" for warning in done.warnings)):
            note(line)
    _print(done.folder, done.report, as_json)


def comparison_table(compared: dict[str, Any]) -> Table:
    """Before and after, a row for each thing that was measured on dev."""
    from rich.table import Table

    table = Table("on dev", "before", "after", "")
    for name, found in compared["heads"].items():
        before, after = found["value"]
        title = f"{name} {found['metric']}".strip()
        table.add_row(title, f"{before:.4f}", f"{after:.4f}", f"{after - before:+.4f}")
        if found["agreement"] is not None:
            table.add_row(f"{name} same answer".strip(), "", f"{found['agreement']:.2%}", "of the texts")
        if found["logits"] is not None:
            apart = found["logits"]
            table.add_row(
                f"{name} difference of logits".strip(),
                "",
                f"{apart['mean']:.4f}",
                f"mean; largest {apart['largest']:.4f}",
            )
    sizes, speeds = compared["bytes"], compared["texts_per_second"]
    table.add_row(
        "size on disk", *(f"{size / 1e6:,.2f} MB" for size in sizes), f"{compared['smaller']:.2f} times smaller"
    )
    table.add_row("texts per second", *(f"{speed:,.1f}" for speed in speeds), f"{compared['faster']:.2f} times as fast")
    return table


def _print(folder: Path | None, report: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json({"run": None if folder is None else str(folder), "report": report})
        return
    screen = console()
    screen.print(comparison_table(report["compared"]))
    for step, said in report.items():
        if step in ("pruned", "vocabulary"):
            screen.print(_said(step, said), soft_wrap=True)
    if folder is not None:
        typer.echo(folder)


def _said(step: str, said: dict[str, Any]) -> str:
    """What a step took away, in one line."""
    if step == "vocabulary":
        return f"vocabulary: {said['tokens']:,} of {said['tokens_before']:,} tokens, those of {said['texts']:,} texts"
    told = []
    for part in ("layers", "heads", "neurons"):
        if part in said:
            before, kept = said[part]["before"], said[part]["kept"]
            left = len(kept) if part == "layers" else sum(kept)
            told.append(f"{left:,} of {before if part == 'layers' else sum(before):,} {part}")
    lines = [f"{', '.join(told)} left"] if told else []
    if "zeros" in said:
        lines.append(f"{said['zeros']:.0%} of the weights are 0, which saves no room on disk")
    return f"pruned: {'; '.join(lines)}"


def _share(prune: float) -> float:
    if not 0 < prune < 1:
        raise InputError(f"--prune: found {prune:g}, expected a share between 0 and 1, such as 0.3")
    return prune


def _parts(written: str) -> Any:
    named = tuple(part.strip() for part in written.split(","))
    unknown = [part for part in named if part not in PARTS]
    if unknown:
        raise InputError(f"--parts: found {', '.join(unknown)}, expected some of {', '.join(PARTS)}")
    return tuple(part for part in PARTS if part in named)
