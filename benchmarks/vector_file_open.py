"""Opening a vector file of a million rows: seconds and peak memory, beside gensim's reader, one process each.

    python benchmarks/vector_file_open.py [--rows 1000000] [--width 100] [--format binary|text]

Ours opens the file and reads the rows of 10,000 words; gensim can only load all of it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from rows import print_row

OURS = """
import json, resource, sys, time
from groundswell.representation.vector_file import open_vectors
before = time.perf_counter()
file = open_vectors(sys.argv[1])
opened = time.perf_counter() - before
rows = file.rows(file.words[::max(1, len(file) // 10000)][:10000])
assert not (rows != rows).any()
seconds = time.perf_counter() - before
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
found = {"open_seconds": round(opened, 2), "with_rows_seconds": round(seconds, 2), "peak_megabytes": round(peak)}
print(json.dumps(found))
"""
THEIRS = """
import json, resource, sys, time
from gensim.models import KeyedVectors
before = time.perf_counter()
KeyedVectors.load_word2vec_format(sys.argv[1], binary=sys.argv[2] == "binary")
seconds = time.perf_counter() - before
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"open_seconds": round(seconds, 2), "peak_megabytes": round(peak)}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--width", type=int, default=100)
    parser.add_argument("--format", choices=["binary", "text"], default="binary")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "vectors"
        write(path, options.rows, options.width, binary=options.format == "binary")
        figures = {
            who: json.loads(
                subprocess.run(
                    [sys.executable, "-c", script, str(path), options.format],
                    check=True,
                    capture_output=True,
                    text=True,
                ).stdout
            )
            for who, script in (("ours", OURS), ("gensim", THEIRS))
        }
        megabytes = path.stat().st_size / 1e6
    print_row(
        "vector_file_open", **figures, rows=options.rows, width=options.width, format=options.format,
        file_megabytes=round(megabytes),
        ratio=round(figures["gensim"]["open_seconds"] / figures["ours"]["open_seconds"], 1),
    )  # fmt: skip


def write(path: Path, rows: int, width: int, *, binary: bool) -> None:
    """A file of random vectors; words of four to eleven characters, every third Chinese."""
    numbers = np.random.default_rng(0).normal(size=(1000, width)).astype("<f4")
    with path.open("wb") as file:
        file.write(f"{rows} {width}\n".encode())
        for row in range(rows):
            word = f"{'词语' if row % 3 == 0 else 'word'}{row}".encode()
            vector = numbers[row % 1000]
            file.write(
                word + b" " + (vector.tobytes() if binary else " ".join(f"{v:.4f}" for v in vector).encode()) + b"\n"
            )


if __name__ == "__main__":
    main()
