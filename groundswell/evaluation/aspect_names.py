"""Aspects that mean the same under one name, and the aspect that an opinion implies; both are CSV files to edit.

canonical,synonym        opinion,aspect
room,bedroom             pricey,price
房间,客房                 太贵,价格

Spelling is folded before the look-up: case, full width, Traditional and Simplified, blanks, quotation marks and, in
English, a leading article or possessive and the plural of a listed name.
"""

from __future__ import annotations

import csv
import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from groundswell.errors import DataError
from groundswell.text.cleaning import clean
from groundswell.types import Language

ASPECTS = Path(__file__).parent / "aspects"
Kind = Literal["synonyms", "implied"]
COLUMNS: dict[Kind, list[str]] = {"synonyms": ["canonical", "synonym"], "implied": ["opinion", "aspect"]}
_HAN = re.compile("[\u3400-\u9fff]")
_SPELLING = ["control_characters", "full_width", "lower_case", "blanks"]
_SURROUNDING = " \"'“”‘’「」『』《》.,;:!?。，；：！？、-–—…()[]"
_ARTICLE = re.compile(r"(?:the|a|an|my|our|your|his|her|their|its|this|that|these|those)\s+(?=\S)")
_DEGREE_ZH = frozenset("太很好真挺蛮有点些的是了死极超最更还也可就又不算略偏老巨特别够非常啊呀呢吧哦")

Names = Mapping[str, str]


@dataclass(frozen=True)
class AspectNames:
    """Which name an aspect goes by.

    synonyms   language -> folded synonym -> canonical name
    implied    language -> folded opinion -> aspect
    """

    synonyms: Mapping[Language, Names]
    implied: Mapping[Language, Names] = field(default_factory=dict)

    def canonical(self, aspect: str, language: Language) -> str | None:
        """The name that an aspect is listed under; None for one that is not listed."""
        names = self.synonyms.get(language, {})
        name = fold(aspect)
        found = _listed(names, name)
        if found is None:  # `the room`, `my rooms`
            found = _listed(names, _ARTICLE.sub("", name, count=1))
        return found

    def implied_by(self, opinion: str, language: Language) -> str | None:
        """The aspect that words of an opinion speak of without naming it; None when they imply none that is known.

        The whole opinion counts first, then the longest listed words inside it. A single Chinese character counts
        only beside words of degree: 太贵了 is about the price, 宝贵 is not.
        """
        names = self.implied.get(language, {})
        words = fold(opinion)
        if words in names:
            return names[words]
        inside = [listed for listed in names if _holds(words, listed)]
        longest = min(inside, key=lambda listed: (-len(listed), words.find(listed), listed), default=None)
        return None if longest is None else names[longest]


def load_names(
    own_synonyms: Sequence[Path] = (), own_implied: Sequence[Path] = (), *, shipped: bool = True
) -> AspectNames:
    """The shipped lists and those of the user, whose rows win; own rows hold for every language.

    shipped   False: only the user's own files count
    raises    DataError with file and line for a row that is wrong
    """
    synonyms = {language: _joined("synonyms", language, own_synonyms, shipped) for language in _LANGUAGES}
    implied = {language: _joined("implied", language, own_implied, shipped) for language in _LANGUAGES}
    return AspectNames(synonyms, implied)


def shipped_path(kind: Kind, language: Literal["en", "zh"]) -> Path:
    """The file of the package, to be copied and edited."""
    return ASPECTS / f"{language}_{kind}.csv"


@functools.lru_cache(maxsize=100_000)
def fold(words: str) -> str:
    """Words in the spelling that is compared.

    >>> fold("“Ｗｉ-Ｆｉ”"), fold("價格")
    ('wi-fi', '价格')
    """
    steps = [*_SPELLING, "traditional_to_simplified"] if _HAN.search(words) else _SPELLING
    return clean(words, steps).strip(_SURROUNDING) or words


_LANGUAGES: tuple[Language, ...] = ("en", "zh", "other")


def _joined(kind: Kind, language: Language, own: Sequence[Path], shipped: bool) -> Names:
    names: dict[str, str] = {}
    if shipped:
        names |= _read(shipped_path(kind, "zh" if language == "zh" else "en"), kind)
    for path in own:
        names |= _read(path, kind)
    if kind == "implied":
        return names
    # what the package lists under a name that the user gave another name follows it there
    return {name: names.get(fold(canonical), canonical) for name, canonical in names.items()}


def _read(path: Path, kind: Kind) -> Names:
    """Folded name -> the name it goes by; of synonyms also each canonical name itself."""
    rows = _rows(path, COLUMNS[kind])
    names: dict[str, tuple[str, int]] = {}
    for line, first, second in rows:
        name, goes_by = (second, first) if kind == "synonyms" else (first, second)
        known = names.setdefault(fold(name), (goes_by, line))
        if known[0] != goes_by:
            raise DataError(
                f"{path}:{line}: found {name!r} under {goes_by!r}, but line {known[1]} has it under {known[0]!r}, "
                "expected one of them. Remove the other line"
            )
    if kind == "synonyms":
        for line, canonical, _ in rows:
            listed = names.setdefault(fold(canonical), (canonical, line))
            if fold(listed[0]) != fold(canonical):
                raise DataError(
                    f"{path}:{line}: found {canonical!r} as canonical, but line {listed[1]} has it as a synonym of "
                    f"{listed[0]!r}, expected one of them. Write {listed[0]!r} as canonical here"
                )
    return {name: goes_by for name, (goes_by, _) in names.items()}


def _rows(path: Path, columns: list[str]) -> list[tuple[int, str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            header = next(reader, [])
            if header != columns:
                raise DataError(
                    f"{path}: found the columns {', '.join(header) or 'none'}, expected {', '.join(columns)}. "
                    "Write them as the first line"
                )
            return [_row(path, reader.line_num, row, columns) for row in reader if any(cell.strip() for cell in row)]
    except OSError as error:
        raise DataError(f"{path}: the file cannot be read ({error.strerror}). Check the path") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 (byte {error.start}). Save it as UTF-8") from error


def _row(path: Path, line: int, row: list[str], columns: list[str]) -> tuple[int, str, str]:
    cells = [cell.strip() for cell in row]
    if len(cells) != 2 or not all(cells):
        raise DataError(
            f"{path}:{line}: found {','.join(row)!r}, expected two filled columns: {', '.join(columns)}. "
            "Put names that hold a comma in quotation marks"
        )
    return line, cells[0], cells[1]


def _listed(names: Names, name: str) -> str | None:
    if name in names:
        return names[name]
    return names.get(name[:-1]) if name.isascii() and name.endswith("s") and len(name) > 3 else None


def _holds(words: str, listed: str) -> bool:
    if listed not in words:
        return False
    if _HAN.search(listed):
        return len(listed) > 1 or set(words) <= {listed} | _DEGREE_ZH
    return re.search(rf"(?<!\w){re.escape(listed)}(?!\w)", words, re.ASCII) is not None
