"""Cells of a CSV file that a spreadsheet must not take for formulas."""

from __future__ import annotations

import re

# What begins a formula, as OWASP lists it, full-width forms too; a cell that was quoted before is quoted once more, so
# that taking away one apostrophe gives back what stood there.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"[+-](\d+([.,]\d+)*|\.\d+)([eE][+-]?\d+)?%?", re.ASCII)


def as_text(value: str) -> str:
    """The cell with an apostrophe in front where it would be a formula; plain numbers stay as they are.

    >>> [as_text(cell) for cell in ("=1+1", "-3", "good", "'=1+1")]
    ["'=1+1", '-3', 'good', "''=1+1"]
    """
    return f"'{value}" if _FORMULA.match(value) and not _NUMBER.fullmatch(value) else value
