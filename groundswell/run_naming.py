"""Which folder a new run gets, and which unfinished one is resumed."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

from groundswell.errors import RunFolderError
from groundswell.run_folder import MANIFEST, RECIPE, write_text

# What learning tokens leaves beside the checkpoints; nothing is lost with it.
VOCABULARY = "vocabulary.json"


def claim_folder(folder: Path, recipe_yaml: str, *, resume: bool) -> Path:
    """The folder asked for, with the recipe in it; RunFolderError when it is taken or there is nothing to resume."""
    finished, begun = (folder / MANIFEST).exists(), (folder / RECIPE).exists()
    if finished:
        raise RunFolderError(f"{folder}: a finished run of this name exists. Choose another --name, or remove it")
    if begun and not resume:
        raise RunFolderError(
            f"{folder}: an unfinished run of this name exists. Go on with it by --resume, or choose another --name"
        )
    if resume and not begun:
        raise RunFolderError(f"{folder}: there is nothing to resume. Leave out --resume to start")
    if folder.exists() and not begun and any(folder.iterdir()):
        raise RunFolderError(f"{folder}: exists and is no run folder. Choose another --name or output.folder")
    write_text(folder / RECIPE, recipe_yaml)
    return folder


def give_back(folder: Path) -> None:
    """Remove a claimed folder in which nothing was trained, so that its name is free for the next try."""
    kept = {path.name for path in folder.rglob("*") if path.is_file()} - {RECIPE, VOCABULARY}
    if folder.is_dir() and not kept:
        shutil.rmtree(folder)


def claim_free_folder(runs: Path, name: str, recipe_yaml: str, *, resume: bool) -> Path:
    """`name`, or the first of `name-2`, `name-3` … that is free; to resume, the newest unfinished one of them."""
    numbered = itertools.chain([runs / name], (runs / f"{name}-{number}" for number in itertools.count(2)))
    if not resume:
        return claim_folder(next(folder for folder in numbered if not folder.exists()), recipe_yaml, resume=False)
    taken = list(itertools.takewhile(Path.exists, numbered))
    unfinished = [folder for folder in taken if (folder / RECIPE).exists() and not (folder / MANIFEST).exists()]
    if not unfinished:
        raise RunFolderError(f"{runs / name}: there is no unfinished run of this name. Leave out --resume to start")
    return claim_folder(unfinished[-1], recipe_yaml, resume=True)
