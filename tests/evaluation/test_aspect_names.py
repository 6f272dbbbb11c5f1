"""Aspects that mean the same, and aspects that are only implied."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundswell.errors import DataError
from groundswell.evaluation.aspect_names import COLUMNS, fold, load_names, shipped_path

SHIPPED = load_names()


@pytest.mark.parametrize(
    ("aspect", "language", "name"),
    [
        ("Bedroom", "en", "room"),
        ("The rooms", "en", "room"),
        ("my  FRONT desk", "en", "reception"),
        ("“Ｗｉ-Ｆｉ”", "en", "wifi"),
        ("steakhouses", "en", "restaurant"),  # the plural of a listed name
        ("room", "en", "room"),
        ("屏", "zh", "屏幕"),
        ("環境", "zh", "环境"),
        ("續航", "zh", "电池"),
        ("UI", "zh", "界面"),
        ("UI", "en", "interface"),
        ("Yorkshire pud", "en", None),
        ("the", "en", None),
        ("房间", "en", None),  # each language has its list
    ],
)
def test_shipped_synonyms(aspect: str, language, name: str | None) -> None:
    assert SHIPPED.canonical(aspect, language) == name


@pytest.mark.parametrize(
    ("opinion", "language", "aspect"),
    [
        ("Pricey", "en", "price"),
        ("far too expensive!", "en", "price"),
        ("not worth 60 a head", "en", "value"),
        ("steadfast", "en", None),  # `fast` is only a part of it
        ("贵", "zh", "价格"),
        ("太貴了", "zh", "价格"),
        ("贵是贵了点", "zh", "价格"),
        ("宝贵", "zh", None),  # a single character counts only beside words of degree
        ("一点都不卡", "zh", "性能"),
        ("", "en", None),
    ],
)
def test_shipped_implied_aspects(opinion: str, language, aspect: str | None) -> None:
    assert SHIPPED.implied_by(opinion, language) == aspect


def test_the_longest_listed_words_count(tmp_path: Path) -> None:
    own = _csv(tmp_path, "opinion,aspect\nclose,distance\nclose to the sea,beach\n")
    names = load_names((), [own], shipped=False)
    assert names.implied_by("very close to the sea", "en") == "beach"
    assert names.implied_by("close by", "en") == "distance"
    assert names.implied_by("pricey", "en") is None


def test_own_rows_win_and_what_was_listed_there_follows(tmp_path: Path) -> None:
    own = _csv(tmp_path, "\ufeffcanonical,synonym\nlodging,room\nlodging,房间\nsauna,steam bath\n")
    names = load_names([own])
    assert names.canonical("room", "en") == "lodging"
    assert names.canonical("bedroom", "en") == "lodging"  # the package has it under room
    assert names.canonical("客房", "zh") == "lodging"
    assert names.canonical("Steam bath", "en") == "sauna"
    assert names.canonical("lift", "en") == "lift"
    alone = load_names([own], shipped=False)
    assert alone.canonical("bedroom", "en") is None
    assert alone.canonical("room", "en") == "lodging"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "name,other\nroom,bedroom\n",
            "{}: found the columns name, other, expected canonical, synonym. Write them as the first line",
        ),
        ("", "{}: found the columns none, expected canonical, synonym. Write them as the first line"),
        (
            "canonical,synonym\n\nroom\n",
            "{}:3: found 'room', expected two filled columns: canonical, synonym. Put names that hold a "
            "comma in quotation marks",
        ),
        (
            "canonical,synonym\nroom,suite\nhotel,Suite\n",
            "{}:3: found 'Suite' under 'hotel', but line 2 has it under 'room', expected one of them. Remove "
            "the other line",
        ),
        (
            "canonical,synonym\nroom,suite\nsuite,chambers\n",
            "{}:3: found 'suite' as canonical, but line 2 has it as a synonym of 'room', expected one of "
            "them. Write 'room' as canonical here",
        ),
    ],
)
def test_wrong_lists(tmp_path: Path, content: str, message: str) -> None:
    path = _csv(tmp_path, content)
    with pytest.raises(DataError) as caught:
        load_names([path])
    assert str(caught.value) == message.format(path)


def test_lists_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.csv: the file cannot be read \(No such file or directory\)"):
        load_names([tmp_path / "none.csv"])
    (tmp_path / "gb.csv").write_bytes("canonical,synonym\n房间,客房\n".encode("gb18030"))
    with pytest.raises(DataError, match=r"gb\.csv: not UTF-8 \(byte 18\)\. Save it as UTF-8"):
        load_names([tmp_path / "gb.csv"])


@pytest.mark.parametrize("kind", ["synonyms", "implied"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_shipped_lists_are_clean(kind, language) -> None:
    lines = shipped_path(kind, language).read_text(encoding="utf-8").splitlines()
    assert lines[0] == ",".join(COLUMNS[kind])
    assert len(lines) > 150
    column = 1 if kind == "synonyms" else 0
    looked_up = [line.split(",")[column] for line in lines[1:]]
    assert len(set(looked_up)) == len(looked_up)
    assert all(fold(name) == name for name in looked_up), "a row that is not folded would never be found"


def _csv(folder: Path, content: str) -> Path:
    path = folder / "own.csv"
    path.write_text(content, encoding="utf-8")
    return path
