"""A worker process: it holds one Analyzer and answers queries until its pipe is closed.

Texts and answers never leave memory; what goes wrong is logged without them.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from groundswell.errors import InputError
from groundswell.model.side_by_side import side_by_side
from groundswell.serving.faults import fault_line
from groundswell.serving.worker_messages import (
    Analysing,
    Answered,
    DocumentAnswer,
    Explaining,
    LoadRefused,
    ModelFacts,
    Query,
    TextRow,
    WorkerOrder,
)

if TYPE_CHECKING:
    from groundswell.analyzer import Analyzer
    from groundswell.types import Analysis

WARM_TEXTS = (
    "It was good.",
    "味道很好，但是服务太慢。",
    "The room was clean, the staff was kind and the food was cold. " * 40,
)

# A thread takes texts of so many characters at once; answers are sent as soon as they are there, but not more often.
PIECE_CHARACTERS, EARLY_SECONDS = 1000, 0.005

_log = logging.getLogger(__name__)


def work(connection: Connection, order: WorkerOrder) -> None:
    """Load a run, say what it is, then answer one query after the other; returns when nobody asks any more."""
    # Ctrl-C and a service manager reach every process; the one that speaks HTTP ends this one when all is answered.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if order.threads is not None:
        os.environ["OMP_NUM_THREADS"] = str(order.threads)  # read when torch is imported
    try:
        engine = LoadedRun(order)
    except InputError as error:
        connection.send(LoadRefused(str(error)))
        return
    connection.send(engine.facts)
    while True:
        try:
            query: Query = connection.recv()
            for part in answer(engine, query):
                connection.send(part)
        except (EOFError, BrokenPipeError):
            return


class LoadedRun:
    """A run that was loaded and has analysed its first texts.

    Raises RunFolderError for a missing or altered file, and other InputErrors for what cannot be loaded here.
    """

    def __init__(self, order: WorkerOrder) -> None:
        begun = time.perf_counter()
        from groundswell.explaining import measured_best
        from groundswell.model.saved_model import encoder_of
        from groundswell.run_folder import read_manifest
        from groundswell.serving.engine import load_engine

        if order.threads is not None:
            import torch

            torch.set_num_threads(order.threads)
        manifest = read_manifest(order.run)
        self._analyzer = load_engine(order.run, precision=order.precision, note=_log.info)
        self._best_method = measured_best(order.run)
        _warm(self._analyzer)
        self._encoder = encoder_of(self._analyzer.saved)
        self._at_once = self._encoder.at_once if self._encoder is not None else 0
        names = manifest["label_map"]["names"] if manifest.get("label_map") else ()
        self.facts = ModelFacts(
            model=self._analyzer.name,
            task=str(manifest.get("task")),
            labels=tuple(names),
            max_tokens=_max_tokens(order),
            seconds=time.perf_counter() - begun,
        )

    def answers(self, query: Query) -> Iterator[list[DocumentAnswer]]:
        """One answer per row, in order, as many at a time as were made together; InputError when what is asked does not
        go with the run.

        What reads each text alone reads several pieces of a query side by side, so that the first texts of a query are
        answered long before its last.
        """
        task, rows = query.task, query.rows
        if isinstance(task, Explaining):
            self._read_at_once(self._at_once)
            for row in rows:
                yield tolerant(lambda some: [self._explained(task, one) for one in some], [row])
        elif self._at_once:
            self._read_at_once(1)
            yield from side_by_side(
                lambda some: tolerant(lambda few: self._analyses(task, few), some), pieces(rows), self._at_once
            )
        else:
            yield tolerant(lambda some: self._analyses(task, some), rows)

    def _read_at_once(self, texts: int) -> None:
        if self._encoder is not None:
            self._encoder.at_once = texts

    def _analyses(self, task: Analysing, rows: Sequence[TextRow]) -> list[DocumentAnswer]:
        analyses = self._analyzer.stream_rows(rows, aspects=task.aspects, abstention=task.abstention)
        return [_analysed(analysis) for analysis in analyses]

    def _explained(self, task: Explaining, row: TextRow) -> DocumentAnswer:
        from groundswell.explaining import Question, explain_rows

        question = Question(task.method, task.label, task.head, task.aspects)
        found = list(explain_rows(self._analyzer, [row], question, best=self._best_method))
        error = next((one.error for one in found if one.error is not None), None)
        record: dict[str, Any] = {} if row[0] is None else {"id": row[0]}
        record |= {"text": row[1], **({"explanations": [one.to_dict() for one in found]} if error is None else {})}
        return _failed(row, error) if error is not None else DocumentAnswer(json.dumps(record, ensure_ascii=False))


def answer(engine: LoadedRun, query: Query) -> Iterator[Answered]:
    """What the engine says to a query, in parts, each as soon as it is there."""
    begun = sent = time.perf_counter()
    ready: list[DocumentAnswer] = []
    try:
        for found in engine.answers(query):
            ready += found
            if time.perf_counter() - sent >= EARLY_SECONDS:
                yield Answered(ready, more=True)
                ready, sent = [], time.perf_counter()
    except InputError as error:
        yield Answered([], time.perf_counter() - begun, refused=str(error))
        return
    yield Answered(ready, time.perf_counter() - begun)


def tolerant(
    answers: Callable[[Sequence[TextRow]], list[DocumentAnswer]], rows: Sequence[TextRow]
) -> list[DocumentAnswer]:
    """The answers to rows; a document that fails gets an error, its mates their answers."""
    try:
        return answers(rows)
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001 - any library below may fail on a text, whose mates must be answered
        if len(rows) > 1:
            return [found for row in rows for found in tolerant(answers, [row])]
        _log.error("a document could not be analysed: %s", fault_line(error))
        told = {"code": "internal_error", "message": "this text could not be analysed; the log says where it failed"}
        return [_failed(rows[0], told)]


def pieces(rows: Sequence[TextRow]) -> list[list[TextRow]]:
    """Rows in their order, long ones alone, short ones together: what is done around the model costs less so."""
    found: list[list[TextRow]] = [[]]
    characters = 0
    for row in rows:
        if found[-1] and characters + len(row[1]) > PIECE_CHARACTERS:
            found.append([])
            characters = 0
        found[-1].append(row)
        characters += len(row[1])
    return found


def _warm(analyzer: Analyzer) -> None:
    """Analyse some texts of different lengths, so that the first ones that count take no longer than others."""
    rows: list[TextRow] = [(None, text) for text in WARM_TEXTS]
    try:
        list(analyzer.stream_rows(rows))
    except InputError:  # a run that is asked for aspects
        list(analyzer.stream_rows(rows, aspects=("service",)))


def _max_tokens(order: WorkerOrder) -> int | None:
    """The most tokens that the run reads of a text; None when it reads all."""
    from groundswell.model.saved_model import DESCRIPTION
    from groundswell.run_folder import MODEL

    text = json.loads((order.run / MODEL / DESCRIPTION).read_text(encoding="utf-8")).get("text")
    return None if text is None or text["truncation"] == "windows" else int(text["max_tokens"])


def _analysed(analysis: Analysis) -> DocumentAnswer:
    return DocumentAnswer(
        analysis.to_json(),
        error=None if analysis.error is None else analysis.error["code"],
        labels=tuple(_labels(analysis)),
        confidence=analysis.confidence,
        language=None if analysis.error is not None else analysis.language,
        warnings=tuple(warning.partition(":")[0] for warning in analysis.warnings),
    )


def _labels(analysis: Analysis) -> Iterator[str]:
    if analysis.label is not None:
        yield analysis.label
    yield from analysis.labels or ()
    for name, said in analysis.heads.items():
        given = said.get("labels") or ([said["label"]] if said.get("label") is not None else [])
        yield from (f"{name}:{label}" for label in given)
    yield from (f"opinion:{opinion.polarity}" for opinion in analysis.opinions)


def _failed(row: TextRow, error: dict[str, str]) -> DocumentAnswer:
    from groundswell.types import Analysis

    return DocumentAnswer(Analysis(row[1], id=row[0], error=error).to_json(), error=error["code"])
