"""Texts with opinions that a tiny extractor can learn, and the recipe of one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tiny_run import write

NOUNS, PRAISE, BLAME = ("food", "room", "screen", "staff"), ("good", "superb", "great"), ("bad", "slow", "poor")
CATEGORY = {"food": "FOOD", "room": "ROOM", "screen": "DISPLAY", "staff": "SERVICE"}


def opinion(text: str, aspect: str | None, words: str, polarity: str) -> dict[str, Any]:
    place = text.index(words)
    spans = {"opinion": {"text": words, "start": place, "end": place + len(words)}, "aspect": None}
    if aspect is not None:
        start = text.index(aspect)
        spans["aspect"] = {"text": aspect, "start": start, "end": start + len(aspect)}
    return {**spans, "category": CATEGORY.get(aspect or "", "OTHER"), "polarity": polarity}


def rows(emoji: str = "👍") -> list[dict[str, Any]]:
    """Texts with two opinions, one, one without aspect, or none."""
    made = []
    for noun in NOUNS:
        for praise in PRAISE:
            for blame, other in zip(BLAME, (name for name in NOUNS if name != noun), strict=True):
                text = f"{emoji} the {noun} was {praise} but the {other} was {blame}"
                both = [opinion(text, noun, praise, "positive"), opinion(text, other, blame, "negative")]
                made.append({"text": text, "opinions": both})
            text = f"{praise} {emoji}"
            made.append({"text": text + f" {noun}"[:0], "opinions": [opinion(text, None, praise, "positive")]})
        made.append({"text": f"we saw the {noun} {emoji}", "opinions": []})
    return [{"id": f"r{number}", **row} for number, row in enumerate(made)]


def opinion_recipe(folder: Path) -> dict[str, Any]:
    """A small extractor, whose files lie in the folder."""
    path = write(folder / "train.jsonl", rows())
    return {
        "task": "opinions",
        "data": {"train": path, "dev": path, "overlap": "ignore"},
        "text": {"max_tokens": 32, "min_count": 1, "cleaning": ["blanks"]},
        "model": {
            "encoder": "lstm", "scratch": {"width": 24, "hidden": 24}, "head_dropout": 0.0,
            "opinions": {"elements": ["aspect", "opinion", "category", "polarity"]},
        },
        "training": {"epochs": 25, "learning_rate": 1e-2, "precision": "float32", "batch_rows": 8},
        "output": {"folder": str(folder / "runs"), "name": "small"},
    }  # fmt: skip
