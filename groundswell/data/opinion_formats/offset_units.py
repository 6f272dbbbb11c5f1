"""Offsets in other units, as code points."""

from __future__ import annotations

from typing import Literal

Unit = Literal["utf-16", "utf-8"]
_CODECS = {"utf-16": ("utf-16-le", 2), "utf-8": ("utf-8", 1)}


def code_point_of(text: str, offset: int, unit: Unit) -> int | None:
    """The code point that begins at an offset; None outside the text and inside a character.

    >>> code_point_of("👍好", 2, "utf-16"), code_point_of("👍好", 1, "utf-16"), code_point_of("👍好", 4, "utf-8")
    (1, None, 1)
    """
    codec, num_bytes = _CODECS[unit]
    encoded = text.encode(codec, errors="surrogatepass")
    if not 0 <= offset * num_bytes <= len(encoded):
        return None
    try:
        return len(encoded[: offset * num_bytes].decode(codec, errors="strict"))
    except UnicodeDecodeError:
        return None


def slice_by(text: str, start: int, end: int, unit: Unit) -> tuple[int, int] | None:
    """Both offsets as code points; None when one of them is none."""
    first, last = code_point_of(text, start, unit), code_point_of(text, end, unit)
    return None if first is None or last is None else (first, last)
