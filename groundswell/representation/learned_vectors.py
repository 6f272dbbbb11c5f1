"""Learned word vectors as a folder: a file that every tool reads, and beside it what going on with the training needs.

vectors.bin           words and vectors in word2vec's binary format
outputs.safetensors   weights of the predicting layer, and the counts of the words
settings.json         how the vectors were learned, and how texts were cleaned and cut
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file

from groundswell.errors import RunFolderError
from groundswell.representation.vector_file import open_vectors, save_vectors
from groundswell.representation.word2vec import VectorSettings, WordVectors
from groundswell.run_folder import write_json

VECTORS, OUTPUTS, SETTINGS = "vectors.bin", "outputs.safetensors", "settings.json"


def save_learned(found: WordVectors, reading: dict[str, Any], folder: Path) -> None:
    """Write learned vectors into an existing folder; `reading` says how texts became words."""
    save_vectors(folder / VECTORS, found.words, found.vectors, binary=True)
    save_file(
        {"outputs": np.ascontiguousarray(found.outputs), "counts": np.array(found.counts, dtype=np.int64)},
        folder / OUTPUTS,
    )
    write_json(folder / SETTINGS, {"learning": asdict(found.settings), "reading": reading})


def load_learned(folder: Path) -> tuple[WordVectors, dict[str, Any]]:
    """Learned vectors and how their texts were read; RunFolderError when the folder does not hold them."""
    try:
        described = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
        tensors = load_file(folder / OUTPUTS)
        settings = VectorSettings(**described["learning"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunFolderError(
            f"{folder}: holds no vectors that can be gone on with ({error}). Name a folder that "
            "`groundswell vectors train` wrote"
        ) from error
    file = open_vectors(folder / VECTORS)
    counts = tuple(int(count) for count in tensors["counts"])
    return WordVectors(settings, tuple(file.words), counts, file.matrix(), tensors["outputs"]), described["reading"]


def vector_path(path: Path) -> Path:
    """The file of vectors: the path itself, or inside a folder that `vectors train` wrote."""
    return path / VECTORS if path.is_dir() else path
