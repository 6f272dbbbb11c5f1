"""Texts that were damaged on their way: wrong encodings, control characters, stray marks, and markup left inside."""

from __future__ import annotations

import re
from collections.abc import Callable

from groundswell.text.cleaning import clean

REPLACED = "replacement characters (U+FFFD)"
WRONG_ENCODING = "characters of a wrong encoding, such as Ã© for é"
BYTE_ORDER_MARK = "byte order marks (U+FEFF) inside"
CONTROL = "control or invisible characters"
MARKUP = "HTML tags or entities"

# What UTF-8 looks like when it is read as Latin-1 or Windows-1252: a letter of the first, marks of the second kind.
_AS_WESTERN = re.compile("[\u00c2-\u00f4][\u0080-\u00bf\u0152-\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]+")
# The same as code page 850, in which the first byte of Ã then became a plus sign: Sepp+ñl+ñ for Seppälä.
_CONTINUATION_850 = re.escape(bytes(range(0x80, 0xC0)).decode("cp850"))
_AS_CODE_PAGE_850 = re.compile(rf"\+[{_CONTINUATION_850}][a-z]|\u251c[{_CONTINUATION_850}]")
_HAN_RUN = re.compile("[\u3400-\u9fff\ue000-\uf8ff]{6,}")
_REPLACED_READ_AS_GBK = "锟斤拷"  # two replacement characters in UTF-8, read as GB18030
_LEAST_DECODED = 3


def damages_of(text: str) -> list[str]:
    """What is wrong with the characters of a text, worst first; nothing for most.

    >>> damages_of("CafÃ© <br /> ok")
    ['characters of a wrong encoding, such as Ã© for é', 'HTML tags or entities']
    """
    return [name for name, is_damaged in _CHECKS.items() if is_damaged(text)]


def _has_wrong_encoding(text: str) -> bool:
    if text.isascii():
        return False
    if _REPLACED_READ_AS_GBK in text or _AS_CODE_PAGE_850.search(text):
        return True
    return any(_is_utf_8_in_western(run[0]) for run in _AS_WESTERN.finditer(text)) or any(
        _is_utf_8_in_chinese(run[0]) for run in _HAN_RUN.finditer(text)
    )


def _is_utf_8_in_western(run: str) -> bool:
    try:
        return bool(run.encode("cp1252").decode("utf-8"))
    except UnicodeError:
        return False


def _is_utf_8_in_chinese(run: str) -> bool:
    """Whether these characters are what Chinese in UTF-8 becomes when it is read as GB18030."""
    decoded = run.encode("gb18030").decode("utf-8", errors="replace")
    num_wide = sum(one >= "\u0800" and one != "\ufffd" for one in decoded)
    # two bytes that happen to be UTF-8 stand in good text too, three hardly ever; the last one of a run is often lost
    return num_wide >= _LEAST_DECODED and decoded.count("\ufffd") * 2 <= num_wide


def _has_control(text: str) -> bool:
    return clean(text.replace("\ufeff", ""), ["control_characters"]) != text.replace("\ufeff", "")


_CHECKS: dict[str, Callable[[str], bool]] = {
    REPLACED: lambda text: "\ufffd" in text,
    WRONG_ENCODING: _has_wrong_encoding,
    BYTE_ORDER_MARK: lambda text: "\ufeff" in text,
    CONTROL: _has_control,
    MARKUP: lambda text: clean(text, ["html"]) != text,
}
