"""The service's end of a worker process: start it, ask it, see that it is dead, end it.

Every method blocks; the service calls them in a thread that belongs to this worker alone.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Protocol

from groundswell.errors import InputError, RequestError
from groundswell.serving.worker import work
from groundswell.serving.worker_messages import Answered, DocumentAnswer, LoadRefused, ModelFacts, Query, WorkerOrder

SECONDS_TO_END = 5.0
Early = Callable[[list[DocumentAnswer]], None]


class WorkerDiedError(RequestError):
    """The process that holds a model ended while it was asked."""

    def __init__(self, message: str) -> None:
        super().__init__(503, "worker_failed", message, retry_after=1)


class Worker(Protocol):
    """Whatever holds one model."""

    def start(self) -> ModelFacts:
        """Load the model; InputError when it cannot be loaded, WorkerDiedError when loading does not end well."""
        ...

    def ask(self, query: Query, early: Early) -> Answered:
        """The answers to a query; WorkerDiedError when there will be none.

        early   is given, in order and at once, the answers that are there before the last ones, which are returned
        """
        ...

    def end(self) -> None:
        """Give the model's memory back when it is asked nothing; may be called more than once."""
        ...

    def kill(self) -> None:
        """The same at once, from any thread; whoever waits for an answer is told WorkerDiedError."""
        ...


class WorkerProcess:
    """A model in a process of its own, started afresh (`spawn`) so that it shares no lock and no thread.

    order            what it loads
    load_seconds     after which a process that is still loading is given up
    answer_seconds   after which a process that has not answered is given up
    target           what runs in the process
    """

    def __init__(
        self,
        order: WorkerOrder,
        *,
        load_seconds: float,
        answer_seconds: float,
        target: Callable[[Connection, WorkerOrder], None] = work,
    ) -> None:
        self._order, self._target = order, target
        self._load_seconds, self._answer_seconds = load_seconds, answer_seconds
        self._process: BaseProcess | None = None
        self._connection: Connection | None = None
        self._killed = False

    @property
    def pid(self) -> int | None:
        """Of the process that runs now."""
        return None if self._process is None else self._process.pid

    def start(self) -> ModelFacts:
        """Start the process and wait until its model is loaded and warm; a process that runs is ended first."""
        self.end()
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=self._target, args=(theirs, self._order), daemon=True)
        self._process.start()
        if self._killed:
            self._process.kill()
        theirs.close()  # else the end of the process would not end the pipe
        answer = self._receive(self._load_seconds, "loading the model")
        if isinstance(answer, LoadRefused):
            self.end()
            raise InputError(answer.message)
        assert isinstance(answer, ModelFacts)
        return answer

    def ask(self, query: Query, early: Early) -> Answered:
        """The last answers to a query; `early` gets those before."""
        connection = self._connection
        if connection is None:
            raise WorkerDiedError("the model's process has ended")
        try:
            connection.send(query)
        except OSError as error:
            raise self._died("taking documents") from error
        while True:
            answer = self._receive(self._answer_seconds, "analysing")
            assert isinstance(answer, Answered)
            if not answer.more:
                return answer
            early(answer.documents)

    def end(self) -> None:
        """Let the process finish, and kill it when it does not."""
        process, connection = self._process, self._connection
        self._process = self._connection = None
        if connection is not None:
            connection.close()
        if process is not None:
            process.join(SECONDS_TO_END if process.exitcode is None else 0)
            process.kill()
            process.join()

    def kill(self) -> None:
        """End the process at once, also one that is about to start; whoever waits for its answer is told."""
        self._killed = True
        process = self._process
        if process is not None:
            process.kill()

    def _receive(self, seconds: float, doing: str) -> Any:
        connection = self._connection
        assert connection is not None
        try:
            if connection.poll(seconds):
                return connection.recv()
        except (EOFError, OSError) as error:
            raise self._died(doing) from error
        raise self._died(f"{doing}, not done after {seconds:g} s")

    def _died(self, doing: str) -> WorkerDiedError:
        process = self._process
        if process is not None:
            process.kill()
            process.join()
        code = None if process is None else process.exitcode
        return WorkerDiedError(f"the model's process ended while {doing} (exit code {code}). Ask again")
