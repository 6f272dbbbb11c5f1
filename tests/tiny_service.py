"""What a service gets instead of a model: workers that compute nothing, in threads and in processes."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from groundswell.errors import InputError
from groundswell.serving.limits import Limits
from groundswell.serving.metrics import ServiceMetrics
from groundswell.serving.models import Models
from groundswell.serving.served_model import Serving
from groundswell.serving.worker_messages import (
    Analysing,
    Answered,
    DocumentAnswer,
    LoadRefused,
    ModelFacts,
    Query,
    TextRow,
    WorkerOrder,
)
from groundswell.serving.worker_process import Early, WorkerDiedError

FACTS = ModelFacts("tiny 0.1.0 sha256:0", "single_label", ("even", "odd"), None, 0.0)


def record_of(row: TextRow) -> DocumentAnswer:
    """What the stand-ins say: the label is `odd` or `even`, by the number of characters."""
    row_id, text = row
    label = "odd" if len(text) % 2 else "even"
    head = {} if row_id is None else {"id": row_id}
    record = {**head, "text": text, "label": label, "scores": {label: 1.0}, "confidence": 1.0, "warnings": []}
    return DocumentAnswer(json.dumps(record, ensure_ascii=False), None, (label,), 1.0, "en", ("short",))


class StandInWorker:
    """Answers in the thread that asks.

    open       while it is cleared, no query is answered
    queries    what was asked
    deadly     texts that end it, each as often as it is listed
    refusals   messages that the next starts are refused with
    handed_out_early   whether all answers but the last one are there before it is allowed to go on
    """

    def __init__(self, run: Path = Path("tiny")) -> None:
        self.run = run
        self.open = threading.Event()
        self.open.set()
        self.queries: list[Query] = []
        self.deadly: list[str] = []
        self.refusals: list[str] = []
        self.handed_out_early = False
        self.num_starts = 0
        self.ended = False
        self.killed = threading.Event()

    def start(self) -> ModelFacts:
        self.num_starts += 1
        if self.refusals:
            raise InputError(self.refusals.pop(0))
        return FACTS

    def ask(self, query: Query, early: Early) -> Answered:
        self.queries.append(query)
        rows = list(query.rows)
        while self.handed_out_early and len(rows) > 1:
            early([record_of(rows.pop(0))])
        while not self.open.wait(0.01):
            if self.killed.is_set():
                raise WorkerDiedError("killed")
        for _, text in query.rows:
            if text in self.deadly:
                self.deadly.remove(text)
                raise WorkerDiedError("the model's process ended while analysing (exit code -9). Ask again")
        if isinstance(query.task, Analysing) and query.task.aspects:
            return Answered([], refused="tiny: finds no opinions. Leave the list out")
        return Answered([record_of(row) for row in rows], 0.001)

    def end(self) -> None:
        self.ended = True

    def kill(self) -> None:
        self.killed.set()


def tiny_models(
    *names: str, make: Callable[[Path], Any] = StandInWorker, runs_folder: Path | None = None, **limits: float
) -> Models:
    """Models of these names on stand-ins, with these limits."""
    serving = Serving(Limits(**limits), ServiceMetrics())  # type: ignore[arg-type]
    runs = {name: Path("runs") / name for name in names or ("tiny",)}
    return Models(runs, make, serving, runs_folder=runs_folder)


def answering(connection: Connection, order: WorkerOrder) -> None:
    """A process that answers; `die` ends it, `sleep` makes it slow, a run called `wrong` is refused."""
    if order.run.name == "wrong":
        connection.send(LoadRefused("wrong: there is no such run folder"))
        return
    if order.run.name == "silent":
        time.sleep(60)
    connection.send(ModelFacts(str(os.getpid()), "single_label", (), order.threads, 0.0))
    while True:
        try:
            query: Query = connection.recv()
        except EOFError:
            return
        if any(text == "die" for _, text in query.rows):
            os._exit(7)
        if any(text == "sleep" for _, text in query.rows):
            time.sleep(60)
        *first, last = map(record_of, query.rows)
        for found in first:
            connection.send(Answered([found], more=True))
        connection.send(Answered([last]))
