"""What the library calls by the name of a setting is an option on the command line: errors say the option."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from groundswell.errors import DataError

# Patterns of what is said of settings, and what is said of options instead. Where a path may stand, they tell it apart
# by a blank in front, or by the start or end of the message.
Names = Sequence[tuple[str, str]]

ENCODING: Names = (
    (r"^data\.encoding:", "--encoding:"),
    (r" data\.encoding: (?=gb18030 )", " --encoding "),
)
# For commands without such an option.
NO_ENCODING: Names = ((r", or name its encoding: data\.encoding: [^)]*\)\.", "."),)


def text_column_named(option: str = "--text-column") -> Names:
    """The names for the column of the text."""
    return ((r" as data\.text\.$", f" with {option}."),)


def in_options(told: str, names: Names) -> str:
    """A message that says options where it said settings.

    >>> in_options("a.csv: no column 'text'. Columns: review. Name the right one as data.text.", text_column_named())
    "a.csv: no column 'text'. Columns: review. Name the right one with --text-column."
    """
    for setting, option in names:
        told = re.sub(setting, option, told)
    return told


@contextmanager
def naming_options(names: Names) -> Iterator[None]:
    """A DataError inside the block says options where it said settings."""
    try:
        yield
    except DataError as error:
        raise DataError(in_options(str(error), names)) from error
