"""How much personal data `redact` finds, how much of what it takes is none, and how fast it reads.

    python benchmarks/redaction.py [--list]

made up   values of every form in made-up Chinese and English sentences: the share found, whole and as what they are;
          beside them forms that the rules were not written for, as people hide or mistype a number
real      reviews and tweets as people wrote them: what is found in them. `--list` prints each piece with its
          surroundings; whether it is one was decided by reading all of them, which `READ` keeps
speed     characters of real reviews a second, on one core
"""

from __future__ import annotations

import csv
import lzma
import random
import string
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from rows import SHARED, imdb, print_row
from scipy.stats import binomtest

from groundswell.text.redaction import find

COUNT = 5000  # sentences of each form
SEED = 1  # the tests have 0
AROUND = 30  # characters printed before and behind a piece
# corpus -> kind -> (pieces that were read, how many of them were no personal data of that kind); a figure of the row
# only as long as the number found is still the same
READ: dict[str, dict[str, tuple[int, int]]] = {
    "imdb": {"EMAIL": (24, 0)},
    "hotel": {"EMAIL": (1, 0), "PHONE": (11, 0), "PLATE": (1, 0)},
    "waimai": {"PHONE": (3, 0)},
    "shopping": {"EMAIL": (8, 0), "PHONE": (39, 0), "PLATE": (1, 0)},
    "airline": {"EMAIL": (16, 0), "IP": (1, 0), "PHONE": (28, 0)},
}


def corpora() -> Iterator[tuple[str, list[str]]]:
    """Texts of each corpus by its name."""
    yield "imdb", [row["text"] for row in imdb("train")]
    for name in ("hotel", "waimai"):
        with (SHARED / f"zh_polarity/{name}/train.csv").open(encoding="utf-8-sig") as file:
            yield name, list(column(file, "review"))
    with lzma.open(SHARED / "zh_polarity/shopping/train.csv.xz", "rt", encoding="utf-8-sig") as file:
        yield "shopping", list(column(file, "review"))
    with (SHARED / "airline_tweets/Tweets_restored.csv").open(encoding="utf-8-sig") as file:
        yield "airline", list(column(file, "text"))


def column(file: IO[str], name: str) -> Iterator[str]:
    """The values of one column."""
    for row in csv.DictReader(file):
        yield row[name] or ""


def recall() -> dict[str, dict[str, Any]]:
    """Of each form, the share found with its interval, and that of sentences in which anything of it is left."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
    from tiny_personal_data import FORMS, written

    figures = {}
    for kind, forms in FORMS.items():
        for form in forms:
            whole = left = 0
            for made in written(kind, form, COUNT, SEED):
                found = find(made.sentence)
                whole += [(each.kind, each.start, each.end) for each in found] == [(kind, made.start, made.end)]
                left += not any(each.start <= made.start and made.end <= each.end for each in found)
            figures[f"{kind}: {form}"] = {**share(whole, COUNT), "left": left}
    return figures


def hard() -> dict[str, float]:
    """Of forms that the rules were not written for, the share of values of which nothing is left."""
    import tiny_personal_data as made

    words = str.maketrans(string.digits, "零一二三四五六七八九")
    odd: dict[str, Callable[[random.Random], str]] = {
        "mobile in Chinese words": lambda source: made.chinese_mobile(source).translate(words),
        "mobile with odd gaps": lambda source: gaps(source, made.chinese_mobile(source)),
        "mobile with letters for digits": lambda source: made.chinese_mobile(source).replace("0", "O"),
        "eight digits, nothing said": lambda source: "6" + made.digits(source, 7),
        "e-mail with blanks": lambda source: made.email(source).replace("@", " @ "),
        "e-mail with #": lambda source: made.email(source).replace("@", "#"),
        "identity card, a digit wrong": lambda source: wrong_digit(source, made.id_card(source)),
        "bank card, a digit wrong": lambda source: wrong_digit(source, made.bank_card(source)),
        "Chinese plate without province": lambda source: made.chinese_plate(source)[1:],
        "British plate, nothing said": lambda source: f"AB{made.digits(source, 2)} CDE",
    }
    figures = {}
    for name, draw in odd.items():
        source, gone = random.Random(f"{name} {SEED}"), 0
        for number in range(COUNT):
            carrier, value = source.choice(made.CARRIERS["en" if number % 2 else "zh"]), draw(source)
            start = carrier.index("{0}")
            end = start + len(value)
            gone += any(each.start <= start and end <= each.end for each in find(carrier.format(value)))
        figures[name] = round(gone / COUNT, 4)
    return figures


def gaps(source: random.Random, number: str) -> str:
    """A number with three blanks, dashes or dots in places of their own."""
    for place in sorted(source.sample(range(1, len(number)), 3), reverse=True):
        number = number[:place] + source.choice(" -.") + number[place:]
    return number


def wrong_digit(source: random.Random, number: str) -> str:
    """A number with one digit another than it was."""
    place = source.randrange(1, len(number) - 1)
    return number[:place] + str((int(number[place]) + source.randint(1, 9)) % 10) + number[place + 1 :]


def share(hits: int, total: int) -> dict[str, float]:
    """A share with its Wilson interval."""
    interval = binomtest(hits, total).proportion_ci(method="wilson")
    return {"value": round(hits / total, 4), "low": round(interval.low, 4), "high": round(interval.high, 4)}


def real(listed: bool) -> dict[str, Any]:
    """What is found in each corpus, the share of it that was read and is right, and the speed."""
    figures: dict[str, Any] = {}
    right, read = Counter[str](), Counter[str]()
    for name, texts in corpora():
        start = time.process_time()
        pieces = [(text, each) for text in texts for each in find(text)]
        seconds = time.process_time() - start
        counts = Counter(each.kind for _, each in pieces)
        characters = sum(map(len, texts))
        figures[name] = {
            "texts": len(texts), "characters": characters, "found": dict(counts),
            "millions_of_characters_a_second": round(characters / seconds / 1e6, 1),
        }  # fmt: skip
        for kind, count in counts.items():
            known, wrong = READ[name].get(kind, (0, 0))
            if known == count:
                read[kind] += count
                right[kind] += count - wrong
        for text, each in pieces if listed else ():
            around = text[max(0, each.start - AROUND) : each.start], text[each.end : each.end + AROUND]
            print(name, each.kind, repr(f"{around[0]}>>{text[each.start : each.end]}<<{around[1]}"), sep="\t")
    figures["precision"] = {kind: {**share(right[kind], count), "read": count} for kind, count in read.items()}
    return figures


def main() -> None:
    print_row("redaction", sentences_of_a_form=COUNT, recall=recall(), hard=hard(), real=real("--list" in sys.argv[1:]))


if __name__ == "__main__":
    main()
