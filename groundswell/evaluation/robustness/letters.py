"""Slips in words of letters: what fingers, keyboards and scanners do to them.

Every function gives the word with one slip at a random place, or None when the word offers no place. Typing slips leave
words of fewer than four letters alone, and the first and last letter of others, so that they are read without effort;
they are those of Pruthi, Dhingra and Lipton 2019 (https://aclanthology.org/P19-1561).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

Respell = Callable[[str, random.Random], str | None]

SHORTEST = 4
# Rows of the American layout; each lies about half a key further to the right than the one above.
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_ROW_SHIFT = 0.5
# What a scanner, or a hand that writes for effect, takes for one another.
LOOK_ALIKES = {
    "a": "o", "b": "6", "cl": "d", "d": "cl", "e": "c", "g": "9", "h": "b", "i": "l", "l": "1", "m": "rn", "n": "ri",
    "o": "0", "rn": "m", "s": "5", "t": "f", "u": "v", "v": "u", "vv": "w", "w": "vv", "z": "2",
}  # fmt: skip


def swapped_letters(word: str, generator: random.Random) -> str | None:
    """Two neighbouring inner letters in the wrong order: `screen` -> `srceen`."""
    places = [place for place in _inner(word)[:-1] if word[place] != word[place + 1]]
    return _at(word, places, generator, lambda place: word[place + 1] + word[place], 2)


def dropped_letter(word: str, generator: random.Random) -> str | None:
    """An inner letter is missing: `screen` -> `sceen`."""
    return _at(word, _inner(word), generator, lambda place: "", 1)


def extra_letter(word: str, generator: random.Random) -> str | None:
    """An inner letter is hit twice, or with the key beside it: `screen` -> `scrreen`, `scrfeen`."""

    def twice(place: int) -> str:
        return word[place] + generator.choice(word[place] + _neighbours(word[place]))

    return _at(word, _inner(word), generator, twice, 1)


def neighbouring_key(word: str, generator: random.Random) -> str | None:
    """The key beside the right one is hit: `screen` -> `sxreen`."""
    places = [place for place in _inner(word) if _neighbours(word[place])]
    return _at(word, places, generator, lambda place: generator.choice(_neighbours(word[place])), 1)


def look_alike_letter(word: str, generator: random.Random) -> str | None:
    """A letter is taken for one that looks like it: `room` -> `r0om`, `roorn`."""
    if not _is_respelt(word):
        return None
    found = [(place, old) for old in LOOK_ALIKES for place in _places_of(old, word)]
    if not found:
        return None
    place, old = generator.choice(found)
    return word[:place] + LOOK_ALIKES[old] + word[place + len(old) :]


def other_case(word: str, generator: random.Random) -> str | None:
    """The word in capitals, or in small letters when it has none: `room` -> `ROOM`; nothing is random in it."""
    changed = word.upper() if word != word.upper() else word.lower()
    return changed if changed != word and len(changed) == len(word) else None


TYPOS: dict[str, Respell] = {
    "swapped letters": swapped_letters,
    "dropped letter": dropped_letter,
    "extra letter": extra_letter,
    "neighbouring key": neighbouring_key,
    "look-alike letter": look_alike_letter,
}


def key_neighbours() -> dict[str, str]:
    """The letters around each letter of the keyboard."""
    centres = {
        letter: (row, column + _ROW_SHIFT * row)
        for row, letters in enumerate(_ROWS)
        for column, letter in enumerate(letters)
    }
    return {
        letter: "".join(
            other
            for other, (other_row, other_column) in centres.items()
            if other != letter and abs(row - other_row) <= 1 and abs(column - other_column) <= 1
        )
        for letter, (row, column) in centres.items()
    }


_KEYS = key_neighbours()


def _neighbours(letter: str) -> str:
    found: str = _KEYS.get(letter.lower(), "")
    return found.upper() if letter.isupper() else found


def _inner(word: str) -> Sequence[int]:
    return range(1, len(word) - 1) if _is_respelt(word) else range(0)


def _is_respelt(word: str) -> bool:
    return len(word) >= SHORTEST and word.isalpha()


def _places_of(piece: str, word: str) -> list[int]:
    return [place for place in range(len(word)) if word.startswith(piece, place)]


def _at(
    word: str, places: Sequence[int], generator: random.Random, replacement: Callable[[int], str], length: int
) -> str | None:
    if not places:
        return None
    place = generator.choice(places)
    return word[:place] + replacement(place) + word[place + length :]
