"""An n-gram model as an ARPA file, which KenLM, SRILM and others read.

    # groundswell {"tokens": "words", "cleaning": ["lower_case"]}

    \\data\\
    ngram 1=4
    ngram 2=1

    \\1-grams:
    -0.7	<unk>	0
    -99	<s>	-0.3
    -0.5	</s>	0
    -0.4	good	-0.2

    \\2-grams:
    -0.1	<s> good

    \\end\\

Fields are separated by tabs: base-10 logarithm of the probability, the n-gram, and except at the highest order the
back-off. The first line says how texts become words; other readers pass over it.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from groundswell.errors import DataError
from groundswell.model.ngram.ngram_model import LOG_ZERO, Logs, NgramModel
from groundswell.run_folder import whole_file

READING_MARK = "# groundswell "
BLOCK_ROWS = 2**20
_TAB, _BLANK, _LINE_FEED, _NOTHING = (pa.scalar(text, pa.large_string()) for text in ("\t", " ", "\n", ""))


def write_arpa(model: NgramModel, path: Path, reading: dict[str, Any] | None = None) -> None:
    """Write a model as an ARPA file, whole or not at all; compressed when the name ends in .gz.

    reading   how texts become words, to be found again by `read_arpa`
    """
    _check_words(model)
    with whole_file(path) as aside, aside.open("wb") as raw:
        if path.suffix == ".gz":
            # without a time stamp the same model gives the same bytes
            with gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=6, mtime=0) as packed:
                _write(model, cast("BinaryIO", packed), reading)
        else:
            _write(model, raw, reading)


def _check_words(model: NgramModel) -> None:
    for word in model.words.words:
        if not word or any(mark in word for mark in " \t\n\r\v\f"):
            raise DataError(
                f"ARPA: the word {word!r} holds a blank, which the format has no way to write. Keep the model as a "
                "folder, or cut texts otherwise"
            )


def _write(model: NgramModel, file: BinaryIO, reading: dict[str, Any] | None) -> None:
    if reading is not None:
        file.write(f"{READING_MARK}{json.dumps(reading, ensure_ascii=False)}\n\n".encode())
    counts = "".join(f"ngram {size}={count}\n" for size, count in enumerate(model.num_ngrams, start=1))
    file.write(f"\\data\\\n{counts}".encode())
    texts = pa.array(model.words.words, pa.large_string())
    for size in range(1, model.order + 1):
        file.write(f"\n\\{size}-grams:\n".encode())
        for start in range(0, model.num_ngrams[size - 1], BLOCK_ROWS):
            file.write(_lines(model, texts, size, slice(start, start + BLOCK_ROWS)))
    file.write(b"\n\\end\\\n")


def _lines(model: NgramModel, texts: Any, size: int, rows: slice) -> memoryview:
    """Some lines of one order, each with its line feed, joined in compiled code."""
    words = [texts.take(pa.array(column)) for column in word_columns(model, size, rows)]
    parts = [_numbers(model.log_probs[size - 1][rows]), _TAB, pc.binary_join_element_wise(*words, _BLANK)]
    if size < model.order:
        parts += [_TAB, _repeated_numbers(model.back_offs[size - 1][rows])]
    lines = pc.binary_join_element_wise(*parts, _LINE_FEED, _NOTHING)
    return memoryview(lines.buffers()[2])  # the texts of the lines, one behind the other


def word_columns(model: NgramModel, size: int, rows: slice) -> list[NDArray[np.int64]]:
    """The word numbers of some n-grams of one order: first words, second words ..., (R,) each."""
    grams = np.arange(*rows.indices(model.num_ngrams[size - 1]))
    columns = []
    for below in range(size - 2, -1, -1):
        grams, words = np.divmod(model.keys[below][grams], len(model.words))
        columns.append(words)
    return [grams, *reversed(columns)]


def _numbers(logs: Logs) -> Any:
    """The shortest text of each number; -inf is written as -99."""
    finite = np.maximum(logs, np.float32(LOG_ZERO)) + np.float32(0)  # + 0 makes -0 a 0
    return pa.array(finite).cast(pa.large_string())


def _repeated_numbers(logs: Logs) -> Any:
    """As `_numbers`, for numbers of which few are different: back-offs, one in five hundred."""
    each = pa.array(logs).dictionary_encode()
    return _numbers(each.dictionary.to_numpy()).take(each.indices)
