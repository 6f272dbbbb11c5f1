"""The sample reviews that come with the package, one file per language.

    {"id": "en-1", "split": "train", "domain": "hotel", "text": "The bed was soft.", "label": "positive",
     "time": "2024-05-01", "opinions": [{"aspect": {"text": "bed", "start": 4, "end": 7}, "category": "ROOM#COMFORT",
     "opinion": {"text": "soft", "start": 12, "end": 16}, "polarity": "positive", "negated": false}]}

Offsets are code points, end-exclusive; an aspect or opinion that is not written out is null.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Literal

from groundswell.data.suggestion import did_you_mean
from groundswell.errors import DataError

SAMPLES = Path(__file__).parent / "samples"
LANGUAGES = ("en", "zh")


def sample_path(language: Literal["en", "zh"]) -> Path:
    """The file of the sample inside the package; raises DataError when there is none."""
    if language not in LANGUAGES:
        raise DataError(f"sample: found {language!r}, expected en or zh.{did_you_mean(language, LANGUAGES)}")
    path = SAMPLES / f"{language}.jsonl"
    if not path.is_file():
        raise DataError(f"{path}: the sample is missing from this installation. Install groundswell again.")
    return path


def write_sample(language: Literal["en", "zh"], path: Path) -> int:
    """The number of rows of the sample, copied byte for byte to `path`; a file there is replaced in one step."""
    content = sample_path(language).read_bytes()
    if not path.parent.is_dir():
        raise DataError(
            f"{path}: the folder {str(path.parent)!r} does not exist. Make it first, or name another place."
        )
    descriptor, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(aside).chmod(0o644)
        os.replace(aside, path)
    except OSError:
        Path(aside).unlink(missing_ok=True)
        raise
    return sum(bool(line.strip()) for line in content.splitlines())
