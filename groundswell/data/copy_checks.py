"""Findings about texts that stand twice: inside a file, in two files, and with two labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from groundswell.data.findings import SHOWN_ROWS, Finding, by_share, counted, listed
from groundswell.data.leakage import Overlap, find_conflicts, said_of
from groundswell.data.repeats import Repeat
from groundswell.types import Example


def check_repeats(source: str, examples: Sequence[Example], repeats: Sequence[Repeat]) -> list[Finding]:
    """Rows that repeat an earlier row of the file, exactly or nearly."""
    exact = [repeat for repeat in repeats if repeat.kind == "exact"]
    near = [repeat for repeat in repeats if repeat.kind == "near"]
    found = []
    if exact:
        what = counted(len(exact), "row repeats", "rows repeat") + " the text of an earlier row"
        mend = "keep one row of each text; a repeated text counts twice, and may fall into train and dev alike"
        found.append(_repeats("repeated_texts", source, examples, exact, (what, mend)))
    if near:
        what = counted(len(near), "row nearly repeats", "rows nearly repeat") + " an earlier row"
        mend = "look at them; keep one of each where they are copies, and hold dev and test out before copies are made"
        found.append(_repeats("near_repeats", source, examples, near, (what, mend)))
    return found


def check_conflicts(source: str, examples: Sequence[Example], repeats: Sequence[Repeat]) -> list[Finding]:
    """Texts that carry two labels, and near copies that carry different ones."""
    found = []
    conflicts = find_conflicts(examples)
    if conflicts:
        at_row = {example.row: example for example in examples}
        num_rows = sum(len(conflict.rows) for conflict in conflicts)
        first = conflicts[0]
        kind = "opinions" if examples[0].opinions is not None else "labels"
        found.append(
            Finding(
                by_share(num_rows, len(examples)), "label_conflicts", source, len(conflicts),
                f"{counted(len(conflicts), 'text carries', 'texts carry')} different {kind} ({num_rows:,} rows), first "
                f"{first.text[:40]!r}: {', '.join(target[:60] for target in first.targets[:3])}",
                "decide on one, or leave the text out; the model is told both",
                tuple(conflict.rows for conflict in conflicts[:SHOWN_ROWS]),
                {"rows": num_rows},
                [
                    listed(source, at_row[row], conflict=number, said=said_of(at_row[row]))
                    for number, conflict in enumerate(conflicts, start=1)
                    for row in conflict.rows
                ],
            )
        )  # fmt: skip
    near = [
        repeat
        for repeat in repeats
        if repeat.kind == "near"
        and not isinstance(examples[repeat.index].target, float)
        and said_of(examples[repeat.index]) != said_of(examples[repeat.of])
    ]
    if near:
        what = counted(len(near), "row nearly repeats", "rows nearly repeat") + " an earlier one with another label"
        mend = "look at both; one label is wrong unless the difference reverses the meaning"
        found.append(_repeats("near_conflicts", source, examples, near, (what, mend)))
    return found


def check_overlaps(files: Mapping[str, Sequence[Example]], overlaps: Sequence[Overlap]) -> list[Finding]:
    """Texts of a later file that stand in an earlier one, a finding for each two files and for exact and near."""
    groups: dict[tuple[str, str, str], list[Overlap]] = {}
    for overlap in overlaps:
        groups.setdefault((overlap.left_split, overlap.right_split, overlap.kind), []).append(overlap)
    return [
        _shared(files[left], files[right], shared, f"{left} / {right}", kind)
        for (left, right, kind), shared in groups.items()
    ]


def _shared(
    left: Sequence[Example], right: Sequence[Example], shared: Sequence[Overlap], source: str, kind: str
) -> Finding:
    pairs = [(left[overlap.left_index], right[overlap.right_index], overlap.similarity) for overlap in shared]
    differ = sum(said_of(first) != said_of(second) for first, second, _ in pairs)
    nearly = "nearly " if kind == "near" else ""
    what = (
        f"{counted(len(pairs), 'text')} of the second {'stands' if len(pairs) == 1 else 'stand'} {nearly}in the first"
    )
    what += f", {differ:,} with another label" if differ else ""
    first_name, _, second_name = source.partition(" / ")
    return Finding(
        by_share(len(pairs), len(right)), "shared_texts" if kind == "exact" else "nearly_shared_texts", source,
        len(pairs), what,
        "take them out of one file, the training file as a rule; figures on texts that were trained on say nothing",
        tuple((first.row, second.row) for first, second, _ in pairs[:SHOWN_ROWS]),
        {"share": len(pairs) / len(right), "with_another_label": differ},
        [
            listed(second_name, second, of_file=first_name, of_row=first.row, of_label=said_of(first),
                   similarity=round(similarity, 4))
            for first, second, similarity in pairs
        ],
    )  # fmt: skip


def _repeats(
    code: str, source: str, examples: Sequence[Example], repeats: Sequence[Repeat], texts: tuple[str, str]
) -> Finding:
    pairs = [(examples[repeat.of], examples[repeat.index], repeat.similarity) for repeat in repeats]
    return Finding(
        "warning", code, source, len(repeats), *texts,
        tuple((first.row, again.row) for first, again, _ in pairs[:SHOWN_ROWS]),
        {"share": len(repeats) / len(examples)},
        [
            listed(source, again, of_row=first.row, of_label=said_of(first), similarity=round(similarity, 4))
            for first, again, similarity in pairs
        ],
    )  # fmt: skip
