"""What changed texts cost a tuned MiniLM and a linear baseline, both trained on 1,000 IMDB reviews.

    python benchmarks/robustness.py --folder runs/robustness
    python benchmarks/robustness.py --lora runs/minilm-lora --texts 200 --attacked 20

Perturbations are measured on --texts reviews drawn from the dev part, the attack on --attacked. Runs that are not given
are trained first: the baseline in seconds, MiniLM in some minutes.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from rows import LABELS, imdb_sample, print_row, write_jsonl

import groundswell as gs
from groundswell.robustness_check import RobustnessPlan, check_robustness

RECIPES = {"lora": "sentiment/minilm-lora", "baseline": "ladder/en/logistic-regression"}
RENAMED = [f"data.labels.{old}={new}" for old, new in LABELS.items()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("runs/robustness"), help="finished runs in it are reused")
    parser.add_argument("--lora", type=Path, help="a finished run; otherwise it is trained")
    parser.add_argument("--baseline", type=Path, help="the same")
    parser.add_argument("--texts", type=int, default=200)
    parser.add_argument("--attacked", type=int, default=20)
    parser.add_argument("--precision", default="float32")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    parts = zip(("train", "dev"), imdb_sample(1000, 1000), strict=True)
    files = {name: write_jsonl(options.folder / f"{name}.jsonl", rows) for name, rows in parts}
    for name, recipe in RECIPES.items():
        run = getattr(options, name) or _trained(name, recipe, files, options.folder)
        settings = [*RENAMED, f"evaluation.precision={options.precision}"]
        perturbed, seconds = _timed(run, files["dev"], RobustnessPlan(options.texts, budget=None), settings)
        attacked, attack_seconds = _timed(run, files["dev"], RobustnessPlan(options.attacked), settings)
        attack = {key: value for key, value in attacked["attack"].items() if key != "examples"}
        print_row(
            "robustness", run=name, recipe=recipe, precision=options.precision, strength=perturbed["strength"],
            num_texts=perturbed["num_texts"], original=perturbed["original"],
            perturbations=perturbed["perturbations"], seconds=seconds, attack_texts=attacked["num_texts"],
            attack_original=attacked["original"], attack=attack, attack_seconds=attack_seconds,
        )  # fmt: skip


def _trained(name: str, recipe: str, files: dict[str, Path], folder: Path) -> Path:
    run = folder / name
    if not (run / "manifest.json").exists():
        data = [f"data.{part}={path}" for part, path in files.items()]
        gs.train(gs.load_recipe(recipe, [*data, *RENAMED, f"output.folder={folder}"]), name=name)
    return run


def _timed(run: Path, data: Path, plan: RobustnessPlan, settings: list[str]) -> tuple[dict[str, Any], float]:
    began = time.monotonic()
    found = check_robustness(run, str(data), plan, overrides=settings)
    return found, round(time.monotonic() - began, 1)


if __name__ == "__main__":
    main()
