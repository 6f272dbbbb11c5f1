"""Documents a second: opinion extraction beside classification with the same encoder, in one run.

    python benchmarks/extraction_speed.py [--repeats 3] [--rows 2000]

Both are MiniLM with every weight tuned on restaurant reviews, the extractor for triplets, the classifier for whether
the opinions of a sentence are good; then both read the same sentences by turns, through the Analyzer.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from rows import SHARED, print_row, write_jsonl

import groundswell as gs
from groundswell.analyzer import Analyzer
from groundswell.data.accounting import Accounting
from groundswell.data.opinion_formats.registry import read_opinions

RECIPES = Path(__file__).resolve().parents[1] / "recipes"
TRAIN = SHARED / "aste_v2" / "14res" / "train_triplets.txt"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--rows", type=int, default=2_000)
    parser.add_argument("--epochs", type=int, default=6)
    options = parser.parse_args()
    examples = read_opinions(str(TRAIN), accounting=Accounting("train"))
    with tempfile.TemporaryDirectory() as name:
        extractor, classifier = trained(Path(name), options.epochs)
    texts = [example.text for example in examples] * (1 + options.rows // len(examples))
    speeds: dict[str, list[float]] = {"extraction": [], "classification": []}
    for _ in range(options.repeats):
        for kind, analyzer in (("extraction", extractor), ("classification", classifier)):
            speeds[kind].append(documents_per_second(analyzer, texts[: options.rows]))
    ratios = [one / other for one, other in zip(speeds["extraction"], speeds["classification"], strict=True)]
    print_row(
        "extraction_speed", rows=options.rows, ratio=round(statistics.median(ratios), 3),
        **{f"{kind}_per_second": [round(value, 1) for value in found] for kind, found in speeds.items()},
    )  # fmt: skip


def trained(folder: Path, epochs: int) -> tuple[Analyzer, Analyzer]:
    """The extractor and the classifier."""
    examples = read_opinions(str(TRAIN), accounting=Accounting("train"))
    rows = []
    for example in examples:
        polarities = {opinion.polarity for opinion in example.opinions or ()}
        rows.append({"text": example.text, "label": "good" if polarities == {"positive"} else "bad"})
    labelled = write_jsonl(folder / "labelled.jsonl", rows)
    output, training = {"folder": str(folder)}, {"epochs": epochs}
    recipe = RECIPES / "opinions/triplets.yaml"
    triplets = gs.train(recipe, data={"train": str(TRAIN)}, training=training, output=output)
    labels = gs.train(
        RECIPES / "sentiment/minilm-full.yaml", data={"train": str(labelled)}, training={"epochs": 1}, output=output
    )
    return gs.load(triplets.folder), gs.load(labels.folder)


def documents_per_second(analyzer: Analyzer, texts: list[str]) -> float:
    """How many texts an analyzer answers in a second."""
    began = time.perf_counter()
    for _ in analyzer.stream(texts):
        pass
    return len(texts) / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
