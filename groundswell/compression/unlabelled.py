"""Texts without labels that a student may learn from: none that dev, test or the training texts hold already."""

from __future__ import annotations

from collections.abc import Sequence

from groundswell.data.accounting import Accounting
from groundswell.data.leakage import find_overlaps, form_digest, normal_form
from groundswell.data.readers import open_rows
from groundswell.data.splits import Splits, locate
from groundswell.errors import DataError
from groundswell.recipe import Recipe
from groundswell.text.blank import is_blank
from groundswell.types import Example

UNLABELLED, MEASURED = "unlabelled", ("dev", "test")
BLANK, BROKEN, TOO_LONG = "blank text", "no text that can be read", "longer than data.max_characters"
KNOWN, REPEATED, LEAKED = "stands in the training texts", "stands there before", "stands, or nearly so, in dev or test"


def read_unlabelled(sources: Sequence[str], recipe: Recipe, splits: Splits) -> tuple[list[Example], Accounting]:
    """The texts of some files without a target, and what became of each row.

    Their column is `data.text` of the recipe. Dropped are blank and unreadable ones, copies of training texts and of
    one another, and copies and near copies of dev and test texts.

    Raises DataError for a file that cannot be read, and when no text is left.
    """
    accounting = Accounting(UNLABELLED)
    known = {_form(example.text): KNOWN for example in splits.examples["train"]}
    examples: list[Example] = []
    for source in sources:
        for text, row in _texts(source, recipe, accounting):
            reason = _unfit(text, recipe.data.max_characters) or known.get(_form(text))
            if reason is not None:
                accounting.drop(reason, row)
                continue
            known[_form(text)] = REPEATED
            accounting.keep()
            examples.append(Example(f"{UNLABELLED}-{len(examples) + 1}", text, None, row))
    kept = _apart(examples, splits, accounting)
    if not kept:
        raise DataError(f"--unlabelled: no text is left. {accounting.line()}. Name other files")
    return kept, accounting


def _texts(source: str, recipe: Recipe, accounting: Accounting) -> list[tuple[str, int]]:
    """The texts of one file with their rows; a row that cannot be read is dropped."""
    rows = open_rows(
        locate(source)[0], text_column=recipe.data.text, encoding=recipe.data.encoding,
        on_bad_row=lambda bad: accounting.reject(BROKEN, bad.number, bad.raw, bad.reason),
    )  # fmt: skip
    found = []
    for row in rows:
        text = row.values.get(recipe.data.text)
        if isinstance(text, str) and "\0" not in text:
            found.append((text, row.number))
        else:
            accounting.drop(BROKEN, row.number)
    return found


def _unfit(text: str, max_characters: int) -> str | None:
    if is_blank(text):
        return BLANK
    return TOO_LONG if len(text) > max_characters else None


def _apart(examples: list[Example], splits: Splits, accounting: Accounting) -> list[Example]:
    """Those that neither dev nor test holds, also not nearly so."""
    measured = {name: [row.text for row in splits.examples.get(name, ())] for name in MEASURED}
    overlaps = find_overlaps({**measured, UNLABELLED: [example.text for example in examples]})
    leaked = {found.right_index for found in overlaps if found.right_split == UNLABELLED}
    for number in sorted(leaked):
        accounting.withdraw(LEAKED, examples[number].row)
    return [example for number, example in enumerate(examples) if number not in leaked]


def _form(text: str) -> bytes:
    return form_digest(normal_form(text))
