"""What is said to a service and what its answers mean, without a connection: steps that any client can carry out.

A conversation is a generator. It yields a `Request` to send, and is sent what came back (`Reply` or `Broken`); or it
yields a `Pause` to wait. Its return value is the result. So the blocking and the asynchronous client are the same but
for how they send and wait.
"""

from __future__ import annotations

import json
import random
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from groundswell.errors import AccessError, OverloadError, RefusedError, ServiceError, UnreachableError

_BUSY = frozenset({429, 503})
_SHOWN = 200  # characters of an answer that is no error of ours

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Request:
    """What to send; all requests of the client may be sent twice without harm."""

    method: str
    path: str
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """How long to wait."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True, slots=True)
class Broken:
    """Why nothing was answered.

    again   whether to try again: the connection failed. Not after a time-out: the service may still be at work
    """

    reason: str
    again: bool


Steps = Generator[Request | Pause, Reply | Broken | None, T]


@dataclass(frozen=True)
class Retries:
    """How often and when to ask again.

    most            times after the first; 0 never
    first_seconds   before the first; doubled each time, and of that a random part between a half and all, so that
                    clients that were refused together do not come back together
    most_seconds    of one wait; a service that asks for more (Retry-After) is not asked again
    """

    most: int = 4
    first_seconds: float = 0.5
    most_seconds: float = 30.0

    def seconds(self, attempt: int, asked_for: float | None) -> float | None:
        """The wait after attempt 0, 1 …; None when it is not worth while."""
        if attempt >= self.most or (asked_for or 0.0) > self.most_seconds:
            return None
        backed_off = min(self.first_seconds * 2.0**attempt, self.most_seconds)
        return (asked_for or 0.0) + backed_off * random.uniform(0.5, 1.0)


def exchange(request: Request, retries: Retries) -> Steps[Any]:
    """The steps to what a service answers, as plain values of JSON.

    Asks again when the connection fails and when the service says 429 or 503, after what it asks for in Retry-After.
    Raises a ServiceError otherwise.
    """
    for attempt in range(retries.most + 1):
        reply = yield request
        assert reply is not None
        if isinstance(reply, Reply) and reply.status < 300:
            return _values(request, reply)
        seconds = None
        if isinstance(reply, Broken):
            error: ServiceError = UnreachableError(f"{request.path}: {reply.reason}. Check the address and the service")
            if reply.again:
                seconds = retries.seconds(attempt, None)
        else:
            error = _error(request, reply)
            if reply.status in _BUSY:
                seconds = retries.seconds(attempt, _retry_after(reply))
        if seconds is None:
            raise error
        yield Pause(seconds)
    raise AssertionError("the last attempt returns or raises")


def strange_answer(request: Request, found: str) -> ServiceError:
    """The error for an answer that is not what a service of ours gives."""
    return ServiceError(
        f"{request.path}: found {found}, expected an answer of `groundswell serve`. Check the address, and whether "
        "service and client have the same version"
    )


def _values(request: Request, reply: Reply) -> Any:
    try:
        return json.loads(reply.content)
    except ValueError as error:
        raise strange_answer(request, f"no JSON but {_start(reply)}") from error


def _error(request: Request, reply: Reply) -> ServiceError:
    """The error of an answer with a status of 300 or more."""
    code, message = "", _start(reply)
    try:
        told = json.loads(reply.content)["error"]
        code, message = str(told["code"]), str(told["message"])
    except (ValueError, KeyError, TypeError):  # of a proxy in between
        pass
    kinds = {401: AccessError, 403: AccessError, 429: OverloadError, 503: OverloadError, 504: UnreachableError}
    kind = kinds.get(reply.status, RefusedError if 400 <= reply.status < 500 else ServiceError)
    identity = reply.headers.get("x-request-id", "")
    return kind(
        f"{request.path}: {reply.status} {code}".rstrip()
        + f": {message}"
        + (f" (request {identity})" if identity else ""),
        status=reply.status,
        code=code,
        request_id=identity,
    )


def _start(reply: Reply) -> str:
    text = reply.content[: 4 * _SHOWN].decode("utf-8", errors="replace")
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")


def _retry_after(reply: Reply) -> float | None:
    """Seconds of Retry-After, which is a number or a date (RFC 9110, section 10.2.3); None without a readable one."""
    given = reply.headers.get("retry-after", "").strip()
    if given.isascii() and given.isdigit():
        return float(given[:9])
    try:
        at = parsedate_to_datetime(given)
    except (ValueError, TypeError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())
