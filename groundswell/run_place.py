"""Where a training takes place, and what it keeps there while it runs: tokens, checkpoints, log."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from accelerate import Accelerator

from groundswell import assembly, run_folder
from groundswell.data.splits import Splits
from groundswell.recipe import Recipe
from groundswell.text.own_tokens import OwnTokens, load_tokens
from groundswell.training.checkpoints import CheckpointFolder
from groundswell.training.progress import ProgressBar
from groundswell.types import Example

Precision = Literal["float32", "bfloat16"]
TOKENS = "tokens"


@dataclass(frozen=True)
class Place:
    """Where a training takes place.

    folder      the run folder
    resume      go on with what lies there
    precision   of the arithmetic while training
    notes       about the processes, whole sentences for a person
    program     bytes that the process held before it read anything
    """

    folder: Path
    resume: bool
    accelerator: Accelerator
    precision: Precision
    bar: ProgressBar
    notes: tuple[str, ...] = ()
    program: int = 0

    def own_tokens(self, recipe: Recipe, splits: Splits) -> OwnTokens | None:
        """What an encoder trained from scratch learns as its tokens; None for a pretrained one.

        Learning twice need not give the same pieces (Unigram sums in any order), so what was learned is kept beside the
        checkpoints; a resumed run and the other processes of a run read it from there.
        """
        with self.accelerator.main_process_first():
            return learned_tokens(
                recipe, splits, self.folder, learned=self.resume or not self.accelerator.is_main_process
            )

    def checkpoints(self, recipe: Recipe, data_hash: str, base_sha256: str) -> CheckpointFolder:
        """Where checkpoints go; those of another recipe, other training data or another base are refused."""
        values = recipe.model_dump(mode="json", exclude={"output": True, "evaluation": {"slices"}})
        shared = {
            "the recipe": hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest(),
            "the training data": data_hash,
            "the base model": base_sha256,
        }
        return CheckpointFolder(self.folder / run_folder.CHECKPOINTS, shared)

    def log_writer(self) -> Callable[[dict[str, Any]], None]:
        """Appends rows to log.jsonl; a resumed run goes on behind the rows of the first."""
        return _log_writer(self.folder / run_folder.LOG, self.resume)


def learned_tokens(recipe: Recipe, splits: Splits, folder: Path, *, learned: bool) -> OwnTokens | None:
    """The tokens of a run folder; with `learned` those that lie there, else they are learned and put there."""
    if not recipe.model.is_from_scratch:
        return None
    place = folder / run_folder.CHECKPOINTS / TOKENS
    if not (learned and place.is_dir()):
        tokens = assembly.own_tokens_of(recipe, splits.examples["train"])
        with run_folder.whole_folder(place) as aside:
            tokens.save(aside)
    return load_tokens(place)


def examples_sha256(examples: Iterable[Example]) -> str:
    """A hash of texts and their gold labels and opinions, in their order."""
    found = hashlib.sha256()
    for example in examples:
        gold = f"{example.target}\0{example.opinions or ''}"
        found.update(f"{example.text}\0{gold}\0".encode(errors="surrogatepass"))
    return found.hexdigest()


def _log_writer(path: Path, resume: bool) -> Callable[[dict[str, Any]], None]:
    if not resume:
        path.unlink(missing_ok=True)

    def write(row: dict[str, Any]) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    return write
