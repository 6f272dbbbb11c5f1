"""How many of the shipped behaviour cases runs pass, by capability, and how far they move when a group is swapped.

python benchmarks/behaviour_rates.py runs/lexicon runs/imdb-lora        each a folder of `groundswell train`
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from rows import print_row

from groundswell.behaviour_check import check_run
from groundswell.evaluation.proportions import wilson
from groundswell.run_folder import METRICS, read_manifest


def figures(run: Path) -> dict[str, Any]:
    """What is told of one run."""
    began = time.monotonic()
    found = check_run(run, progress=False)
    capabilities = found["behaviour"]["capabilities"]
    asked = sum(one["num_cases"] for one in capabilities)
    passed = wilson(sum(one["num_passed"] for one in capabilities), asked)
    dev = json.loads((run / METRICS).read_text(encoding="utf-8")).get("dev", {}).get("accuracy", {})
    return {
        "run": run.name,
        "encoder": Path(read_manifest(run)["base_model"]["name"]).name,
        "dev_accuracy": dev.get("value"),
        "cases": asked,
        "passed": {"value": round(passed.value, 4), "low": round(passed.low, 4), "high": round(passed.high, 4)},
        "rates": {one["capability"]: round(one["rate"]["value"], 3) for one in capabilities},
        "moves": {
            f"{one['attribute']}: {one['first']} to {one['second']}": {
                name: round(value, 3) for name, value in one["mean_shift"].items()
            }
            for one in found["bias"]
        },
        "seconds": round(time.monotonic() - began, 1),
    }


def main() -> None:
    """One row per run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    for run in parser.parse_args().runs:
        print_row("behaviour_rates", **figures(run))


if __name__ == "__main__":
    main()
