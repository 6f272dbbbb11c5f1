"""`groundswell data check`: labelled files in, what is wrong with them out, the worst first."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundswell.cli.terminal import console
from groundswell.data.accounting import Accounting
from groundswell.data.examples import Columns, Reading
from groundswell.data.findings import SEVERITIES, Finding
from groundswell.data.label_checks import count_labels
from groundswell.data.leakage import find_conflicts, find_overlaps, leakage_summary, normal_form
from groundswell.data.readers import open_rows
from groundswell.data.splits import SplitSettings, locate, read_split

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from groundswell.data_doctor import CheckedFile
    from groundswell.recipe import Recipe

STANDARD_INPUT = "-"
SHOWN_REJECTED = 5
_MOST_NAMES = 12  # labels in a table


@dataclass(frozen=True)
class Checked:
    """What a check found.

    files      what each file holds, as plain values
    overlaps   summary of the texts that two files share
    findings   the worst first
    """

    files: list[dict[str, Any]]
    overlaps: dict[str, Any]
    findings: list[Finding]

    @property
    def verdict(self) -> dict[str, int]:
        """How many findings there are of each severity."""
        return {name: sum(found.severity == name for found in self.findings) for name in SEVERITIES}

    def to_dict(self) -> dict[str, Any]:
        """Plain values: files, overlaps, verdict and findings."""
        findings = [found.to_dict() for found in self.findings]
        return {"files": self.files, "overlaps": self.overlaps, "verdict": self.verdict, "findings": findings}


def check_files(sources: Sequence[str], recipe: Recipe, *, label_errors: bool = True) -> Checked:
    """What is in the files and what is wrong with them; a bar on stderr tells how far it is.

    Columns, label names, task and limits come from the recipe. Raises DataError for a file that cannot be read.
    """
    from groundswell.data_doctor import CheckedFile, examine, num_stages
    from groundswell.training.progress import ProgressBar

    files: list[CheckedFile] = []
    described: list[dict[str, Any]] = []
    with ProgressBar() as bar:
        bar.begin("checking", 2 * len(sources) + num_stages(len(sources)))
        for number, source in enumerate(sources, start=1):
            known = [file.name for file in files]
            name = source if source not in known else f"{source} (file {number})"
            accounting = Accounting(name)
            bar.advance(note=f"{name}: reading")
            file = CheckedFile(name, read_split(source, _settings(recipe), accounting), accounting)
            files.append(file)
            described.append({"source": name, **_description(source, recipe), **_contents(file)})
        bar.advance(len(sources), note="texts in two files")
        overlaps = find_overlaps({file.name: [example.text for example in file.examples] for file in files})
        findings = examine(
            files, overlaps, label_errors=label_errors, seed=recipe.seed, on_stage=lambda name: bar.advance(note=name)
        )
    return Checked(described, leakage_summary(overlaps), findings)


def write_lists(checked: Checked, folder: Path) -> list[str]:
    """The names of what was written: findings.json, and for each kind of finding a CSV file of all its rows."""
    from groundswell.run_folder import write_json, write_text

    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "findings.json", checked.to_dict())
    names = ["findings.json"]
    for code in dict.fromkeys(found.code for found in checked.findings if found.listing):
        rows = [row for found in checked.findings if found.code == code for row in found.listing]
        write_text(folder / f"{code}.csv", _as_csv(rows))
        names.append(f"{code}.csv")
    return names


def show(checked: Checked) -> None:
    """Print what was found: each file, then the findings, the worst first."""
    screen = console()
    for file in checked.files:
        _show_file(screen, file)
    for finding in checked.findings:
        _show_finding(screen, finding, alone=len(checked.files) == 1)
    if len(checked.files) > 1 and not checked.overlaps:
        screen.print("no text stands in two files")
    counts = [
        f"{count} {name}{'' if count == 1 or name == 'serious' else 's'}" for name, count in checked.verdict.items()
    ]
    screen.print(f"verdict: {', '.join(counts)}" if checked.findings else "verdict: nothing found")


def _settings(recipe: Recipe) -> SplitSettings:
    data = recipe.data
    assert recipe.task != "multi_task"  # a file is read for one task at a time
    assert recipe.task != "language_model"
    reading = Reading(
        task=recipe.task,
        rename=data.labels,
        encoding=data.encoding,
        max_bad_share=data.max_bad_share,
        max_characters=data.max_characters,
    )
    columns = Columns(data.text, data.label, data.id, data.group, data.time)
    return SplitSettings(
        sources={}, columns=columns, reading=reading, split_column=data.split_column, format=data.format,
        repair=data.repair,
    )  # fmt: skip


def _description(source: str, recipe: Recipe) -> dict[str, Any]:
    if source == STANDARD_INPUT or recipe.task == "opinions":  # read to its end already, or of a format of its own
        return {"format": None, "encoding": None, "columns": []}
    rows = open_rows(locate(source)[0], encoding=recipe.data.encoding)
    return {"format": rows.format, "encoding": rows.encoding, "columns": list(rows.columns)}


def _contents(file: CheckedFile) -> dict[str, Any]:
    forms = {normal_form(example.text) for example in file.examples}
    return {
        "line": file.accounting.line(),
        "accounting": file.accounting.to_dict(),
        "rejected": file.accounting.rejected[:SHOWN_REJECTED],
        "labels": dict(sorted(count_labels(file.examples).items())),
        "repeated": len(file.examples) - len(forms),
        "conflicts": [
            {"text": conflict.text, "rows": list(conflict.rows), "targets": list(conflict.targets)}
            for conflict in find_conflicts(file.examples)
        ],
    }


def _as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    written = io.StringIO()
    columns = list(dict.fromkeys(name for row in rows for name in row))
    columns.append(columns.pop(columns.index("text")))
    writer = csv.DictWriter(written, columns, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: json.dumps(value) if isinstance(value, list) else value for name, value in row.items()})
    return written.getvalue()


def _show_file(screen: Console, file: dict[str, Any]) -> None:
    known = [f"{name} {file[name]}" for name in ("format", "encoding") if file[name]]
    columns = [f"columns {', '.join(file['columns'])}"] if file["columns"] else []
    lines = [", ".join([*known, *columns])] if known or columns else []
    lines += [f"row {rejected['row']}: {rejected['reason']}" for rejected in file["rejected"]]
    lines += [f"warning: {warning}" for warning in file["accounting"]["warnings"]]
    screen.print(file["line"], soft_wrap=True)
    for line in lines:
        screen.print(f"  {line}", soft_wrap=True)
    if file["labels"]:
        screen.print(_label_table(file["labels"], file["accounting"]["kept"]))


def _label_table(labels: dict[str, int], num_rows: int) -> Table:
    from rich.table import Table

    table = Table("label", "rows", "share")
    shown = sorted(labels, key=lambda label: -labels[label])[:_MOST_NAMES] if len(labels) > _MOST_NAMES else labels
    for label in shown:
        table.add_row(label, f"{labels[label]:,}", f"{labels[label] / num_rows:.1%}")
    if len(labels) > _MOST_NAMES:
        table.caption = f"the most frequent of {len(labels):,}; --json has all"
    return table


def _show_finding(screen: Console, finding: Finding, *, alone: bool) -> None:
    colour = {"serious": "bold red", "warning": "yellow", "note": "dim"}[finding.severity]
    place = "" if alone else f"{finding.source}: "
    screen.print(finding.severity.upper(), style=colour, end=" ")
    screen.print(f"{place}{finding.what}", soft_wrap=True)
    if finding.rows:
        shown = [str(row) if isinstance(row, int) else " and ".join(map(str, row[:5])) for row in finding.rows]
        separator = ", " if isinstance(finding.rows[0], int) else "; "
        more = f" and {finding.count - len(shown):,} more" if finding.count > len(shown) else ""
        screen.print(f"    rows {separator.join(shown)}{more}", soft_wrap=True)
    screen.print(f"    {finding.mend}", soft_wrap=True)
