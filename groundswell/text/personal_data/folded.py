"""A text in which numbers look the same however they were typed, character for character as long as the original.

>>> fold("电话：１３８—１２３４—５６７８")
'电话:138-1234-5678'
"""

from __future__ import annotations

import re

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2500\u30fc\ufe58\ufe63"
# Blanks of any kind, and what is not seen at all: a number may not hide by a joiner between its digits.
_BLANKS = (
    "\t\u00a0\u00ad\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u200b\u200c\u200d\u202f\u205f\u2060\u3000\ufeff"
)
_DOTS = "\u00b7\u2022\u2027\u2219\u22c5\u30fb\uff65"
_FOLDED = (
    _FULL_WIDTH | dict.fromkeys(map(ord, _DASHES), "-") | dict.fromkeys(map(ord, _BLANKS), " ")
    | dict.fromkeys(map(ord, _DOTS), "·")
)  # fmt: skip
_ANY_TO_FOLD = re.compile(f"[\uff01-\uff5e{_DASHES}{_BLANKS}{_DOTS}]")


def fold(text: str) -> str:
    """The text with ASCII forms of full-width characters, one kind of dash, of blank and of middle dot.

    Every character becomes exactly one, so a place in the result is a place in `text`.
    """
    return text.translate(_FOLDED) if _ANY_TO_FOLD.search(text) else text
