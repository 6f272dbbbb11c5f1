"""From the documents of a request to its answer: waiting for the model, the deadline, or the client to leave."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence

from fastapi import Request
from fastapi.responses import Response

from groundswell.errors import RequestError
from groundswell.serving.batching import deadline_passed
from groundswell.serving.gate import ClientGoneError
from groundswell.serving.served_model import ServedModel
from groundswell.serving.worker_messages import DocumentAnswer, Task, TextRow

Waiting = asyncio.Future[DocumentAnswer]


async def wait_for_answers(
    request: Request, model: ServedModel, task: Task, rows: Sequence[TextRow], longest: int
) -> list[str]:
    """The record of each row, as JSON; a row of more than `longest` characters gets an error and costs nothing.

    Raises RequestError 504 when they are not there in time, what the model raises when no row is answered, and
    ClientGoneError when nobody waits any more.
    """
    deadline = request.state.deadline
    if time.monotonic() >= deadline:
        raise deadline_passed()
    short = [row for row in rows if len(row[1]) <= longest]
    waiting = iter(model.submit(task, short, deadline) if short else [])
    futures = [next(waiting) if len(row[1]) <= longest else None for row in rows]
    await _until_done([future for future in futures if future is not None], request, deadline)
    failures = [error for future in futures if future is not None and (error := future.exception()) is not None]
    if failures and len(failures) == len(short):
        raise failures[0]
    return [_record(row, future, longest) for row, future in zip(rows, futures, strict=True)]


def joined_answer(model: str, records: Sequence[str]) -> Response:
    """The answer that holds these records, which are JSON already."""
    body = f'{{"model": {json.dumps(model)}, "documents": [{", ".join(records)}]}}'
    # an unpaired surrogate becomes \udXXX, which is also how JSON writes it
    return Response(body.encode("utf-8", "backslashreplace"), media_type="application/json")


async def _until_done(futures: Sequence[Waiting], request: Request, deadline: float) -> None:
    """Return when all are done; whatever else ends the waiting cancels them."""
    if not futures:
        return
    gone = asyncio.ensure_future(_gone(request))
    answers = asyncio.ensure_future(asyncio.wait(futures))
    try:
        seconds = deadline - time.monotonic()
        await asyncio.wait({answers, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if not answers.done():
            raise ClientGoneError if gone.done() else deadline_passed()
    finally:
        gone.cancel()
        answers.cancel()
        for future in futures:
            if not future.cancel():
                future.exception()  # seen: nobody else will ask for it


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _record(row: TextRow, future: Waiting | None, longest: int) -> str:
    error = None if future is None else future.exception()
    if future is not None and error is None:
        return future.result().record
    head = {} if row[0] is None else {"id": row[0]}
    if isinstance(error, RequestError):
        told = {"code": error.code, "message": str(error)}
    else:
        message = f"the text has {len(row[1]):,} characters, the limit is {longest:,}. Split it into parts"
        told = {"code": "text_too_long", "message": message}
    return json.dumps({**head, "text": row[1], "error": told}, ensure_ascii=False)
