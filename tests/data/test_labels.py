from __future__ import annotations

import hashlib
from itertools import permutations

import pytest

from groundswell.data.labels import LabelMap
from groundswell.errors import DataError
from groundswell.types import Example


def examples_of(*targets: str | tuple[str, ...] | float | None) -> list[Example]:
    return [Example(str(row), f"text {row}", target, row) for row, target in enumerate(targets, start=1)]


def test_ids_follow_names_and_not_the_file() -> None:
    maps = {LabelMap.from_examples(examples_of(*order)) for order in permutations(["positive", "negative", "neutral"])}
    assert maps == {LabelMap(("negative", "neutral", "positive"))}


def test_numbers_are_sorted_by_value() -> None:
    assert LabelMap.from_examples(examples_of("10", "9", "-1", "2")).names == ("-1", "2", "9", "10")
    assert LabelMap.from_examples(examples_of("10", "9", "x")).names == ("10", "9", "x")


def test_ids_and_names_are_inverse() -> None:
    labels = LabelMap(("a", "b", "c"))
    assert [labels.id_of(name) for name in labels.names] == [0, 1, 2]
    assert [labels.name_of(class_id) for class_id in range(len(labels))] == ["a", "b", "c"]


def test_json_round_trip_and_hash() -> None:
    labels = LabelMap(("好", "坏"))
    assert labels.to_json() == '["好", "坏"]'
    assert LabelMap.from_json(labels.to_json()) == labels
    assert labels.sha256() == hashlib.sha256('["好", "坏"]'.encode()).hexdigest()
    assert labels.sha256() != LabelMap(("坏", "好")).sha256()


def test_multi_label_names_come_from_all_rows() -> None:
    assert LabelMap.from_examples(examples_of(("b", "a"), (), ("c",))).names == ("a", "b", "c")
    assert LabelMap.from_examples(examples_of(("a",), ())).names == ("a",)


@pytest.mark.parametrize("targets", [("good", "good"), (("good",), ("good",))])
def test_a_single_class_is_refused(targets: tuple[str, ...]) -> None:
    with pytest.raises(DataError) as caught:
        LabelMap.from_examples(examples_of(*targets))
    assert str(caught.value) == (
        "only one class, 'good', in 2 rows. Two are needed: add rows of another class, or check data.label and "
        "data.labels."
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[",
            "label map: not JSON (Expecting value: line 1 column 2 (char 1)). Take it from the run folder it was "
            "written to.",
        ),
        ("[1]", "label map: expected a JSON list of names. Take it from the run folder it was written to."),
        ('["a", "a"]', "label map: found ['a', 'a'], expected one or more names, each once."),
        ("[]", "label map: found [], expected one or more names, each once."),
    ],
)
def test_label_maps_that_are_none(text: str, message: str) -> None:
    with pytest.raises(DataError) as caught:
        LabelMap.from_json(text)
    assert str(caught.value) == message


def test_unknown_labels_name_rows_and_cure() -> None:
    labels = LabelMap(("negative", "neutral", "positive"))
    labels.check_known(examples_of("neutral", ("positive", "negative")), "dev", "reviews.csv")
    with pytest.raises(DataError) as caught:
        labels.check_known(examples_of("positive", "postive", "postive", "x"), "dev", "reviews.csv")
    assert str(caught.value) == (
        "reviews.csv: dev: label 'postive' (rows 2, 3) is unknown. Did you mean 'positive'? label 'x' (row 4) is "
        "unknown. "
        "Known labels: negative, neutral, positive. Rename it with data.labels, such as {postive: negative}, or mend "
        "the rows."
    )
    with pytest.raises(DataError) as caught:
        labels.id_of("Positive")
    assert str(caught.value) == (
        "label 'Positive' is unknown. Known labels: negative, neutral, positive. Did you mean 'positive'?"
    )
    with pytest.raises(DataError) as caught:
        labels.name_of(3)
    assert str(caught.value) == "class id 3 is unknown. Known ids: 0 to 2."


def test_targets_that_are_no_labels() -> None:
    with pytest.raises(DataError) as caught:
        LabelMap.from_examples(examples_of(0.5))
    assert str(caught.value) == "row 1: the target is the number 0.5, expected a label. Set task: regression."
    with pytest.raises(DataError) as caught:
        LabelMap.from_examples(examples_of(None, ()))
    assert str(caught.value) == "2 rows, but none has a label. Name the column of the label as data.label."
