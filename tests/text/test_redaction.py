"""Redaction: what is found, what is left alone, and where."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_personal_data import FORMS, written

from groundswell.text.personal_data.bank_cards import luhn_holds
from groundswell.text.personal_data.folded import fold
from groundswell.text.personal_data.id_cards import check_character
from groundswell.text.redaction import KINDS, Found, find, placeholder, redact, redact_values

SAMPLES = Path(__file__).resolve().parents[2] / "groundswell" / "data" / "samples"
# pieces that finders begin at, between arbitrary characters
PIECES = st.sampled_from(
    [
        "13812345678",
        "１３８",
        "+86 ",
        "010-",
        "(212) 555-0142",
        "joe@example.com",
        "@",
        " [at] ",
        "11010519491231002X",
        "4111 1111 1111 1111",
        "203.0.113.7",
        "2001:db8::7",
        "京A·12345",
        "电话：",
        "order ",
        "number plate ",
        "7ABC123",
        "[PHONE]",
        "0",
        "-",
        ".",
        ":",
        " ",
        "\u200b",
        "👍",
        "İ",
        "\ud83d",
        "e\u0301",
    ]
)
TEXTS = st.lists(PIECES | st.text(max_size=4), max_size=12).map("".join)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("打我电话13812345678，或写信给 joe@example.com", "打我电话[PHONE]，或写信给 [EMAIL]"),
        ("１３８—１２３４—５６７８！", "[PHONE]！"),
        ("138.1234.5678 / 138 123 45678 / 1 3 8 1 2 3 4 5 6 7 8", "[PHONE] / [PHONE] / [PHONE]"),
        ("13812345678/13912345678，15012345678", "[PHONE]/[PHONE]，[PHONE]"),
        ("138\u200b1234\u200b5678", "[PHONE]"),
        ("(010)65512345转802，传真：87654321", "[PHONE]，传真：[PHONE]"),
        ("tel13812345678 WX13812345678", "tel[PHONE] WX[PHONE]"),
        ("call (212) 555-0142 x12 or 555-0142", "call [PHONE] or 555-0142"),
        ("Please call us back to rebook!!! 7403607771.", "Please call us back to rebook!!! [PHONE]."),
        ("text me at 555-0142", "text me at [PHONE]"),
        ("+44 (0)20 7946 0958, 0044 20 7946 0958, 07700 900123", "[PHONE], [PHONE], [PHONE]"),
        ("joe (at) example (dot) com; li艾特qq.com", "[EMAIL]; li艾特qq.com"),
        ("<a.b+c@mail.example.co.uk>.Then", "<[EMAIL]>.Then"),
        ("13812345678@163.com", "[EMAIL]"),
        ("微信joe@qq.com收", "微信[EMAIL]收"),
        ("身份证11010519491231002X 或 110105 19491231 002x", "身份证[ID_CARD] 或 [ID_CARD]"),
        ("身份证号：110105194912310021", "身份证号：[ID_CARD]"),  # mistyped, but said to be one
        ("4111 1111 1111 1111, 3782-822463-10005", "[BANK_CARD], [BANK_CARD]"),
        ("银行卡 6222021234567890123", "银行卡 [BANK_CARD]"),
        ("from 203.0.113.7:8080 and [2001:db8::7]", "from [IP]:8080 and [[IP]]"),
        ("my ip is 8.8.8.8", "my ip is [IP]"),
        ("京A·12345 粤BD12345 沪a12345d 粤Z1234港 苏E—8X812", "[PLATE] [PLATE] [PLATE] [PLATE] [PLATE]"),
        ("license plate: 7ABC123, number plate AB12 CDE.", "license plate: [PLATE], number plate [PLATE]."),
    ],
)
def test_by_hand(text: str, expected: str) -> None:
    assert redact(text).text == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "good",
        "RTX 4090, i7-13700K, WH-1000XM5, 1080p, 4K@60Hz",
        "2019-05-06 12:30:45, 2008.4.5, 1999-2000, 20240131",
        "¥13,999.00 or 3,141,592,653",
        "0.13812345678 3.14159265358979",
        "order number 13812345678",
        "订单号：13812345678",
        "订单号4111111111111111",
        "ISBN 978-7-111-05425-2",
        "SF13812345678901",
        "版本10.0.1.2, v1.2.3.4, iOS 16.1.1.12",
        "买的时候是1.8.8.8，才8天就降到1.6.9.9",
        "std::vector a::b 1:2",
        "新S24Ultra 新K70Pro 新款A12",
        "豫A",
        "http://www.imdb.com/title/tt0363163/",
        "10000000000000/10",
        "555-0142",
        "66666666666666",
        "@united @@ a@b",
        "call 911, call 20240131",
        "I was at@home.",
        "plate 10 EUR",
        "number plate FOR SALE",
        "127.0.0.1",
        "4111111111111112",
        "110105194912310021",
        "110105194913310021",
        "999999194912310021",
        "8602947",
        "1-2888155964",
        "call the 3 of us",
    ],
)
def test_what_is_no_personal_data_stays(text: str) -> None:
    redacted = redact(text)
    assert redacted.text is text
    assert redacted.found == ()


@pytest.mark.parametrize("form", [(kind, form) for kind, forms in FORMS.items() for form in forms], ids="-".join)
def test_nothing_made_up_is_missed(form: tuple[str, str]) -> None:
    """Every value, whole and as what it is, and not a character of the sentence around it."""
    for sentence in written(*form, count=150):
        expected = (Found(sentence.kind, sentence.start, sentence.end),)  # type: ignore[arg-type]
        assert find(sentence.sentence) == expected, sentence.sentence


def test_the_sample_reviews_hold_none() -> None:
    """480 made-up reviews with prices, years, models and room numbers."""
    lines = [line for name in ("en", "zh") for line in (SAMPLES / f"{name}.jsonl").read_text("utf-8").splitlines()]
    texts = [json.loads(line)["text"] for line in lines]
    assert len(texts) == 480
    assert sum(any(character.isdigit() for character in text) for text in texts) > 50
    assert [found for text in texts for found in find(text)] == []


def test_every_kind_is_made_up_somewhere() -> None:
    assert set(FORMS) == set(KINDS)


def test_checksums_by_hand() -> None:
    """GB 11643-1999 prints 11010519491231002X and 440524188001010014; ISO/IEC 7812 the sum of 4992739871(6) as 70."""
    assert check_character("11010519491231002") == "X"
    assert check_character("44052418800101001") == "4"
    assert luhn_holds("49927398716")
    assert not any(luhn_holds(f"4992739871{digit}") for digit in "012345789")


@given(TEXTS)
@settings(max_examples=300, deadline=None)
def test_places_are_those_of_the_text_as_received(text: str) -> None:
    redacted = redact(text)
    rest, place = [], 0
    for found in redacted.found:
        assert place <= found.start < found.end <= len(text)
        rest += [text[place : found.start], placeholder(found.kind)]
        assert redacted.moved(found.start, found.end) == (sum(map(len, rest[:-1])), sum(map(len, rest)))
        place = found.end
    assert redacted.text == "".join([*rest, text[place:]])
    assert sum(redacted.counts.values()) == len(redacted.found)


@given(TEXTS)
@settings(max_examples=200, deadline=None)
def test_a_text_keeps_its_length_when_it_is_folded(text: str) -> None:
    folded = fold(text)
    assert len(folded) == len(text)
    assert fold(folded) == folded


@given(TEXTS)
@settings(max_examples=200, deadline=None)
def test_pieces_that_are_kept_move_with_the_text(text: str) -> None:
    redacted = redact(text)
    for place, character in enumerate(text):
        if not any(found.start <= place < found.end for found in redacted.found):
            start, end = redacted.moved(place, place + 1)
            assert redacted.text[start:end] == character


def test_a_piece_that_cuts_into_personal_data_takes_all_of_it() -> None:
    redacted = redact("a 13812345678 b 13812345678")
    assert redacted.text == "a [PHONE] b [PHONE]"
    assert redacted.moved(0, 5) == (0, 9)
    assert redacted.moved(5, 15) == (2, 11)
    assert redacted.moved(20, 27) == (12, 19)


def test_values_at_any_depth_are_redacted() -> None:
    values = {"text": "joe@example.com", "rows": [{"a": "13812345678"}, ("203.0.113.7", 13812345678)], "n": None}
    assert redact_values(values) == {"text": "[EMAIL]", "rows": [{"a": "[PHONE]"}, ["[IP]", 13812345678]], "n": None}
    assert values["text"] == "joe@example.com"


@pytest.mark.parametrize(
    "piece",
    [
        "1",
        "1 ",
        "+1",
        "1.",
        "1-",
        "a@",
        "@a.",
        "[at]",
        "a.",
        ":",
        "a:",
        "(",
        "京",
        "京A",
        "plate ",
        "number plate A1 ",
        "call ",
        "00",
        "11010519491231",
        "4",
        "+1 (",
        "order number is no. ",
        "电话号码是",
    ],
)
def test_no_text_takes_long(piece: str) -> None:
    """Patterns that try every way to split a text would take hours for these."""
    text = piece * (100_000 // len(piece))
    start = time.process_time()
    redact(text)
    redact(text + "x")
    assert time.process_time() - start < 2.0
