"""The first of two stages: the encoder reads texts of the field before it is tuned."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from groundswell import run_folder
from groundswell.data.splits import Splits
from groundswell.language_run import run_language_model
from groundswell.recipe import Recipe
from groundswell.run_place import Place

DOMAIN = "domain"
HELD_OUT = "held-out.jsonl"


def adapted(recipe: Recipe, splits: Mapping[str, Splits], place: Place) -> Recipe:
    """The recipe with the encoder that has read the domain's texts; the recipe itself when it has no such stage.

    The stage is a run of its own in the folder `domain` of the run; once finished it is not repeated. No text of dev or
    test is read in it, and none that holds one.
    """
    if recipe.domain is None:
        return recipe
    folder = place.folder / DOMAIN
    if not (folder / run_folder.MANIFEST).exists():
        stage = recipe.domain_stage()
        held_out = place.folder / run_folder.CHECKPOINTS / HELD_OUT
        if place.accelerator.is_main_process:
            _write_texts(splits, held_out)
            folder.mkdir(exist_ok=True)
        place.accelerator.wait_for_everyone()
        if place.accelerator.is_main_process:
            run_folder.write_text(folder / run_folder.RECIPE, stage.to_yaml())
        splits_read, fitted, _ = run_language_model(
            stage, replace(place, folder=folder), time.monotonic(), kept_out=held_out
        )
        for account in splits_read.accounting.values():
            place.bar.say(f"domain: {account.line()}")
        for note in fitted.notes:
            place.bar.say(f"domain: {note}")
        place.accelerator.wait_for_everyone()
    model = recipe.model.model_copy(update={"encoder": str(folder), "revision": None})
    return recipe.model_copy(update={"model": model})


def _write_texts(splits: Mapping[str, Splits], path: Path) -> None:
    """The texts of dev and test, one JSON object a line."""
    lines = [
        json.dumps({"text": example.text}, ensure_ascii=False) + "\n"
        for own in splits.values()
        for split in ("dev", "test")
        for example in own.examples.get(split, ())
    ]
    run_folder.write_text(path, "".join(lines))
