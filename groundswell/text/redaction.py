"""Personal data in a text is replaced by its kind: telephone numbers, addresses, cards, plates.

>>> redact("打我电话13812345678，或写信给 joe@example.com").text
'打我电话[PHONE]，或写信给 [EMAIL]'

By rules with checksums and dates, no model: what is found is found again tomorrow. Names of people, postal addresses
and numbers written in words are not found; docs/security.md has what was measured.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from groundswell.text.personal_data.bank_cards import find_bank_cards
from groundswell.text.personal_data.emails import find_emails
from groundswell.text.personal_data.folded import fold
from groundswell.text.personal_data.id_cards import find_id_cards
from groundswell.text.personal_data.ip_addresses import find_ip_addresses
from groundswell.text.personal_data.phones import find_phones
from groundswell.text.personal_data.plates import find_plates

Kind = Literal["PHONE", "EMAIL", "ID_CARD", "BANK_CARD", "IP", "PLATE"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_SEVEN_DIGITS = re.compile(r"[0-9](?:[ ().·-]{0,3}[0-9]){6}")
_TWO_DOTS = re.compile(r"[0-9:](?:(?<=:)[0-9A-Fa-f]{0,4}:|(?<!:)\.[0-9]{1,3}\.[0-9])")
# Each finder is asked only where its cheap sign is seen, which in most texts none is. Of two kinds that claim the same
# characters the earlier one gets them: the surer its form, the earlier.
_FINDERS: dict[Kind, tuple[re.Pattern[str] | None, Callable[[str], Iterator[tuple[int, int]]]]] = {
    "EMAIL": (None, find_emails),
    "ID_CARD": (_SEVEN_DIGITS, find_id_cards),
    "BANK_CARD": (_SEVEN_DIGITS, find_bank_cards),
    "IP": (_TWO_DOTS, find_ip_addresses),
    "PHONE": (_SEVEN_DIGITS, find_phones),
    "PLATE": (None, find_plates),
}


@dataclass(frozen=True, slots=True)
class Found:
    """Where personal data stood; start and end are code points of the original text, end-exclusive."""

    kind: Kind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text in which placeholders such as [PHONE] stand for personal data.

    found   what was replaced, in order, not overlapping
    """

    text: str
    found: tuple[Found, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How often each kind was found; kinds that were not are left out."""
        return dict(Counter(found.kind for found in self.found))

    def moved(self, start: int, end: int) -> tuple[int, int]:
        """Where a piece of the original text is now; one that cuts into personal data takes the whole placeholder."""
        return self._moved(start, at_end=False), self._moved(end, at_end=True)

    def _moved(self, place: int, *, at_end: bool) -> int:
        shift = 0
        for found in self.found:
            width = len(placeholder(found.kind))
            if found.end <= place:
                shift += width - (found.end - found.start)
            elif found.start < place:
                return found.start + shift + (width if at_end else 0)
            else:
                break
        return place + shift


def placeholder(kind: Kind) -> str:
    """What stands for personal data of a kind.

    >>> placeholder("ID_CARD")
    '[ID_CARD]'
    """
    return f"[{kind}]"


def find(text: str) -> tuple[Found, ...]:
    """Personal data in a text, in order, not overlapping."""
    folded = fold(text)
    taken: list[Found] = []
    covered = bytearray(len(text))  # 1 where a character is taken
    for kind, (sign, finder) in _FINDERS.items():
        if sign and not sign.search(folded):
            continue
        for start, end in sorted(finder(folded), key=lambda place: place[0] - place[1]):  # the longest first
            if not any(covered[start:end]):
                taken.append(Found(kind, start, end))
                covered[start:end] = b"\1" * (end - start)
    return tuple(sorted(taken, key=lambda found: found.start))


def redact(text: str) -> Redacted:
    """The text without personal data; the same object where none was found."""
    found = find(text)
    if not found:
        return Redacted(text, ())
    pieces, place = [], 0
    for one in found:
        pieces += [text[place : one.start], placeholder(one.kind)]
        place = one.end
    return Redacted("".join([*pieces, text[place:]]), found)


def redact_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same mapping with every text in it redacted, at any depth; for what is logged or stored."""
    return {name: _without_personal_data(value) for name, value in values.items()}


def _without_personal_data(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value).text
    if isinstance(value, Mapping):
        return redact_values(value)
    if isinstance(value, list | tuple):
        return [_without_personal_data(inner) for inner in value]
    return value
