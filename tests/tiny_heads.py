"""Texts with an opinion, a label and a strength, and the recipe of three small heads that can learn them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tiny_run import write

NOUNS, WORDS = ("food", "room", "screen", "staff"), {"good": 0.5, "superb": 1.0, "fine": 0.25, "bad": 0.5, "awful": 1.0}


def opinion(text: str, noun: str, word: str) -> dict[str, Any]:
    spans = {
        name: {"text": part, "start": text.index(part), "end": text.index(part) + len(part)}
        for name, part in (("aspect", noun), ("opinion", word))
    }
    return {**spans, "polarity": "negative" if word in ("bad", "awful") else "positive"}


def rows() -> list[dict[str, Any]]:
    """Texts with an opinion, a label and a strength, of which some lack one of these; texts with two opinions alone."""
    made: list[dict[str, Any]] = []
    for noun in NOUNS:
        for word, strength in WORDS.items():
            for start in ("the", "our", "well the"):
                text = f"{start} {noun} was {word}{'' if start == 'our' else '.'}"
                found = opinion(text, noun, word)
                row = {"text": text, "opinions": [found], "label": found["polarity"] if len(made) % 5 else None}
                made.append({**row, "strength": strength if len(made) % 7 else None})
        other = NOUNS[NOUNS.index(noun) - 1]
        for first, second in zip(WORDS, [*WORDS][2:], strict=False):
            text = f"the {noun} was {first}. our {other} was {second}."
            both = [opinion(text, noun, first), opinion(text, other, second)]
            made.append({"text": text, "opinions": both, "label": None, "strength": None})
    return [{"id": f"r{number}", **row} for number, row in enumerate(made)]


def heads_recipe(folder: Path) -> dict[str, Any]:
    """Three small heads on one encoder, whose files lie in the folder."""
    path = write(folder / "train.jsonl", rows())
    return {
        "task": "multi_task",
        "data": {"train": path, "dev": path, "overlap": "ignore"},
        "heads": {
            "sentiment": {"task": "single_label", "reads": "both"},
            "intensity": {"task": "regression", "data": {"label": "strength"}},
            "opinions": {"task": "opinions", "model": {"opinions": {"elements": ["aspect", "opinion", "polarity"]}}},
        },
        "text": {"max_tokens": 32, "min_count": 1},
        "model": {"encoder": "lstm", "scratch": {"width": 24, "hidden": 24}, "head_dropout": 0.0},
        "training": {"epochs": 20, "learning_rate": 1e-2, "precision": "float32", "batch_rows": 8},
        "output": {"folder": str(folder / "runs"), "name": "small"},
    }
