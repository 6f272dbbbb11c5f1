"""What a teacher says of texts: the logits of a finished run, kept on disk so that no text is read twice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from groundswell import run_folder
from groundswell.analyzer import Analyzer

# A stopped run loses what it has computed of one chunk at most.
CHUNK = 512
FOLDER, LOGITS = "teacher", "logits"


def teacher_logits(
    teacher: Analyzer, texts: Sequence[str], folder: Path, on_texts: Callable[[int], None] = lambda texts: None
) -> Tensor:
    """The teacher's logits (N, C) float32 of texts.

    folder     where they are kept, in chunks named by teacher, precision and texts
    on_texts   called with the number of texts done
    """
    parts = []
    for start in range(0, len(texts), CHUNK):
        chunk = texts[start : start + CHUNK]
        path = folder / FOLDER / f"{_key(teacher, chunk)}.safetensors"
        if path.exists():
            parts.append(load_file(path)[LOGITS])
            on_texts(len(chunk))
            continue
        parts.append(teacher.score(chunk, on_texts).contiguous())
        with run_folder.whole_file(path) as aside:
            save_file({LOGITS: parts[-1]}, aside)
    return torch.cat(parts) if parts else torch.empty(0, len(teacher.outputs.labels))


def _key(teacher: Analyzer, texts: Sequence[str]) -> str:
    """Hash of everything the logits depend on; the name of an analyzer holds the hash of its weights."""
    content = hashlib.sha256(f"{teacher.name}\0{teacher.precision}\0".encode())
    for text in texts:
        content.update(f"{len(text)}\0{text}\0".encode(errors="surrogatepass"))
    return content.hexdigest()[:32]
