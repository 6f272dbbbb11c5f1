"""Token ids of whole documents: pieces learned by byte-pair encoding, between a mark for beginning and one for end.

    <s> ▁The ▁room ▁was ▁clean . </s>

A character that is no piece is spelled in its UTF-8 bytes, so nothing is unknown. The two marks have the numbers behind
the vocabulary: no text can write them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from groundswell.errors import DataError
from groundswell.text.own_tokens import OwnTokens, learn_segmentation, load_tokens
from groundswell.text.segmentation import Segmentation
from groundswell.text.subwords import BYTE_PIECES, WORD_MARK, pieces_in
from groundswell.text.vocabulary import PAD_ID, build_vocabulary

LEAST_SIZE = 300  # 256 bytes, four marks and some characters
_BATCH_CHARACTERS = 200_000
_NUM_MARKS = 4  # padding, unknown, beginning, end
_BYTE_RUN = re.compile(r"(?:<0x[0-9A-F]{2}>)+")


class DocumentTokens:
    """Turns documents into ids and back; `tokens` are those of `learn_document_tokens` or of a corpus folder."""

    pad_id = PAD_ID

    def __init__(self, tokens: OwnTokens) -> None:
        self.tokens = tokens
        self.start_id, self.end_id = len(tokens), len(tokens) + 1

    def __len__(self) -> int:
        """Different ids, the marks included: what an embedding must have rows for."""
        return len(self.tokens) + 2

    @property
    def sha256(self) -> str:
        """Hash of pieces and vocabulary."""
        return self.tokens.sha256

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each document, beginning and end included."""
        return [[self.start_id, *found, self.end_id] for found in self.tokens.ids(texts)]

    def text(self, ids: Iterable[int]) -> str:
        """What ids say; marks say nothing. Of a document it is the text with each run of blanks as one blank."""
        names = self.tokens.vocabulary.tokens
        written = "".join(names[number] for number in ids if PAD_ID < number < len(names))
        spelled = _BYTE_RUN.sub(
            lambda run: bytes.fromhex(re.sub("[<>]|0x", "", run[0])).decode(errors="replace"), written
        )
        return spelled.replace(WORD_MARK, " ").strip(" ")

    def save(self, folder: Path) -> None:
        """Write vocabulary.json."""
        self.tokens.save(folder)


def learn_document_tokens(texts: Callable[[], Iterable[str]], *, size: int) -> DocumentTokens:
    """Pieces of the texts and their vocabulary; `size` different ids at most, all marks included.

    texts   gives them anew at every call, three times in all; some of them are in memory at a time

    Raises DataError when there is no text or `size` is below 300.
    """
    check_size(size)
    alphabet = _alphabet(texts(), most=(size - 256 - _NUM_MARKS) // 2 + 1)
    if len(alphabet) == 1:  # the mark of a word alone
        raise DataError("no text to learn tokens from: every document is blank. Name files that hold text.")
    # pieces count `<unk>`, which the vocabulary counts among the marks
    segmentation = learn_segmentation(texts(), "bpe", size=size - _NUM_MARKS + 1, alphabet=alphabet)
    assert segmentation.pieces is not None
    pieces = pieces_in(segmentation.pieces)
    counted = _segmented(texts(), segmentation)
    return DocumentTokens(
        OwnTokens(segmentation, build_vocabulary(counted, min_count=1, max_size=len(pieces) + 2, always=pieces))
    )


def check_size(size: int) -> None:
    """Nothing; raises DataError when there is no room for the bytes."""
    if size < LEAST_SIZE:
        raise DataError(
            f"vocabulary_size: found {size}, expected at least {LEAST_SIZE} for 256 bytes, four marks and some "
            "characters. Raise it."
        )


def load_document_tokens(folder: Path) -> DocumentTokens:
    """Those that `save` wrote; DataError when they cannot spell every character."""
    tokens = load_tokens(folder)
    missing = [piece for piece in BYTE_PIECES if piece not in tokens.vocabulary.numbers]
    if missing:
        raise DataError(
            f"{folder}: these tokens lack {len(missing)} of the 256 bytes, so that some text would be unknown. Name "
            "the tokenizer folder of a corpus."
        )
    return DocumentTokens(tokens)


def in_batches(texts: Iterable[str], most_characters: int = _BATCH_CHARACTERS) -> Iterator[list[str]]:
    """The texts in lists of about so many characters, at least one text each."""
    batch: list[str] = []
    size = 0
    for text in texts:
        batch.append(text)
        size += len(text)
        if size >= most_characters:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _segmented(texts: Iterable[str], segmentation: Segmentation) -> Iterator[list[str]]:
    for batch in in_batches(texts):
        yield from segmentation(batch)


def _alphabet(texts: Iterable[str], *, most: int) -> list[str]:
    """The mark of a word and the most frequent characters that are no blanks; equal ones by their code points."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text)
    visible = ((character, count) for character, count in counts.items() if not character.isspace())
    frequent = sorted(visible, key=lambda item: (-item[1], item[0]))
    return list(dict.fromkeys([WORD_MARK, *(character for character, _ in frequent[: most - 1])]))
