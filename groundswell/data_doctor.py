"""What is wrong with labelled files: every check, the worst finding first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from groundswell.data.accounting import Accounting
from groundswell.data.affix_checks import check_affixes
from groundswell.data.copy_checks import check_conflicts, check_overlaps, check_repeats
from groundswell.data.findings import SHOWN_ROWS, Finding, Severity, concerning, counted, listed, worst_first
from groundswell.data.label_checks import check_balance, check_names, check_order
from groundswell.data.leakage import Overlap
from groundswell.data.repeats import find_repeats
from groundswell.data.row_checks import check_dropped, check_groups, check_ids, check_times
from groundswell.data.splitting import stratified_draw
from groundswell.data.text_checks import check_damage, check_lengths
from groundswell.data_drift import check_drift
from groundswell.errors import DataError
from groundswell.evaluation.telling_words import TellingWord, telling_words
from groundswell.label_checking import check_labels
from groundswell.representation.text_tfidf import TextRows, learn_rows
from groundswell.types import Example

MOST_READ = 100_000  # texts whose words are looked at, a seeded draw; memory and time grow with them
SERIOUS_COVERAGE = 0.5  # of a label's texts, for words that give it away
_SHOWN_WORDS = 5

OnStage = Callable[[str], None]


@dataclass(frozen=True)
class CheckedFile:
    """A file that was read.

    name         by which it is called; no two have the same
    accounting   of all its rows
    """

    name: str
    examples: Sequence[Example]
    accounting: Accounting


def examine(
    files: Sequence[CheckedFile],
    overlaps: Sequence[Overlap] = (),
    *,
    label_errors: bool = True,
    seed: int = 0,
    on_stage: OnStage = lambda name: None,
) -> list[Finding]:
    """Everything that is wrong with the files or worth knowing about them, the worst first.

    files          the first is what others are compared with, such as train before dev and test; every file has rows
    overlaps       of their texts, by `leakage.find_overlaps` under the same names
    label_errors   also look for labels that are probably wrong (a linear model, fitted five times)
    on_stage       called with the name of each stage before it begins; `num_stages` says how many there are
    """
    examples = {file.name: file.examples for file in files}
    found: list[Finding] = []
    for file in files:
        found += _examine_one(file, label_errors, seed, on_stage)
    found += check_ids(examples)
    if len(files) > 1:
        found += [*check_overlaps(examples, overlaps), *check_names(examples), *_between(examples, seed, on_stage)]
    return worst_first(found)


def num_stages(num_files: int) -> int:
    """How often `examine` calls `on_stage`."""
    return 3 * num_files + (num_files - 1)


def _examine_one(file: CheckedFile, label_errors: bool, seed: int, on_stage: OnStage) -> list[Finding]:
    name, examples = file.name, file.examples
    on_stage(f"{name}: copies")
    repeats = find_repeats([example.text for example in examples])
    found = [*check_repeats(name, examples, repeats), *check_conflicts(name, examples, repeats)]
    on_stage(f"{name}: characters and labels")
    found += check_dropped(name, file.accounting)
    found += [*check_damage(name, examples), *check_lengths(name, examples), *check_affixes(name, examples)]
    found += [*check_balance(name, examples), *check_order(name, examples)]
    on_stage(f"{name}: words")
    return found + _check_words(name, examples, label_errors, seed)


def _check_words(source: str, examples: Sequence[Example], label_errors: bool, seed: int) -> list[Finding]:
    """Words that give a label away, and labels that are probably wrong; for examples with one label each."""
    names = sorted({example.target for example in examples if isinstance(example.target, str)})
    if len(names) < 2:
        return []
    drawn = stratified_draw(examples, MOST_READ, seed)
    try:
        rows = learn_rows([example.text for example in drawn])
    except DataError:  # no word stands in two texts
        return []
    found = _telling(source, drawn, names, rows)
    if label_errors:
        found += _doubted(source, drawn, rows, seed)
    return found


def _telling(source: str, examples: Sequence[Example], names: Sequence[str], rows: TextRows) -> list[Finding]:
    number = {name: place for place, name in enumerate(names)}
    labels = np.array([number[str(example.target)] for example in examples], dtype=np.int64)
    by_label: dict[int, list[TellingWord]] = {}
    for word in telling_words(rows.presence(), rows.words, labels, len(names)):
        by_label.setdefault(word.label, []).append(word)
    found = []
    for label, words in by_label.items():
        column = rows.values[:, rows.words.index(words[0].word)].toarray().ravel()
        holding = [examples[place] for place in np.flatnonzero(column).tolist()]
        shown = ", ".join(
            f"{one.word!r} ({one.coverage:.0%} of its texts, {one.purity:.1%} right)" for one in words[:_SHOWN_WORDS]
        )
        more = f" and {len(words) - _SHOWN_WORDS:,} more" if len(words) > _SHOWN_WORDS else ""
        severity: Severity = "serious" if words[0].coverage >= SERIOUS_COVERAGE else "warning"
        what = f"the label {names[label]!r} is given away by {counted(len(words), 'word')}: {shown}{more}"
        mend = "take them out of the texts unless new texts will hold them too; figures are too good otherwise"
        details = {"label": names[label], "words": [one._asdict() | {"label": names[one.label]} for one in words]}
        found.append(concerning(severity, "telling_words", source, holding, (what, mend), **details))
    return found


def _doubted(source: str, examples: Sequence[Example], rows: TextRows, seed: int) -> list[Finding]:
    check = check_labels(examples, rows=rows.values, seed=seed)
    if check.why_not:
        what = f"labels were not checked for errors: {check.why_not}"
        return [Finding("note", "labels_not_checked", source, 0, what, "nothing to mend; read some of them yourself")]
    if not check.doubts:
        return []
    at_row = {example.row: example for example in examples}
    first = check.doubts[0]
    what = f"{counted(len(check.doubts), 'label is', 'labels are')} probably wrong, by a linear model that had not "
    what += f"seen the row (accuracy {check.accuracy:.0%}), first {first['text'][:40]!r}: {first['label']}, rather "
    what += str(first["suggested"])
    return [
        Finding(
            "warning", "label_errors", source, len(check.doubts), what,
            "read the first ones and correct what is wrong; further down the list more and more labels are right",
            tuple(doubt["row"] for doubt in check.doubts[:SHOWN_ROWS]),
            {"checked": check.checked, "accuracy": check.accuracy},
            [
                listed(source, at_row[doubt["row"]], suggested=doubt["suggested"],
                       probability=round(doubt["probability"], 4))
                for doubt in check.doubts
            ],
        )
    ]  # fmt: skip


def _between(examples: Mapping[str, Sequence[Example]], seed: int, on_stage: OnStage) -> list[Finding]:
    """How each later file differs from the first."""
    first, *others = examples
    found = [*check_groups(examples), *check_times(examples)]
    for other in others:
        on_stage(f"{first} / {other}: drift")
        found += check_drift(f"{first} / {other}", examples[first], examples[other], seed=seed)
    return found
