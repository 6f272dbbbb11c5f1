"""Micro-batches: scripted arrivals and a clock that a test sets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest

from groundswell.errors import RequestError
from groundswell.serving.batching import PASSES_TO_EXPLAIN, DocumentQueue, Job, estimated_tokens
from groundswell.serving.worker_messages import Analysing, DocumentAnswer, Explaining, Task

ANALYSE = Analysing()


class Script:
    """A queue, its clock, and the documents that arrive at it, called by letters."""

    def __init__(self, **limits: int) -> None:
        self.now = 0.0
        self.dropped: list[str] = []
        sizes = {"batch_tokens": 100, "batch_documents": 10, "most_documents": 100, "most_tokens": 10_000, **limits}
        self.queue = DocumentQueue(**sizes, clock=lambda: self.now, on_drop=self.dropped.append)

    def job(self, name: str, tokens: int, task: Task = ANALYSE, deadline: float = 60.0) -> Job:
        future: asyncio.Future[DocumentAnswer] = asyncio.get_running_loop().create_future()
        return Job((name, "text"), task, tokens, self.now, deadline, future)

    def arrive(self, *named: tuple[str, int], task: Task = ANALYSE, deadline: float = 60.0) -> list[Job]:
        jobs = [self.job(name, tokens, task, deadline) for name, tokens in named]
        self.queue.put(jobs)
        return jobs

    def taken(self) -> str:
        return names(self.queue.take())


def names(jobs: Sequence[Job]) -> str:
    return "".join(str(job.row[0]) for job in jobs)


def scripted(test: Callable[[], object]) -> Callable[[], None]:
    """The test, inside an event loop: futures belong to one."""

    def run() -> None:
        async def inside() -> None:
            outcome = test()
            if asyncio.iscoroutine(outcome):
                await outcome

        asyncio.run(asyncio.wait_for(inside(), 5))

    run.__doc__ = test.__doc__
    return run


@scripted
def test_the_oldest_goes_first_with_those_of_like_length() -> None:
    """Budget 100: d (30 tokens) and 31, 29 fit three times 31 = 93; a fourth of 25 would make 124."""
    script = Script()
    script.arrive(("d", 30), ("x", 90), ("e", 31), ("f", 25), ("g", 29))
    assert script.taken() == "deg"
    assert script.taken() == "x"
    assert script.taken() == "f"
    assert script.taken() == ""


@scripted
def test_tokens_are_counted_as_padded_to_the_longest() -> None:
    """10 + 60 tokens are 120 when padded, above the budget of 100, though their sum is 70."""
    script = Script()
    script.arrive(("a", 10), ("b", 60))
    assert [script.taken(), script.taken()] == ["a", "b"]


@scripted
def test_a_text_larger_than_the_budget_goes_alone_and_at_once() -> None:
    script = Script()
    script.arrive(("h", 5_000), ("a", 10))
    assert [script.taken(), script.taken()] == ["h", "a"]


@scripted
def test_a_batch_has_no_more_documents_than_allowed() -> None:
    script = Script(batch_documents=2)
    script.arrive(("a", 1), ("b", 1), ("c", 1))
    assert [script.taken(), script.taken()] == ["ab", "c"]


@scripted
def test_documents_of_which_something_else_is_asked_wait_for_their_own_batch() -> None:
    script = Script()
    script.arrive(("a", 10))
    script.arrive(("b", 10), task=Analysing(aspects=("food",)))
    script.arrive(("c", 10))
    script.arrive(("d", 10), task=Analysing(aspects=("food",)))
    assert [script.taken(), script.taken()] == ["ac", "bd"]


@scripted
def test_an_explanation_goes_alone() -> None:
    script = Script()
    script.arrive(("a", 1), ("b", 1), task=Explaining())
    assert [script.taken(), script.taken()] == ["a", "b"]


@scripted
def test_a_document_of_rare_length_is_not_overtaken_for_ever() -> None:
    """Texts of 50 tokens keep coming, two to a batch; the one of 5 goes as soon as it is the oldest."""
    script = Script()
    script.arrive(("a", 50), ("r", 5), ("b", 50))
    order = script.taken()
    script.arrive(("c", 50), ("d", 50))
    order += script.taken()
    assert order.startswith("abr")


@scripted
def test_a_full_queue_takes_all_of_a_request_or_none() -> None:
    script = Script(most_documents=3)
    script.arrive(("a", 1), ("b", 1))
    with pytest.raises(RequestError, match="2 documents wait for this model, 2 more are too many") as caught:
        script.arrive(("c", 1), ("d", 1))
    assert (caught.value.status, caught.value.code) == (429, "overloaded")
    script.arrive(("e", 1))
    assert script.taken() == "abe"


@scripted
def test_the_queue_is_bounded_by_tokens_and_explaining_counts_many_times() -> None:
    script = Script(most_tokens=10 * PASSES_TO_EXPLAIN)
    script.arrive(("a", 10), task=Explaining())
    assert script.queue.tokens == 10 * PASSES_TO_EXPLAIN
    with pytest.raises(RequestError):
        script.arrive(("b", 1))
    assert script.taken() == "a"
    assert script.queue.tokens == 0


@scripted
def test_a_request_larger_than_the_queue_is_taken_when_nothing_waits() -> None:
    script = Script(most_tokens=10)
    script.arrive(("a", 50))
    assert script.taken() == "a"


@scripted
def test_what_nobody_waits_for_is_dropped_and_makes_room() -> None:
    script = Script(most_documents=2)
    gone, late = script.arrive(("g", 1)), script.arrive(("l", 1), deadline=5.0)
    gone[0].answer.cancel()
    script.now = 5.0
    script.arrive(("a", 1), ("b", 1))
    assert script.dropped == ["client_gone", "deadline"]
    error = late[0].answer.exception()
    assert isinstance(error, RequestError)
    assert (error.status, error.code) == (504, "deadline_passed")
    assert script.taken() == "ab"


@scripted
def test_a_document_just_before_its_deadline_is_still_taken() -> None:
    script = Script()
    script.arrive(("a", 1), deadline=5.0)
    script.now = 4.999
    assert script.taken() == "a"


@scripted
async def test_whoever_waits_gets_the_first_batch_and_the_end() -> None:
    script = Script()
    waiting = asyncio.create_task(script.queue.batch())
    await asyncio.sleep(0)
    assert not waiting.done()
    script.arrive(("a", 1))
    assert names(await waiting) == "a"
    script.arrive(("b", 1))
    script.queue.close()
    assert names(await script.queue.batch()) == "b"
    assert await script.queue.batch() == []


@scripted
async def test_all_that_waits_can_be_answered_with_an_error() -> None:
    script = Script()
    jobs = script.arrive(("a", 1), ("b", 1))
    jobs[0].answer.cancel()
    script.queue.fail(RequestError(503, "not_ready", "gone"))
    with pytest.raises(RequestError, match="gone"):
        await jobs[1].answer
    assert (len(script.queue), script.queue.tokens) == (0, 0)


@pytest.mark.parametrize(
    ("text", "most", "tokens"),
    [("", None, 1), ("four letters", None, 4), ("电池很耐用", None, 4), ("x" * 4000, 512, 512), ("\ud800", None, 1)],
)
def test_tokens_are_a_quarter_of_the_bytes(text: str, most: int | None, tokens: int) -> None:
    assert estimated_tokens(text, most) == tokens
