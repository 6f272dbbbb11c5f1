"""A service on stand-ins for models, listening on a free port in a thread."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from tiny_service import StandInWorker, tiny_models

from groundswell.serving.app import create_app
from groundswell.serving.connections import impatient
from groundswell.serving.models import Models
from groundswell.serving.security.keys import KeyStore
from groundswell.serving.server import listen


@dataclass
class Running:
    port: int
    worker: StandInWorker
    models: Models
    key: str
    page: dict[str, Any]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=5)

    def head(self, *headers: str, path: str = "/v1/analyze") -> bytes:
        lines = [
            f"POST {path} HTTP/1.1",
            "host: x",
            "content-type: application/json",
            f"authorization: Bearer {self.key}",
        ]
        return "\r\n".join([*lines, *headers, "", ""]).encode()

    def request(self, text: str) -> bytes:
        body = json.dumps({"text": text}).encode()
        return self.head(f"content-length: {len(body)}") + body


@contextmanager
def running_server(folder: Path, patience: float = 10.0, **limits: float) -> Iterator[Running]:
    """The service with these limits; `patience` is for the heads of requests, keys are written into the folder."""
    worker = StandInWorker()
    models = tiny_models(make=lambda run: worker, **limits)
    store = KeyStore(folder / "keys.json")
    key = store.create("tests", ["analyze", "explain", "admin"])
    app = create_app(models, keys=store)
    with listening_server(app, models, patience) as port:
        yield Running(port, worker, models, key, app.openapi())


@contextmanager
def listening_server(app: FastAPI, models: Models, patience: float = 10.0) -> Iterator[int]:
    """The port of 127.0.0.1 at which the app answers, from when its models are ready."""
    listening = listen("127.0.0.1", 0)
    config = uvicorn.Config(app, http=impatient(patience), ws="none", log_config=None, timeout_keep_alive=20)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])), daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not (server.started and models.ready) and time.monotonic() < deadline:
        time.sleep(0.01)
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()
