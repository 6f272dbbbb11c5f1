"""Real processes that hold no model: they answer, die, hang, and are ended."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tiny_service import answering

from groundswell.errors import InputError
from groundswell.serving.worker_messages import Analysing, DocumentAnswer, Query, WorkerOrder
from groundswell.serving.worker_process import WorkerDiedError, WorkerProcess


def process(run: str = "right", load_seconds: float = 30.0, answer_seconds: float = 30.0) -> WorkerProcess:
    order = WorkerOrder(Path(run), threads=3)
    return WorkerProcess(order, load_seconds=load_seconds, answer_seconds=answer_seconds, target=answering)


@pytest.fixture(scope="module")
def worker() -> Iterator[WorkerProcess]:
    made = process(answer_seconds=1.0)
    yield made
    made.end()


def asked(worker: WorkerProcess, *texts: str) -> list[str]:
    found: list[DocumentAnswer] = []
    found += worker.ask(Query(Analysing(), [(None, text) for text in texts]), found.extend).documents
    return [document.labels[0] for document in found]


def is_alive(pid: int | None) -> bool:
    assert pid is not None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_process_answers_dies_hangs_and_comes_back(worker: WorkerProcess) -> None:
    facts = worker.start()
    assert facts.model == str(worker.pid) != str(os.getpid())
    assert facts.max_tokens == 3
    assert asked(worker, "a", "bb") == ["odd", "even"]

    first = worker.pid
    with pytest.raises(WorkerDiedError, match=r"ended while analysing \(exit code 7\)"):
        asked(worker, "die")
    with pytest.raises(WorkerDiedError):
        asked(worker, "a")
    worker.start()
    assert worker.pid != first
    assert asked(worker, "a") == ["odd"]

    began = time.monotonic()
    with pytest.raises(WorkerDiedError, match="analysing, not done after 1 s"):
        asked(worker, "sleep")
    assert time.monotonic() - began < 10

    worker.start()
    last = worker.pid
    assert is_alive(last)
    worker.end()
    assert not is_alive(last)
    with pytest.raises(WorkerDiedError, match="has ended"):
        asked(worker, "a")


def test_a_run_that_cannot_be_loaded_is_told() -> None:
    worker = process("wrong")
    with pytest.raises(InputError, match="wrong: there is no such run folder"):
        worker.start()
    assert worker.pid is None


def test_a_process_that_never_gets_ready_is_given_up() -> None:
    worker = process("silent", load_seconds=0.2)
    with pytest.raises(WorkerDiedError, match=r"loading the model, not done after 0\.2 s"):
        worker.start()
    worker.end()


def test_a_process_that_is_ended_before_it_began_does_not_stay() -> None:
    worker = process("silent")
    worker.kill()
    with pytest.raises(WorkerDiedError):
        worker.start()
    worker.end()
