"""Peak memory of `groundswell predict` at 1,000, 10,000 and 100,000 rows: it must not grow with the input.

python benchmarks/predict_memory.py [RUN]      without RUN a small run is trained on the sample first
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rows import print_row

import groundswell as gs
from groundswell.data.sample import sample_path

SIZES = (1_000, 10_000, 100_000)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run = Path(sys.argv[1]) if len(sys.argv) > 1 else small_run(folder)
        texts = [json.loads(line)["text"] for line in sample_path("en").read_text(encoding="utf-8").splitlines()]
        short = [text for text in texts if len(text) < 60]
        figures = {}
        for size in SIZES:
            rows = folder / f"{size}.jsonl"
            with rows.open("w", encoding="utf-8") as file:
                for number, text in zip(range(size), itertools.cycle(short)):
                    file.write(json.dumps({"id": number, "text": text}) + "\n")
            megabytes, seconds = predict(run, rows, folder / "out.jsonl")
            with (folder / "out.jsonl").open(encoding="utf-8") as file:
                ids = [json.loads(line)["id"] for line in file]
            assert ids == list(range(size)), "rows were lost or out of order"
            figures[size] = {"peak_megabytes": round(megabytes), "rows_per_second": round(size / seconds)}
    first, last = figures[SIZES[0]]["peak_megabytes"], figures[SIZES[-1]]["peak_megabytes"]
    print_row("predict_memory", by_rows=figures, growth=round(last / first, 3))


def small_run(folder: Path) -> Path:
    """A run trained for one epoch; its quality does not matter here."""
    data = {"train": "sample:en"}
    return gs.train(
        {"data": data, "training": {"epochs": 1}, "output": {"folder": str(folder), "name": "small"}}
    ).folder


def predict(run: Path, rows: Path, out: Path) -> tuple[float, float]:
    """Peak resident megabytes and seconds of one `predict` process."""
    command = [sys.executable, "-m", "groundswell", "predict", str(run), str(rows), "--out", str(out)]
    began = time.perf_counter()
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, "predict failed"
    return usage.ru_maxrss / 1024, time.perf_counter() - began


if __name__ == "__main__":
    main()
