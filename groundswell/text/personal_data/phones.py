"""Where telephone numbers stand in a text: Chinese mobile and landline, `+44 20 7946 0958`, `(212) 555-0142`.

A number without a sign of what it is, such as eight digits in a row, counts only where the words before it say so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date

from groundswell.text.personal_data.context import mentions_a_call, names_a_phone, numbers_a_thing

# Patterns are put to the surroundings of seven or more digits only: a look behind at every character costs the most.
_DIGITS = re.compile(r"[0-9](?:[ ()./·+-]{0,3}[0-9]){6,}")
_SIGN_BEFORE, _EXTENSION_BEHIND = 3, 12  # characters: (+, and an extension
_BEFORE = r"(?<![0-9])(?<![0-9][.-])(?:(?<![A-Za-z])|(?<=[Tt]el)|(?<=TEL)|(?<=hone)|(?<=[Vv][Xx])|(?<=[Ww][Xx]))"
_BEHIND = r"(?![0-9])(?!\.[0-9])"
_CODE_IN_BRACKETS = (
    r"(?:\((?=(?:\+|00)?[0-9]{1,4}\)))?"  # the bracket that opens before +86 only where it closes behind it
)
_AREA = "(?:010|02[0-9]|0[3-9][0-9]{2})"
_CHINESE_MOBILE = re.compile(
    rf"{_BEFORE}(?:{_CODE_IN_BRACKETS}(?:\+|00)?86\)?[ -]?)?1(?:"
    r"[3-9][0-9](?:[0-9]{8}|([ .·-])(?:[0-9]{4}\1?[0-9]{4}|[0-9]{3}\1[0-9]{5}|[0-9]{3}\1[0-9]{3}\1[0-9]{2}))"
    r"|[3-9][0-9]{2}([ -])[0-9]{3}\2[0-9]{4}|[3-9][0-9]{5}[ -][0-9]{4}|([ .-])[3-9](?:\3[0-9]){9})"
    rf"{_BEHIND}(?![A-Za-z])"
)
_CHINESE_LANDLINE = re.compile(
    rf"{_BEFORE}(?:\({_AREA}\) ?|{_AREA}[ -]?)[2-9][0-9]{{2,3}}[ -]?[0-9]{{4}}"
    rf"(?: ?(?:转|轉|ext\.?|x|-) ?[0-9]{{1,5}})?{_BEHIND}"
)
_INTERNATIONAL = re.compile(rf"{_BEFORE}{_CODE_IN_BRACKETS}(?:\+ ?|00)[1-9](?:[ .()-]{{0,2}}[0-9]){{6,14}}{_BEHIND}")
_AMERICAN = re.compile(
    rf"{_BEFORE}(?:1[ .-]?)?(?:\([2-9][0-9]{{2}}\)[ -]?|[2-9][0-9]{{2}}([ .-]))[2-9][0-9]{{2}}(?:\1|[-. ])[0-9]{{4}}"
    rf"(?: ?(?:ext\.?|x) ?[0-9]{{1,5}})?{_BEHIND}"
)
_AMERICAN_TOGETHER = re.compile(rf"{_BEFORE}[2-9][0-9]{{2}}[2-9][0-9]{{6}}{_BEHIND}(?![A-Za-z])")
# With the 0 that many countries dial at home, in groups: 07700 900123, 0912-345-678.
_TRUNK = re.compile(
    rf"{_BEFORE}0[1-9][0-9]{{1,3}}([ -])(?:[0-9]{{6}}|[0-9]{{3,4}}\1[0-9]{{3,4}}){_BEHIND}|"
    rf"{_BEFORE}\(0[1-9][0-9]{{1,3}}\) ?[0-9]{{3,4}}[ -]?[0-9]{{3,4}}{_BEHIND}"
)
_ANY = re.compile(r"(?<![A-Za-z0-9])(?<![0-9][.,])\(?[0-9](?:[ .)-]{0,2}[0-9]){6,12}(?![A-Za-z0-9])(?![.,][0-9])")
_COUNTRY_CODES = re.compile(
    r"1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]"
    r"|2(?:1[1-368]|2|3|4|5|6|9[0-9])|3[578]|42|50|59|6[789]|80|85|87|88|96|97|99"
)
_NOT_DIGITS = re.compile("[^0-9]")


def find_phones(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every number in a folded text; one that is said to be that of an order, a model … is none."""
    for digits in _DIGITS.finditer(text):
        start, end = max(0, digits.start() - _SIGN_BEFORE), digits.end() + _EXTENSION_BEHIND
        for pattern, holds in _FORMS:
            for match in pattern.finditer(text, start, end):
                if holds(text, match):
                    yield match.span()


def _is_no_thing(text: str, match: re.Match[str]) -> bool:
    return not numbers_a_thing(text, match.start())


def _is_to_be_called(text: str, match: re.Match[str]) -> bool:
    return mentions_a_call(text, match.start()) and _is_no_thing(text, match)


def _is_said(text: str, match: re.Match[str]) -> bool:
    """Whether the words before say that it is one to call, and it is no day."""
    return names_a_phone(text, match.start()) and not _is_day(match[0])


def _is_international(_: str, match: re.Match[str]) -> bool:
    """8 to 15 digits behind + or 00 that begin with the code of a country (ITU-T E.164); ten of North America."""
    digits = _NOT_DIGITS.sub("", match[0])
    if "+" not in match[0]:
        digits = digits[2:]
    if digits.startswith("1"):
        return re.fullmatch("1[2-9][0-9]{2}[2-9][0-9]{6}", digits) is not None
    return 8 <= len(digits) <= 15 and _COUNTRY_CODES.match(digits) is not None


def _is_day(written: str) -> bool:
    """Whether eight digits are a day, such as 20240131."""
    if re.fullmatch("(?:19|20)[0-9]{6}", written) is None:
        return False
    try:
        date(int(written[:4]), int(written[4:6]), int(written[6:]))
    except ValueError:
        return False
    return True


_FORMS: tuple[tuple[re.Pattern[str], Callable[[str, re.Match[str]], bool]], ...] = (
    (_CHINESE_MOBILE, _is_no_thing),
    (_CHINESE_LANDLINE, _is_no_thing),
    (_AMERICAN, _is_no_thing),
    (_AMERICAN_TOGETHER, _is_to_be_called),
    (_TRUNK, _is_no_thing),
    (_INTERNATIONAL, _is_international),
    (_ANY, _is_said),
)
