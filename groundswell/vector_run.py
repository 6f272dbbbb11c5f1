"""Texts in, a folder of word vectors out: reads, cleans, cuts, learns and writes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundswell import run_folder
from groundswell.data.readers import open_rows
from groundswell.errors import DataError, RunFolderError
from groundswell.representation.learned_vectors import load_learned, save_learned
from groundswell.representation.word2vec import VectorSettings, WordVectors, find_phrases, learn_vectors
from groundswell.runtime import pick_device
from groundswell.text.blank import is_blank
from groundswell.text.cleaning import clean
from groundswell.text.segmentation import Segmentation, TokenKind
from groundswell.text.segmentation_zh import read_user_dictionary


@dataclass(frozen=True)
class Reading:
    """How texts become words; the same for training, for going on, and for whoever uses the vectors.

    tokens    words, jieba or characters
    phrases   join pairs that stand together far more often than by chance
    """

    cleaning: tuple[str, ...] = ("html", "control_characters", "lower_case", "blanks")
    tokens: TokenKind = "words"
    phrases: bool = False
    user_dictionary: str | None = None


@dataclass(frozen=True)
class VectorRun:
    """What came of it.

    num_texts, num_blank   rows read, and those of them without a word
    num_words              in all texts
    seconds                of the training alone
    """

    folder: Path
    vectors: WordVectors
    num_texts: int
    num_blank: int
    num_words: int
    seconds: float


def train_vectors(  # noqa: PLR0913  (what is read, how, into what; bundling would hide it)
    source: str,
    folder: Path,
    settings: VectorSettings,
    reading: Reading,
    *,
    text_column: str = "text",
    encoding: str | None = None,
    start: Path | None = None,
    on_epoch: Callable[[int], None] = lambda epoch: None,
) -> VectorRun:
    """Word vectors of the texts of a source, in a new folder.

    encoding   of the source; otherwise it is detected
    start      folder of earlier vectors to go on with

    Raises DataError for the source or when nothing can be learned of it, RunFolderError when the folder is taken or
    cannot be made.
    """
    _check_free(folder)
    earlier, described = load_learned(start) if start else (None, None)
    if described is not None:
        _check_read_alike(f"{start}", described, _describe(reading))
    texts = [clean(text, reading.cleaning) for text in _texts(source, text_column, encoding)]
    user_words = read_user_dictionary(Path(reading.user_dictionary)) if reading.user_dictionary else ()
    words = [tokens for tokens in Segmentation(reading.tokens, user_words)(texts) if tokens]
    if reading.phrases:
        words = find_phrases(words)
    began = time.monotonic()
    vectors = _learn(words, settings, earlier, on_epoch)
    seconds = time.monotonic() - began
    with run_folder.whole_folder(folder) as aside:
        save_learned(vectors, _describe(reading), aside)
    return VectorRun(folder, vectors, len(texts), len(texts) - len(words), sum(map(len, words)), seconds)


def _check_free(folder: Path) -> None:
    """Learning takes long, so what would stop the writing is told before it."""
    if folder.exists():
        raise RunFolderError(f"{folder}: exists already. Choose another --out, or remove it")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunFolderError(
            f"{folder}: cannot be made ({error.filename}: {error.strerror}). Choose another --out"
        ) from error
    if not os.access(folder.parent, os.W_OK | os.X_OK):
        raise RunFolderError(f"{folder}: cannot be made (Permission denied). Choose another --out")


def _check_read_alike(start: str, earlier: dict[str, Any], now: dict[str, Any]) -> None:
    differing = [name for name in now if earlier.get(name) != now[name]]
    if differing:
        was, found = (_options({name: told.get(name) for name in differing}) for told in (earlier, now))
        raise DataError(f"{start}: found {found}, but its texts were read with {was}. Read the new texts alike")


def _options(described: dict[str, Any]) -> str:
    """How texts were read, as on the command line: `--tokens jieba, no --phrases`."""
    told = []
    for name, value in described.items():
        option = f"--{name.replace('_', '-')}" if name != "cleaning" else "the cleaning"
        if isinstance(value, list):
            value = ", ".join(value)
        told.append(f"{option} {value}" if isinstance(value, str) else option if value else f"no {option}")
    return ", ".join(told)


def _learn(
    words: list[list[str]], settings: VectorSettings, earlier: WordVectors | None, on_epoch: Callable[[int], None]
) -> WordVectors:
    if settings.objective != "full":
        return learn_vectors(words, settings, start=earlier, on_epoch=on_epoch)
    if earlier is not None:
        raise DataError("word vectors: training goes on with objective=negative only. Start anew on all texts")
    # torch, which this needs, takes longer to import than small word2vec vectors take to learn
    from groundswell.representation.full_softmax import learn_full_softmax

    return learn_full_softmax(words, settings, device=pick_device(), on_epoch=on_epoch)


def _texts(source: str, text_column: str, encoding: str | None) -> list[str]:
    rows = open_rows(source, text_column=text_column, encoding=encoding)
    return [text for row in rows if isinstance(text := row.values.get(text_column), str) and not is_blank(text)]


def _describe(reading: Reading) -> dict[str, Any]:
    return {
        "cleaning": list(reading.cleaning),
        "tokens": reading.tokens,
        "phrases": reading.phrases,
        "user_dictionary": reading.user_dictionary,
    }
