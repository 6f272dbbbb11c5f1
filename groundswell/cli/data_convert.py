"""`groundswell data convert`: opinions from one format to another, and what that costs."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from groundswell.cli.option_names import NO_ENCODING, in_options, naming_options
from groundswell.cli.terminal import console, note, print_json
from groundswell.errors import InputError

if TYPE_CHECKING:
    from groundswell.data.accounting import Accounting
    from groundswell.data.opinion_formats.writing import WriteReport

REJECTED_SUFFIX = ".rejected.jsonl"
_OPTIONS = (
    *NO_ENCODING,
    (r"Name it as data\.format:", "Name it with --from:"),
    (r"allow more with data\.max_bad_share\.", "allow more with --max-bad-share."),
    (r", or set data\.repair=true\.", ", or use --repair."),
)


def convert(  # noqa: PLR0913 - one parameter per option
    source: Annotated[str, typer.Argument(metavar="A", help="File of opinions to read; - is standard input.")],
    target: Annotated[Path, typer.Argument(metavar="B", help="File to write.")],
    from_format: Annotated[
        str | None, typer.Option("--from", metavar="NAME", help="Format of A; otherwise told by its first lines.")
    ] = None,
    to_format: Annotated[
        str | None, typer.Option("--to", metavar="NAME", help="Format of B; otherwise told by its name.")
    ] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Put a term with wrong offsets at its nearest occurrence.")
    ] = False,
    max_bad_share: Annotated[
        float, typer.Option(min=0, max=1, help="Share of bad texts or opinions above which A is refused.")
    ] = 0.01,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Write opinions in another format; says what was read, dropped and mended, and what B has no place for.

    Formats: semeval14, semeval16, aste, asqp, acos, dimabsa, zh_quads, label_studio, bio, bieos, setfit, records;
    ecpe is read only.
    What is wrong in A is listed in B.rejected.jsonl.
    """
    from groundswell.data.accounting import Accounting
    from groundswell.data.opinion_formats.registry import read_opinions, write_opinions

    chosen = _format_to_write(source, target, to_format)
    accounting = Accounting(source, unit="texts")
    try:
        with naming_options(_OPTIONS):
            examples = read_opinions(
                source, format=from_format, accounting=accounting, repair=repair, max_bad_share=max_bad_share
            )
    finally:
        rejected = _write_rejected(accounting, target)
    report = write_opinions(examples, target, chosen)
    if as_json:
        print_json({"read": accounting.to_dict(), "written": report.to_dict(), "rejected": rejected})
    else:
        _show(accounting, report)


def _format_to_write(source: str, target: Path, named: str | None) -> str:
    """The format of B; InputError when there is none of that name, or when A would be written over."""
    from groundswell.data.opinion_formats.registry import FORMATS, format_to_write

    if target.exists() and Path(source).exists() and target.samefile(source):
        raise InputError(f"{target}: A and B are the same file, expected two; name another one to write")
    chosen = named or format_to_write(target)
    if chosen not in FORMATS:
        raise InputError(f"--to {chosen}: unknown format, expected one of {', '.join(FORMATS)}")
    return chosen


def _write_rejected(accounting: Accounting, target: Path) -> str | None:
    """The name of the file that lists what was rejected; None, and no such file, when nothing was."""
    from groundswell.data.accounting import MOST_REJECTED
    from groundswell.run_folder import write_text

    opinions = accounting.opinions.rejected if accounting.opinions else []
    rows: list[dict[str, Any]] = sorted([*accounting.rejected, *opinions], key=lambda row: int(row["row"]))
    file = target.with_name(target.name + REJECTED_SUFFIX)
    file.unlink(missing_ok=True)  # that of an earlier conversion
    if not rows:
        return None
    told = ({**row, "reason": in_options(row["reason"], _OPTIONS)} for row in rows)
    write_text(file, "".join(json.dumps(row) + "\n" for row in told))
    first = "the first " if MOST_REJECTED in (len(accounting.rejected), len(opinions)) else ""
    note(f"{file}: {first}{len(rows):,} rejected texts and opinions, with their places")
    return str(file)


def _show(accounting: Accounting, report: WriteReport) -> None:
    screen = console()
    lines = [accounting.line()]
    if accounting.opinions is not None:
        lines.append(accounting.opinions.line())
    lines += [f"warning: {warning}" for warning in accounting.warnings]
    files = " and ".join(shlex.quote(str(file)) for file in report.files)
    lines.append(f"{files}: {report.texts:,} texts and {report.opinions:,} opinions written as {report.format}")
    lines += [f"  not held by {report.format}: {what}: {count:,}" for what, count in report.lost.items()]
    for line in lines:
        screen.print(line, soft_wrap=True)
