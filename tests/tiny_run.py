"""Reviews that a tiny model can tell apart, and recipes changed in one place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

GOOD = ["good food", "very good room", "great service", "good screen very good", "the food the room great"]
BAD = ["bad food", "very bad room", "dark screen", "bad screen very bad", "the food the room bad"]


def reviews(copies: int = 4) -> list[dict[str, Any]]:
    """Two classes that a tiny model can tell apart, all texts different."""
    rows = []
    for number in range(copies):
        for good, bad in zip(GOOD, BAD, strict=True):
            rows.append({"text": f"{good} {'a ' * number}".strip(), "label": "positive"})
            rows.append({"text": f"{bad} {'a ' * number}".strip(), "label": "negative"})
    return rows


def write(path: Path, rows: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def changed(values: dict[str, Any], **sections: dict[str, Any]) -> dict[str, Any]:
    return {**values, **{name: {**values.get(name, {}), **given} for name, given in sections.items()}}
