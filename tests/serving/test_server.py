"""How a service begins and ends: a model that cannot be loaded, SIGTERM, Ctrl-C."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import httpx2
import pytest
from tiny_service import StandInWorker, tiny_models

from groundswell.errors import InputError
from groundswell.serving.app import create_app
from groundswell.serving.models import Models
from groundswell.serving.server import address_of, listen, run_server


def run_until(models: Models, number: int) -> list[int]:
    """Serve, and end it by a signal when it says that it is ready; how many models were ready then."""
    found: list[int] = []
    listening = listen("127.0.0.1", 0)
    address = address_of(listening)

    def count_and_end() -> None:
        found.append(len([model for model in models if model.state == "ready"]))
        os.kill(os.getpid(), number)

    run_server(create_app(models), models, listening, count_and_end)
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"{address}/healthz")
    return found


def test_sigterm_ends_it_without_an_error_and_its_workers_too() -> None:
    workers: list[StandInWorker] = []

    def make(run: Path) -> StandInWorker:
        workers.append(StandInWorker(run))
        return workers[-1]

    before = signal.getsignal(signal.SIGTERM), sys.getswitchinterval()
    assert run_until(tiny_models("a", "b", make=make), signal.SIGTERM) == [2]
    assert [worker.ended for worker in workers] == [True, True]
    assert (signal.getsignal(signal.SIGTERM), sys.getswitchinterval()) == before


def test_ctrl_c_is_told_as_such() -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background ignores it
    try:
        with pytest.raises(KeyboardInterrupt):
            run_until(tiny_models(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_model_that_cannot_be_loaded_ends_it_with_its_error() -> None:
    def make(run: Path) -> StandInWorker:
        worker = StandInWorker(run)
        worker.refusals = ["runs/b: model/model.safetensors: altered"] if run.name == "b" else []
        return worker

    with pytest.raises(InputError, match="altered"):
        run_until(tiny_models("a", "b", make=make), signal.SIGTERM)
