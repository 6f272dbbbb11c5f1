from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.data.splitting import group_split, stratified_draw, stratified_split, time_split
from groundswell.errors import DataError
from groundswell.types import Example

SHARES = st.floats(0.01, 0.99)


def labelled(targets: list[str]) -> list[Example]:
    return [Example(str(row), "t", target, row) for row, target in enumerate(targets)]


def rows(examples: list[Example]) -> list[int]:
    return [example.row for example in examples]


def test_class_shares_by_hand() -> None:
    """60 a, 30 b, 10 c; a share of 0.1 holds out 10: 6 a, 3 b, 1 c."""
    rest, held_out = stratified_split(labelled(["a"] * 60 + ["b"] * 30 + ["c"] * 10), 0.1, seed=1)
    assert Counter(example.target for example in held_out) == {"a": 6, "b": 3, "c": 1}
    assert len(rest) == 90


def test_largest_remainder_by_hand() -> None:
    """10 of 7 a, 6 b, 4 c: exact shares 4.12, 3.53, 2.35; the one row left over goes to b."""
    drawn = stratified_draw(labelled(["a"] * 7 + ["b"] * 6 + ["c"] * 4), 10, seed=0)
    assert Counter(example.target for example in drawn) == {"a": 4, "b": 4, "c": 2}


def test_a_single_row_of_a_class_stays_in_the_rest() -> None:
    rest, held_out = stratified_split(labelled(["a"] * 5 + ["b"]), 0.5, seed=3)
    assert "b" in {example.target for example in rest}
    assert len(held_out) == 3


def test_rows_are_given_up_when_all_classes_are_down_to_one() -> None:
    rest, held_out = stratified_split(labelled(["a", "b", "c", "d"]), 0.5, seed=0)
    assert (len(rest), len(held_out)) == (2, 2)


@given(st.lists(st.sampled_from("abc"), min_size=2, max_size=60), SHARES, st.integers(0, 5))
def test_splits_are_a_partition_in_order(targets: list[str], share: float, seed: int) -> None:
    examples = labelled(targets)
    rest, held_out = stratified_split(examples, share, seed)
    assert sorted(rows(rest) + rows(held_out)) == rows(examples)
    assert rows(rest) == sorted(rows(rest))
    assert rows(held_out) == sorted(rows(held_out))
    assert len(held_out) == min(max(1, round(share * len(targets))), len(targets) - 1)


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=60), st.integers(1, 70), st.integers(0, 5))
def test_a_draw_has_its_size_and_nearly_the_class_shares(targets: list[str], count: int, seed: int) -> None:
    drawn = stratified_draw(labelled(targets), count, seed)
    assert len(drawn) == min(count, len(targets))
    assert rows(drawn) == sorted(set(rows(drawn)))
    found = Counter(example.target for example in drawn)
    for target, size in Counter(targets).items():
        assert abs(found[target] - len(drawn) * size / len(targets)) < 1


def test_regression_targets_are_spread_over_their_range() -> None:
    examples = [Example(str(row), "t", float(row), row) for row in range(100)]
    _, held_out = stratified_split(examples, 0.1, seed=0)
    assert sorted(row // 10 for row in rows(held_out)) == list(range(10))


def test_multi_label_is_drawn_plainly() -> None:
    examples = [Example(str(row), "t", ("a",) if row % 2 else (), row) for row in range(20)]
    rest, held_out = stratified_split(examples, 0.25, seed=0)
    assert (len(rest), len(held_out)) == (15, 5)


@given(st.lists(st.sampled_from(["x", "y", "z", None]), min_size=2, max_size=40), SHARES, st.integers(0, 5))
def test_no_group_on_both_sides(groups: list[str | None], share: float, seed: int) -> None:
    if len(set(groups)) == 1 and groups[0] is not None:
        return
    examples = [Example(str(row), "t", "a", row, group=group) for row, group in enumerate(groups)]
    rest, held_out = group_split(examples, share, seed)
    assert rest
    assert held_out
    assert sorted(rows(rest) + rows(held_out)) == rows(examples)
    assert not ({example.group for example in rest} & {example.group for example in held_out}) - {None}


def test_a_single_group_cannot_be_split() -> None:
    with pytest.raises(DataError) as caught:
        group_split([Example(str(row), "t", "a", row, group="ann") for row in range(3)], 0.5, 0)
    assert str(caught.value) == (
        "all 3 rows belong to group 'ann', so nothing can be held out. Name another column as data.group, or a file as "
        "data.dev."
    )


def test_the_latest_rows_are_held_out() -> None:
    """In UTC: 10:00, 04:00 (12:00 at +08:00), 09:00, the day before, 11:00."""
    times = [
        "2024-05-01T10:00:00",
        "2024-05-01T12:00:00+08:00",
        "2024-05-01 09:00",
        "2024-04-30",
        "2024-05-01T11:00:00Z",
    ]
    examples = [Example(str(row), "t", "a", row, time=time) for row, time in enumerate(times)]
    rest, held_out = time_split(examples, 0.4)
    assert rows(held_out) == [0, 4]
    assert rows(rest) == [1, 2, 3]


def test_missing_times_are_named() -> None:
    times = ["2024-05-01", None, "yesterday", "2024-05-02"]
    with pytest.raises(DataError) as caught:
        time_split([Example(str(row), "t", "a", row, time=time) for row, time in enumerate(times, start=1)], 0.5)
    assert str(caught.value) == (
        "2 of 4 rows have no ISO 8601 time: row 2 (none), row 3 (yesterday). Expected such as "
        "2024-05-01T12:30:00+08:00: "
        "mend the rows, or choose another data.split."
    )


def test_numbers_out_of_range() -> None:
    with pytest.raises(DataError) as caught:
        stratified_split(labelled(["a", "b"]), 1.0, 0)
    assert str(caught.value) == "data.dev_share: found 1.0, expected more than 0 and less than 1."
    with pytest.raises(DataError) as caught:
        time_split(labelled(["a"]), 0.5)
    assert str(caught.value) == "1 row: at least 2 are needed to hold one out. Add rows, or name a file as data.dev."
    with pytest.raises(DataError) as caught:
        stratified_draw(labelled(["a"]), 0, 0)
    assert str(caught.value) == "data.limit: found 0, expected at least 1 row."


SCRIPT = """
from groundswell.data.splitting import group_split, stratified_draw, stratified_split
from groundswell.types import Example
examples = [Example(str(n), "t", "abc"[n % 3], n, group=f"g{n % 7}") for n in range(60)]
parts = [stratified_split(examples, 0.2, 7)[1], stratified_draw(examples, 13, 7), group_split(examples, 0.2, 7)[1]]
import sys; sys.stdout.write(repr([[example.row for example in part] for part in parts]))
"""


def test_the_same_in_every_process_and_another_with_another_seed() -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            capture_output=True,
            check=True,
            text=True,
            env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": ":".join(sys.path)},
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(outputs) == 1
    examples = labelled(["a", "b"] * 50)
    assert rows(stratified_draw(examples, 10, 7)) != rows(stratified_draw(examples, 10, 8))
