"""Where IP addresses stand in a text: `203.0.113.7`, `2001:db8::7`."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from groundswell.text.personal_data.context import names_a_version, names_an_address

_BYTE = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_V4 = re.compile(rf"(?<![A-Za-z0-9_])(?<![0-9][.])(?:{_BYTE}\.){{3}}{_BYTE}(?![A-Za-z0-9_])(?!\.[0-9])")
_V6 = re.compile(r"(?<![A-Za-z0-9_.])[0-9A-Fa-f:]{2,45}(?:(?<=:)[0-9]{1,3}(?:\.[0-9]{1,3}){3})?(?![A-Za-z0-9_])")
_MOST_SEEN = frozenset({"0.0.0.0", "127.0.0.1", "255.255.255.255", "255.255.255.0"})  # everybody's


def find_ip_addresses(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every address in a folded text; a number of four parts that is said to be a version is none."""
    for match in _V4.finditer(text):
        # four single digits, such as 1.8.8.8, are more often a price or a version
        short = len(match[0]) == len("1.1.1.1") and not names_an_address(text, match.start())
        if match[0] not in _MOST_SEEN and not short and not names_a_version(text, match.start()):
            yield match.span()
    if text.count(":") > 1:
        yield from _version_six(text)


def _version_six(text: str) -> Iterator[tuple[int, int]]:
    for match in _V6.finditer(text):
        # a colon of the sentence stands right before or behind an address; `::` belongs to it
        found = re.sub(r"^:(?!:)|(?<!:):$", "", match[0])
        # `a::b` is an address too, but not in a review: one of the internet begins with four digits
        if found.count(":") < 2 or not re.match(r"[0-9A-Fa-f]{4}:|::ffff:", found, re.IGNORECASE):
            continue
        try:
            ipaddress.IPv6Address(found)
        except ValueError:
            continue
        start = match.start() + match[0].index(found)
        yield start, start + len(found)
