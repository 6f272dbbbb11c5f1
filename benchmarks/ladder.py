"""The ladder on published data: every rung trained on the same reviews and measured on the same test reviews.

    python benchmarks/ladder.py imdb                         25,000 reviews; hours on two cores
    python benchmarks/ladder.py hotels --rungs cnn nb-svm    Chinese hotel reviews; also food_delivery

Prints one row with accuracy, macro F1 and seconds of each rung; the leaderboard's pages lie in the folder. Interrupted,
it goes on where it was.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from rows import SHARED, print_row

from groundswell.comparison import compare, read_rungs

CHINESE = SHARED / "zh_polarity"
SETS = {
    "imdb": ("en", SHARED / "imdb" / "train.jsonl.xz", SHARED / "imdb" / "test_a.jsonl.xz", ["data.dev_share=0.04"]),
    "hotels": ("zh", CHINESE / "hotel" / "train.csv", CHINESE / "hotel" / "test_a.csv", ["data.text=review"]),
    "food_delivery": ("zh", CHINESE / "waimai" / "train.csv", CHINESE / "waimai" / "test_a.csv", ["data.text=review"]),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="?", choices=SETS, default="hotels")
    parser.add_argument("--rungs", nargs="+", help="names of recipes; all of the ladder without it")
    parser.add_argument("--folder", type=Path, help="finished runs in it are reused; default: runs/ladder-NAME")
    options = parser.parse_args()
    language, train, test, overrides = SETS[options.name]
    folder = options.folder or Path("runs") / f"ladder-{options.name}"
    names = [f"ladder/{language}/{rung}" for rung in options.rungs or ()]
    data = [f"data.train={train}", f"data.test={test}", *overrides]
    rungs = read_rungs(names, data, None if names else language, None, folder)
    board = compare(rungs, folder, on_row=lambda name, what: print(f"{name}: {what}"))
    found = {
        row.name: {"accuracy": row.accuracy, "macro_f1": row.macro_f1, "training_seconds": row.training_seconds}
        for row in board.rows
    }
    print_row("ladder", set=options.name, texts=board.num_texts, rungs=found)


if __name__ == "__main__":
    main()
