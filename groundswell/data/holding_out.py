"""One labelled file becomes two, so that several recipes train and are measured on the same texts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from groundswell.data.accounting import Accounting
from groundswell.data.splits import SplitSettings, read_split
from groundswell.data.splitting import stratified_split
from groundswell.errors import DataError
from groundswell.run_folder import write_text
from groundswell.types import Example

TEST_SHARE = 0.2


def hold_out_test(
    source: str, settings: SplitSettings, folder: Path, *, share: float = TEST_SHARE
) -> tuple[Path, Path]:
    """Files of the rows to train on and of those held out for the test, class shares alike; seeded.

    Raises DataError when the source has fewer than two rows, or when `folder` holds the split of other rows.
    """
    examples = read_split(source, settings, Accounting("all"), keep_blank=False)
    kept, held_out = stratified_split(examples, share, settings.seed)
    folder.mkdir(parents=True, exist_ok=True)
    train, test = folder / "train.jsonl", folder / "test.jsonl"
    for path, part in ((train, kept), (test, held_out)):
        lines = _lines(part)
        if path.exists() and path.read_text(encoding="utf-8") != lines:
            raise DataError(
                f"{path}: holds a split of other rows than {source} has, or of another seed. Choose another --out, or "
                "remove that folder"
            )
        write_text(path, lines)
    return train, test


def _lines(examples: Sequence[Example]) -> str:
    rows = (
        {**example.columns, "id": example.id, "text": example.text, "label": example.target} for example in examples
    )
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
