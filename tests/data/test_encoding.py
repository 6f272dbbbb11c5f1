from __future__ import annotations

import codecs
import io
import random
import re
from pathlib import Path

import pytest

from groundswell.data.byte_source import ByteSource
from groundswell.data.encoding import check_encoding, detect_encoding, text_lines
from groundswell.errors import DataError

SIMPLIFIED = "text,label\n房间很大，服务也很好。,1\n早餐一般，不会再来了！,0\n"
TRADITIONAL = "text,label\n房間很大，服務也很好。,1\n早餐一般，不會再來了！,0\n"
CURE = "Save the file as UTF-8, or name its encoding: data.encoding: gb18030 (or big5, utf-16, latin-1 ...)."


def source_of(content: bytes) -> ByteSource:
    return ByteSource("reviews.csv", ".csv", lambda: io.BytesIO(content))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"plain ascii", "utf-8"),
        (SIMPLIFIED.encode(), "utf-8"),
        (codecs.BOM_UTF8 + SIMPLIFIED.encode(), "utf-8-sig"),
        (SIMPLIFIED.encode("gb18030"), "gb18030"),
        (SIMPLIFIED.encode("gbk"), "gb18030"),
        (TRADITIONAL.encode("gb18030"), "gb18030"),
        (TRADITIONAL.encode("big5"), "big5"),
        ("text\n呢間餐廳嘅嘢食好好食\n".encode("big5hkscs"), "big5hkscs"),
        (SIMPLIFIED.encode("utf-16"), "utf-16"),
        (codecs.BOM_UTF16_BE + SIMPLIFIED.encode("utf-16-be"), "utf-16"),
        ("good,1\nbad,0\n".encode("utf-16-le"), "utf-16-le"),
        ("good,1\nbad,0\n".encode("utf-16-be"), "utf-16-be"),
        (SIMPLIFIED.encode("utf-16-le"), "utf-16-le"),
        (b"one NUL \x00 in a text\n", "utf-8"),
        (SIMPLIFIED.encode() + b"\x00", "utf-8"),
        (SIMPLIFIED.encode("gb18030") + b"\x00", "gb18030"),
    ],
)
def test_each_encoding_is_found(content: bytes, expected: str, tmp_path: Path) -> None:
    assert detect_encoding(content) == expected
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert detect_encoding(path) == expected


def test_a_sample_that_ends_inside_a_character_is_still_utf_8() -> None:
    """The sample is 262,144 bytes; behind one ASCII byte the three-byte characters are cut there."""
    assert detect_encoding(b"x" + "好".encode() * 100_000) == "utf-8"
    assert detect_encoding(b"x" + "很好".encode("gb18030") * 100_000) == "gb18030"


def test_broken_utf_8_in_latin_letters_is_not_taken_for_chinese() -> None:
    """Cut inside a character, the accents pair up as rare but valid Chinese in GB18030."""
    content = "El niño comió piñata y café, señor. Mañana más éxito.\n".encode() * 3 + b"a\xc3 b\n"
    assert detect_encoding(content) == "utf-8"


def test_chinese_encodings_of_random_sentences() -> None:
    """Thirty characters drawn from ordinary words are enough to tell the two apart."""
    chances = random.Random(0)
    simple = re.findall("..", "房间服务早餐很好不好一般我们觉得价格便宜位置方便下次还会再来朋友推荐非常满意环境")
    traditional = re.findall("..", "房間服務早餐很好不好一般我們覺得價格便宜位置方便下次還會再來朋友推薦非常滿意環境")
    for _ in range(200):
        assert detect_encoding("".join(chances.choices(simple, k=15)).encode("gb18030")) == "gb18030"
        assert detect_encoding("".join(chances.choices(traditional, k=15)).encode("big5")) == "big5"


def test_bytes_of_no_known_encoding_are_refused_with_their_place() -> None:
    with pytest.raises(DataError) as caught:
        detect_encoding("text\nLe café était bon\n".encode("latin-1"))
    assert str(caught.value) == f"bytes:2: byte 0xe9 at offset 11 is valid in none of utf-8, gb18030 and big5. {CURE}"


def test_utf_8_with_one_broken_byte_stays_utf_8_and_names_the_byte() -> None:
    """Offset: 3 lines of "好" are 4 bytes each, then two bytes, then the broken one: 14."""
    content = "好\n".encode() * 3 + b"ab\xffc\n" + "好\n".encode() * 3
    assert detect_encoding(content) == "utf-8"
    with pytest.raises(DataError) as caught:
        list(text_lines(source_of(content), "utf-8", newline=""))
    assert str(caught.value) == f"reviews.csv:4: byte 0xff at offset 14 is not valid utf-8. {CURE}"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "big5"])
@pytest.mark.parametrize("num_lines", [0, 1, 1000, 30_000])
def test_the_place_of_a_broken_byte_far_down(encoding: str, num_lines: int) -> None:
    start = "a好b\r\n".encode(encoding) if encoding == "utf-8-sig" else b""
    line = "a好b\r\n".encode(encoding.removesuffix("-sig"))
    content = start + line * num_lines + b"a\xff\xffb"
    first_line = num_lines + 1 + bool(start)
    with pytest.raises(DataError) as caught:
        list(text_lines(source_of(content), encoding, newline="\n"))
    offset = content.index(b"\xff\xff")
    assert (
        str(caught.value) == f"reviews.csv:{first_line}: byte 0xff at offset {offset} is not valid {encoding}. {CURE}"
    )


def test_a_character_cut_off_at_the_end_of_the_file() -> None:
    with pytest.raises(DataError, match=r"^reviews.csv:2: byte 0xe5 at offset 4 is not valid utf-8\."):
        list(text_lines(source_of("好\n好".encode()[:-1]), "utf-8", newline=""))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_the_first_line_has_no_byte_order_mark(encoding: str) -> None:
    content = "\ufeff好\nb\n".encode(encoding.removesuffix("-sig"))
    assert list(text_lines(source_of(content), encoding, newline="\n")) == ["好\n", "b\n"]


def test_line_ends_are_kept_and_unicode_separators_end_no_line() -> None:
    content = "a\u2028b\r\nc\rd\x85e\x0bf\n".encode()
    assert list(text_lines(source_of(content), "utf-8", newline="\n")) == ["a\u2028b\r\n", "c\rd\x85e\x0bf\n"]
    assert list(text_lines(source_of(content), "utf-8", newline="")) == ["a\u2028b\r\n", "c\r", "d\x85e\x0bf\n"]


def test_an_unknown_name_of_an_encoding() -> None:
    assert check_encoding("GBK") == "GBK"
    for name in ("utf9", "base64"):
        with pytest.raises(DataError, match=f"^data.encoding: unknown encoding '{name}'"):
            check_encoding(name)
    with pytest.raises(DataError) as caught:
        check_encoding("gb18031")
    assert str(caught.value) == (
        "data.encoding: unknown encoding 'gb18031'. Did you mean 'gb18030'? Leave it out to have it detected, or "
        "choose "
        "one of utf-8, utf-8-sig, gb18030, big5, big5hkscs, utf-16, utf-16-le, utf-16-be."
    )
