"""What it gains to read texts of the field without labels before tuning: Chinese hotels and food delivery, IMDB.

    python benchmarks/domain_adaptation.py pretrain --folder runs/domain    gs-zh-mini on the Chinese training reviews
    python benchmarks/domain_adaptation.py hotel waimai imdb                the gain of each, with its interval
    python benchmarks/domain_adaptation.py imdb domain.corpus.passes=0.5    key=value at the end

Each is trained with and without the first stage, epochs chosen on dev, and measured on the test reviews; the
interval is that of the paired difference over test reviews. What is finished is reused, what was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from rows import LABELS, SHARED, imdb_sample, print_row, write_jsonl

import groundswell as gs
from groundswell.comparison import Rung
from groundswell.head_comparison import compare_domain
from groundswell.recipe_reading import load_recipe
from groundswell.run_folder import MANIFEST, METRICS

RECIPES = Path(__file__).resolve().parents[1] / "recipes"
POLARITY = SHARED / "zh_polarity"
CHINESE = {"hotel": "train.csv", "waimai": "train.csv", "shopping": "train.csv.xz"}
MINI = "gs-zh-mini"
TASKS = ("pretrain", "hotel", "waimai", "imdb")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", metavar="task|key=value", help=", ".join(TASKS))
    parser.add_argument("--folder", type=Path, default=Path("runs/domain-adaptation"))
    options = parser.parse_args()
    overrides = [word for word in options.words if "=" in word]
    for task in [word for word in options.words if "=" not in word] or TASKS:
        if task == "pretrain":
            pretrain(options.folder, overrides)
        else:
            gain(task, options.folder, overrides)


def pretrain(folder: Path, overrides: list[str]) -> None:
    """gs-zh-mini, unless it is there; no text of the three test files is read."""
    run = folder / MINI
    if not (run / MANIFEST).exists():
        sources = {name: {"files": [str(POLARITY / name / file)], "text": "review"} for name, file in CHINESE.items()}
        held_out = [str(POLARITY / name / "test_a.csv") for name in CHINESE]
        recipe = load_recipe(
            RECIPES / "pretraining" / f"{MINI}.yaml",
            [
                f"corpus.sources={json.dumps(sources)}", f"corpus.held_out={json.dumps(held_out)}", "data.text=review",
                f"output.folder={folder}", *overrides,
            ],
        )  # fmt: skip
        gs.train(recipe, name=MINI, resume=run.exists())
    metrics = json.loads((run / METRICS).read_text(encoding="utf-8"))
    print_row(
        "domain_adaptation", task="pretrain", overrides=overrides, dev=metrics["dev"], parameters=metrics["parameters"],
        seconds=metrics["seconds"]["training"], cost=metrics["cost"],
    )  # fmt: skip


def gain(task: str, folder: Path, overrides: list[str]) -> None:
    """The metric with and without the first stage, and their paired difference."""
    name = "reviews-en" if task == "imdb" else "reviews-zh"
    given = film_reviews(folder) if task == "imdb" else chinese_reviews(task, folder)
    recipe = load_recipe(RECIPES / "domain" / f"{name}.yaml", [*given, *overrides])
    found = compare_domain(Rung(task, recipe), folder / task)
    row = found.rows[0]
    print_row(
        "domain_adaptation", task=task, overrides=overrides, metric=row.found.metric, texts=row.num_texts,
        with_domain=rounded(row.found.first), without=rounded(row.found.second), gain=rounded(row.found.difference),
        seconds={"with": round(found.seconds), "without": round(row.seconds)},
    )  # fmt: skip


def chinese_reviews(task: str, folder: Path) -> list[str]:
    """All labelled training reviews of a shop, which are also what is read without labels."""
    return [
        f"model.encoder={folder / MINI}", f"data.train={POLARITY / task / 'train.csv'}",
        f"data.test={POLARITY / task / 'test_a.csv'}", "data.text=review",
    ]  # fmt: skip


def film_reviews(folder: Path) -> list[str]:
    """A thousand labelled reviews; read without labels are those of train and those that have none."""
    folder.mkdir(parents=True, exist_ok=True)
    train, dev = imdb_sample(1000, 1000)
    files = {name: write_jsonl(folder / f"imdb-{name}.jsonl", rows) for name, rows in (("train", train), ("dev", dev))}
    unlabelled = {name: {"files": [str(SHARED / "imdb" / f"{name}.jsonl.xz")]} for name in ("train", "unsup")}
    return [
        f"data.train={files['train']}", f"data.dev={files['dev']}", f"data.test={SHARED / 'imdb/test_a.jsonl.xz'}",
        f"data.labels={json.dumps(LABELS)}", f"domain.corpus.sources={json.dumps(unlabelled)}",
    ]  # fmt: skip


def rounded(values: tuple[float, float, float]) -> list[float]:
    """Value, low and high end."""
    return [round(value, 4) for value in values]


if __name__ == "__main__":
    main()
