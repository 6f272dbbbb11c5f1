"""What every request passes before anything is made of it: its key, its size, its time, a place among those in flight.

The order is that of cost: a request that is refused has cost less than one that is answered, and nothing was tokenized.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from groundswell.errors import InputError, RequestError
from groundswell.serving.api_errors import error_response, internal_error
from groundswell.serving.faults import fault_line
from groundswell.serving.limits import Limits
from groundswell.serving.metrics import ServiceMetrics
from groundswell.serving.security.audit_log import AuditEvent, AuditLog
from groundswell.serving.security.keys import KeyRecord, KeyStore
from groundswell.serving.security.rate_limits import RateLimiter

CLIENT_GONE = 499  # counted and logged, never sent: nobody reads it
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})

access_log = logging.getLogger("groundswell.serving.access")
_log = logging.getLogger(__name__)


class ClientGoneError(Exception):
    """Whoever asked has closed the connection."""


@dataclass(slots=True)
class _Exchange:
    """A request and what became of it."""

    scope: Scope
    route: str
    begun: float
    status: int = 0

    @property
    def state(self) -> dict[str, object]:
        return self.scope["state"]  # type: ignore[no-any-return]


class RequestGate:
    """The app behind checks of each request; `scope["state"]` then holds `key`, `deadline`.

    keys        None: everybody may ask, but only by the names of this machine
    protected   paths that begin so need a key, whatever stands behind them
    open_posts  paths that take a POST without a key, each with the most bytes of its body; whoever they are passed on
                to checks the key
    is_ending   whether the service takes nothing more
    routes      paths that are named in metrics and logs; others may hold anything, and are called `other`
    """

    def __init__(  # noqa: PLR0913 - each is another thing that a request is checked by
        self,
        app: ASGIApp,
        *,
        limits: Limits,
        metrics: ServiceMetrics,
        keys: KeyStore | None,
        audit: AuditLog,
        protected: tuple[str, ...],
        open_posts: Mapping[str, int],
        routes: frozenset[str],
        is_ending: Callable[[], bool],
    ) -> None:
        self._app, self._limits, self._metrics = app, limits, metrics
        self._keys, self._audit, self._protected, self._routes = keys, audit, protected, routes
        self._open_posts = open_posts
        self._rates, self._is_ending = RateLimiter(), is_ending
        self._in_flight = 0
        metrics.in_flight.set_function(lambda: self._in_flight)
        metrics.lost_lines.set_function(lambda: audit.lost)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with an error."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        exchange = _Exchange(scope, path if path in self._routes else "other", time.monotonic())
        exchange.state["deadline"] = exchange.begun + self._limits.seconds

        async def noted_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
            await send(message)

        try:
            await self._answer(exchange, receive, noted_send)
        finally:
            self._note(exchange)

    async def _answer(self, exchange: _Exchange, receive: Receive, send: Send) -> None:
        scope = exchange.scope
        request_id = str(exchange.state["request_id"])
        try:
            self._check_host(scope)
            is_protected = scope["path"].startswith(self._protected)
            most = self._limits.body_bytes if is_protected else self._open_posts.get(scope["path"])
            if is_protected:
                self._check_key(exchange)
            if most is not None:
                self._check_end()
            if most is not None and scope["method"] == "POST":
                with self._place_in_flight():
                    await self._app(scope, await self._with_body(scope, receive, most), send)
            else:
                await self._app(scope, receive, send)
        except RequestError as error:
            exchange.state["error_code"] = error.code
            await error_response(error, request_id)(scope, receive, send)
        except ClientGoneError:
            exchange.status = CLIENT_GONE
        except Exception as error:  # noqa: BLE001 - whatever fails, a client gets JSON and a log no text
            _log.error("%s: %s", request_id, fault_line(error))
            exchange.state["error_code"] = internal_error().code
            if not exchange.status:
                await error_response(internal_error(), request_id)(scope, receive, send)

    def _check_host(self, scope: Scope) -> None:
        """RequestError 421 without keys for another name than those of this machine.

        A page of a foreign site, whose name was made to mean this machine, would otherwise get answers.
        """
        if self._keys is None and _host_name(Headers(scope=scope).get("host", "")) not in LOOPBACK_NAMES:
            told = "without keys this service answers by the names of its machine only. Ask localhost"
            raise RequestError(421, "foreign_host", told)

    def _check_end(self) -> None:
        """RequestError 503 for what arrives when the service has begun to end; what arrived before is answered."""
        if self._is_ending():
            raise RequestError(503, "draining", "the service ends. Ask another one", retry_after=1)

    def _check_key(self, exchange: _Exchange) -> None:
        """RequestError 401 without a good key, 429 for one that asks too often."""
        if self._keys is None:
            return
        kind, _, given = Headers(scope=exchange.scope).get("authorization", "").partition(" ")
        try:
            record = self._keys.verify(given.strip()) if kind.lower() == "bearer" else None
        except InputError as error:
            _log.error("%s", error)
            raise RequestError(503, "not_ready", "the keys cannot be read; the log says why", retry_after=30) from error
        if record is None:
            told = "a key is missing, unknown or revoked. Send it as: Authorization: Bearer KEY"
            raise RequestError(401, "unauthorized", told)
        exchange.state["key"] = record
        seconds = self._rates.check(record)
        if seconds is not None:
            told = f"this key may ask {record.requests_per_minute} times a minute. Ask again after Retry-After"
            raise RequestError(429, "rate_limited", told, retry_after=seconds)

    @contextmanager
    def _place_in_flight(self) -> Iterator[None]:
        if self._in_flight >= self._limits.requests:
            told = f"{self._in_flight} requests are being answered, which is all this service takes. Ask later"
            raise RequestError(429, "overloaded", told, retry_after=1)
        self._in_flight += 1
        try:
            yield
        finally:
            self._in_flight -= 1

    async def _with_body(self, scope: Scope, receive: Receive, most: int) -> Receive:
        """`receive` with the whole body, which was read in bounded time and memory."""
        headers = Headers(scope=scope)
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise RequestError(415, "unsupported_type", "expected Content-Type: application/json. Send JSON in UTF-8")
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise RequestError(
                415, "unsupported_encoding", "expected a body without Content-Encoding. Send it as it is"
            )
        body = await self._read_body(headers, receive, most)
        message: Message | None = {"type": "http.request", "body": body, "more_body": False}

        async def receive_again() -> Message:
            nonlocal message
            given, message = message, None
            return given if given is not None else await receive()

        return receive_again

    async def _read_body(self, headers: Headers, receive: Receive, most: int) -> bytes:
        declared = headers.get("content-length", "0")
        if len(declared) > 18 or (declared.isdecimal() and int(declared) > most):
            raise _too_large(most)
        body, more = bytearray(), True
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise ClientGoneError
                    body += message.get("body", b"")
                    more = message.get("more_body", False)
                    if len(body) > most:
                        raise _too_large(most)
        except TimeoutError as error:
            told = f"the body did not arrive within {self._limits.body_seconds:g} s. Send it at once"
            raise RequestError(408, "body_too_slow", told) from error
        return bytes(body)

    def _note(self, exchange: _Exchange) -> None:
        """Count a request and write it down, without a word of what it held."""
        state, seconds = exchange.state, time.monotonic() - exchange.begun
        status = exchange.status or CLIENT_GONE
        self._metrics.requests.labels(exchange.route, str(status)).inc()
        self._metrics.request_seconds.labels(exchange.route).observe(seconds)
        code = state.get("error_code")
        if code is not None:
            self._metrics.failures.labels(exchange.route, str(code)).inc()
        key = state.get("key")
        documents, characters, model = (state.get(name) for name in ("documents", "characters", "model"))
        event = AuditEvent(
            request_id=str(state["request_id"]),
            key_id=key.id if isinstance(key, KeyRecord) else None,
            route=exchange.route,
            status=status,
            documents=documents if isinstance(documents, int) else None,
            characters=characters if isinstance(characters, int) else None,
            milliseconds=1000 * seconds,
            model=model if isinstance(model, str) else None,
        )
        if exchange.scope["path"].startswith(self._protected):
            self._audit.write(event)
        if access_log.isEnabledFor(logging.INFO):
            told = {**asdict(event), "milliseconds": round(event.milliseconds, 1), "code": code}
            access_log.info("%s", json.dumps(told))


def _host_name(host: str) -> str:
    """The name of `name:port`, lower case; an IPv6 address keeps its brackets."""
    return (host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]).lower()


def _too_large(most: int) -> RequestError:
    return RequestError(413, "body_too_large", f"the body has more than {most:,} bytes. Send fewer documents at once")
