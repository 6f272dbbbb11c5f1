"""One model that is served: its queue, its worker, and what happens when the worker dies."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar

from groundswell.errors import GroundswellError, RequestError
from groundswell.serving.batching import DocumentQueue, Job, estimated_tokens
from groundswell.serving.faults import fault_line
from groundswell.serving.limits import Limits
from groundswell.serving.metrics import ServiceMetrics
from groundswell.serving.worker_messages import Answered, DocumentAnswer, ModelFacts, Query, Task, TextRow
from groundswell.serving.worker_process import Worker, WorkerDiedError

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
LONGEST_RETRY_AFTER = 60.0
# Documents are taken as long as they wait for at most this share of their time, by the speed of the last batches.
SAFE_SHARE = 0.5
# The share of the newest batch in the speed that Retry-After is told by.
NEWEST = 0.2

_log = logging.getLogger(__name__)
Returned = TypeVar("Returned")
State = Literal["loading", "ready", "restarting", "failed", "ended"]


@dataclass(frozen=True, slots=True)
class Serving:
    """What every model of a service shares.

    clock   seconds
    """

    limits: Limits
    metrics: ServiceMetrics
    clock: Callable[[], float] = time.monotonic


class _Asked(NamedTuple):
    jobs: list[Job]
    answer: asyncio.Future[Answered]


class ServedModel:
    """A model under a name: documents in, futures of their answers out."""

    def __init__(self, name: str, run: Path, worker: Worker, serving: Serving) -> None:
        self.name, self.run = name, run
        self.state: State = "loading"
        self.facts: ModelFacts | None = None
        self._worker, self._clock = worker, serving.clock
        self._metrics = serving.metrics
        limits = serving.limits
        self._queue = DocumentQueue(
            batch_tokens=limits.batch_tokens,
            batch_documents=limits.batch_documents,
            most_documents=limits.queue_documents,
            most_tokens=limits.queue_tokens,
            clock=serving.clock,
            on_drop=lambda reason: self._metrics.dropped.labels(name, reason).inc(),
        )
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"worker-{name}")
        self._answering: asyncio.Task[None] | None = None
        self._tokens_per_second = 0.0

    async def start(self) -> ModelFacts:
        """Load and warm the model, then answer what comes; InputError or WorkerDiedError when that fails."""
        try:
            self.facts = await self._in_thread(self._worker.start)
        except GroundswellError:
            self.state = "failed"
            self._thread.shutdown(wait=False)
            raise
        self.state = "ready"
        self._answering = asyncio.create_task(self._answer_batches())
        self._answering.add_done_callback(self._check_end)
        return self.facts

    def show_queue(self) -> None:
        """From now on the metrics show the queue of this model under its name."""
        self._metrics.watch_queue(self.name, lambda: len(self._queue), lambda: self._queue.tokens)
        self._metrics.ready.labels(self.name).set_function(lambda: self.state == "ready")

    def submit(self, task: Task, rows: Sequence[TextRow], deadline: float) -> list[asyncio.Future[DocumentAnswer]]:
        """The answers to come, one per row; a future that is cancelled costs nothing more.

        deadline   in seconds of the clock

        Raises RequestError 429 when the queue is full or too long for the deadline, 503 when the model is not loaded.
        """
        if self.state not in ("ready", "restarting"):
            raise self._unavailable()
        now, loop = self._clock(), asyncio.get_running_loop()
        most = None if self.facts is None else self.facts.max_tokens
        jobs = [Job(row, task, estimated_tokens(row[1], most), now, deadline, loop.create_future()) for row in rows]
        try:
            self._check_wait(jobs, deadline - now)
            self._queue.put(jobs)
        except RequestError as error:
            error.retry_after = min(LONGEST_RETRY_AFTER, math.ceil(self._seconds_for(self._queue.tokens // 2)))
            raise
        return [job.answer for job in jobs]

    async def drain(self) -> None:
        """Answer what waits, then end the worker."""
        self._queue.close()
        if self._answering is not None:
            await self._answering
        await self._end()

    async def stop(self) -> None:
        """End the worker at once; what waits is told that the service ends."""
        self._worker.kill()
        if self._answering is not None:
            self._answering.cancel()
            await asyncio.wait({self._answering})
        self._queue.fail(RequestError(503, "draining", "the service ends. Ask another one", retry_after=1))
        await self._end()

    def kill(self) -> None:
        """End the worker's process, outside of any event loop."""
        self._worker.kill()

    async def _end(self) -> None:
        if self.state != "ended":
            self.state = "ended"
            await self._in_thread(self._worker.end)
            self._thread.shutdown(wait=False)

    async def _answer_batches(self) -> None:
        asked: _Asked | None = None
        while True:
            if asked is None:
                jobs = await self._queue.batch()
                if not jobs:
                    return
                asked = self._ask(jobs)
            try:
                answered = await asked.answer
            except WorkerDiedError as error:
                _log.warning("%s: %s", self.name, error)
                await self._answer_one_by_one(asked.jobs)
                asked = None
                continue
            # the worker gets its next documents before anybody reads the answers to these
            done, following = asked, self._queue.take()
            asked = self._ask(following) if following else None
            self._settle(done.jobs, answered)

    def _check_end(self, answering: asyncio.Task[None]) -> None:
        """After a failure of our own nothing must wait for answers that will not come."""
        error = None if answering.cancelled() else answering.exception()
        if error is not None:
            _log.error("%s: nothing is answered any more: %s", self.name, fault_line(error))
            self.state = "failed"
            self._queue.fail(self._unavailable())

    def _ask(self, jobs: list[Job]) -> _Asked:
        now, name, metrics = self._clock(), self.name, self._metrics
        # The longest first, so that no thread begins with a long one when all others end.
        jobs = sorted(jobs, key=lambda job: job.tokens, reverse=True)
        tokens = sum(job.cost for job in jobs)
        for job in jobs:
            metrics.queue_seconds.labels(name).observe(now - job.arrived)
        metrics.batch_documents.labels(name).observe(len(jobs))
        metrics.batch_tokens.labels(name).observe(tokens)
        metrics.tokens.labels(name).inc(tokens)
        query = Query(jobs[0].task, [job.row for job in jobs])
        loop, waiting = asyncio.get_running_loop(), iter(jobs)

        def early(documents: list[DocumentAnswer]) -> None:
            loop.call_soon_threadsafe(self._hand_out, list(islice(waiting, len(documents))), documents)

        return _Asked(jobs, self._in_thread(lambda: self._worker.ask(query, early)))

    async def _answer_one_by_one(self, jobs: list[Job]) -> None:
        """Start the worker again and send it the documents of the batch that it died with, each alone.

        So only a document that it dies with a second time is given up.
        """
        await self._restart()
        for job in jobs:
            if job.answer.done():
                continue
            asked = self._ask([job])
            try:
                self._settle([job], await asked.answer)
            except WorkerDiedError as error:
                if not job.answer.done():
                    job.answer.set_exception(error)
                self._metrics.documents.labels(self.name, error.code).inc()
                await self._restart()

    async def _restart(self) -> None:
        """A worker that is loaded again, however long that takes; meanwhile what waits keeps its deadlines."""
        self.state, pause = "restarting", FIRST_PAUSE
        while True:
            self._metrics.restarts.labels(self.name).inc()
            try:
                self.facts = await self._in_thread(self._worker.start)
            except GroundswellError as error:
                _log.error("%s: cannot be loaded again, next attempt in %g s: %s", self.name, pause, error)
                self.state = "failed"
                self._queue.fail(self._unavailable())
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                self.state = "ready"
                return

    def _settle(self, jobs: Sequence[Job], answered: Answered) -> None:
        """Hand the answers of a batch to those who wait for them."""
        self._metrics.compute_seconds.labels(self.name).observe(answered.seconds)
        if answered.refused is not None:
            refused = RequestError(422, "invalid_options", answered.refused)
            for job in jobs:
                if not job.answer.done():
                    job.answer.set_exception(refused)
            return
        speed = sum(job.cost for job in jobs) / max(answered.seconds, 1e-3)
        self._tokens_per_second += (speed - self._tokens_per_second) * (NEWEST if self._tokens_per_second else 1.0)
        self._hand_out(jobs[len(jobs) - len(answered.documents) :], answered.documents)

    def _hand_out(self, jobs: Sequence[Job], documents: Sequence[DocumentAnswer]) -> None:
        for job, found in zip(jobs, documents, strict=True):
            self._metrics.count_document(self.name, found)
            if not job.answer.done():
                job.answer.set_result(found)

    def _check_wait(self, jobs: Sequence[Job], seconds: float) -> None:
        """RequestError 429 when these would probably wait in vain: better told now than by their deadline."""
        wait = self._seconds_for(self._queue.tokens + sum(job.cost for job in jobs))
        if len(self._queue) and wait > SAFE_SHARE * seconds:
            told = f"an answer would take about {wait:.0f} s, and {seconds:.0f} s are left"
            raise RequestError(429, "overloaded", f"{told}. Ask again after Retry-After")

    def _seconds_for(self, tokens: int) -> float:
        """How long so many tokens take, at the speed of the last batches; 0 as long as nobody knows."""
        return tokens / self._tokens_per_second if self._tokens_per_second else 0.0

    def _unavailable(self) -> RequestError:
        told = f"the model {self.name!r} is not loaded ({self.state}). Ask again after Retry-After, or see the log"
        return RequestError(503, "not_ready", told, retry_after=LONGEST_PAUSE if self.state == "failed" else 1.0)

    def _in_thread(self, call: Callable[[], Returned]) -> asyncio.Future[Returned]:
        """Start a blocking call in the thread of this worker."""
        return asyncio.get_running_loop().run_in_executor(self._thread, call)
