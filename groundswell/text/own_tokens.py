"""Token ids of a model trained from scratch: a segmentation and the vocabulary of its training texts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from groundswell.errors import RunFolderError
from groundswell.run_folder import write_json
from groundswell.text.cleaning import Place
from groundswell.text.segmentation import Segmentation, TokenKind
from groundswell.text.subwords import learn_pieces, pieces_in
from groundswell.text.vocabulary import PAD_ID, UNKNOWN_ID, Vocabulary, build_vocabulary

VOCABULARY = "vocabulary.json"


class OwnTokens:
    """Turns texts into ids: tokens of the segmentation, numbered by the vocabulary; nothing stands around a text."""

    prefix: tuple[int, ...] = ()
    suffix: tuple[int, ...] = ()
    pad_id = PAD_ID
    unknown_id = UNKNOWN_ID
    instead_of_nothing = (UNKNOWN_ID,)

    def __init__(self, segmentation: Segmentation, vocabulary: Vocabulary) -> None:
        self.segmentation = segmentation
        self.vocabulary = vocabulary

    def __len__(self) -> int:
        return len(self.vocabulary)

    @cached_property
    def sha256(self) -> str:
        """Hash of segmentation and vocabulary."""
        return hashlib.sha256(json.dumps(self._description()).encode()).hexdigest()

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text."""
        learned = self.segmentation.learned
        if learned is None:
            return [self.vocabulary.ids(tokens) for tokens in self.segmentation(texts)]
        our_number = self._numbers_of_pieces.__getitem__
        return [list(map(our_number, numbers)) for numbers in learned.numbers(texts)]

    def text(self, ids: Iterable[int]) -> str:
        """What ids say, see `Segmentation.text`; padding and numbers that are none of ours say nothing."""
        names = self.vocabulary.tokens
        return self.segmentation.text(names[number] for number in ids if PAD_ID < number < len(names))

    def located(self, texts: Sequence[str]) -> list[tuple[list[int], list[Place]]]:
        """The ids of each text, and where in the text each of them stands."""
        found = [self.segmentation.places(text) for text in texts]
        return [(self.vocabulary.ids(token for token, _ in tokens), [place for _, place in tokens]) for tokens in found]

    def save(self, folder: Path) -> None:
        """Write vocabulary.json."""
        write_json(folder / VOCABULARY, self._description())

    @cached_property
    def _numbers_of_pieces(self) -> list[int]:
        """Our number of each number of the engine."""
        assert self.segmentation.learned is not None
        return self.vocabulary.ids(self.segmentation.learned.names)

    def _description(self) -> dict[str, Any]:
        return {
            "segmentation": self.segmentation.kind,
            "user_words": list(self.segmentation.user_words),
            "pieces": self.segmentation.pieces,
            "tokens": list(self.vocabulary.tokens),
            "counts": list(self.vocabulary.counts),
        }


def learn_tokens(
    texts: Sequence[str], kind: TokenKind, *, min_count: int, max_size: int, user_words: Sequence[str] = ()
) -> OwnTokens:
    """Segmentation and vocabulary of cleaned training texts; DataError when the vocabulary would be empty.

    min_count   tokens that stand less often are unknown
    max_size    most tokens of the vocabulary, the marks for padding and unknown tokens included
    """
    segmentation = learn_segmentation(texts, kind, size=max_size - 1, user_words=user_words)
    always = pieces_in(segmentation.pieces) if segmentation.pieces else ()
    vocabulary = build_vocabulary(segmentation(texts), min_count=min_count, max_size=max_size, always=always)
    return OwnTokens(segmentation, vocabulary)


def learn_segmentation(
    texts: Iterable[str], kind: TokenKind, *, size: int, user_words: Sequence[str] = (), alphabet: Sequence[str] = ()
) -> Segmentation:
    """The segmentation of a kind; `size` pieces are learned of the texts for bpe and unigram, see `learn_pieces`."""
    pieces = None
    if kind == "bpe" or kind == "unigram":
        pieces = learn_pieces(texts, kind, size=size, alphabet=alphabet)
    return Segmentation(kind, tuple(user_words), pieces)


def load_tokens(folder: Path) -> OwnTokens:
    """The tokens of a model folder; RunFolderError when the file is missing or damaged."""
    path = folder / VOCABULARY
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        segmentation = Segmentation(found["segmentation"], tuple(found["user_words"]), found["pieces"])
        return OwnTokens(segmentation, Vocabulary(tuple(found["tokens"]), tuple(found["counts"])))
    except (OSError, ValueError, KeyError) as error:
        raise RunFolderError(f"{path}: cannot be read ({error}). Train again") from error
