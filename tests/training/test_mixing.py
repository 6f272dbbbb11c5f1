"""Batches of several tasks in one order."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest

from groundswell.training.mixing import MixedBatches


@dataclass(frozen=True)
class Numbers:
    """Texts 0 to n - 1, one a batch, in an order that follows from the epoch."""

    count: int

    def plan(self, epoch: int) -> list[list[int]]:
        return [[(number + epoch) % self.count] for number in range(self.count)]

    def collate(self, indices: list[int], *, counted: bool = True) -> Any:
        return (tuple(indices), counted)

    def describe(self, indices: list[int]) -> str:
        return f"rows {indices}"


def drawn(mixed: MixedBatches, epoch: int) -> list[tuple[str, int]]:
    batches = [mixed.collate(indices) for indices in mixed.plan(epoch)]
    return [(batch.head, batch.texts[0][0]) for batch in batches]  # type: ignore[index]


def test_by_size_an_epoch_is_one_pass_over_every_text() -> None:
    mixed = MixedBatches({"large": Numbers(9), "small": Numbers(3)})
    expected = [("large", number) for number in range(9)] + [("small", number) for number in range(3)]
    for epoch in range(3):
        assert sorted(drawn(mixed, epoch)) == expected


def test_temperature_evens_the_shares_out() -> None:
    """90 and 10 batches: n^(1/2) is 9.49 and 3.16, shares of three quarters and one."""
    tasks = {"large": Numbers(90), "small": Numbers(10)}
    assert MixedBatches(tasks, temperature=2).turns() == {"large": 75, "small": 25}
    assert MixedBatches(tasks, temperature=100).turns() == {"large": 51, "small": 49}
    assert MixedBatches({"huge": Numbers(5000), "tiny": Numbers(1)}, temperature=1.001).turns()["tiny"] == 1


def test_a_task_goes_on_where_it_was() -> None:
    mixed = MixedBatches({"large": Numbers(90), "small": Numbers(10)}, temperature=2)
    seen = Counter(pair for epoch in range(6) for pair in drawn(mixed, epoch))
    assert {seen["large", number] for number in range(90)} == {5}  # 6 x 75 turns are 5 passes over 90
    assert {seen["small", number] for number in range(10)} == {15}


def test_the_order_follows_from_seed_and_epoch_alone() -> None:
    tasks = {"large": Numbers(30), "small": Numbers(10)}
    first, again = MixedBatches(tasks, seed=1), MixedBatches(tasks, seed=1)
    assert first.plan(4) == again.plan(4) != first.plan(5)
    assert first.plan(4) != MixedBatches(tasks, seed=2).plan(4)
    heads = [head for head, _ in drawn(first, 0)]
    assert heads not in (sorted(heads), sorted(heads, reverse=True))  # mixed, not one after the other


def test_texts_without_weight_and_their_description() -> None:
    mixed = MixedBatches({"large": Numbers(9), "small": Numbers(3)})
    indices = next(found for found in mixed.plan(0) if found[0] % 2 == 1)
    assert mixed.collate(indices, counted=False).texts[1] is False  # type: ignore[comparison-overlap]
    assert mixed.describe(indices) == f"small: rows [{indices[0] // 2}]"


@pytest.mark.parametrize("temperature", [1.0, 4.0])
def test_a_batch_holds_texts_of_one_task(temperature: float) -> None:
    mixed = MixedBatches({"a": Numbers(4), "b": Numbers(8), "c": Numbers(2)}, temperature=temperature)
    for indices in mixed.plan(0):
        assert len({index % 3 for index in indices}) == 1
