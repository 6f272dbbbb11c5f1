"""Every published data set at hand is read whole: the counts are those that its README gives."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from groundswell.data.accounting import Accounting
from groundswell.data.leakage import find_overlaps, leakage_summary
from groundswell.data.opinion_formats.registry import detect_format, read_opinions
from groundswell.types import Example, Opinion

DATA = Path("/work/shared/data")
pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not DATA.exists(), reason=f"needs the development data in {DATA}"),
]


def read(name: str, format: str) -> tuple[list[Example], Accounting]:
    """The examples and the account of their opinions."""
    accounting = Accounting(name)
    assert detect_format(str(DATA / name)) == format
    examples = read_opinions(str(DATA / name), accounting=accounting)
    for example in examples:
        for opinion in example.opinions or ():
            for span in (opinion.aspect, opinion.opinion):
                assert span is None or example.text[span.start : span.end] == span.text
    assert accounting.num_dropped == 0
    assert accounting.opinions is not None
    return examples, accounting.opinions


def dropped(accounting: Accounting) -> dict[str, int]:
    return {reason: rows.count for reason, rows in accounting.dropped.items()}


def noted(accounting: Accounting, beginning: str) -> int:
    return sum(rows.count for what, rows in accounting.noted.items() if what.startswith(beginning))


def opinions_of(examples: list[Example]) -> list[Opinion]:
    return [opinion for example in examples for opinion in example.opinions or ()]


def strings(example: Example) -> set[tuple[str | None, ...]]:
    return {
        (o.aspect and o.aspect.text, o.category, o.opinion and o.opinion.text, o.polarity)
        for o in example.opinions or ()
    }


@pytest.mark.parametrize(
    ("name", "num_texts", "num_tuples", "num_repeated"),
    [
        ("14lap/train", 904, 1458, 0), ("14lap/dev", 219, 346, 1), ("14lap/test", 328, 543, 2),
        ("14res/train", 1262, 2334, 1), ("14res/dev", 309, 576, 0), ("14res/test", 492, 994, 0),
    ],
)  # fmt: skip
def test_aste(name: str, num_texts: int, num_tuples: int, num_repeated: int) -> None:
    examples, account = read(f"aste_v2/{name}_triplets.txt", "aste")
    assert (len(examples), account.read, account.kept) == (num_texts, num_tuples, num_tuples - num_repeated)
    assert dropped(account) == ({"repeated": num_repeated} if num_repeated else {})


def test_two_sets_of_the_same_sentences_are_found_out() -> None:
    """Nearly all of 15res stands in 16res: to train on one and measure on the other measures memory."""
    one, other = (
        [example.text for part in parts for example in read(f"aste_v2/{part}_triplets.txt", "aste")[0]]
        for parts in (["15res/train"], ["16res/train", "16res/dev"])
    )
    found = leakage_summary(find_overlaps({"15res": one, "16res": other}))["15res/16res"]
    assert (len(one), found["exact"], found["near"]) == (602, 595, 1)


@pytest.mark.parametrize(
    ("name", "num_texts", "num_tuples"),
    [
        ("501.Laptop14/laptop_quad_train", 2912, 4150), ("501.Laptop14/laptop_quad_dev", 325, 439),
        ("504.Restaurant16/rest16_quad_train", 1238, 1960), ("504.Restaurant16/rest16_quad_dev", 134, 195),
    ],
)  # fmt: skip
def test_acos_by_numbers_and_by_strings_agree(name: str, num_texts: int, num_tuples: int) -> None:
    """All but the row whose numbers are wrong in the source, `this place is pricey …`, line 449."""
    by_numbers, numbers = read(f"acos/{name}.tsv.txt", "acos")
    by_strings, objects = read(f"acos/{name}.tsv.jsonl", "acos")
    assert len(by_numbers) == len(by_strings) == num_texts
    assert numbers.read == objects.read == num_tuples
    differing = [
        one.row for one, other in zip(by_numbers, by_strings, strict=True)
        if (one.text, strings(one)) != (other.text, strings(other))
    ]  # fmt: skip
    assert differing == ([449] if name == "504.Restaurant16/rest16_quad_train" else [])
    assert set(dropped(numbers)) <= {"repeated", "an empty span"}
    assert len(numbers.rejected) == len(differing)
    assert set(dropped(objects)) <= {"repeated"}


DIMABSA = {
    "eng_laptop_train_alltasks": (3237, 4589, 15, 106), "eng_laptop_dev_task3": (199, 316, 0, 16),
    "eng_restaurant_train_alltasks": (1372, 2153, 8, 63), "eng_restaurant_dev_task3": (200, 408, 0, 16),
    "zho_laptop_train_alltasks": (3489, 6500, 0, 523), "zho_laptop_dev_task3": (300, 551, 0, 45),
    "zho_restaurant_train_alltasks": (6050, 8523, 0, 297), "zho_restaurant_dev_task3": (299, 759, 0, 84),
}  # fmt: skip


@pytest.mark.parametrize("name", DIMABSA)
def test_every_string_of_dimabsa_is_found_and_valences_give_the_polarities(name: str) -> None:
    num_texts, num_tuples, num_repeated, num_ambiguous = DIMABSA[name]
    categorical, account = read(f"dimabsa/categorical/{name}_polarity.jsonl", "dimabsa")
    dimensional, by_valence = read(f"dimabsa/va/{name}.jsonl", "dimabsa")
    assert (len(categorical), account.read, account.kept) == (num_texts, num_tuples, num_tuples - num_repeated)
    assert account.rejected == by_valence.rejected == []
    assert noted(account, "ambiguous") == num_ambiguous
    assert list(map(strings, categorical)) == list(map(strings, dimensional))


@pytest.mark.parametrize(
    ("name", "num_texts", "num_tuples", "num_repeated", "polarities"),
    [
        ("train", 2583, 5333, 1, {"positive": 4764, "neutral": 120, "negative": 448}),
        ("dev", 323, 659, 0, {"positive": 586, "neutral": 18, "negative": 55}),
    ],
)
def test_chinese_quads(
    name: str, num_texts: int, num_tuples: int, num_repeated: int, polarities: dict[str, int]
) -> None:
    examples, account = read(f"zh_makeup_quads/{name}_labels.csv", "zh_quads")
    assert (len(examples), account.read, account.kept) == (num_texts, num_tuples, num_tuples - num_repeated)
    assert account.rejected == []
    opinions = opinions_of(examples)
    assert Counter(opinion.polarity for opinion in opinions) == polarities
    implicit = {"train": (3776, 130), "dev": (485, 16)}[name]
    assert (sum(o.aspect is None for o in opinions), sum(o.opinion is None for o in opinions)) == implicit
    assert not any(o.aspect is None and o.opinion is None for o in opinions)
    assert read(f"zh_makeup_quads/{name}_reviews.csv", "zh_quads")[0] == examples


def test_the_chinese_reviews_alone_are_refused(tmp_path: Path) -> None:
    """Their own four columns were pasted by row number."""
    from groundswell.errors import DataError

    lone = tmp_path / "train_reviews.csv"
    lone.write_bytes((DATA / "zh_makeup_quads/train_reviews.csv").read_bytes())
    with pytest.raises(DataError, match="labels and texts were joined by row number instead of by id"):
        read_opinions(str(lone), accounting=Accounting("train"))
