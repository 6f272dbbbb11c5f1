"""Batches of several tasks in one order: each holds texts of one task, and how often a task's turn comes is chosen."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import count, islice

from groundswell.data.head_batch import HeadBatch
from groundswell.training.loop import TaskBatches


class MixedBatches:
    """The micro-batches of all tasks, shuffled together; see `training.loop.Batches`.

    A task whose data make n micro-batches gets a share in proportion to n^(1/T) of as many as all tasks make together
    (https://arxiv.org/abs/1907.05019, section 3.2): T = 1 mixes by size, and then an epoch is one pass over every
    task's texts; a higher T gives small tasks more. A task goes on where it was at the end of the last epoch, and
    begins again, in another order, when it is through.
    """

    def __init__(self, tasks: Mapping[str, TaskBatches], *, temperature: float = 1.0, seed: int = 0) -> None:
        self._names, self._tasks = list(tasks), list(tasks.values())
        self._temperature, self._seed = temperature, seed

    def plan(self, epoch: int) -> list[list[int]]:
        """The micro-batches of an epoch; text n of task k of K is number n * K + k."""
        mixed: list[list[int]] = []
        for number, task in enumerate(self._tasks):
            if self._temperature == 1:
                found: Sequence[Sequence[int]] = task.plan(epoch)
            else:
                turns = self.turns()[self._names[number]]
                found = list(islice(_endless(task), epoch * turns, (epoch + 1) * turns))
            mixed += [[index * len(self._tasks) + number for index in indices] for indices in found]
        random.Random(f"{self._seed} {epoch}").shuffle(mixed)
        return mixed

    def turns(self) -> dict[str, int]:
        """How many micro-batches of an epoch each task gets, at least one."""
        sizes = [len(task.plan(0)) for task in self._tasks]
        weights = [size ** (1 / self._temperature) for size in sizes]
        shares = [weight / sum(weights) for weight in weights]
        return {name: max(1, round(sum(sizes) * share)) for name, share in zip(self._names, shares, strict=True)}

    def collate(self, indices: Sequence[int], *, counted: bool = True) -> HeadBatch:
        """The batch of some texts of one task."""
        task, own = self._own(indices)
        return HeadBatch(self._names[task], self._tasks[task].collate(own, counted=counted))

    def describe(self, indices: Sequence[int]) -> str:
        """Where these texts stand in the source, for an error message."""
        task, own = self._own(indices)
        return f"{self._names[task]}: {self._tasks[task].describe(own)}"

    def _own(self, indices: Sequence[int]) -> tuple[int, list[int]]:
        """The task that texts belong to, and their numbers in it."""
        return indices[0] % len(self._tasks), [index // len(self._tasks) for index in indices]


def _endless(task: TaskBatches) -> Iterator[Sequence[int]]:
    for epoch in count():
        yield from task.plan(epoch)
