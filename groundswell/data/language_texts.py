"""Texts that a language model is measured on: as token ids, with their bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundswell.data.accounting import Accounting
from groundswell.data.corpus.document_tokens import DocumentTokens
from groundswell.data.corpus.documents import SourceRead, TextSource, read_documents
from groundswell.errors import DataError
from groundswell.text.blank import is_blank
from groundswell.text.cleaning import clean

_AT_ONCE = 1_000


@dataclass(frozen=True)
class LanguageTexts:
    """Texts that are not blank.

    documents    the ids of each, marks included
    num_bytes    (D,) of each cleaned text in UTF-8, one added for its end
    accounting   every text; blank ones are dropped and counted
    """

    documents: list[list[int]]
    num_bytes: NDArray[np.int64]
    accounting: Accounting

    @property
    def ids(self) -> NDArray[np.int64]:
        """All ids, one document behind the other."""
        return np.fromiter((number for document in self.documents for number in document), dtype=np.int64)

    @property
    def offsets(self) -> NDArray[np.int64]:
        """(D + 1,) where each document begins in `ids`, and the end."""
        return np.concatenate(([0], np.cumsum([len(document) for document in self.documents])))


def read_language_texts(
    source: TextSource, tokens: DocumentTokens, cleaning: Sequence[str], *, split: str
) -> LanguageTexts:
    """The texts of a source; DataError when none is left or a row cannot be read."""
    read = SourceRead(Accounting(split, unit="texts"))
    cleaned: list[str] = []
    for document in read_documents(source, read):
        text = clean(document.text, cleaning)
        if is_blank(text):
            read.accounting.drop("blank text", read.accounting.read + 1)
            continue
        read.accounting.keep()
        cleaned.append(text)
    if not cleaned:
        raise DataError(
            f"{', '.join(source.files)}: holds no text to measure on ({read.accounting.read:,} read). Name another file"
        )
    documents = [
        ids for begin in range(0, len(cleaned), _AT_ONCE) for ids in tokens.ids(cleaned[begin : begin + _AT_ONCE])
    ]
    if tokens.unknown_id is not None:
        num_unknown = sum(document.count(tokens.unknown_id) for document in documents)
        read.accounting.unknown = num_unknown / max(1, sum(len(document) - 2 for document in documents))
    num_bytes = np.array([len(text.encode("utf-8", "replace")) + 1 for text in cleaned])
    return LanguageTexts(documents, num_bytes, read.accounting)
