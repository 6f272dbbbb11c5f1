"""100,000 requests of every kind to one service: its memory must not grow with their number.

python benchmarks/soak.py [RUN] [--requests 100000] [--seconds 1800]     without RUN a small baseline is trained first

No two requests are alike: nine in ten have new texts, the others are broken, unknown, without a good key, or asked to
be explained, and connections come and go. Whatever a service keeps of each of them adds up. Exit code 1 when it does.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import serving
from rows import print_row

from groundswell.serving.security.keys import KeyStore

CLIENTS = 16
SAMPLES = 10
ASKED_PER_CONNECTION = 500
# What is kept of every request adds up with their number, what an allocator holds on to does not: from a fifth of the
# requests on, when every buffer has had its largest size, a process may grow by this much for each. The least that
# Python can keep of a request costs more: a number in a list is 36 bytes.
MOST_BYTES_PER_REQUEST = 32


@dataclass
class Soak:
    """What came back, and the memory of each process by the number of requests that were answered."""

    statuses: Counter[str] = field(default_factory=Counter)
    megabytes: dict[int, dict[str, float]] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def answered(self) -> int:
        return self.statuses.total()

    @property
    def growth(self) -> dict[str, float]:
        """Megabytes of each process from a fifth of the requests to their end."""
        settled = self.megabytes[self._settled]
        return {name: round(found - settled[name], 1) for name, found in self.megabytes[self.answered].items()}

    @property
    def bytes_per_request(self) -> dict[str, float]:
        asked = self.answered - self._settled
        return {name: round(grown * 2**20 / asked, 1) for name, grown in self.growth.items()}

    @property
    def is_flat(self) -> bool:
        return max(self.bytes_per_request.values()) <= MOST_BYTES_PER_REQUEST

    @property
    def _settled(self) -> int:
        return next(count for count in self.megabytes if count >= self.answered / 5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", nargs="?", type=Path)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=1800.0, help="ends then, whatever was answered")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run = asked.run or serving.small_run(folder)
        store = KeyStore(folder / "keys.json")
        key = store.create("soak", ["analyze", "explain", "admin"], 10_000_000)
        options = ["--keys", str(store.path), "--audit-log", str(folder / "audit.jsonl"), "--threads", "1"]
        texts = serving.review_texts("sample")
        with serving.service(run, options) as (process, port):
            found = asyncio.run(soak(process, port, requests(texts, key, asked.requests), asked))
    print_row(
        "soak",
        model=run.name,
        requests=found.answered,
        seconds=round(found.seconds, 1),
        per_second=round(found.answered / found.seconds, 1),
        clients=CLIENTS,
        statuses=dict(sorted(found.statuses.items())),
        megabytes=found.megabytes,
        growth_from_a_fifth=found.growth,
        bytes_per_request=found.bytes_per_request,
        most_bytes_per_request=MOST_BYTES_PER_REQUEST,
        is_flat=found.is_flat,
    )
    if not found.is_flat:
        raise SystemExit(1)


def requests(texts: list[str], key: str, count: int) -> Iterator[bytes]:
    """Requests of which no two are alike."""
    good = {"authorization": f"Bearer {key}"}
    for number, text in zip(range(count), itertools.cycle(texts), strict=False):
        new = f"{text} {number}"
        one = json.dumps({"text": new})
        several = json.dumps({"documents": [{"id": number, "text": new}, {"text": f"{number} \0"}, {"text": " "}]})
        if number % 1000 == 999:
            yield posted("/v1/explain", one, good)
        elif number % 50 == 0:
            yield posted("/v1/analyze", one, {"authorization": f"Bearer gsw_{number}"})
        elif number % 50 == 10:
            yield posted("/v1/analyze", json.dumps({"text": new, "model": f"model-{number}"}), good)
        elif number % 50 == 20:
            yield posted("/v1/analyze", one[:-1], good)
        elif number % 50 == 30:
            yield posted(f"/v1/analyze/{number}", one, good)
        elif number % 50 == 40:
            yield posted("/v1/analyze", several, {**good, "x-request-id": f"soak-{number}"})
        else:
            yield posted("/v1/analyze", one, good)


def posted(path: str, body: str, headers: dict[str, str]) -> bytes:
    content = body.encode()
    told = {"host": "localhost", "content-type": "application/json", "content-length": len(content), **headers}
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items()), "", ""]
    return "\r\n".join(lines).encode() + content


async def soak(
    process: subprocess.Popen[bytes], port: int, waiting: Iterator[bytes], asked: argparse.Namespace
) -> Soak:
    """Each client sends its next request as soon as it has its answer, until all are sent or the time is over."""
    found, begun, step = Soak(), time.perf_counter(), max(1, asked.requests // SAMPLES)

    async def keep_asking() -> None:
        client = serving.Client(port)
        for number, request in enumerate(waiting, start=1):
            try:
                found.statuses[str(await client.ask(request))] += 1
            except (OSError, asyncio.IncompleteReadError) as error:
                found.statuses[type(error).__name__] += 1
            if found.answered % step == 0:
                found.megabytes[found.answered] = serving.resident_megabytes(process.pid)
            if number % ASKED_PER_CONNECTION == 0:
                client.close()
                client = serving.Client(port)
            if time.perf_counter() - begun > asked.seconds:
                break
        client.close()

    await asyncio.gather(*(keep_asking() for _ in range(CLIENTS)))
    found.seconds = time.perf_counter() - begun
    found.megabytes[found.answered] = serving.resident_megabytes(process.pid)
    return found


if __name__ == "__main__":
    main()
