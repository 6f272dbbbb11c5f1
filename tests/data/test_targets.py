from __future__ import annotations

from typing import Any

import pytest

from groundswell.data.targets import Task, UnreadableTargetError, name_of, read_target


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (1, "1"),
        (1.0, "1"),
        (-2.0, "-2"),
        (0.5, "0.5"),
        (True, "true"),
        (False, "false"),
        (" a b ", "a b"),
        ("1.0", "1.0"),
        (None, ""),
        (float("nan"), ""),
        ("", ""),
        (0, "0"),
    ],
)
def test_names(value: Any, name: str) -> None:
    assert name_of(value) == name


@pytest.mark.parametrize(
    ("value", "task", "target"),
    [
        ("pos", "single_label", "positive"),
        (0, "single_label", "0"),
        ("pos, other,pos", "multi_label", ("positive", "other")),
        ("a;b", "multi_label", ("a", "b")),
        ("a|b", "multi_label", ("a", "b")),
        ('["a", 1]', "multi_label", ("a", "1")),
        ([1, "pos"], "multi_label", ("1", "positive")),
        ([], "multi_label", ()),
        (3, "multi_label", ("3",)),
        ("1e-1", "regression", 0.1),
        (" 4 ", "regression", 4.0),
        (5, "regression", 5.0),
    ],
)
def test_targets(value: Any, task: Task, target: object) -> None:
    assert read_target(value, task, {"pos": "positive"}) == target


@pytest.mark.parametrize(
    ("value", "task", "reason"),
    [
        (None, "single_label", "no label"),
        ("  ", "single_label", "no label"),
        (float("nan"), "single_label", "no label"),
        (["a"], "single_label", "label is a list, expected one name"),
        ({"a": 1}, "single_label", "label is a dict, expected one name"),
        (None, "multi_label", "no label"),
        (" ; ", "multi_label", "no label"),
        ("[a", "multi_label", "label begins like a JSON list but is none"),
        ({"a": 1}, "multi_label", "label is a dict, expected a list of names"),
        ([["a"]], "multi_label", "label is a list in a list, expected a list of names"),
        ("", "regression", "no label"),
        ("good", "regression", "target is not a number"),
        ("1_0", "regression", "target is not a number"),
        (True, "regression", "target is not a number"),
        ([1], "regression", "target is not a number"),
        ("nan", "regression", "target is not a finite number"),
        (float("inf"), "regression", "target is not a finite number"),
        (10**400, "regression", "target is not a number"),
    ],
)
def test_unreadable_targets(value: Any, task: Task, reason: str) -> None:
    with pytest.raises(UnreadableTargetError) as caught:
        read_target(value, task, {})
    assert caught.value.reason == reason
