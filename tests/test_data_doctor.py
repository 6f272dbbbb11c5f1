"""Planted faults are found with their rows, and nothing is invented where there are none."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from tiny_labelled_texts import make_chinese_texts, make_texts

from groundswell.data.accounting import Accounting
from groundswell.data.findings import Finding
from groundswell.data.leakage import find_overlaps
from groundswell.data_doctor import CheckedFile, examine, num_stages
from groundswell.types import Example

CLEAN = make_texts(400)
OTHER = make_texts(200, seed=1)


def turned(example: Example) -> Example:
    return replace(example, target="bad" if example.target == "good" else "good")


def check(**files: Sequence[Example]) -> dict[str, Finding]:
    """The findings by code; each code once."""
    checked = [CheckedFile(name, rows, Accounting(name, len(rows), len(rows))) for name, rows in files.items()]
    overlaps = find_overlaps({name: [row.text for row in rows] for name, rows in files.items()})
    found = examine(checked, overlaps)
    assert len({finding.code for finding in found}) == len(found), [finding.code for finding in found]
    return {finding.code: finding for finding in found}


def test_nothing_is_found_in_clean_files() -> None:
    assert check(train=CLEAN) == {}
    assert check(train=CLEAN, test=OTHER) == {}


def test_flipped_labels_are_found_and_no_others() -> None:
    flipped = {7, 30, 111, 200, 256, 300, 333, 399}
    rows = [turned(example) if example.row in flipped else example for example in CLEAN]
    (found,) = check(train=rows).values()
    assert (found.code, found.severity, found.count) == ("label_errors", "warning", len(flipped))
    assert {row["row"] for row in found.listing} == flipped
    assert all(row["suggested"] == CLEAN[row["row"] - 1].target for row in found.listing)
    assert found.details["checked"] == 400
    assert check_without_labels(rows) == []


def check_without_labels(rows: Sequence[Example]) -> list[Finding]:
    return examine([CheckedFile("train", rows, Accounting("train", len(rows), len(rows)))], label_errors=False)


def test_copies_and_conflicts_are_found_with_their_rows() -> None:
    planted = [
        replace(CLEAN[0], id="401", row=401), replace(CLEAN[1], id="402", row=402, text=CLEAN[1].text.upper()),
        replace(CLEAN[2], id="403", row=403, text=CLEAN[2].text + " Yes."),
        turned(replace(CLEAN[3], id="404", row=404)),
        turned(replace(CLEAN[4], id="405", row=405, text=CLEAN[4].text + " Yes.")),
    ]  # fmt: skip
    found = check(train=[*CLEAN, *planted])
    assert set(found) >= {"repeated_texts", "near_repeats", "label_conflicts", "near_conflicts"}
    assert found["repeated_texts"].rows == ((1, 401), (2, 402), (4, 404))
    assert found["near_repeats"].rows == ((3, 403), (5, 405))
    assert found["label_conflicts"].rows == ((4, 404),)
    assert found["near_conflicts"].rows == ((5, 405),)


def test_training_texts_inside_the_test_are_serious() -> None:
    leaked = [replace(CLEAN[place], id=str(201 + place), row=201 + place) for place in range(5)]
    near = replace(CLEAN[9], id="206", row=206, text=CLEAN[9].text + " Yes.")
    found = check(train=CLEAN, test=[*OTHER, *leaked, near])
    assert {code: finding.count for code, finding in found.items()} == {"shared_texts": 5, "nearly_shared_texts": 1}
    assert found["shared_texts"].severity == "serious"
    assert found["shared_texts"].rows == tuple((row, 200 + row) for row in range(1, 6))


def test_a_word_that_tells_the_label_is_found() -> None:
    good = [example.row for example in CLEAN if example.target == "good"]
    leaky = set(good[::2])
    rows = [
        replace(example, text=f"{example.text} Batch k{example.row} qzx.") if example.row in leaky else example
        for example in CLEAN
    ]
    found = check(train=rows)
    telling = found["telling_words"]
    assert {word["word"] for word in telling.details["words"]} == {"qzx", "batch"}
    assert (telling.severity, telling.count, telling.details["label"]) == ("serious", len(leaky), "good")
    assert {row["row"] for row in telling.listing} == leaky


def test_another_source_is_seen() -> None:
    """Another field: half of the words are new, and the labels are uneven."""
    swapped = [example for example in OTHER if example.target == "good"] + OTHER[:20]
    rows = [
        replace(example, row=row, id=str(row), text=example.text.replace("e", "ë").replace("a", "ä"))
        for row, example in enumerate(swapped, start=1)
    ]
    found = check(train=CLEAN, test=rows)
    assert {"drift", "label_drift"} <= set(found)
    assert found["drift"].severity == "warning"
    assert found["drift"].details["auc"]["value"] > 0.95
    assert found["label_drift"].what.startswith("the shares of the labels differ: ")


def test_shorter_texts_in_another_language_are_seen() -> None:
    found = check(train=CLEAN, test=make_chinese_texts(200))
    assert found["language_drift"].what == "the languages differ: zh 0% to 100%"
    assert found["length_drift"].details["medians"][0] > 2 * found["length_drift"].details["medians"][1]


def test_labels_are_not_checked_where_words_do_not_tell_them() -> None:
    """Labels drawn by lot: what a model says of them is worth nothing."""
    rows = [replace(example, target="ab"[(example.row * 7919) % 97 % 2]) for example in CLEAN]
    found = check(train=rows)
    assert set(found) == {"labels_not_checked"}
    assert found["labels_not_checked"].what.startswith("labels were not checked for errors: a linear model tells them")
    few = check(train=CLEAN[:20])
    assert "it takes 50 rows" in few["labels_not_checked"].what


def test_texts_with_nothing_in_common_pass() -> None:
    rows = [
        Example(str(row), hashlib.md5(str(row).encode()).hexdigest(), "ab"[(row * row) % 7 % 2], row)
        for row in range(1, 61)
    ]
    assert set(check(train=rows)) <= {"labels_not_checked"}


def test_every_stage_is_announced() -> None:
    for files in ([CLEAN[:40]], [CLEAN[:60], OTHER[:60], OTHER[100:160]]):
        told: list[str] = []
        checked = [CheckedFile(str(number), rows, Accounting("f")) for number, rows in enumerate(files)]
        examine(checked, on_stage=told.append)
        assert len(told) == num_stages(len(files)) == len(set(told))


def test_a_clean_file_in_chinese_and_its_flipped_labels() -> None:
    rows = make_chinese_texts(400)
    assert check(train=rows) == {}
    found = check(train=[turned(example) if example.row in (20, 300) else example for example in rows])
    assert {row["row"] for row in found["label_errors"].listing} == {20, 300}
