"""The name that was probably meant, for the end of an error message."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(found: str, known: Iterable[str]) -> str:
    """` Did you mean 'label'?` with its leading blank, or nothing when no known name is near.

    >>> did_you_mean("labl", ["text", "label"])
    " Did you mean 'label'?"
    """
    by_folded = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(found.casefold(), by_folded, n=1)
    return f" Did you mean {by_folded[near[0]]!r}?" if near else ""
