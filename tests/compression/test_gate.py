"""What counts as worse, which texts are timed, and how a metric is read off logits."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from groundswell.compression import gate
from groundswell.model.outputs import Outputs
from groundswell.types import Example


def report(metric: str, before: float, after: float) -> dict[str, Any]:
    return {"heads": {"": gate._fallen(metric, [before, after])}}


def test_a_fall_of_just_the_tolerance_is_allowed() -> None:
    assert gate.failures(report("accuracy", 0.9, 0.895), 0.005) == []
    assert gate.failures(report("accuracy", 0.9, 0.99), 0.0) == []
    assert gate.failures(report("accuracy", 0.9, 0.894), 0.005) == [
        "accuracy on dev went from 0.9000 to 0.8940, worse by 0.0060"
    ]


def test_an_error_that_rises_is_a_fall() -> None:
    assert gate.failures(report("mae", 0.2, 0.1), 0.005) == []
    assert gate.failures(report("mae", 0.1, 0.2), 0.005) != []
    assert gate.failures(report("pearson", 0.1, float("nan")), 0.005) != []


def test_every_head_is_looked_at() -> None:
    heads = {"one": gate._fallen("accuracy", [0.9, 0.9]), "two": gate._fallen("f1", [0.5, 0.4])}
    assert gate.failures({"heads": heads}, 0.05) == ["two: f1 on dev went from 0.5000 to 0.4000, worse by 0.1000"]


class Slow:
    """Analyses a text in so many seconds of a clock of its own."""

    def __init__(self, clock: list[float], seconds: float) -> None:
        self.clock, self.seconds, self.seen = clock, seconds, []  # type: ignore[var-annotated]

    def stream(self, texts: list[str]) -> Iterator[str]:
        self.seen.append(len(texts))
        for text in texts:
            self.clock[0] += self.seconds
            yield text


def test_both_models_take_turns_on_the_same_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(gate.time, "perf_counter", lambda: clock[0])
    slow, fast = Slow(clock, 1 / 16), Slow(clock, 1 / 64)
    speeds = gate.texts_per_second([slow, fast], list(map(str, range(100))))  # type: ignore[list-item]
    assert speeds == pytest.approx([16.0, 64.0])
    assert slow.seen == fast.seen
    assert slow.seen[2:] == [32] * gate.ROUNDS  # two seconds of the slow one


@pytest.mark.parametrize(
    ("outputs", "targets", "logits", "metric", "expected"),
    [
        (Outputs("single_label", ("a", "b"), (0.5, 0.5)), ["a", "b"], [[1.0, 0.0], [1.0, 0.0]], "accuracy", 0.5),
        # thresholds of .9 and .1: of (.5, .5) the second label alone is given, as gold has it
        (
            Outputs("multi_label", ("a", "b"), (0.5, 0.5), thresholds=(0.9, 0.1)),
            [("b",), ("b",)], [[0.0, 0.0], [0.0, 0.0]], "micro_f1", 1.0,
        ),
        # values 1 + 2 * logit = 3, 5 against gold 3, 4
        (Outputs("regression", ("v",), (0.0,), 1.0, 2.0), [3.0, 4.0], [[1.0], [2.0]], "mae", 0.5),
    ],
)  # fmt: skip
def test_metrics_are_those_of_the_task(
    outputs: Outputs, targets: list[Any], logits: list[list[float]], metric: str, expected: float
) -> None:
    dev = [
        Example(str(number), "text", target, number)
        for number, target in zip(itertools.count(1), targets, strict=False)
    ]
    assert gate._metric(metric, outputs, torch.tensor(logits), dev) == pytest.approx(expected)
