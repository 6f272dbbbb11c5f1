"""Findings about texts alone: damaged characters, and too little or too much text."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence

from groundswell.data.findings import SHOWN_ROWS, Finding, by_share, concerning, counted, listed
from groundswell.data.text_damage import BYTE_ORDER_MARK, CONTROL, MARKUP, REPLACED, WRONG_ENCODING, damages_of
from groundswell.types import Example

LONG_CHARACTERS = 2_000
LONG_TIMES = 20  # the median
_TWO_LETTERS = re.compile(r"[^\W_].*?[^\W_]", re.DOTALL)

_MENDS = {
    REPLACED: "take these texts from their source again: characters are lost for good",
    WRONG_ENCODING: "read the source in its right encoding (data.encoding), or take it again",
    BYTE_ORDER_MARK: "remove them, or add control_characters to text.cleaning",
    CONTROL: "add control_characters to text.cleaning",
    MARKUP: "add html to text.cleaning; figures with and without differ little, but explanations do not",
}
_CODES = {
    REPLACED: "replaced_characters", WRONG_ENCODING: "wrong_encoding", BYTE_ORDER_MARK: "byte_order_marks",
    CONTROL: "control_characters", MARKUP: "markup",
}  # fmt: skip


def check_damage(source: str, examples: Sequence[Example]) -> list[Finding]:
    """Texts with characters that were lost, misread or left over."""
    damaged: dict[str, list[Example]] = {}
    for example in examples:
        for name in damages_of(example.text):
            damaged.setdefault(name, []).append(example)
    return [
        Finding(
            by_share(len(rows), len(examples)) if name in (REPLACED, WRONG_ENCODING) else
            "warning" if name != MARKUP else "note",
            _CODES[name], source, len(rows), f"{counted(len(rows), 'text holds', 'texts hold')} {name}", _MENDS[name],
            tuple(example.row for example in rows[:SHOWN_ROWS]), {"share": len(rows) / len(examples)},
            [listed(source, example) for example in rows],
        )
        for name, rows in damaged.items()
    ]  # fmt: skip


def check_lengths(source: str, examples: Sequence[Example]) -> list[Finding]:
    """Texts of a letter or none, and texts of 2,000 characters that are 20 times as long as the median."""
    median = statistics.median(len(example.text) for example in examples)
    limit = max(LONG_CHARACTERS, LONG_TIMES * median)
    found = []
    short = [example for example in examples if not _TWO_LETTERS.search(example.text)]
    long = [example for example in examples if len(example.text) > limit]
    if short:
        what = f"{counted(len(short), 'text has', 'texts have')} less than two letters or digits"
        mend = "look at them: a mark or an emoji can be an opinion, an empty export is none"
        found.append(concerning("note", "short_texts", source, short, (what, mend)))
    if long:
        longest = max(len(example.text) for example in long)
        what = f"{counted(len(long), 'text is', 'texts are')} more than {LONG_TIMES} times as long as the median of "
        what += f"{median:,.0f} characters, up to {longest:,}"
        mend = "look at them: several texts in one row, or quotes that were never closed"
        found.append(concerning("warning", "long_texts", source, long, (what, mend)))
    return found
