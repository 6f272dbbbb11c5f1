"""Whether `groundswell data check` finds the known faults of published data, and how long 50,000 reviews take.

    python benchmarks/data_doctor.py faults | speed

faults   every fault that the notes on the development data tell of, with the number given there and the number found;
         copies are compared here without case and punctuation, so that more of them are found than byte for byte
speed    50,000 IMDB reviews without labels, labelled by which list of opinion words has more of theirs, from the file
         to the verdict; seconds of the processor, and of the clock beside them
"""

from __future__ import annotations

import argparse
import html
import json
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from rows import SHARED, imdb, print_row, write_jsonl

from groundswell.cli.data_check import Checked, check_files
from groundswell.recipe_reading import recipe_from_values

Row = dict[str, Any]


class Fault(NamedTuple):
    """A known fault: the findings that tell of it, whether all of `known` must be found exactly, or at least."""

    said: str
    codes: tuple[str, ...]
    known: int
    exactly: bool = False


class Case(NamedTuple):
    """Files that are checked together, and what is wrong with them; `label_errors` are not looked for."""

    name: str
    sources: tuple[str, ...]
    settings: dict[str, Any]
    faults: tuple[Fault, ...]


def shared(name: str) -> str:
    """A file of the development data."""
    return str(SHARED / name)


def sst(name: str) -> Iterator[Row]:
    """Sentences of trees, as they are written, with the label of the whole."""
    for line in (SHARED / f"sst/{name}.txt").read_text(encoding="utf-8").splitlines():
        words = " ".join(re.findall(r"\(\d ([^()]+)\)", line))
        for escaped, mark in (("-LRB-", "("), ("-RRB-", ")"), ("\\/", "/"), ("``", '"'), ("''", '"')):
            words = words.replace(escaped, mark)
        yield {"text": words, "label": line[1]}


def lines(name: str, label: str, encoding: str = "latin-1") -> Iterator[Row]:
    """The lines of a file with one label."""
    for line in (SHARED / name).read_text(encoding=encoding).splitlines():
        if line.strip() and not line.startswith(";"):
            yield {"text": line, "label": label}


def phrasebank() -> Iterator[Row]:
    """Sentences and labels around the last `@`."""
    text = (SHARED / "financial_phrasebank/Sentences_50Agree.train.txt").read_text(encoding="utf-8-sig")
    for line in text.splitlines():
        sentence, _, label = line.rpartition("@")
        yield {"text": sentence, "label": label}


def goemotions(name: str) -> Iterator[Row]:
    """Texts with the first of their labels."""
    import csv

    with (SHARED / f"goemotions/{name}.tsv").open(encoding="utf-8", newline="") as file:
        for text, labels, _ in csv.reader(file, delimiter="\t"):
            yield {"text": text, "label": labels.split(",")}


def pros_and_cons() -> Iterator[Row]:
    """What stands between the tags."""
    for kind in ("Pros", "Cons"):
        text = (SHARED / f"pros_cons/Integrated{kind}.txt").read_text(encoding="latin-1")
        for inside in re.findall(rf"<{kind}>(.*?)</{kind}>", text):
            yield {"text": inside, "label": kind}


def answers() -> Iterator[Row]:
    """Chosen and rejected answers."""
    for row in json.loads((SHARED / "instructions/dpo_zh_demo.json").read_text(encoding="utf-8")):
        for kind in ("chosen", "rejected"):
            yield {"text": row[kind]["value"] if isinstance(row[kind], dict) else row[kind], "label": kind}


CONVERTED: dict[str, Callable[[], Iterator[Row]]] = {
    "sst-train": lambda: sst("train"),
    "sst-dev": lambda: sst("dev"),
    "snippets": lambda: (
        row for kind in ("pos", "neg") for row in lines(f"sentence_polarity/rt-polarity.{kind}", kind, "utf-8")
    ),
    "quotes": lambda: lines("subjectivity/quote.tok.gt9.5000", "subjective"),
    "phrasebank": phrasebank,
    "goemotions-train": lambda: goemotions("train"),
    "goemotions-dev": lambda: goemotions("dev"),
    "pros-cons": pros_and_cons,
    "answers": answers,
    "lexicon": lambda: (
        row for kind in ("positive", "negative") for row in lines(f"opinion_lexicon/{kind}-words.txt", kind)
    ),
}  # fmt: skip
REVIEW = {"data.text": "review"}
TWEET = {"data.label": "airline_sentiment", "data.id": "tweet_id", "data.time": "tweet_created"}
OPINIONS = {"task": "opinions"}
COPIES, SHARED_TEXTS = ("repeated_texts", "near_repeats"), ("shared_texts", "nearly_shared_texts")

CASES = (
    Case("imdb", (shared("imdb/train.jsonl.xz"), shared("imdb/unsup.jsonl.xz")), {}, (
        Fault("train repeats 99 texts", COPIES, 99),
        Fault("372 unsup texts are copies of train texts", ("shared_texts",), 372),
        Fault("line breaks as markup in 58 % of the train texts", ("markup",), 14_500),
        Fault("rows are ordered by label", ("ordered_by_label",), 25_000),
    )),
    Case("sst and sentence_polarity", ("snippets", "sst-train"), {}, (
        Fault("6,843 train sentences are also snippets", SHARED_TEXTS, 6_843),
    )),
    Case("sst dev and sentence_polarity", ("snippets", "sst-dev"), {}, (
        Fault("892 dev sentences are also snippets", SHARED_TEXTS, 892),
    )),
    Case("sst and subjectivity", ("quotes", "sst-train"), {}, (
        Fault("2,604 train sentences are also quotes", SHARED_TEXTS, 2_604),
    )),
    Case("waimai", (shared("zh_polarity/waimai/train.csv"),), REVIEW, (
        Fault("7 texts are repeated", ("repeated_texts",), 7),
        Fault("7 texts carry both labels", ("label_conflicts",), 7),
        Fault("rows are ordered by label", ("ordered_by_label",), 10_387),
    )),
    Case("shopping and hotel",
         (shared("zh_polarity/shopping/train.csv.xz"), shared("zh_polarity/hotel/train.csv")), REVIEW, (
        Fault("50 texts are repeated", ("repeated_texts",), 50),
        Fault("18 texts carry both labels", ("label_conflicts",), 18),
        Fault("one empty review", ("dropped_rows",), 1),
        Fault("some reviews begin with U+FEFF", ("byte_order_marks",), 1),
        Fault("most of the hotel reviews (7,022 of 7,766 at the source)", SHARED_TEXTS, 5_000),
    )),
    Case("airline_tweets", (shared("airline_tweets/Tweets_restored.csv"),), TWEET, (
        Fault("155 tweets appear twice", ("repeated_ids",), 155, exactly=True),
        Fault("18 of them with two labels", ("label_conflicts",), 18),
        Fault("HTML entities", ("markup",), 1),
    )),
    Case("airline_tweets, damaged", (shared("airline_tweets/Tweets.csv"),), {**TWEET, "data.time": "null"}, (
        Fault("ids rounded by a spreadsheet", ("repeated_ids",), 1_000),
    )),
    Case("financial_phrasebank", ("phrasebank",), {}, (
        Fault("8 sentences repeat in the source", ("repeated_texts",), 1),
        Fault("2 with two labels in the source", ("label_conflicts",), 1),
        Fault("names wrongly re-encoded in 93 sentences of the source", ("wrong_encoding",), 50),
    )),
    Case("makeup quads", (shared("zh_makeup_quads/train_labels.csv"),), OPINIONS, (
        Fault("one quad is repeated", ("dropped_rows",), 1, exactly=True),
    )),
    Case("aste 14lap", (shared("aste_v2/14lap/train_triplets.txt"),), OPINIONS, (
        Fault("a few sentences are repeated", COPIES, 1),
    )),
    Case("aste 16res and 15res",
         (shared("aste_v2/16res/train_triplets.txt"), shared("aste_v2/15res/train_triplets.txt")), OPINIONS, (
        Fault("15res shares nearly all with 16res", SHARED_TEXTS, 400),
    )),
    Case("acos and dimabsa",
         (shared("acos/501.Laptop14/laptop_quad_train.tsv.jsonl"),
          shared("dimabsa/categorical/eng_laptop_train_alltasks_polarity.jsonl")), OPINIONS, (
        Fault("the same sentences", SHARED_TEXTS, 2_800),
    )),
    Case("ecpe", (shared("ecpe/fold10_train.txt"),), OPINIONS, (
        Fault("12 documents repeat inside train", COPIES, 12),
    )),
    Case("emobank", (shared("emobank/emobank.csv") + "#train", shared("emobank/emobank.csv") + "#dev"),
         {"task": "regression", "data.label": "V"}, (
        Fault("25 train rows repeat a dev text", ("shared_texts",), 1),
        Fault("111 texts repeat inside train", ("repeated_texts",), 100),
    )),
    Case("goemotions", ("goemotions-train", "goemotions-dev"), {"task": "multi_label"}, (
        Fault("47 train rows repeat a dev text", ("shared_texts",), 30),
        Fault("very uneven labels", ("uneven_labels",), 1),
    )),
    Case("pros_cons", ("pros-cons",), {}, (
        Fault("many repeats", ("repeated_texts",), 1_000),
        Fault("entities in 879 lines", ("markup",), 800),
    )),
    Case("instructions", ("answers",), {}, (
        Fault("17 replacement characters", ("replaced_characters",), 1),
    )),
    Case("opinion_lexicon", ("lexicon",), {}, (
        Fault("3 words are in both lists", ("label_conflicts",), 3),
    )),
)  # fmt: skip


def check(case: Case, folder: Path) -> Checked:
    """What `groundswell data check --no-label-errors` finds."""
    sources = []
    for source in case.sources:
        if source in CONVERTED:
            write_jsonl(folder / f"{source}.jsonl", list(CONVERTED[source]()))
            source = str(folder / f"{source}.jsonl")
        sources.append(source)
    values = {"data": {"train": sources[0], "max_bad_share": 1}}
    recipe = recipe_from_values(values, "benchmark", [f"{key}={value}" for key, value in case.settings.items()])
    return check_files(sources, recipe, label_errors=False)


def outcomes(case: Case, folder: Path) -> list[Row]:
    """Each known fault of a case: how many are known, how many were found, and whether that is enough."""
    checked = check(case, folder)
    rows = []
    for fault in case.faults:
        # the file with most of them: the faults are told of one file or one pair
        counts: dict[str, int] = {}
        for finding in checked.findings:
            if finding.code in fault.codes:
                counts[finding.source] = counts.get(finding.source, 0) + finding.count
        found = max(counts.values(), default=0)
        right = found == fault.known if fault.exactly else found >= fault.known
        rows.append({"data": case.name, "said": fault.said, "known": fault.known, "found": found, "is_found": right})
    return rows


def run_faults() -> None:
    """One row of every fault."""
    began = time.process_time()
    with tempfile.TemporaryDirectory() as name:
        rows = [row for case in CASES for row in outcomes(case, Path(name))]
    num_found = sum(row["is_found"] for row in rows)
    seconds = round(time.process_time() - began, 1)
    print_row("data_doctor", num_faults=len(rows), num_found=num_found, faults=rows, processor_seconds=seconds)


def run_speed() -> None:
    """50,000 reviews, label errors included."""
    words = {
        kind: {row["text"] for row in lines(f"opinion_lexicon/{kind}-words.txt", kind)}
        for kind in ("positive", "negative")
    }
    rows = []
    for row in imdb("unsup"):
        tokens = re.findall(r"[a-z]+", html.unescape(row["text"]).lower())
        margin = sum((token in words["positive"]) - (token in words["negative"]) for token in tokens)
        rows.append({"text": row["text"], "label": "positive" if margin > 0 else "negative"})
    with tempfile.TemporaryDirectory() as name:
        file = str(write_jsonl(Path(name) / "reviews.jsonl", rows))
        recipe = recipe_from_values({"data": {"train": file}}, "benchmark")
        began, clock = time.process_time(), time.monotonic()
        checked = check_files([file], recipe)
        seconds, on_clock = time.process_time() - began, time.monotonic() - clock
    found = {finding.code: finding.count for finding in checked.findings}
    print_row(
        "data_doctor_speed", rows=len(rows), processor_seconds=round(seconds, 1), clock_seconds=round(on_clock, 1),
        findings=found,
    )  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["faults", "speed"])
    {"faults": run_faults, "speed": run_speed}[parser.parse_args().what]()
