"""What the opinion and emotion recipes reach on published data, over several seeds: mean and 95 % t interval.

    python benchmarks/opinion_figures.py restaurants laptops cosmetics       the tasks by name; all without any
    python benchmarks/opinion_figures.py causes --seeds 0 training.epochs=5  key=value at the end

Epochs and thresholds are chosen on dev rows; `measured` says on which rows the figure was taken. Interrupted, it goes
on where it was.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rows import SHARED, mean_with_interval, print_row, write_jsonl

import groundswell as gs
from groundswell.run_folder import MANIFEST, METRICS

RECIPES = Path(__file__).resolve().parents[1] / "recipes"
ASTE, DIMABSA = SHARED / "aste_v2", SHARED / "dimabsa" / "categorical"
COSMETICS = SHARED / "zh_makeup_quads"


@dataclass(frozen=True)
class Figure:
    """A recipe, its data, and the metric of a split that counts."""

    recipe: str
    data: Callable[[Path], list[str]]
    measured: str
    metric: str


def triplets(name: str) -> Callable[[Path], list[str]]:
    """Train, dev and test of a set in the ASTE format; two of its texts stand in several splits of the release."""
    files = [f"data.{split}={ASTE / name / f'{split}_triplets.txt'}" for split in ("train", "dev", "test")]
    return lambda folder: [*files, "data.overlap=ignore"]


def quads(name: str) -> Callable[[Path], list[str]]:
    """The training rows, of which a tenth is held out, and the published dev rows as test."""
    return lambda folder: [
        f"data.train={DIMABSA / f'{name}_train_alltasks_polarity.jsonl'}",
        f"data.test={DIMABSA / f'{name}_dev_task3_polarity.jsonl'}",
    ]


def cosmetics(folder: Path) -> list[str]:
    """The training reviews, of which a tenth is held out, and the dev reviews as test."""
    return [f"data.train={COSMETICS / 'train_reviews.csv'}", f"data.test={COSMETICS / 'dev_reviews.csv'}"]


def emotions(folder: Path) -> list[str]:
    """GoEmotions with names for numbers; a tenth of train is held out, the published dev rows are the test."""
    source = SHARED / "goemotions"
    names = (source / "labels.txt").read_text(encoding="utf-8").split()
    for split in ("train", "dev"):
        with (source / f"{split}.tsv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file, delimiter="\t"))
        write_jsonl(
            folder / f"{split}.jsonl",
            [{"id": row[2], "text": row[0], "label": [names[int(n)] for n in row[1].split(",")]} for row in rows],
        )
    return [f"data.train={folder / 'train.jsonl'}", f"data.test={folder / 'dev.jsonl'}"]


def valence(folder: Path) -> list[str]:
    """EmoBank's own splits."""
    path = SHARED / "emobank" / "emobank.csv"
    return [f"data.train={path}#train", f"data.dev={path}#dev", "data.label=V"]


FIGURES = {
    "restaurants": Figure("opinions/triplets", triplets("14res"), "test", "triplet_f1@span"),
    "laptops": Figure("opinions/triplets", triplets("14lap"), "test", "triplet_f1@span"),
    "terms": Figure("opinions/terms-crf", triplets("14res"), "test", "aspect_f1@span"),
    "polarities": Figure("opinions/aspect-polarity", triplets("14res"), "test", "aspect_polarity_f1@span"),
    "cosmetics": Figure("opinions/quads-zh", cosmetics, "test", "quad_f1@span"),
    "restaurant_quads": Figure("opinions/quads", quads("eng_restaurant"), "test", "quad_f1@span"),
    "laptop_quads": Figure("opinions/quads", quads("eng_laptop"), "test", "quad_f1@span"),
    "restaurant_quads_zh": Figure("opinions/quads-zh", quads("zho_restaurant"), "test", "quad_f1@span"),
    "laptop_quads_zh": Figure("opinions/quads-zh", quads("zho_laptop"), "test", "quad_f1@span"),
    "valence": Figure("emotions/intensity", valence, "dev", "pearson"),
    "emotions": Figure("emotions/labels", emotions, "test", "macro_f1"),
    "causes": Figure(
        "opinions/emotion-causes-zh",
        lambda folder: [f"data.train={SHARED / 'ecpe' / 'fold10_train.txt'}", "data.dev_share=0.1"],
        "dev",
        "pair_f1@span",
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", metavar="task|key=value", help=", ".join(FIGURES))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--folder", type=Path, default=Path("runs/opinion-figures"), help="finished runs are reused")
    options = parser.parse_args()
    overrides = [word for word in options.words if "=" in word]
    for name in [word for word in options.words if "=" not in word] or FIGURES:
        data = options.folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        runs = [measure(name, seed, data, options.folder, overrides) for seed in options.seeds]
        figure = FIGURES[name]
        values = [run[figure.measured][figure.metric]["value"] for run in runs]
        parts = {
            part: mean_with_interval([run[figure.measured][part]["value"] for run in runs])
            for part, found in runs[0][figure.measured].items()
            if isinstance(found, dict) and "value" in found
        }
        print_row(
            "opinion_figures", task=name, recipe=figure.recipe, overrides=overrides, measured=figure.measured,
            metric=figure.metric, figure=mean_with_interval(values), each=[round(value, 4) for value in values],
            parts=parts, training_seconds=[run["seconds"]["training"] for run in runs],
        )  # fmt: skip


def measure(name: str, seed: int, folder: Path, runs: Path, overrides: list[str]) -> dict[str, Any]:
    """The metrics of one run, trained unless it is there."""
    figure, run = FIGURES[name], runs / f"{name}-{seed}"
    if not (run / MANIFEST).exists():
        recipe = gs.load_recipe(
            RECIPES / f"{figure.recipe}.yaml",
            [*figure.data(folder), f"seed={seed}", f"output.folder={runs}", *overrides],
        )
        gs.train(recipe, name=run.name, resume=run.exists())
    found: dict[str, Any] = json.loads((run / METRICS).read_text(encoding="utf-8"))
    return found


if __name__ == "__main__":
    main()
