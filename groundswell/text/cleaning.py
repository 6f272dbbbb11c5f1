"""Cleaning: named steps over a text, each of which knows where its characters came from.

A step returns the new text and the pieces it replaced. `clean` keeps the text alone; `clean_with_places` also
follows the pieces back to the original, so a span found in the cleaned text points into the text as received.

>>> clean("<p>好&amp;快</p>", ["html", "blanks"])
'好&快'
"""

from __future__ import annotations

import difflib
import functools
import html
import re
import threading
from collections.abc import Callable, Sequence
from html.entities import html5
from typing import Any, NamedTuple

from groundswell.errors import RecipeError


class Edit(NamedTuple):
    """One replaced piece: `text[start:end]` became `replacement`; code points, end-exclusive."""

    start: int
    end: int
    replacement: str


class Cleaned(NamedTuple):
    """What a step returns; outside of `edits` (in order, not overlapping) characters map one to one."""

    text: str
    edits: Sequence[Edit]


Step = Callable[[str], Cleaned]
Place = tuple[int, int]  # code points of the text as received, end-exclusive

# A tag starts with a letter right after `<` or `</`, so `I <3 it`, `a < b` and `<joe@example.com>` are no tags.
_MARKUP = re.compile(
    r"<!--[^<>]*-->|</?(?P<tag>[A-Za-z][A-Za-z0-9]*)(?:\s[^<>]*)?/?>"
    r"|&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|(?P<entity>[A-Za-z][A-Za-z0-9]{1,31}));"
)
_BREAKING_TAG = re.compile(
    r"article|blockquote|br|d[dlt]|div|h[1-6]|hr|li|ol|p|pre|section|table|t[dhr]|ul", re.IGNORECASE
)
# Only ASCII belongs to an address: Chinese follows it without a blank. Closing punctuation belongs to the sentence.
_URL = re.compile(
    r"(?:https?://|ftp://|(?<![a-z0-9])www\.)[a-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*[a-z0-9/_~=&%#+\-]",
    re.ASCII | re.IGNORECASE,
)
_USER_NAME = re.compile(r"(?<![A-Za-z0-9._%+\-])[@＠][\w\-]{1,30}")
# White space is left to `blanks`; the joiners U+200C and U+200D hold emoji and words together and stay.
_CONTROL = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff]+"
)
_REPEATED = re.compile(r"([^\d\s])\1{3,}")
_BLANKS = re.compile(r"\s(?:\s+|(?<=[^ ]))")
_HAN_RUN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")
_TO_HALF_WIDTH = {0x3000: 0x20} | {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
_CONVERTER_LOCK = threading.Lock()


def clean(text: str, steps: Sequence[str]) -> str:
    """The text after exactly these steps, in this order; the same object when there are none.

    steps   names from `CLEANING_STEPS`
    raises  RecipeError for unknown names, all at once
    """
    for step in _find_steps(steps):
        text = step(text).text
    return text


def clean_with_places(text: str, steps: Sequence[str]) -> tuple[str, list[Place]]:
    """`clean(text, steps)` and, for each of its characters, the piece of `text` it comes from.

    The places follow one another as the characters do. A character that stands for several (`&` for `&amp;`) has
    all of them as its place; characters that were removed are nobody's.

    >>> clean_with_places("a&amp;b", ["html"])
    ('a&b', [(0, 1), (1, 6), (6, 7)])
    """
    places = [(number, number + 1) for number in range(len(text))]
    for step in _find_steps(steps):
        text, edits = step(text)
        places = _follow(edits, places) if edits else places
    return text, places


def _find_steps(names: Sequence[str]) -> list[Step]:
    problems = []
    for name in names:
        if name not in CLEANING_STEPS:
            near = difflib.get_close_matches(name, CLEANING_STEPS, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else "."
            problems.append(f"text.cleaning: unknown step {name!r}{hint} Known steps: {', '.join(CLEANING_STEPS)}.")
    if problems:
        raise RecipeError(problems)
    return [CLEANING_STEPS[name] for name in names]


def _follow(edits: Sequence[Edit], places: list[Place]) -> list[Place]:
    followed: list[Place] = []
    position = 0
    for edit in edits:
        followed += places[position : edit.start]
        if edit.start < edit.end:
            place = (places[edit.start][0], places[edit.end - 1][1])
            followed += [place] * len(edit.replacement)
        position = edit.end
    return followed + places[position:]


def _apply(text: str, edits: Sequence[Edit]) -> Cleaned:
    if not edits:
        return Cleaned(text, edits)
    pieces = []
    position = 0
    for edit in edits:
        pieces += [text[position : edit.start], edit.replacement]
        position = edit.end
    return Cleaned("".join(pieces) + text[position:], edits)


def _markup_replacement(match: re.Match[str]) -> str:
    if match["tag"]:
        return "\n" if _BREAKING_TAG.fullmatch(match["tag"]) else ""
    if match["entity"]:
        return html5.get(match["entity"] + ";", match[0])
    return html.unescape(match[0]) if match[0].startswith("&") else ""


def _html(text: str) -> Cleaned:
    """Tags and comments removed, `<br />` and block tags a line break, entities decoded, in one pass."""
    return _apply(text, [Edit(*match.span(), _markup_replacement(match)) for match in _MARKUP.finditer(text)])


def _urls(text: str) -> Cleaned:
    """Web addresses become one blank."""
    return _apply(text, [Edit(*match.span(), " ") for match in _URL.finditer(text)])


def _user_names(text: str) -> Cleaned:
    """`@name` becomes one blank; an e-mail address stays."""
    return _apply(text, [Edit(*match.span(), " ") for match in _USER_NAME.finditer(text)])


def _control_characters(text: str) -> Cleaned:
    """Control and invisible format characters, byte order marks and unpaired surrogates are removed."""
    return _apply(text, [Edit(*match.span(), "") for match in _CONTROL.finditer(text)])


def _repeated_characters(text: str) -> Cleaned:
    """Four or more of the same character become three; digits stay, for 10000 is not 1000."""
    return _apply(text, [Edit(match.start() + 3, match.end(), "") for match in _REPEATED.finditer(text)])


def _full_width(text: str) -> Cleaned:
    """Full-width ASCII (U+FF01-FF5E) and the ideographic blank become their ASCII characters, one to one."""
    return Cleaned(text.translate(_TO_HALF_WIDTH), ())


def _traditional_to_simplified(text: str) -> Cleaned:
    """Traditional Chinese becomes simplified (OpenCC t2s), one character for one character."""
    return Cleaned(_HAN_RUN.sub(_simplify_run, text), ())


def _simplify_run(match: re.Match[str]) -> str:
    run = match[0]
    with _CONVERTER_LOCK:
        simplified: str = _converter().convert(run)
        if len(simplified) != len(run):  # a phrase changed its length: character by character keeps the places
            single = [_converter().convert(character) for character in run]
            simplified = "".join(
                new if len(new) == 1 else character for new, character in zip(single, run, strict=True)
            )
    return simplified


@functools.cache
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")


def _lower_case(text: str) -> Cleaned:
    """Lower case; the Turkish İ, the only letter that grows, becomes i and a combining dot."""
    edits = [Edit(match.start(), match.end(), "i̇") for match in re.finditer("İ", text)]
    return Cleaned(_apply(text, edits).text.lower(), edits)


def _blanks(text: str) -> Cleaned:
    """Each run of white space, line breaks included, becomes one blank; none at the ends."""
    start = len(text) - len(text.lstrip())
    end = max(len(text.rstrip()), start)
    edits = [Edit(0, start, "")] if start else []
    edits += [Edit(*match.span(), " ") for match in _BLANKS.finditer(text, start, end)]
    if end < len(text):
        edits.append(Edit(end, len(text), ""))
    return _apply(text, edits)


CLEANING_STEPS: dict[str, Step] = {
    "html": _html,
    "urls": _urls,
    "user_names": _user_names,
    "control_characters": _control_characters,
    "repeated_characters": _repeated_characters,
    "full_width": _full_width,
    "traditional_to_simplified": _traditional_to_simplified,
    "lower_case": _lower_case,
    "blanks": _blanks,
}
