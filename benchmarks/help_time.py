"""Seconds of `groundswell --help`, median of 15, beside a bare Python start in the same run."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from rows import print_row


def main() -> None:
    ours = [sys.executable, "-m", "groundswell", "--help"]
    bare = [sys.executable, "-c", "pass"]
    times: dict[str, list[float]] = {"ours": [], "bare": []}
    for _ in range(15):
        for name, command in (("ours", ours), ("bare", bare)):
            began = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            times[name].append(time.perf_counter() - began)
    medians = {name: round(statistics.median(values), 3) for name, values in times.items()}
    print_row("help_time", seconds=medians, ratio=round(medians["ours"] / medians["bare"], 1))


if __name__ == "__main__":
    main()
