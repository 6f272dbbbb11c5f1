"""Where numbers of bank cards stand in a text: `4111 1111 1111 1111`, `6222021234567890128`.

ISO/IEC 7812: the first digits tell who issued it, the last one is a check digit (Luhn).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from groundswell.text.personal_data.context import names_a_card, numbers_a_thing

# Together, or in the groups that are printed: fours, 4-6-5 (American Express), 4-6-4 (Diners), 6 and the rest (China).
_NUMBER = re.compile(
    r"(?<![A-Za-z0-9])(?<![0-9][.,])(?:"
    r"[2-9][0-9]{3}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{1,4}(?:\1[0-9]{1,3})?"
    r"|3[0-9]{3}([ -])[0-9]{6}\2[0-9]{4,5}"
    r"|[69][0-9]{5}[ -][0-9]{10,13}"
    r"|[2-9][0-9]{12,18}"
    r")(?![A-Za-z0-9])(?![.,][0-9])"
)
_SEPARATORS = str.maketrans("", "", " -")
# (first, last) of the leading digits -> lengths; the ranges of the issuers as they publish them
_ISSUERS: tuple[tuple[int, int, frozenset[int]], ...] = (
    (4, 4, frozenset({13, 16, 19})),  # Visa
    (51, 55, frozenset({16})),  # Mastercard
    (2221, 2720, frozenset({16})),
    (34, 34, frozenset({15})),  # American Express
    (37, 37, frozenset({15})),
    (6011, 6011, frozenset({16, 19})),  # Discover
    (644, 659, frozenset({16, 19})),
    (62, 62, frozenset(range(16, 20))),  # UnionPay
    (81, 81, frozenset(range(16, 20))),
    (3528, 3589, frozenset(range(16, 20))),  # JCB
    (300, 305, frozenset({14, 16})),  # Diners Club
    (36, 36, frozenset({14})),
    (38, 39, frozenset({14, 16})),
    (5018, 5018, frozenset(range(13, 20))),  # Maestro
    (5020, 5020, frozenset(range(13, 20))),
    (5038, 5038, frozenset(range(13, 20))),
    (6304, 6304, frozenset(range(13, 20))),
    (6759, 6763, frozenset(range(13, 20))),
    (601382, 601382, frozenset({16, 19})),  # older Chinese debit cards
    (603, 603, frozenset({16, 18, 19})),
    (9558, 9558, frozenset({16, 19})),
    (955, 955, frozenset({16, 19})),
)


def find_bank_cards(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every number of a known issuer, of its length and with the right check digit.

    A number that is said to be that of an order, a parcel … is none. One that is said to be that of a card may be of
    any issuer and mistyped.
    """
    for match in _NUMBER.finditer(text):
        digits = match[0].translate(_SEPARATORS)
        right = _has_issuer(digits) and luhn_holds(digits) and not numbers_a_thing(text, match.start())
        if right or names_a_card(text, match.start()):
            yield match.span()


def luhn_holds(digits: str) -> bool:
    """Whether the last digit follows from the others (ISO/IEC 7812-1, annex B).

    >>> luhn_holds("4111111111111111"), luhn_holds("4111111111111112")
    (True, False)
    """
    doubled = "0246813579"  # the digit sum of twice a digit
    total = sum(int(digit) for digit in digits[::-2]) + sum(int(doubled[int(digit)]) for digit in digits[-2::-2])
    return total % 10 == 0


def _has_issuer(digits: str) -> bool:
    return any(
        first <= int(digits[: len(str(first))]) <= last and len(digits) in lengths for first, last, lengths in _ISSUERS
    )
