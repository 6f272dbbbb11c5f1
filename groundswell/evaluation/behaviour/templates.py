"""Texts with slots: `The {thing} was {praise}.` becomes one text for each choice of words.

`{review:upper}` changes what stands in the slot: upper and lower case, half width, Simplified characters. A brace that
is meant is written twice.
"""

from __future__ import annotations

import itertools
import random
import string
from collections.abc import Callable, Mapping, Sequence

from groundswell.text.cleaning import clean

CHANGES: dict[str, Callable[[str], str]] = {
    "upper": str.upper,
    "lower": str.lower,
    "half_width": lambda text: clean(text, ["full_width"]),
    "simplified": lambda text: clean(text, ["traditional_to_simplified"]),
}
MOST_CHOICES = 1_000_000

Slots = Mapping[str, Sequence[str]]


class TemplateError(Exception):
    """A text whose slots cannot be filled; the message is found, expected and cure."""


def slots_of(text: str) -> list[str]:
    """The names of the slots of a text, each once; TemplateError for braces or a change that mean nothing."""
    names: dict[str, None] = {}
    for _, name, change, conversion in _parse(text):
        if name is None:
            continue
        if not name.isidentifier() or conversion:
            raise TemplateError(f"found the slot {{{name}}}, expected a name of letters. Write {{{{ for a brace")
        if change and change not in CHANGES:
            raise TemplateError(f"found the change {change!r} in a slot, expected one of {', '.join(CHANGES)}")
        names[name] = None
    return list(names)


def expand(texts: Sequence[str], slots: Slots, most: int, seed: str) -> list[tuple[str, ...]]:
    """The texts together, once for each choice of words for their slots; of more than `most` a fixed draw.

    seed    the same text gives the same draw everywhere

    >>> expand(["a {x}", "a {x:upper}"], {"x": ["b", "c"]}, 10, "")
    [('a b', 'a B'), ('a c', 'a C')]
    """
    names = list(dict.fromkeys(name for text in texts for name in slots_of(text)))
    missing = [name for name in names if name not in slots]
    if missing:
        known = ", ".join(slots) or "none"
        raise TemplateError(f"found the slot {{{missing[0]}}}, expected one that `slots` lists ({known})")
    choices = itertools.product(*(slots[name] for name in names))
    drawn = list(itertools.islice(choices, MOST_CHOICES))
    if len(drawn) > most:
        places = sorted(random.Random(seed).sample(range(len(drawn)), most))
        drawn = [drawn[place] for place in places]
    return [tuple(_fill(text, dict(zip(names, words, strict=True))) for text in texts) for words in drawn]


def _fill(text: str, words: Mapping[str, str]) -> str:
    filled = []
    for literal, name, change, _ in _parse(text):
        filled.append(literal)
        if name is not None:
            word = words[name]
            filled.append(CHANGES[change](word) if change else word)
    return "".join(filled)


def _parse(text: str) -> list[tuple[str, str | None, str | None, str | None]]:
    try:
        return list(string.Formatter().parse(text))
    except ValueError as error:
        raise TemplateError(f"found {text!r}, expected braces in pairs ({error}). Write {{{{ for a brace") from error
