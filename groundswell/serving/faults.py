"""An unexpected error as a line of a log: its type and where it was raised, never what it says.

Messages of libraries may quote the text that they failed on.
"""

from __future__ import annotations

import traceback
from pathlib import PurePath

MOST_PLACES = 4


def fault_line(error: BaseException) -> str:
    """Type and innermost places of an error.

    >>> try:
    ...     int("a review")
    ... except ValueError as error:
    ...     print(fault_line(error).partition(" at ")[0])
    ValueError
    """
    frames = traceback.extract_tb(error.__traceback__)[-MOST_PLACES:]
    places = ", ".join(
        f"{'/'.join(PurePath(frame.filename).parts[-2:])}:{frame.lineno} {frame.name}" for frame in reversed(frames)
    )
    return f"{type(error).__name__} at {places}" if places else type(error).__name__
