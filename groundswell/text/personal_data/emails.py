"""Where e-mail addresses stand in a text: `joe@example.com`, also `joe [at] example [dot] com`."""

from __future__ import annotations

import re
from collections.abc import Iterator

_LONGEST_LOCAL_PART = 64  # characters, RFC 5321 section 4.5.3.1.1
# Only ASCII belongs to an address: Chinese stands beside it without a blank.
_LOCAL_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._%+\-]{0,63}\Z")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.){{1,8}}(?:xn--[A-Za-z0-9\-]{{2,59}}|[A-Za-z]{{2,24}})(?![A-Za-z0-9])")
_SPELLED_AT = re.compile(r"[\[({] ?(?:at|AT|At|@|艾特) ?[\])}] ?")
_SPELLED_DOMAIN = re.compile(rf"{_LABEL}(?:(?: ?[\[({{] ?(?:dot|DOT|点|\.) ?[\])}}] ?|\.| dot | DOT ){_LABEL}){{1,4}}")


def find_emails(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every address in a folded text."""
    at = text.find("@")
    while at >= 0:
        local = _local_part(text, at)
        domain = _DOMAIN.match(text, at + 1) if local else None
        if local and domain:
            yield local.start(), domain.end()
        at = text.find("@", at + 1)
    for spelled in _SPELLED_AT.finditer(text):
        local = _local_part(text, spelled.start() - (text[spelled.start() - 1 : spelled.start()] == " "))
        domain = _SPELLED_DOMAIN.match(text, spelled.end()) if local else None
        if local and domain:
            yield local.start(), domain.end()


def _local_part(text: str, end: int) -> re.Match[str] | None:
    """What ends at `end` and may be the part before the @."""
    return _LOCAL_PART.search(text, max(0, end - _LONGEST_LOCAL_PART), end)
