"""The splits of every head of a multi-task recipe, kept apart from one another's test texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from groundswell.data.accounting import Accounting
from groundswell.data.leakage import find_overlaps, leakage_summary
from groundswell.data.splits import Splits, SplitSettings, load_splits
from groundswell.errors import LeakageError


def load_head_splits(settings: Mapping[str, SplitSettings]) -> dict[str, Splits]:
    """The splits of each head, by its name.

    A text that one head learns from and another is measured on is warned of, refused (LeakageError) or passed over, as
    the measured head's `overlap` says: the encoder they share has seen it.
    """
    splits = {name: load_splits(found) for name, found in settings.items()}
    for name, own in splits.items():
        if settings[name].overlap != "ignore" and len(splits) > 1:
            _check_other_heads(name, own, splits, refuse=settings[name].overlap == "refuse")
    return splits


def join_splits(splits: Mapping[str, Splits]) -> Splits:
    """All heads' splits as one, for what concerns them all: accounts, hashes and warnings carry the head's name.

    The examples are those of all heads behind one another, by split. A single task, whose name is "", stays as it is.
    """
    if "" in splits:
        return splits[""]
    joined = Splits({}, {}, None, {})
    for head, own in splits.items():
        for split, examples in own.examples.items():
            joined.examples[split] = [*joined.examples.get(split, []), *examples]
        joined.accounting.update(
            {f"{head} {split}": _named(account, head) for split, account in own.accounting.items()}
        )
        joined.hashes.update({f"{head} {split}": digest for split, digest in own.hashes.items()})
        joined.leakage.update({f"{head} {pair}": found for pair, found in own.leakage.items()})
        joined.warnings.extend(f"{head}: {warning}" for warning in own.warnings)
    return joined


def _named(account: Accounting, head: str) -> Accounting:
    opinions = None if account.opinions is None else _named(account.opinions, head)
    warnings = [f"{head}: {warning}" for warning in account.warnings]
    return replace(account, split=f"{head} {account.split}", opinions=opinions, warnings=warnings)


def _check_other_heads(name: str, own: Splits, splits: Mapping[str, Splits], *, refuse: bool) -> None:
    learned = [example.text for other, found in splits.items() if other != name for example in found.examples["train"]]
    measured = {split: [example.text for example in own.examples[split]] for split in own.examples if split != "train"}
    lines = [
        f"{counts['exact']} texts of {right} stand in the training data of other heads and {counts['near']} nearly so"
        for pair, counts in leakage_summary(find_overlaps({"train": learned, **measured})).items()
        for left, _, right in [pair.partition("/")]
        if left == "train"
    ]
    if lines and refuse:
        raise LeakageError(f"{name}: {'; '.join(lines)}. Remove them from one side, or set data.overlap to warn")
    own.warnings.extend(lines)
