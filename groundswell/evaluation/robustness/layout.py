"""Changes of what stands between the words, and of the width and script of characters."""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Iterator
from typing import Any

from groundswell.evaluation.robustness.guarded_words import GuardedText, shuffled
from groundswell.text.cleaning import Edit, clean
from groundswell.text.segmentation_zh import HAN

_OTHER_WIDTH = dict(zip(",.;:!?，。；：！？", "，。；：！？,.;:!?", strict=True))
_MARKS = frozenset([*_OTHER_WIDTH, "、"])
_OTHER_BLANKS = ("  ", "\t", "\n", "\u00a0", "\u3000")
_TO_FULL_WIDTH = {ordinary: ordinary + 0xFEE0 for ordinary in range(0x21, 0x7F)}
_ASCII_LETTER = re.compile("[A-Za-z]")


def punctuation(text: GuardedText, generator: random.Random) -> Iterator[Edit]:
    """A mark left out, doubled, or of the other width (, and ，); faces :), runs ... and points inside words stay."""
    for word in shuffled(text.words, generator):
        before, behind = text.text[word.start - 1 : word.start], text.text[word.end : word.end + 1]
        at_end = not behind or behind.isspace() or (behind.isalnum() and not word.text.isascii())
        if word.text in _MARKS and before.isalnum() and at_end and text.is_free(word.start, word.end):
            left_out = " " if behind.isalnum() else ""  # the words beside it must not grow together
            options = [left_out, word.text * 2, _OTHER_WIDTH.get(word.text, left_out)]
            yield Edit(word.start, word.end, generator.choice(options))


def white_space(text: GuardedText, generator: random.Random) -> Iterator[Edit]:
    """A blank doubled or of another kind; in Chinese also a blank between two words."""
    gaps = [(one.end, other.start) for one, other in zip(text.words, text.words[1:], strict=False)]
    for start, end in generator.sample(gaps, len(gaps)):
        if not text.is_free(start, end):
            continue
        if text.text[start:end] == " ":
            yield Edit(start, end, generator.choice(_OTHER_BLANKS))
        elif start == end and text.language == "zh":
            yield Edit(start, end, " ")


def full_width(word: str, generator: random.Random) -> str | None:
    """ASCII letters in the width of Chinese ones, as an input method in the wrong mode writes them: `ok` -> `ｏｋ`."""
    return word.translate(_TO_FULL_WIDTH) if word.isascii() and _ASCII_LETTER.search(word) else None


def other_script(text: GuardedText) -> str:
    """A simplified text in traditional characters, or a traditional one in simplified ones (OpenCC)."""
    simplified = clean(text.text, ["traditional_to_simplified"])
    if simplified != text.text:
        return simplified
    return HAN.sub(lambda run: str(_to_traditional().convert(run[0])), text.text)


@functools.cache
def _to_traditional() -> Any:
    from opencc import OpenCC

    return OpenCC("s2t")
