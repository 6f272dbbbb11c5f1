"""Valence, arousal and dominance (EmoBank) by one model for all three against one for each: correlations, seconds.

python benchmarks/together_and_alone.py --limit 3000     training rows; on all of them it takes some 40 minutes
"""

from __future__ import annotations

import argparse
from pathlib import Path

from rows import SHARED, print_row

from groundswell.comparison import Rung
from groundswell.head_comparison import compare_heads, to_dict
from groundswell.recipe_reading import load_recipe

RECIPE = Path(__file__).resolve().parents[1] / "recipes" / "emotions" / "valence-arousal-dominance.yaml"
COLUMNS = {"valence": "V", "arousal": "A", "dominance": "D"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", type=int, help="training rows, all of them without it")
    parser.add_argument("--out", type=Path, default=Path("runs/together-and-alone"), help="finished runs are reused")
    options = parser.parse_args()
    path = SHARED / "emobank" / "emobank.csv"
    overrides = [f"data.train={path}#train", f"data.dev={path}#dev", f"data.limit={options.limit or 'null'}"]
    overrides += [f"heads.{head}.data.label={column}" for head, column in COLUMNS.items()]
    found = to_dict(compare_heads(Rung(RECIPE.stem, load_recipe(RECIPE, overrides)), options.out))
    print_row("together_and_alone", limit=options.limit, **found)


if __name__ == "__main__":
    main()
