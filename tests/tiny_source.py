"""A finished run of the tiny BERT on reviews, and texts without labels, for what is made smaller."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tiny_run import reviews, write


def tiny_source(folder: Path, encoder: Path | str, **sections: Any) -> Path:
    """The run folder of a training in `folder`; `sections` replace keys of its recipe."""
    import groundswell as gs

    rows = reviews()
    dev = reviews(8)[len(rows) :]
    values: dict[str, Any] = {
        "data": {"train": write(folder / "train.jsonl", rows), "dev": write(folder / "dev.jsonl", dev)},
        "text": {"max_tokens": 32},
        "model": {"encoder": str(encoder)},
        "tuning": {"method": "full"},
        "training": {"epochs": 3, "precision": "float32", "learning_rate": 3e-3, "batch_rows": 8},
        "evaluation": {"resamples": 100, "slices": []},
        "output": {"folder": str(folder / "runs"), "name": "source"},
    }
    values["data"]["overlap"] = "ignore"
    for name, given in sections.items():
        values[name] = {**values.get(name, {}), **given} if isinstance(given, dict) and given else given
    return gs.train(values, progress=False).folder


def unlabelled(folder: Path) -> str:
    """A file of texts: two new ones, one that stands in dev, one of the training texts, a blank one, and a copy."""
    texts = [
        "great great room",
        "the bad dark screen",
        reviews(8)[-1]["text"],
        reviews()[0]["text"],
        " ",
        "Great great room!",
    ]
    return write(folder / "unlabelled.jsonl", [{"text": text} for text in texts])
