"""Whether a text says anything at all."""

from __future__ import annotations


def is_blank(text: str) -> bool:
    """True when no character of the text is visible: blanks, control and format characters (U+200B) only.

    >>> is_blank(" \\u200b\\n"), is_blank("。")
    (True, False)
    """
    # Format characters are not blanks to Python, but they are not printable either.
    return not any(character.isprintable() and not character.isspace() for character in text)
