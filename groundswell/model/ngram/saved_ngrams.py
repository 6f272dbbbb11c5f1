"""An n-gram model as a folder that opens at once, and any stored n-gram model by its path.

ngrams.safetensors   keys, probabilities and back-offs of every order
words.json           the words by number
ngrams.json          how it was learned, and how texts become words
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from groundswell.errors import RunFolderError
from groundswell.model.ngram.arpa_reading import read_arpa
from groundswell.model.ngram.ngram_model import NgramModel
from groundswell.model.ngram.words import MARKS, NgramWords
from groundswell.run_folder import write_json, write_text

ARRAYS, WORDS, DESCRIPTION = "ngrams.safetensors", "words.json", "ngrams.json"
FORMAT = 1


@dataclass(frozen=True)
class SavedNgrams:
    """A stored model.

    reading    how texts become words; None where an ARPA file does not say so
    warnings   what was added to make the model whole
    """

    model: NgramModel
    reading: dict[str, Any] | None
    warnings: tuple[str, ...] = ()


def save_ngrams(model: NgramModel, reading: dict[str, Any], learning: dict[str, Any], folder: Path) -> None:
    """Write a model into an existing folder."""
    arrays = {f"log_probs.{size}": logs for size, logs in enumerate(model.log_probs, start=1)}
    arrays |= {f"back_offs.{size}": logs for size, logs in enumerate(model.back_offs, start=1)}
    keys = {f"keys.{size}": each for size, each in enumerate(model.keys, start=2)}
    save_file({**arrays, **keys}, folder / ARRAYS)
    write_text(folder / WORDS, json.dumps(model.words.words, ensure_ascii=False) + "\n")
    described = {"format": FORMAT, "order": model.order, "learning": learning, "reading": reading}
    write_json(folder / DESCRIPTION, described)


def load_ngrams(path: Path) -> SavedNgrams:
    """The model of a folder or of an ARPA file.

    Raises RunFolderError for a folder that does not hold one, DataError for a file that does not.
    """
    if not path.is_dir():
        arpa = read_arpa(str(path))
        return SavedNgrams(arpa.model, arpa.reading, arpa.warnings)
    try:
        described = json.loads((path / DESCRIPTION).read_text(encoding="utf-8"))
        words = NgramWords(tuple(json.loads((path / WORDS).read_text(encoding="utf-8"))))
        arrays = load_file(path / ARRAYS)
        if described["format"] != FORMAT:
            raise RunFolderError(
                f"{path / DESCRIPTION}: format {described['format']!r}, expected {FORMAT}. It was written by another "
                "version of groundswell; install that one, or train again"
            )
        model = _model(words, arrays, described["order"])
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise RunFolderError(
            f"{path}: holds no n-gram model that can be loaded ({error}). Name a folder that `groundswell lm train` "
            "wrote, or an ARPA file"
        ) from error
    return SavedNgrams(model, described["reading"])


def _model(words: NgramWords, arrays: dict[str, Any], order: int) -> NgramModel:
    model = NgramModel(
        words,
        tuple(arrays[f"keys.{size}"].astype(np.int64) for size in range(2, order + 1)),
        tuple(arrays[f"log_probs.{size}"].astype(np.float32) for size in range(1, order + 1)),
        tuple(arrays[f"back_offs.{size}"].astype(np.float32) for size in range(1, order)),
    )
    counts = [len(words), *map(len, model.keys)]
    if words.words[: len(MARKS)] != MARKS or [*map(len, model.log_probs)] != counts:
        raise ValueError("its files do not belong together")
    if [*map(len, model.back_offs)] != counts[:-1]:
        raise ValueError("its files do not belong together")
    return model
