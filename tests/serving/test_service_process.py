"""`groundswell serve` as users start it: a real process, real workers, small baselines and an int8 network."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tiny_run import reviews, write

import groundswell as gs
from groundswell.cli.main import run as run_command
from groundswell.compression.compress import Compression, compress
from groundswell.data.sample import sample_path

pytestmark = pytest.mark.slow  # each start of a process that holds a model takes seconds

WORDS = ["good", "bad", "very", "food", "room", "screen", "dark", "the", "很好", "服务太慢", "not", "a"]


@dataclass
class Served:
    process: subprocess.Popen[bytes]
    address: str
    key: str
    runs: Path
    log: Path

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key}"}

    def client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(base_url=self.address, headers=self.headers, timeout=60)

    def post(self, path: str, body: Any) -> httpx2.Response:
        return httpx2.post(f"{self.address}{path}", json=body, headers=self.headers, timeout=60)

    def worker(self) -> int:
        """The process that holds the model."""
        for listed in Path(f"/proc/{self.process.pid}/task").glob("*/children"):
            for child in listed.read_text().split():
                if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                    return int(child)
        raise AssertionError("there is no worker")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    train, dev = write(folder / "train.jsonl", reviews()), write(folder / "dev.jsonl", reviews(1))
    for kind in ("logistic_regression", "naive_bayes"):
        gs.train({
            "data": {"train": train, "dev": dev, "test": dev}, "text": {"min_count": 1}, "model": {"encoder": kind},
            "output": {"folder": str(folder / "runs"), "name": kind},
        })  # fmt: skip
    with serving(folder, f"reviews={folder / 'runs' / 'logistic_regression'}") as found:
        yield found


@pytest.fixture(scope="module")
def served_int8(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A Transformer from scratch, trained for a moment on the sample, with 8-bit products."""
    folder = tmp_path_factory.mktemp("served_int8")
    short = {
        "data": {"limit": 60},
        "text": {"max_tokens": 64},
        "training": {"epochs": 1},
        "output": {"folder": str(folder)},
    }
    small = {"scratch": {"width": 32, "layers": 2, "heads": 4}}
    run = gs.train("recipes/ladder/en/transformer.yaml", **short, model=small, name="source", progress=False).folder
    compress(run, Compression(quantize="int8", tolerance=1.0), out=folder / "runs", name="int8", progress=False)
    with serving(folder, f"reviews={folder / 'runs' / 'int8'}") as found:
        yield found


@contextmanager
def serving(folder: Path, run: str) -> Iterator[Served]:
    """A service of a run, ready, with its keys and its log in a folder."""
    keys = ["--keys", str(folder / "keys.json")]
    program = [sys.executable, "-m", "groundswell", "serve"]
    made = subprocess.run([*program, "keys", "create", "tests", "--scope", "analyze", "--scope", "explain", "--scope",
                           "admin", *keys], capture_output=True, text=True, check=True, timeout=60)  # fmt: skip
    log = folder / "log.txt"
    with log.open("wb") as file:
        process = subprocess.Popen([*program, run, *keys, "--port", "0", "--threads", "1"], stderr=file)
    try:
        yield Served(process, wait_for(log, process), made.stdout.strip(), folder / "runs", log)
    finally:
        process.kill()
        process.wait()


def wait_for(log: Path, process: subprocess.Popen[bytes]) -> str:
    """The address, as soon as the service is ready."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        text = log.read_text()
        if "groundswell: ready" in text:
            return re.findall(r"listening on (http://127\.0\.0\.1:\d+);", text)[0]  # type: ignore[no-any-return]
        time.sleep(0.05)
    raise AssertionError(log.read_text())


def rows(count: int) -> list[tuple[str, str]]:
    """Made-up reviews of 0 to 60 words."""
    draw = random.Random(1)
    return [(f"row-{number}", " ".join(draw.choices(WORDS, k=number * 7 % 61))) for number in range(count)]


def reviews_of_the_sample(count: int) -> list[tuple[str, str]]:
    """English and Chinese reviews in turn, some of them cut, and blank ones."""
    lines = [sample_path(code).read_text(encoding="utf-8").splitlines() for code in ("en", "zh")]
    mixed = (json.loads(line)["text"] for line in itertools.chain(*zip(*lines, strict=False)))
    return [(f"row-{number}", text[: number % 90 * 4]) for number, text in enumerate(itertools.islice(mixed, count))]


@pytest.mark.parametrize(("service", "run"), [("served", "logistic_regression"), ("served_int8", "int8")])
def test_what_is_served_is_what_is_predicted_offline(
    service: str, run: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """200 rows in requests of 1 to 7 documents, shuffled, 16 at a time: every record to the last digit."""
    served: Served = request.getfixturevalue(service)
    texts = rows(200) if run != "int8" else reviews_of_the_sample(200)
    documents = [{"id": row_id, "text": text} for row_id, text in texts]
    file, out = write(tmp_path / "rows.jsonl", documents), tmp_path / "analyses.jsonl"
    assert run_command(["predict", str(served.runs / run), file, "--out", str(out)]) == 0
    lines = out.read_text(encoding="utf-8").splitlines()
    offline = {record["id"]: record for record in map(json.loads, lines)}
    random.Random(2).shuffle(documents)
    sizes = itertools.cycle([1, 7, 2, 5, 3])
    waiting = iter(documents)
    requests = [part for part in iter(lambda: list(itertools.islice(waiting, next(sizes))), [])]

    async def ask_all() -> list[httpx2.Response]:
        places = asyncio.Semaphore(16)
        async with served.client() as client:

            async def ask(part: list[dict[str, str]]) -> httpx2.Response:
                async with places:
                    return await client.post("/v1/analyze", json={"documents": part})

            return await asyncio.gather(*map(ask, requests))

    online: dict[str, Any] = {}
    for part, response in zip(requests, asyncio.run(ask_all()), strict=True):
        records = response.json()["documents"]
        assert [record["id"] for record in records] == [document["id"] for document in part]
        online |= {record["id"]: record for record in records}
    assert online == offline
    assert len(online) == 200
    assert len({record["confidence"] for record in online.values()}) > 50


def test_the_python_client_gets_the_same(served: Served) -> None:
    texts = [text for _, text in rows(40)]
    expected = [one.to_dict() for one in gs.load(served.runs / "logistic_regression").stream(texts)]
    with gs.Client(served.address, served.key) as client:
        assert [model.name for model in client.models()] == ["reviews"]
        assert [one.to_dict() for one in client.analyze(texts)] == json.loads(json.dumps(expected))
        assert client.explain("very good food")[0].label == "positive"


def test_explanations_are_those_of_the_command(served: Served) -> None:
    response = served.post("/v1/explain", {"documents": [{"id": "x", "text": "very good food"}]})
    (document,) = response.json()["documents"]
    (expected,) = gs.explain(served.runs / "logistic_regression", "very good food")
    assert document["explanations"] == [{"id": "x", **expected.to_dict()}]
    wrong = served.post("/v1/explain", {"text": "good", "method": "attention"})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (422, "invalid_options")


def test_a_worker_that_is_killed_in_mid_request_is_replaced_and_the_request_answered(served: Served) -> None:
    worker = served.worker()
    os.kill(worker, signal.SIGSTOP)  # it takes the request, and does nothing with it

    async def ask_and_kill() -> httpx2.Response:
        async with served.client() as client:
            asking = asyncio.create_task(client.post("/v1/analyze", json={"text": "very good food"}))
            await asyncio.sleep(0.3)
            assert not asking.done()
            os.kill(worker, signal.SIGKILL)
            return await asking

    response = asyncio.run(ask_and_kill())
    assert (response.status_code, response.json()["documents"][0]["label"]) == (200, "positive")
    assert served.worker() != worker
    metrics = httpx2.get(f"{served.address}/metrics", headers=served.headers).text
    assert 'groundswell_worker_restarts_total{model="reviews"} 1.0' in metrics


def test_another_run_takes_over_under_load_and_no_request_is_dropped(served: Served) -> None:
    async def swap_under_load() -> tuple[list[httpx2.Response], httpx2.Response, httpx2.Response]:
        stop = asyncio.Event()
        found: list[httpx2.Response] = []
        async with served.client() as client:

            async def keep_asking() -> None:
                while not stop.is_set():
                    found.append(await client.post("/v1/analyze", json={"text": "bad food"}))
                    await asyncio.sleep(0.02)

            asking = [asyncio.create_task(keep_asking()) for _ in range(4)]
            swapped = await client.post("/v1/models", json={"run": "naive_bayes", "model": "reviews"})
            after = await client.post("/v1/analyze", json={"text": "bad food"})
            await asyncio.sleep(0.3)
            stop.set()
            await asyncio.gather(*asking)
        return found, swapped, after

    found, swapped, after = asyncio.run(swap_under_load())
    assert swapped.status_code == 200, swapped.text
    assert {response.status_code for response in found} == {200}
    models = [response.json()["documents"][0]["model"].split()[0] for response in found]
    assert set(models) == {"logistic_regression", "naive_bayes"}
    assert after.json()["documents"][0]["model"].split()[0] == "naive_bayes"


def test_no_line_of_the_log_holds_a_review(served: Served) -> None:
    text = served.log.read_text()
    assert text.count('"route": "/v1/analyze"') > 50
    assert not re.search("good|food|服务", text)
    for line in text.splitlines():
        assert line.startswith("groundswell: ") or "request_id" in json.loads(line)


def test_sigterm_answers_what_was_accepted_and_exits_0(served: Served) -> None:
    """A request is half sent when the signal comes; its second half is answered, and nothing new is taken."""
    host, port = served.address.removeprefix("http://").split(":")
    body = json.dumps({"text": "very good food"}).encode()
    head = (
        f"POST /v1/analyze HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n"
        f"authorization: Bearer {served.key}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(head.encode() + body[:5])
        time.sleep(0.3)
        served.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 5
        while is_listening(host, int(port)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not is_listening(host, int(port))
        connection.sendall(body[5:])
        answer = b""
        while part := connection.recv(65536):
            answer += part
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["documents"][0]["label"] == "positive"
    assert served.process.wait(30) == 0
    assert "Traceback" not in served.log.read_text()


def is_listening(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True
