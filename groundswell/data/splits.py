"""Train, dev and test: read, drawn, held out, checked against each other, every row accounted for."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import Any, Literal

from groundswell.data.accounting import Accounting
from groundswell.data.examples import Columns, Reading, read_examples
from groundswell.data.labels import LabelMap
from groundswell.data.leakage import find_conflicts, find_overlaps, leakage_summary
from groundswell.data.opinion_formats.registry import read_opinions
from groundswell.data.sample import sample_path
from groundswell.data.splitting import group_split, stratified_draw, stratified_split, text_split, time_split
from groundswell.errors import DataError, LeakageError
from groundswell.types import Example

SAMPLE = "sample:"
NO_OPINIONS = "no opinions given"


@dataclass(frozen=True)
class SplitSettings:
    """Where the splits come from and how dev is held out when it has no source.

    sources   `train` and any of `dev` and `test`
    overlap   texts shared by two splits: warn, refuse (LeakageError) or ignore
    format, repair   of gold opinions, see `opinion_formats.registry.read_opinions`
    """

    sources: dict[str, str]
    columns: Columns
    reading: Reading
    split_column: str = "split"
    limit: int | None = None
    dev_share: float = 0.1
    hold_out: Literal["stratified", "group", "time", "text"] = "stratified"
    overlap: Literal["warn", "refuse", "ignore"] = "warn"
    seed: int = 0
    format: str | None = None
    repair: bool = False


@dataclass(frozen=True)
class Splits:
    """The examples of each split with their accounting; `label_map` is None for regression and opinions.

    hashes     sha256 of each local source's bytes, by split
    leakage    summary of texts shared between splits
    """

    examples: dict[str, list[Example]]
    accounting: dict[str, Accounting]
    label_map: LabelMap | None
    hashes: dict[str, str]
    leakage: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def load_splits(settings: SplitSettings) -> Splits:
    """Train, dev (held out of train when it has no source) and test, checked for labels and shared texts."""
    accounting = {split: Accounting(split) for split in settings.sources}
    examples = {
        # A blank text teaches nothing, but a user will send some: they count where the model is measured.
        split: read_split(
            source, settings, accounting[split], keep_blank=split == "test", need_extra=split == _measured(settings)
        )
        for split, source in settings.sources.items()
    }
    if "dev" not in examples:
        _hold_out_dev(examples, accounting, settings)
    if settings.limit is not None:
        _draw(examples, accounting["train"], settings)
    label_map = None
    if settings.reading.task in ("single_label", "multi_label"):
        label_map = LabelMap.from_examples(examples["train"])
        for split, source in settings.sources.items():
            label_map.check_known(examples[split], split, source)
    warnings = [warning for account in accounting.values() for warning in account.warnings]
    conflicts = find_conflicts(examples["train"]) if label_map is not None else []
    if conflicts:
        rows = ", ".join(str(conflict.rows) for conflict in conflicts[:3])
        warnings.append(f"train: {len(conflicts)} texts stand there with different labels (first rows: {rows})")
    warnings += _shared_groups(examples)
    leakage = _check_overlap(examples, settings.overlap, warnings)
    for account in accounting.values():
        account.check()
    hashes = {split: digest for split, source in settings.sources.items() if (digest := source_sha256(source))}
    return Splits(examples, accounting, label_map, hashes, leakage, warnings)


def read_split(
    source: str,
    settings: SplitSettings,
    accounting: Accounting,
    *,
    keep_blank: bool = False,
    need_extra: bool = True,
) -> list[Example]:
    """The examples of one source: a file, `FILE#name` (rows whose split column holds the name), `sample:en#name`.

    keep_blank, need_extra   as in `examples.Reading`
    """
    path, name = locate(source)
    if settings.reading.task == "opinions":
        found = read_opinions(
            path, format=settings.format, accounting=accounting, repair=settings.repair,
            where=None if name is None else {settings.split_column: name}, max_bad_share=settings.reading.max_bad_share,
            encoding=settings.reading.encoding,
        )  # fmt: skip
        return _with_opinions(found, path, accounting)
    reading = replace(settings.reading, keep_blank=keep_blank, need_extra=need_extra)
    if name is not None:
        reading = replace(reading, where={**reading.where, settings.split_column: name})
    return read_examples(path, settings.columns, reading=reading, accounting=accounting)


def _measured(settings: SplitSettings) -> str:
    """The source that the figures to report come from."""
    return next(split for split in ("test", "dev", "train") if split in settings.sources)


def _with_opinions(examples: list[Example], path: str, accounting: Accounting) -> list[Example]:
    """Those in which somebody has looked for opinions; a text that is known to hold none is one of them."""
    for example in examples:
        if example.opinions is None:
            accounting.withdraw(NO_OPINIONS, example.row)
    found = [example for example in examples if example.opinions is not None]
    if not found:
        raise DataError(f"{path}: no row has `opinions`. Name data with gold opinions; a text without any has `[]`")
    return found


def locate(source: str) -> tuple[str, str | None]:
    """The path to read and the split to select in it, if any; a hub source keeps its own `#split`."""
    if source.startswith("hub:") or Path(source).exists():
        return source, None
    path, mark, name = source.rpartition("#")
    if not mark:
        path, name = source, ""
    if path.startswith(SAMPLE):
        language = path.removeprefix(SAMPLE)
        if language not in ("en", "zh"):
            raise DataError(f"{source}: there is no sample {language!r}; there are sample:en and sample:zh")
        return str(sample_path(language)), name or None  # type: ignore[arg-type]
    if mark and Path(path).is_dir():
        return source, None
    return path, name or None


def source_sha256(source: str) -> str | None:
    """sha256 of a local file's bytes; of a folder's files in order of their names; None for anything else."""
    path = Path(locate(source)[0].rpartition("#")[0] or locate(source)[0])
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    if path.is_dir():
        digest = hashlib.sha256()
        for part in sorted(file for file in path.rglob("*") if file.is_file()):
            digest.update(part.read_bytes())
        return digest.hexdigest()
    return None


def _hold_out_dev(
    examples: dict[str, list[Example]], accounting: dict[str, Accounting], settings: SplitSettings
) -> None:
    train = examples["train"]
    if settings.hold_out == "group":
        rest, held_out = group_split(train, settings.dev_share, settings.seed)
    elif settings.hold_out == "time":
        rest, held_out = time_split(train, settings.dev_share)
    elif settings.hold_out == "text":
        rest, held_out = text_split(train, settings.dev_share, settings.seed)
    else:
        rest, held_out = stratified_split(train, settings.dev_share, settings.seed)
    examples["train"], examples["dev"] = rest, held_out
    accounting["dev"] = Accounting("dev")
    for example in held_out:
        accounting["train"].withdraw("held out as dev", example.row)
        accounting["dev"].keep()
    accounting["dev"].warnings.append(
        f"dev: no source was given, so {len(held_out):,} of {len(train):,} training rows were held out "
        f"({settings.hold_out})"
    )


def _draw(examples: dict[str, list[Example]], accounting: Accounting, settings: SplitSettings) -> None:
    train = examples["train"]
    assert settings.limit is not None
    if settings.limit >= len(train):
        return
    drawn = stratified_draw(train, settings.limit, settings.seed)
    kept = {id(example) for example in drawn}
    for example in train:
        if id(example) not in kept:
            accounting.withdraw("not drawn (data.limit)", example.row)
    examples["train"] = drawn


def _shared_groups(examples: dict[str, list[Example]]) -> list[str]:
    """A line for every two splits that hold rows of one group."""
    groups = {split: {row.group for row in rows if row.group is not None} for split, rows in examples.items()}
    lines = []
    for left, right in combinations(groups, 2):
        shared = sorted(groups[left] & groups[right])
        if shared:
            lines.append(
                f"{left} and {right} share {len(shared):,} of {len(groups[right]):,} groups (first: {shared[0]!r}), so "
                f"{right} says little about new ones. Hold dev out with data.split=group, or mend the files"
            )
    return lines


def _check_overlap(examples: dict[str, list[Example]], overlap: str, warnings: list[str]) -> dict[str, Any]:
    if overlap == "ignore":
        return {}
    found = find_overlaps({split: _texts(rows) for split, rows in examples.items()})
    summary = leakage_summary(found)
    lines = []
    for pair, counts in summary.items():
        left, _, right = pair.partition("/")
        first = counts["first"][0]
        rows = f"rows {examples[left][first[left]].row} and {examples[right][first[right]].row}"
        lines.append(
            f"{counts['exact']} texts of {right} stand in {left} too and {counts['near']} nearly so (first: {rows})"
        )
    if lines and overlap == "refuse":
        raise LeakageError(f"{'; '.join(lines)}. Remove them from one side, or set data.overlap to warn")
    warnings += lines
    return summary


def _texts(rows: Sequence[Example]) -> list[str]:
    return [example.text for example in rows]
