"""Damaged characters are found, and good texts in several languages are left alone."""

from __future__ import annotations

import pytest

from groundswell.data.text_damage import BYTE_ORDER_MARK, CONTROL, MARKUP, REPLACED, WRONG_ENCODING, damages_of

GOOD = [
    "Crème brûlée at the Café Zoë, 5 €: très bon – “really” good… naïve?",
    "Die Größe passt, schöne Grüße aus Österreich!",
    "房间很干净，服务员态度非常好，下次还会再来的。",
    "這家餐廳的味道非常不錯，價錢也很合理",
    "とても美味しいラーメンでした",
    "I <3 it, a < b & b > c, 100% + 5 = ok",
    "2+2, C++ é, A+é",
    "👍🏽 great 👨‍👩‍👧 family",
    "ÅÄÖ ÃO SÃO João Conceição",
]  # fmt: skip


@pytest.mark.parametrize("text", GOOD)
def test_good_texts_are_left_alone(text: str) -> None:
    assert damages_of(text) == []


@pytest.mark.parametrize("text", ["Café Zoë schöne Grüße", "“quoted” – it’s … 5 €", "naïve Ångström", "房间很干净"])
def test_utf_8_that_was_read_as_windows_1252(text: str) -> None:
    assert WRONG_ENCODING in damages_of(text.encode().decode("cp1252", errors="replace").replace("\ufffd", ""))


def test_other_wrong_encodings() -> None:
    as_gbk = "房间很干净服务很好".encode().decode("gb18030", errors="ignore")
    assert damages_of(as_gbk) == [WRONG_ENCODING]
    assert damages_of("锟斤拷锟斤拷 很好") == [WRONG_ENCODING]
    assert damages_of("Sepp+ñl+ñ is a shop") == [WRONG_ENCODING]
    assert damages_of("Seppälä".encode().decode("cp850")) == [WRONG_ENCODING]


@pytest.mark.parametrize(
    ("text", "damage"),
    [
        ("Caf\ufffd", REPLACED), ("\ufeffgood", BYTE_ORDER_MARK), ("no\x97budget", CONTROL), ("so\u200bso", CONTROL),
        ("good<br />bad", MARKUP), ("Tom &amp; Jerry", MARKUP),
    ],
)  # fmt: skip
def test_each_damage_alone(text: str, damage: str) -> None:
    assert damages_of(text) == [damage]


def test_line_breaks_and_tabs_are_no_damage() -> None:
    assert damages_of("good\n\tfood\r\n") == []
