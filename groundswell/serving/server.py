"""The service as a process: it listens before its models are loaded, and answers what it accepted before it ends."""

from __future__ import annotations

import asyncio
import contextlib
import math
import multiprocessing
import signal
import socket
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import uvicorn

from groundswell.errors import InputError
from groundswell.serving.connections import impatient
from groundswell.serving.models import Models

TICK_SECONDS = 0.05
# The thread that hands a worker its next documents must not wait long for a busy event loop, while the worker idles.
SWITCH_SECONDS = 0.0005


class _Server(uvicorn.Server):
    """uvicorn's server; from the signal on that ends it the models take nothing more."""

    def __init__(self, config: uvicorn.Config, models: Models) -> None:
        super().__init__(config)
        self._models = models

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to end."""
        self._models.draining = True
        super().handle_exit(sig, frame)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 takes a free one. InputError when it cannot."""
    listening = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        if listening is not None:
            listening.close()
        raise InputError(f"{host}:{port}: cannot listen ({error.strerror}). Choose others: --host, --port") from error
    listening.setblocking(False)
    return listening


def address_of(listening: socket.socket) -> str:
    """`http://host:port` of a socket."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run_server(
    app: Any, models: Models, listening: socket.socket, on_ready: Callable[[], object] = lambda: None
) -> None:
    """Serve until SIGTERM or Ctrl-C; returns when everything that was accepted is answered.

    on_ready   called when every model is loaded and warm

    Raises the error of a model that cannot be loaded at the start, and KeyboardInterrupt after Ctrl-C.
    """
    limits = models.serving.limits
    config = uvicorn.Config(
        app,
        http=impatient(limits.header_seconds),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=math.ceil(limits.idle_seconds),
        timeout_graceful_shutdown=math.ceil(limits.drain_seconds),
    )
    # uvicorn hands a signal on once it has ended, which without this would end the process with another code than 0
    before = signal.signal(signal.SIGTERM, lambda number, frame: None)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        asyncio.run(_serve(_Server(config, models), models, listening, on_ready))
    finally:
        signal.signal(signal.SIGTERM, before)
        sys.setswitchinterval(interval)
        models.kill()
        for process in multiprocessing.active_children():
            process.kill()


async def _serve(
    server: uvicorn.Server, models: Models, listening: socket.socket, on_ready: Callable[[], object]
) -> None:
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started and not serving.done():
        await asyncio.sleep(TICK_SECONDS)
    if models.loading is not None:
        await asyncio.wait({serving, models.loading}, return_when=asyncio.FIRST_COMPLETED)
        failed = models.loading.done() and not models.loading.cancelled() and models.loading.exception()
        if failed:
            server.should_exit = True
        elif models.loading.done() and not models.loading.cancelled():
            on_ready()
    await serving
    if models.loading is not None:
        with contextlib.suppress(asyncio.CancelledError):
            models.loading.result()
