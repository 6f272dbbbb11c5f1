"""Where numbers of Chinese identity cards stand in a text: `11010519491231002X`.

GB 11643-1999: six digits of a place, a day of birth, three digits, and a check character by ISO 7064 (MOD 11-2).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from groundswell.text.personal_data.context import names_an_id_card

_PROVINCES = re.compile("1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]")
_NUMBER = re.compile(r"(?<![0-9])[1-8][0-9](?:[ -]?[0-9]){15}[ -]?[0-9Xx](?![0-9])")
_SEPARATORS = str.maketrans("", "", " -")
_CHECK_CHARACTERS = "10X98765432"


def find_id_cards(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every number of an existing province, an existing day and with the right check character.

    Where the words before it say that it is one, a mistyped check character is forgiven.
    """
    for match in _NUMBER.finditer(text):
        number = match[0].translate(_SEPARATORS)
        if not _PROVINCES.match(number) or not _is_day(number[6:14]):
            continue
        if check_character(number[:17]) == number[17].upper() or names_an_id_card(text, match.start()):
            yield match.span()


def check_character(digits: str) -> str:
    """The eighteenth character for the first seventeen.

    >>> check_character("11010519491231002")
    'X'
    """
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(digits))
    return _CHECK_CHARACTERS[total % 11]


def _is_day(digits: str) -> bool:
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return True
