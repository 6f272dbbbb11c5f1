"""Where number plates stand in a text: `京A·12345`, `粤BD12345`, and in English where the words before say so.

Chinese plates: GA 36-2018. A province, the letter of a city and five characters, six for new energy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_PROVINCE = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_LETTER = "A-HJ-NP-Za-hj-np-z"  # never I or O
_CHINESE = re.compile(
    rf"[{_PROVINCE}] ?[{_LETTER}] ?[·.\-]? ?(?:"
    rf"[D-Fd-f{_LETTER[:4]}][{_LETTER}0-9][0-9]{{4}}|[0-9]{{5}}[A-HJKa-hjk]"  # new energy: small cars, large cars
    rf"|(?=(?:[{_LETTER}]*[0-9]){{3}})[{_LETTER}0-9]{{5}}"
    rf"|(?=(?:[{_LETTER}]*[0-9]){{3}})[{_LETTER}0-9]{{4}}[挂学警港澳使领]"
    r")(?![A-Za-z0-9])"
)
_ENGLISH_SIGNS = ("late", "LATE", "egistr", "EGISTR")  # a look for them costs a fiftieth of the pattern
_ENGLISH = re.compile(
    r"\b(?:(?:licen[cs]e|number|registration) plates?(?: number| no\.?)?|plate (?:number|no\.?)|vehicle registration"
    r"|car registration|registration (?:number|no\.?))[\s:#\"'(]*(?:was|is|reads?|of|being)?[\s:#\"'(]*"
    r"(?P<plate>(?-i:[A-Z0-9]{1,4}(?:[ -]?[A-Z0-9]{2,4}){1,2}))(?![A-Za-z0-9])",
    re.IGNORECASE,
)


def find_plates(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every plate in a folded text."""
    for match in _CHINESE.finditer(text):
        yield match.span()
    if not any(sign in text for sign in _ENGLISH_SIGNS):
        return
    for match in _ENGLISH.finditer(text):
        characters = match["plate"].replace(" ", "").replace("-", "")
        if 5 <= len(characters) <= 8 and not characters.isdigit() and not characters.isalpha():
            yield match.span("plate")
