"""How much memory a service holds, its workers included."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_PROC = Path("/proc")


def resident_bytes() -> int:
    """Resident memory of this process and of those that it started; 0 where there is no /proc to tell.

    What processes share, such as the code of libraries, counts once for each.
    """
    listed = ["self"]
    for thread in _PROC.glob("self/task/*/children"):
        with contextlib.suppress(OSError):  # a thread that has just ended
            listed += thread.read_text().split()
    return sum(map(_of_process, listed))


def _of_process(pid: str) -> int:
    try:
        pages = int((_PROC / pid / "statm").read_text().split()[1])
    except (OSError, IndexError):  # a process that has just ended
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
