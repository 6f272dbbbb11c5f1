"""One labelled file becomes two, so that several recipes train and are measured on the same texts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from groundswell.data.accounting import Accounting
from groundswell.data.splits import SplitSettings, read_split
from groundswell.data.splitting import stratified_split
from groundswell.run_folder import write_text
from groundswell.types import Example

TEST_SHARE = 0.2


def hold_out_test(
    source: str, settings: SplitSettings, folder: Path, *, share: float = TEST_SHARE
) -> tuple[Path, Path]:
    """Files of the rows to train on and of those held out for the test, class shares alike; seeded.

    Written once: what already lies in `folder` is the split of an earlier call and stays.

    Raises DataError when the source has fewer than two rows.
    """
    train, test = folder / "train.jsonl", folder / "test.jsonl"
    if not (train.exists() and test.exists()):
        examples = read_split(source, settings, Accounting("all"), keep_blank=False)
        kept, held_out = stratified_split(examples, share, settings.seed)
        folder.mkdir(parents=True, exist_ok=True)
        for path, part in ((train, kept), (test, held_out)):
            write_text(path, _lines(part))
    return train, test


def _lines(examples: Sequence[Example]) -> str:
    rows = ({"id": example.id, "text": example.text, "label": example.target} for example in examples)
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
