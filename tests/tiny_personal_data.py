"""Made-up personal data in made-up sentences: valid numbers of every kind, written as people write them.

The checksums are computed here in another way than in the package, so that one can check the other.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterator
from typing import NamedTuple

Draw = Callable[[random.Random], str]

_PLATE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_TO_FULL_WIDTH = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})

CARRIERS = {
    "zh": (
        "有问题打我{0}，随时在。",
        "差评！客服让我留{0}，结果一直没人理。",
        "我的是{0}，请尽快处理。",
        "{0}这个，麻烦加一下",
        "东西不错，质量很好（{0}），下次还来。",
        "老板人很好：{0}；推荐！",
    ),
    "en": (
        "Reach me under {0} if you want the details.",
        "They asked for {0} and never came back to me.",
        "Mine is {0}, please fix this.",
        "{0} is what I left at the desk",
        "Great stay, lovely staff ({0}), we will be back.",
        "Nobody answered: {0}. Never again!",
    ),
}


class Written(NamedTuple):
    """A sentence with one piece of personal data: `sentence[start:end]` is it."""

    kind: str
    form: str
    language: str
    sentence: str
    start: int
    end: int


def digits(source: random.Random, count: int) -> str:
    """Random digits."""
    return "".join(source.choice(string.digits) for _ in range(count))


def chinese_mobile(source: random.Random) -> str:
    """Eleven digits."""
    return "1" + source.choice("3456789") + digits(source, 9)


def chinese_mobile_written(source: random.Random) -> str:
    """With a country code, in groups, or both."""
    number = chinese_mobile(source)
    mark = source.choice(["-", " "])
    grouped = mark.join((number[:3], number[3:7], number[7:]))
    return source.choice([grouped, f"+86 {grouped}", f"+86{number}", f"0086{number}", f"86-{number}", f"(+86){number}"])


def chinese_landline(source: random.Random) -> str:
    """An area code and seven or eight digits."""
    area = source.choice(["010", "021", "020", "0755", "0571", "0431", "0991"])
    local = source.choice("2345678") + digits(source, 7 if len(area) == 3 else source.choice([6, 7]))
    return source.choice(
        [f"{area}-{local}", f"({area}){local}", f"{area}{local}", f"{area} {local}", f"{area}-{local}-802"]
    )


def american_phone(source: random.Random) -> str:
    """Ten digits of the North American plan."""
    area, exchange = (source.choice("23456789") + digits(source, 2) for _ in range(2))
    line = digits(source, 4)
    return source.choice(
        [
            f"({area}) {exchange}-{line}",
            f"{area}-{exchange}-{line}",
            f"{area}.{exchange}.{line}",
            f"1-{area}-{exchange}-{line}",
            f"+1 {area} {exchange} {line}",
            f"+1{area}{exchange}{line}",
        ]
    )


def international_phone(source: random.Random) -> str:
    """A country code and what follows it there."""
    code, groups = source.choice(
        [("44", (2, 4, 4)), ("49", (3, 7)), ("33", (1, 2, 2, 2, 2)), ("852", (4, 4)), ("886", (3, 3, 3)),
         ("65", (4, 4)), ("81", (2, 4, 4)), ("61", (1, 4, 4)), ("7", (3, 3, 4)), ("91", (5, 5))]
    )  # fmt: skip
    parts = ["123456789"[int(digits(source, 1)) % 9] + digits(source, size - 1) for size in groups]
    return source.choice([f"+{code} {' '.join(parts)}", f"+{code}{''.join(parts)}", f"+{code}-{'-'.join(parts)}"])


def email(source: random.Random) -> str:
    """A name, a mark, a name, at one of several houses."""
    names = ["joe", "li.wei", "anna", "xiaoming", "mary_jane", "k", "zhang", "o-brien"]
    local = source.choice(names) + source.choice(["", "." + source.choice(names), digits(source, 3), "+shop"])
    domain = source.choice(
        ["example.com", "qq.com", "163.com", "mail.example.co.uk", "uni-x.example.edu", "a.example.cn"]
    )
    return f"{local}@{domain}"


def id_card(source: random.Random) -> str:
    """Seventeen digits and the character that makes the weighted sum of all eighteen one modulo eleven."""
    place = source.choice(["110105", "310115", "440305", "330106", "510107", "650102", "230103"])
    born = f"{source.randint(1950, 2005)}{source.randint(1, 12):02}{source.randint(1, 28):02}"
    body = place + born + digits(source, 3)
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))
    check = next(value for value in range(11) if (total + value) % 11 == 1)
    return body + ("X" if check == 10 else str(check))


def id_card_written(source: random.Random) -> str:
    """In groups, with a small x or in full width."""
    number = id_card(source)
    grouped = " ".join((number[:6], number[6:14], number[14:]))
    return source.choice([grouped, grouped.replace(" ", "-"), number.lower(), number.translate(_TO_FULL_WIDTH)])


def bank_card(source: random.Random) -> str:
    """A prefix, and the one last digit of ten that the sum of Luhn allows."""
    prefix, length = source.choice(
        [("4", 16), ("51", 16), ("55", 16), ("2500", 16), ("37", 15), ("6011", 16), ("622202", 19), ("621700", 19),
         ("6228", 16), ("3530", 16), ("36", 14)]
    )  # fmt: skip
    body = prefix + digits(source, length - len(prefix) - 1)
    return next(body + last for last in string.digits if _luhn_sum(body + last) % 10 == 0)


def _luhn_sum(number: str) -> int:
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total


def bank_card_written(source: random.Random) -> str:
    """In the groups that are printed on it."""
    number = bank_card(source)
    mark = source.choice([" ", "-"])
    if len(number) in (14, 15):
        return mark.join((number[:4], number[4:10], number[10:]))
    return mark.join(number[start : start + 4] for start in range(0, len(number), 4))


def ip_four(source: random.Random) -> str:
    """Four numbers."""
    return ".".join(str(source.randint(1, 255)) for _ in range(4))


def ip_six(source: random.Random) -> str:
    """Eight groups, or fewer around `::`."""
    groups = [f"{source.randint(0, 0xFFFF):x}" for _ in range(6)]
    return source.choice(
        [":".join(["2001", "db8", *groups]), f"2001:db8::{groups[0]}", f"fe80::{':'.join(groups[:4])}"]
    )


def chinese_plate(source: random.Random) -> str:
    """Five characters, at least three of them digits."""
    tail = [*digits(source, 3), *source.choices(_PLATE_LETTERS + string.digits, k=2)]
    source.shuffle(tail)
    return source.choice(_PROVINCES) + source.choice(_PLATE_LETTERS) + source.choice(["", "·", " "]) + "".join(tail)


def new_energy_plate(source: random.Random) -> str:
    """Six characters: D or F first, or last."""
    small = source.choice("DF") + source.choice(_PLATE_LETTERS + string.digits) + digits(source, 4)
    tail = source.choice([small, digits(source, 5) + source.choice("DF")])
    return source.choice(_PROVINCES) + source.choice(_PLATE_LETTERS) + source.choice(["", "·"]) + tail


def english_plate(source: random.Random) -> str:
    """Of California or of Britain."""
    letters = "".join(source.choices(_PLATE_LETTERS, k=3))
    return source.choice([f"{source.randint(1, 9)}{letters}{digits(source, 3)}", f"AB{digits(source, 2)} {letters}"])


def full_width(draw: Draw) -> Draw:
    """The same, typed in full width."""
    return lambda source: draw(source).translate(_TO_FULL_WIDTH)


FORMS: dict[str, dict[str, Draw]] = {
    "PHONE": {
        "Chinese mobile": chinese_mobile,
        "Chinese mobile, in groups": chinese_mobile_written,
        "Chinese mobile, full width": full_width(chinese_mobile),
        "Chinese landline": chinese_landline,
        "North American": american_phone,
        "international": international_phone,
    },
    "EMAIL": {"plain": email, "full width": full_width(email)},
    "ID_CARD": {"plain": id_card, "in groups or full width": id_card_written},
    "BANK_CARD": {"plain": bank_card, "in groups": bank_card_written},
    "IP": {"version 4": ip_four, "version 6": ip_six},
    "PLATE": {"Chinese": chinese_plate, "new energy": new_energy_plate, "English": english_plate},
}
_PLATE_CARRIERS = (
    "The number plate was {0}, a red van.",
    "His license plate: {0}.",
    "registration number {0} parked outside",
)


def written(kind: str, form: str, count: int, seed: int = 0) -> Iterator[Written]:
    """`count` sentences with data of one form, half of them Chinese; English plates are said to be plates."""
    source = random.Random(f"{kind} {form} {seed}")
    for number in range(count):
        language = "en" if number % 2 or form == "English" else "zh"
        carriers = _PLATE_CARRIERS if form == "English" else CARRIERS[language]
        value, carrier = FORMS[kind][form](source), source.choice(carriers)
        start = carrier.index("{0}")
        yield Written(kind, form, language, carrier.format(value), start, start + len(value))
