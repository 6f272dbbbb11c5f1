"""Findings about labels alone: a single one, rare ones, uneven shares, unknown names, rows in their order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby

from groundswell.data.findings import Finding, counted, listed
from groundswell.types import Example

RARE = 10
UNEVEN = 10.0  # times as many rows of the most frequent label as of the least frequent one
_ORDERED_ROWS = 50
_SHOWN = 5


def labels_of(example: Example) -> tuple[str, ...]:
    """The label names of an example, one or several; none for values and opinions."""
    if isinstance(example.target, tuple):
        return example.target
    return (example.target,) if isinstance(example.target, str) else ()


def count_labels(examples: Sequence[Example]) -> Counter[str]:
    """How many rows carry each label."""
    return Counter(label for example in examples for label in labels_of(example))


def check_balance(source: str, examples: Sequence[Example]) -> list[Finding]:
    """A single label or value, labels of fewer than ten rows, and shares that differ ten times and more."""
    counts = count_labels(examples)
    if not counts:
        return _check_values(source, examples)
    most, least = counts.most_common(1)[0], counts.most_common()[-1]
    if len(counts) == 1 and all(len(labels_of(example)) == 1 for example in examples):
        what = f"every row has the label {most[0]!r}"
        return [Finding("serious", "one_label", source, most[1], what, "add rows of other labels: nothing is learned")]
    found = []
    if most[1] >= UNEVEN * least[1]:
        share = most[1] / len(examples)
        what = f"{most[0]!r} has {most[1]:,} rows ({share:.0%}), {least[0]!r} {least[1]:,}"
        mend = "read macro F1, not accuracy; training.class_weights=balanced, or more rows of the rare labels"
        found.append(Finding("note", "uneven_labels", source, most[1], what, mend, details={"counts": dict(counts)}))
    rare = [(label, count) for label, count in reversed(counts.most_common()) if count < RARE]
    if rare:
        names = ", ".join(f"{label!r} {count}" for label, count in rare[:_SHOWN])
        what = f"{counted(len(rare), 'label has', 'labels have')} fewer than {RARE} rows: {names}"
        what += f" and {len(rare) - _SHOWN:,} more" if len(rare) > _SHOWN else ""
        rows = [example for example in examples if set(labels_of(example)) & {label for label, _ in rare}]
        found.append(
            Finding(
                "warning", "rare_labels", source, len(rare), what,
                "add rows, or join the label with another one (data.labels); a misspelt name looks like this too",
                tuple(example.row for example in rows[:_SHOWN]), {"counts": dict(rare)},
                [listed(source, example) for example in rows],
            )
        )  # fmt: skip
    return found


def check_order(source: str, examples: Sequence[Example]) -> list[Finding]:
    """Rows that stand in the order of their labels."""
    labels = [example.target for example in examples]
    if len(labels) < _ORDERED_ROWS or not all(isinstance(label, str) for label in labels):
        return []
    num_runs, num_labels = sum(1 for _ in groupby(labels)), len(set(labels))
    if num_labels < 2 or num_runs > 2 * num_labels:
        return []
    what = f"the rows are ordered by label ({counted(num_runs, 'block')} of {num_labels} labels)"
    mend = "shuffle before taking the first rows; data.limit and the held-out dev are drawn at random anyway"
    return [Finding("note", "ordered_by_label", source, len(labels), what, mend)]


def check_names(files: Mapping[str, Sequence[Example]]) -> list[Finding]:
    """Labels of a later file that the first one does not know."""
    first, *others = files
    known = set(count_labels(files[first]))
    found = []
    for other in others if known else ():
        unknown = {label: count for label, count in count_labels(files[other]).items() if label not in known}
        if not unknown:
            continue
        rows = [example for example in files[other] if set(labels_of(example)) & set(unknown)]
        names = ", ".join(f"{label!r} ({count:,})" for label, count in list(unknown.items())[:_SHOWN])
        found.append(
            Finding(
                "serious", "unknown_labels", f"{first} / {other}", len(rows),
                f"{counted(len(unknown), 'label')} of the second {'is' if len(unknown) == 1 else 'are'} not in the "
                f"first: {names}",
                f"rename by data.labels.NAME=NEW (the first has {', '.join(sorted(known)[:_SHOWN])}), or mend the rows",
                tuple(example.row for example in rows[:_SHOWN]), {"counts": unknown},
                [listed(other, example) for example in rows],
            )
        )  # fmt: skip
    return found


def _check_values(source: str, examples: Sequence[Example]) -> list[Finding]:
    values = {example.target for example in examples if isinstance(example.target, float)}
    if len(values) != 1 or len(examples) < 2:
        return []
    what = f"every row has the value {next(iter(values)):g}"
    mend = "add rows of other values: nothing is learned"
    return [Finding("serious", "one_label", source, len(examples), what, mend)]
