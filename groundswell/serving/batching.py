"""Micro-batches: documents wait in a bounded queue and are taken by token budget, the oldest with others as long.

Nothing waits for a batch to fill up: while the model computes one batch, the next gathers by itself.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from groundswell.errors import RequestError
from groundswell.serving.worker_messages import DocumentAnswer, Explaining, Task, TextRow

# Documents behind the oldest among which those of like length are looked for: more would not make batches fuller.
LOOK_AHEAD = 512
BYTES_PER_TOKEN = 4
# Forward passes that explaining a text takes, by and large.
PASSES_TO_EXPLAIN = 24


@dataclass(eq=False, slots=True)
class Job:
    """A document on its way to a model.

    tokens     estimated, of one pass of the model
    arrived    when, in seconds of the queue's clock
    deadline   when nobody will want the answer any more
    answer     done before it was answered: whoever asked has gone
    """

    row: TextRow
    task: Task
    tokens: int
    arrived: float
    deadline: float
    answer: asyncio.Future[DocumentAnswer]

    @property
    def cost(self) -> int:
        """Estimated tokens of all passes."""
        return self.tokens * (PASSES_TO_EXPLAIN if isinstance(self.task, Explaining) else 1)


def estimated_tokens(text: str, most: int | None) -> int:
    """About how many tokens a model reads of a text, at least 1: a quarter of its UTF-8 bytes, at most `most`.

    A Chinese character has three bytes and is about a token, an English token about four letters.
    """
    found = len(text.encode("utf-8", "surrogatepass")) // BYTES_PER_TOKEN + 1
    return found if most is None else min(found, most)


class DocumentQueue:
    """Documents that wait for one model, in order of arrival.

    batch_tokens, batch_documents   most of a batch; tokens are counted as padded to its longest
    most_documents, most_tokens     most that may wait; tokens by `Job.cost`
    clock                           seconds
    on_drop                         called with `client_gone` or `deadline` for each document that is dropped
    """

    def __init__(
        self,
        *,
        batch_tokens: int,
        batch_documents: int,
        most_documents: int,
        most_tokens: int,
        clock: Callable[[], float] = time.monotonic,
        on_drop: Callable[[str], None] = lambda reason: None,
    ) -> None:
        self._batch_tokens, self._batch_documents = batch_tokens, batch_documents
        self._most_documents, self._most_tokens = most_documents, most_tokens
        self._clock, self._on_drop = clock, on_drop
        self._waiting: deque[Job] = deque()
        self._tokens = 0
        self._changed = asyncio.Event()
        self._closed = False

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def tokens(self) -> int:
        """Estimated tokens that wait."""
        return self._tokens

    def put(self, jobs: Sequence[Job]) -> None:
        """Let all of these wait, or none: RequestError 429 when there is no room for them.

        When nothing else waits any request has room: one that is larger than the queue would else never have.
        """
        if not self._has_room(jobs):
            self._drop_unwanted()  # those that nobody waits for any more should turn nobody away
        if self._waiting and not self._has_room(jobs):
            waiting = f"{len(self):,} documents wait for this model, {len(jobs):,} more are too many"
            raise RequestError(429, "overloaded", f"{waiting}. Ask again after Retry-After")
        self._waiting.extend(jobs)
        self._tokens += sum(job.cost for job in jobs)
        self._changed.set()

    def take(self) -> list[Job]:
        """The next batch: the oldest document and those of like length of which the same is asked; [] when none waits.

        Documents whose deadline has passed, and those of clients that have gone, are dropped first.
        """
        self._drop_unwanted()
        if not self._waiting:
            return []
        oldest = self._waiting[0]
        batch, longest = [oldest], oldest.tokens
        for job in self._like(oldest):
            longest = max(longest, job.tokens)
            if longest * (len(batch) + 1) > self._batch_tokens or len(batch) == self._batch_documents:
                break
            batch.append(job)
        taken = set(map(id, batch))
        self._keep(job for job in self._waiting if id(job) not in taken)
        return batch

    async def batch(self) -> list[Job]:
        """The next batch as soon as there is one; [] when the queue is closed and empty."""
        while True:
            if batch := self.take():
                return batch
            if self._closed:
                return []
            self._changed.clear()
            await self._changed.wait()

    def close(self) -> None:
        """Nothing will come any more."""
        self._closed = True
        self._changed.set()

    def fail(self, error: RequestError) -> None:
        """Answer everything that waits with an error."""
        for job in self._waiting:
            if not job.answer.done():
                job.answer.set_exception(error)
        self._keep(())

    def _has_room(self, jobs: Sequence[Job]) -> bool:
        tokens = self._tokens + sum(job.cost for job in jobs)
        return len(self) + len(jobs) <= self._most_documents and tokens <= self._most_tokens

    def _like(self, oldest: Job) -> list[Job]:
        """What may join the oldest document, the nearest in length first; explaining takes long and goes alone."""
        if isinstance(oldest.task, Explaining):
            return []
        same = (job for job in islice(self._waiting, 1, LOOK_AHEAD) if job.task == oldest.task)
        return sorted(same, key=lambda job: abs(job.tokens - oldest.tokens))

    def _drop_unwanted(self) -> None:
        now = self._clock()
        if not any(job.answer.done() or now >= job.deadline for job in self._waiting):
            return
        for job in self._waiting:
            if job.answer.done():
                self._on_drop("client_gone")
            elif now >= job.deadline:
                self._on_drop("deadline")
                job.answer.set_exception(deadline_passed())
        self._keep(job for job in self._waiting if not job.answer.done())

    def _keep(self, jobs: Iterable[Job]) -> None:
        self._waiting = deque(jobs)
        self._tokens = sum(job.cost for job in self._waiting)


def deadline_passed() -> RequestError:
    """What a request is told that was not answered in time."""
    return RequestError(504, "deadline_passed", "the answer was not ready in time. Ask for fewer documents, or later")
