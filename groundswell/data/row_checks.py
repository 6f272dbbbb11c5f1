"""Findings about rows rather than texts: rows that were dropped, ids, groups and times that files share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from groundswell.data.accounting import Accounting
from groundswell.data.examples import BLANK_TEXT
from groundswell.data.findings import SHOWN_ROWS, Finding, by_share, concerning, counted
from groundswell.data.splitting import read_time
from groundswell.data.targets import NO_LABEL
from groundswell.types import Example

_MENDS = {
    BLANK_TEXT: "leave these rows out, or look for the texts: nothing is learned from them",
    NO_LABEL: "label them, or leave them out",
}


def check_dropped(source: str, accounting: Accounting) -> list[Finding]:
    """Rows, and gold opinions, that cannot be used, a finding for each reason."""
    found = []
    for account in (accounting, accounting.opinions):
        for reason, rows in account.dropped.items() if account is not None else ():
            unit = "row" if account is accounting else "gold opinion"
            what = f"{counted(rows.count, unit)} cannot be used: {reason}"
            mend = _MENDS.get(reason, "mend the rows")
            mild = reason == BLANK_TEXT or account is not accounting
            found.append(
                Finding(
                    "warning" if mild else by_share(rows.count, accounting.read), "dropped_rows", source, rows.count,
                    what, mend, tuple(rows.first_rows), {"reason": reason},
                )
            )  # fmt: skip
    return found


def check_ids(files: Mapping[str, Sequence[Example]]) -> list[Finding]:
    """Ids that stand twice in a file, or in two files."""
    found = []
    rows_of: dict[str, dict[str, list[Example]]] = {}
    for source, examples in files.items():
        own: dict[str, list[Example]] = {}
        for example in examples:
            if example.id != str(example.row):  # without a column of ids the row number stands in
                own.setdefault(example.id, []).append(example)
        rows_of[source] = own
        repeated = [rows for rows in own.values() if len(rows) > 1]
        if repeated:
            differ = sum(len({example.target for example in rows}) > 1 for rows in repeated)
            what = (
                f"{counted(len(repeated), 'id stands', 'ids stand')} in more than one row, first {repeated[0][0].id!r}"
            )
            what += f"; {differ:,} of them with different labels" if differ else ""
            mend = "keep one row of each, or number the rows anew; a spreadsheet rounds ids of more than 15 digits"
            rows = [example for group in repeated for example in group]
            finding = concerning("warning", "repeated_ids", source, rows, (what, mend), different_labels=differ)
            found.append(_counting(finding, len(repeated), [tuple(one.row for one in group) for group in repeated]))
    return found + _shared_ids(rows_of)


def check_groups(files: Mapping[str, Sequence[Example]]) -> list[Finding]:
    """Groups, such as authors or products, whose rows stand in the first file and in a later one."""
    first, *others = files
    known = {example.group for example in files[first]} - {None}
    found = []
    for other in others if known else ():
        rows = [example for example in files[other] if example.group in known]
        if rows:
            num_groups = len({example.group for example in rows})
            what = f"{counted(num_groups, 'group')} of the second ({counted(len(rows), 'row')}) also stand in the first"
            mend = "put all rows of a group into one file (data.split=group does): figures say little about new groups"
            severity = by_share(len(rows), len(files[other]))
            found.append(concerning(severity, "shared_groups", f"{first} / {other}", rows, (what, mend)))
    return found


def check_times(files: Mapping[str, Sequence[Example]]) -> list[Finding]:
    """Rows of a later file that are older than the newest row of the first: a test that is no look ahead."""
    first, *others = files
    newest = max(_times(files[first]).values(), default=None)
    if newest is None:
        return []
    found = []
    for other in others:
        times = _times(files[other])
        rows = [example for place, example in enumerate(files[other]) if place in times and times[place] < newest]
        if rows:
            what = counted(len(rows), "row of the second is", "rows of the second are")
            what += f" older than the newest row of the first ({newest.date().isoformat()})"
            mend = "for figures that hold for later texts split by time (data.split=time)"
            found.append(concerning("note", "times_overlap", f"{first} / {other}", rows, (what, mend)))
    return found


def _times(examples: Sequence[Example]) -> dict[int, datetime]:
    """The readable times by the place of their example."""
    read = {place: read_time(example.time) for place, example in enumerate(examples) if example.time}
    return {place: time for place, time in read.items() if time is not None}


def _shared_ids(rows_of: Mapping[str, Mapping[str, list[Example]]]) -> list[Finding]:
    names, found = list(rows_of), []
    for place, second in enumerate(names):
        for first in names[:place]:
            shared = [name for name in rows_of[second] if name in rows_of[first]]
            if not shared:
                continue
            what = (
                f"{counted(len(shared), 'id')} of the second {'stands' if len(shared) == 1 else 'stand'} in the first"
            )
            mend = "find out whether these are the same texts; if not, number the rows anew"
            rows = [rows_of[second][name][0] for name in shared]
            pairs = [(rows_of[first][name][0].row, rows_of[second][name][0].row) for name in shared]
            finding = concerning("warning", "shared_ids", f"{first} / {second}", rows, (what, mend))
            found.append(_counting(finding, len(shared), pairs))
    return found


def _counting(finding: Finding, count: int, places: Sequence[tuple[int, ...]]) -> Finding:
    return replace(finding, count=count, rows=tuple(places[:SHOWN_ROWS]))
