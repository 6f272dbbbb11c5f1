"""The service against the same model offline: throughput, waiting at 70 % load, and what overload does.

python benchmarks/serving.py [RUN] [--texts imdb|sample] [--seconds 20] [--threads N] [--limit NAME=VALUE]
    without RUN a small baseline is trained on the sample first

Served and offline are measured in turn, on the same texts and with the same threads; the clients share the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rows import imdb, print_row

import groundswell as gs
from groundswell.data.sample import sample_path

CLIENTS = 64
ROUNDS = 3
MOST_REQUESTS_PER_SECOND = 1500  # more than this client sends without being in the way


@dataclass
class Load:
    """What a load met: seconds of every answer by its status, and of the whole."""

    seconds: float = 0.0
    latencies: dict[int, list[float]] = field(default_factory=dict)
    failures: Counter[str] = field(default_factory=Counter)

    def add(self, status: int, latency: float) -> None:
        self.latencies.setdefault(status, []).append(latency)

    @property
    def statuses(self) -> dict[str, int]:
        return {str(status): len(found) for status, found in sorted(self.latencies.items())} | dict(self.failures)

    def milliseconds(self, status: int, share: float) -> float:
        found = sorted(self.latencies.get(status, [0.0]))
        return round(1000 * found[min(len(found) - 1, int(share * len(found)))], 1)


class Client:
    """One connection that is kept; the least that speaks HTTP, so that measuring costs little."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> int:
        """The status of the answer, which was read to its end."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        try:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head)
            assert length is not None
            await reader.readexactly(int(length[1]))
        except (OSError, asyncio.IncompleteReadError):
            self._streams = None
            raise
        return int(head.split(maxsplit=2)[1])

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()


def request_of(text: str) -> bytes:
    body = json.dumps({"text": text}).encode()
    head = (
        f"POST /v1/analyze HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
    )
    return head.encode() + b"\r\n\r\n" + body


async def closed_loop(port: int, requests: list[bytes], clients: int) -> Load:
    """Each client sends its next request as soon as it has its answer, until every request was sent once."""
    load, waiting = Load(), iter(requests)

    async def keep_asking() -> None:
        client = Client(port)
        for request in waiting:
            began = time.perf_counter()
            load.add(await client.ask(request), time.perf_counter() - began)
        client.close()

    began = time.perf_counter()
    await asyncio.gather(*(keep_asking() for _ in range(clients)))
    load.seconds = time.perf_counter() - began
    return load


async def open_loop(port: int, requests: list[bytes], per_second: float, seconds: float) -> Load:
    """Requests come at random times, however long the answers take."""
    load, draw, idle, asking = Load(), random.Random(0), list[Client](), set[asyncio.Task[None]]()

    async def ask(request: bytes) -> None:
        client = idle.pop() if idle else Client(port)
        began = time.perf_counter()
        try:
            load.add(await client.ask(request), time.perf_counter() - began)
        except (OSError, asyncio.IncompleteReadError) as error:
            load.failures[type(error).__name__] += 1
        idle.append(client)

    began = next_arrival = time.perf_counter()
    for request in itertools.cycle(requests):
        next_arrival += draw.expovariate(per_second)
        if next_arrival - began > seconds:
            break
        await asyncio.sleep(max(0.0, next_arrival - time.perf_counter()))
        task = asyncio.create_task(ask(request))
        asking.add(task)
        task.add_done_callback(asking.discard)
    await asyncio.gather(*asking)
    load.seconds = time.perf_counter() - began
    for client in idle:
        client.close()
    return load


@contextmanager
def service(run: Path, options: list[str]) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A service of the run, ready, and its port."""
    command = [sys.executable, "-m", "groundswell", "serve", str(run), "--quiet", "--port", "0", *options]
    with tempfile.TemporaryDirectory() as name:
        log = Path(name) / "log"
        with log.open("wb") as file:
            process = subprocess.Popen(command, stderr=file)
        while "groundswell: ready" not in log.read_text():
            if process.poll() is not None:
                raise SystemExit(log.read_text())
            time.sleep(0.1)
        try:
            yield process, int(re.findall(r"listening on http://127\.0\.0\.1:(\d+)", log.read_text())[0])
        finally:
            process.terminate()
            if process.wait(60) != 0:
                raise SystemExit(f"the service ended with {process.returncode}: {log.read_text()}")


def resident_megabytes(pid: int) -> dict[str, float]:
    """Memory of the service and of its worker."""
    children = " ".join(listed.read_text() for listed in Path(f"/proc/{pid}/task").glob("*/children")).split()
    workers = [int(child) for child in children if b"spawn_main" in _command_of(int(child))]
    return {"service": _megabytes(pid), "workers": sum(map(_megabytes, workers))}


def _megabytes(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)


def _command_of(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def compute_seconds(port: int) -> tuple[float, float]:
    """Sum and number of the batches that were computed so far."""
    with urllib.request.urlopen(f"http://localhost:{port}/metrics") as answer:
        text = answer.read().decode()
    found = dict(re.findall(r"^groundswell_compute_seconds_(sum|count)\{[^}]*\} (\S+)$", text, re.MULTILINE))
    return float(found.get("sum", 0)), float(found.get("count", 0))


def main() -> None:
    asked = arguments()
    with tempfile.TemporaryDirectory() as name:
        run = asked.run or small_run(Path(name))
        texts = review_texts(asked.texts)
        measure(run, texts, asked)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", nargs="?", type=Path)
    parser.add_argument("--texts", choices=["imdb", "sample"], default="sample")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--limit", action="append", default=[])
    return parser.parse_args()


def measure(run: Path, texts: list[str], asked: argparse.Namespace) -> None:
    """Print the row."""
    import torch

    torch.set_num_threads(asked.threads)
    analyzer = gs.load(run)
    per_second = offline(analyzer, texts[:64])
    texts = list(itertools.islice(itertools.cycle(texts), max(256, int(per_second * asked.seconds / ROUNDS))))
    requests = [request_of(text) for text in texts]
    options = [
        "--no-auth",
        "--threads",
        str(asked.threads),
        *(word for one in asked.limit for word in ("--limit", one)),
    ]
    with service(run, options) as (process, port):
        served, alone = [], []
        asyncio.run(closed_loop(port, requests[:64], CLIENTS))  # warm connections and caches
        for _ in range(ROUNDS):
            alone.append(offline(analyzer, texts))
            load = asyncio.run(closed_loop(port, requests, CLIENTS))
            assert set(load.statuses) == {"200"}, load.statuses
            served.append(len(texts) / load.seconds)
        throughput = statistics.median(served)
        calm, service_ms = steady(port, requests, 0.7 * throughput, asked.seconds)
        before = resident_megabytes(process.pid)
        rate = min(3 * throughput, MOST_REQUESTS_PER_SECOND)
        flood = asyncio.run(open_loop(port, requests, rate, asked.seconds))
        after = resident_megabytes(process.pid)
    mean_ms = 1000 * statistics.fmean(calm.latencies[200])
    print_row(
        "serving",
        model=analyzer.name,
        texts=asked.texts,
        threads=asked.threads,
        limits=asked.limit,
        clients=CLIENTS,
        offline_per_second=round(statistics.median(alone), 1),
        served_per_second=round(throughput, 1),
        served_over_offline=round(statistics.median(one / other for one, other in zip(served, alone, strict=True)), 3),
        at_70_percent={
            "statuses": calm.statuses,
            "per_second": round(0.7 * throughput, 1),
            "mean_ms": round(mean_ms, 1),
            "p50_ms": calm.milliseconds(200, 0.5),
            "p99_ms": calm.milliseconds(200, 0.99),
            "mean_batch_ms": round(service_ms, 1),
            "p99_over_mean": round(calm.milliseconds(200, 0.99) / mean_ms, 2),
            "p99_over_mean_batch": round(calm.milliseconds(200, 0.99) / service_ms, 2),
        },
        overload={
            "per_second": round(rate, 1),
            "over_served": round(rate / throughput, 2),
            "statuses": flood.statuses,
            "answered_per_second": round(len(flood.latencies.get(200, [])) / flood.seconds, 1),
            "answered_p99_ms": flood.milliseconds(200, 0.99),
            "refused_p50_ms": flood.milliseconds(429, 0.5),
            "refused_p99_ms": flood.milliseconds(429, 0.99),
            "megabytes_before": before,
            "megabytes_after": after,
        },
    )


def steady(port: int, requests: list[bytes], per_second: float, seconds: float) -> tuple[Load, float]:
    """A load at random times, and the mean milliseconds of a batch meanwhile."""
    before = compute_seconds(port)
    load = asyncio.run(open_loop(port, requests, min(per_second, MOST_REQUESTS_PER_SECOND), seconds))
    after = compute_seconds(port)
    return load, 1000 * (after[0] - before[0]) / max(1.0, after[1] - before[1])


def offline(analyzer: Any, texts: list[str]) -> float:
    """Documents per second of the Analyzer alone."""
    began = time.perf_counter()
    for analysis in analyzer.stream(texts):
        analysis.to_json()
    return len(texts) / (time.perf_counter() - began)


def review_texts(name: str) -> list[str]:
    if name == "imdb":
        return [row["text"] for row in imdb("train")[:2000]]
    return [json.loads(line)["text"] for line in sample_path("en").read_text(encoding="utf-8").splitlines()]


def small_run(folder: Path) -> Path:
    """A baseline; its quality does not matter here."""
    return gs.train({
        "data": {"train": "sample:en"}, "model": {"encoder": "logistic_regression"},
        "output": {"folder": str(folder), "name": "small"},
    }).folder  # fmt: skip


if __name__ == "__main__":
    main()
