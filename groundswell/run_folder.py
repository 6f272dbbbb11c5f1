"""The run folder: where things lie in it, how they are written whole or not at all, and how they are checked.

recipe.yaml  manifest.json  model/  adapter/  metrics.json  log.jsonl  findings.json
report.html  README.md  checkpoints/
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from groundswell.errors import RunFolderError

RECIPE = "recipe.yaml"
MANIFEST = "manifest.json"
METRICS = "metrics.json"
LOG = "log.jsonl"
REPORT = "report.html"
FINDINGS = "findings.json"
CARD = "README.md"
REJECTED = "rejected.jsonl"
MODEL = "model"
ADAPTER = "adapter"
CHECKPOINTS = "checkpoints"


@contextmanager
def whole_file(path: Path, *, private: bool = False) -> Iterator[Path]:
    """A path to write to that becomes `path` only when the block ends well; nothing half-written stays.

    private   nobody but the owner may read or write it (mode 0600)
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    aside = Path(name)
    try:
        yield aside
        _flush_to_disk(aside)
        os.chmod(aside, 0o600 if private else 0o666 & ~_umask())
        os.replace(aside, path)
    except OSError as error:
        raise _explained(error, path) from error
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A folder to fill that becomes `path` (replacing an older one) only when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        yield aside
        for file in aside.rglob("*"):
            if file.is_file():
                _flush_to_disk(file)
        os.chmod(aside, 0o777 & ~_umask())
        if path.exists():
            # Renamed, not removed: a kill before the next line loses no byte of the older one.
            older = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent)) / "older"
            os.replace(path, older)
            os.replace(aside, path)
            shutil.rmtree(older.parent)
        else:
            os.replace(aside, path)
    except OSError as error:
        raise _explained(error, path) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8 under its final name, whole or not at all."""
    with whole_file(path) as aside:
        aside.write_text(text, encoding="utf-8")


def write_json(path: Path, value: object) -> None:
    """Write `value` as indented JSON, whole or not at all; NaN is refused."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n")


def file_sha256(path: Path) -> str:
    """The sha256 of a file's bytes, as hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_files(folder: Path) -> dict[str, str]:
    """sha256 of every file that a finished run is made of, by its path inside the folder."""
    names = [name for name in (RECIPE, METRICS) if (folder / name).exists()]
    for part in (MODEL, ADAPTER):
        names += sorted(str(file.relative_to(folder)) for file in (folder / part).rglob("*") if file.is_file())
    return {name: file_sha256(folder / name) for name in names}


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a finished run; RunFolderError says what is missing and how to go on."""
    if not folder.is_dir():
        raise RunFolderError(f"{folder}: there is no such run folder. `groundswell train RECIPE` writes one")
    path = folder / MANIFEST
    if not path.exists():
        if (folder / RECIPE).exists():
            raise RunFolderError(
                f"{folder}: the training is not finished ({MANIFEST} is missing). "
                f"Go on with: groundswell train {folder / RECIPE} --name {folder.name} --resume"
            )
        raise RunFolderError(
            f"{folder}: not a run folder ({MANIFEST} is missing). `groundswell train RECIPE` writes one"
        )
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RunFolderError(f"{path}: not valid JSON ({error}). Copy the run folder again or train again") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise RunFolderError(f"{path}: holds no list of files. Copy the run folder again or train again")
    return manifest


def read_metrics(folder: Path) -> dict[str, Any]:
    """What metrics.json of a finished run holds."""
    found: dict[str, Any] = json.loads((folder / METRICS).read_text(encoding="utf-8"))
    return found


def check_files(folder: Path, manifest: dict[str, Any]) -> None:
    """Compare every file with the hash in the manifest; RunFolderError names what is missing or altered."""
    problems = []
    for name, expected in manifest["files"].items():
        path = folder / name
        if not path.is_file():
            problems.append(f"{path}: missing (expected sha256 {expected})")
            continue
        found = file_sha256(path)
        if found != expected:
            problems.append(f"{path}: altered (expected sha256 {expected}, found {found})")
    if problems:
        cure = "Copy the run folder again from where it was trained, or train again"
        raise RunFolderError("\n".join([*problems, f"{folder}: {cure}"]))


def _explained(error: OSError, path: Path) -> OSError:
    """A full disk in plain words; any other error as it is."""
    if error.errno != errno.ENOSPC:
        return error
    return OSError(
        errno.ENOSPC, "the disk is full; nothing was left half-written. Free some space and run it again", str(path)
    )


def _flush_to_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
