"""Connections that do not wait for ever: one whose request comes in drops is closed, and one where none begins.

uvicorn itself waits for the head of a request, and for the rest of a body that was refused, as long as it takes.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


class ImpatientProtocol(H11Protocol):
    """HTTP/1.1, where the first request, and each that has begun, must arrive within `header_seconds`.

    Between two requests a connection may rest, for as long as uvicorn keeps it alive.
    """

    header_seconds = 10.0

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take bytes; those that do not complete the head of a request win no time."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()
        else:
            self._wait()

    def on_response_complete(self) -> None:
        """Go on with the next request; after a refusal the rest of the body is thrown away, but not for ever."""
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_waiting()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP in the form of every other error, then hang up."""
        body = (
            b'{"error": {"code": "invalid_request", "message": "this is no HTTP/1.1, or its head is too long. '
            b'Mend the request", "request_id": ""}}'
        )
        headers = [
            ("content-type", "application/json"), ("content-length", str(len(body))), ("connection", "close")
        ]  # fmt: skip
        for event in (h11.Response(status_code=400, headers=headers), h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _wait(self) -> None:
        if self._patience is None and not self.transport.is_closing():
            self._patience = self.loop.call_later(self.header_seconds, self._hang_up)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _hang_up(self) -> None:
        self._patience = None
        # not `close`: that would wait for a client that reads nothing
        self.transport.abort()


def impatient(header_seconds: float) -> type[ImpatientProtocol]:
    """The protocol with this patience."""
    return type("ImpatientProtocol", (ImpatientProtocol,), {"header_seconds": header_seconds})
