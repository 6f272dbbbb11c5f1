"""What labelled files hold: the plain values behind `groundswell data check`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from groundswell.data.accounting import Accounting
from groundswell.data.examples import Columns, Reading
from groundswell.data.leakage import find_conflicts, find_overlaps, leakage_summary, normal_form
from groundswell.data.readers import open_rows
from groundswell.data.splits import SplitSettings, locate, read_split

if TYPE_CHECKING:
    from groundswell.recipe import Recipe
    from groundswell.types import Example

STANDARD_INPUT = "-"


def check_files(sources: Sequence[str], recipe: Recipe) -> dict[str, Any]:
    """`{"files": [...], "overlaps": {"first/second": {"exact", "near", "first"}}}`.

    Columns, label names, task and limits come from the recipe. Raises DataError for a file that cannot be read.
    """
    found: list[dict[str, Any]] = []
    texts: dict[str, list[str]] = {}
    for number, source in enumerate(sources, start=1):
        name = source if source not in texts else f"{source} (file {number})"
        accounting = Accounting(name)
        examples = read_split(source, _settings(recipe), accounting)
        found.append({"source": name, **_description(source, recipe), **_contents(examples, accounting)})
        texts[name] = [example.text for example in examples]
    return {"files": found, "overlaps": leakage_summary(find_overlaps(texts))}


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
    return SplitSettings(sources={}, columns=columns, reading=reading, split_column=data.split_column)


def _description(source: str, recipe: Recipe) -> dict[str, Any]:
    if source == STANDARD_INPUT:  # read to its end already
        return {"format": None, "encoding": None, "columns": []}
    rows = open_rows(locate(source)[0], encoding=recipe.data.encoding)
    return {"format": rows.format, "encoding": rows.encoding, "columns": list(rows.columns)}


def _contents(examples: list[Example], accounting: Accounting) -> dict[str, Any]:
    labels = Counter(label for example in examples for label in _labels_of(example))
    forms = {normal_form(example.text) for example in examples}
    return {
        "line": accounting.line(),
        "accounting": accounting.to_dict(),
        "rejected": accounting.rejected[:5],
        "labels": dict(sorted(labels.items())),
        "repeated": len(examples) - len(forms),
        "conflicts": [
            {"text": conflict.text, "rows": list(conflict.rows), "targets": list(conflict.targets)}
            for conflict in find_conflicts(examples)
        ],
    }


def _labels_of(example: Example) -> tuple[str, ...]:
    if isinstance(example.target, tuple):
        return example.target
    return (example.target,) if isinstance(example.target, str) else ()
