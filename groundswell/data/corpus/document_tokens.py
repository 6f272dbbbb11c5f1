"""Token ids of whole documents, each between a mark for its beginning and one for its end.

    <s> ▁The ▁room ▁was ▁clean . </s>

The tokens are learned of a corpus or come with a pretrained model. Marks of learned ones have the numbers behind the
vocabulary: no text can write them. Byte-pair encoding spells a character that is no piece in its UTF-8 bytes, so
nothing is unknown.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from groundswell.errors import DataError, RunFolderError
from groundswell.run_folder import write_json
from groundswell.text.own_tokens import VOCABULARY, OwnTokens, learn_segmentation, load_tokens
from groundswell.text.pretrained_tokens import PretrainedTokens, load_tokenizer
from groundswell.text.segmentation import Segmentation, TokenKind
from groundswell.text.subwords import LINE_BREAK, WORD_MARK, pieces_in
from groundswell.text.vocabulary import build_vocabulary

LEAST_SIZE = 300  # of byte-pair encoding: 256 bytes, four marks and some characters
MARKS = "marks.json"
_LEAST_WITHOUT_BYTES = 10
_BATCH_CHARACTERS = 200_000
_NUM_MARKS = 4  # padding, unknown, beginning, end


class DocumentTokens:
    """Turns documents into ids and back.

    tokens        of `learn_document_tokens`, of a corpus folder, or of a pretrained model
    with_mask     own tokens get a mark for masked places too; those of a pretrained model have one or not

    start_id, end_id   first and last id of every document; one and the same where a pretrained model has only one
    pad_id             fills padded places; the end where a pretrained model has none
    unknown_id         stands for unknown tokens; None when nothing is unknown
    mask_id            stands at masked places, or None
    special_ids        all of these: never to be masked and, but for the end, never to be generated

    Raises DataError when a pretrained tokenizer marks neither beginning nor end.
    """

    def __init__(self, tokens: OwnTokens | PretrainedTokens, *, with_mask: bool = False) -> None:
        self.tokens = tokens
        self.unknown_id: int | None = tokens.unknown_id
        self.mask_id: int | None
        if isinstance(tokens, OwnTokens):
            self.pad_id, self.start_id, self.end_id = tokens.pad_id, len(tokens), len(tokens) + 1
            self.mask_id = len(tokens) + 2 if with_mask else None
            self._size = len(tokens) + (3 if with_mask else 2)
            controls: frozenset[int] = frozenset()
        else:
            self.start_id, self.end_id = _pretrained_marks(tokens)
            self.pad_id = self.end_id if tokens.tokenizer.pad_token_id is None else tokens.pad_id
            self.mask_id = tokens.tokenizer.mask_token_id
            self._size = 1 + max(tokens.tokenizer.get_vocab().values())
            controls = tokens.control_ids
        if self.unknown_id in controls:  # as in GPT-2, whose bytes spell everything
            self.unknown_id = None
        marks = (self.pad_id, self.start_id, self.end_id, self.unknown_id, self.mask_id)
        self.special_ids = controls | {number for number in marks if number is not None}

    def __len__(self) -> int:
        """One more than the largest id: what an embedding must have rows for."""
        return self._size

    @property
    def sha256(self) -> str:
        """Hash of what gives the ids."""
        if isinstance(self.tokens, OwnTokens) and self.mask_id is not None:
            return hashlib.sha256(f"{self.tokens.sha256} with a mask".encode()).hexdigest()
        return self.tokens.sha256

    @property
    def pieces(self) -> list[str]:
        """What each id is written as in the vocabulary, marks included."""
        if isinstance(self.tokens, OwnTokens):
            return [*self.tokens.vocabulary.tokens, *([""] * (self._size - len(self.tokens)))]
        return list(map(str, self.tokens.tokenizer.convert_ids_to_tokens(list(range(self._size)))))

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each document, beginning and end included."""
        return [[self.start_id, *found, self.end_id] for found in self.tokens.ids(texts)]

    def text(self, ids: Iterable[int]) -> str:
        """What ids say, as readable text; marks say nothing. See `Segmentation.text` for learned tokens."""
        return self.tokens.text(ids)

    def save(self, folder: Path) -> None:
        """Write vocabulary.json and marks.json, or the tokenizer of a pretrained model, into an existing folder."""
        self.tokens.save(folder)
        if isinstance(self.tokens, OwnTokens):
            write_json(folder / MARKS, {"mask": self.mask_id is not None})


def learn_document_tokens(
    texts: Callable[[], Iterable[str]],
    *,
    kind: TokenKind = "bpe",
    size: int,
    min_count: int = 1,
    user_words: Sequence[str] = (),
    with_mask: bool = False,
) -> DocumentTokens:
    """Tokens of the texts and their vocabulary; `size` different ids at most, all marks included.

    texts        gives them anew at every call, three times at most; some of them are in memory at a time
    kind         bpe and unigram learn pieces, of which line breaks are some; the others keep the most frequent tokens
    min_count    tokens that stand less often are unknown; pieces are known however rare
    user_words   words that jieba keeps whole

    Raises DataError when there is no text, or `size` leaves no room for it.
    """
    check_size(size, kind)
    if user_words and kind != "jieba":
        raise DataError(f"user_words: has no effect on tokens of kind {kind!r}. Choose jieba, or leave it out.")
    room = size - _NUM_MARKS - with_mask
    alphabet: Sequence[str] = ()
    if kind == "bpe" or kind == "unigram":
        alphabet = _alphabet(texts(), most=(room - (256 if kind == "bpe" else 0)) // 2 + 1)
    # pieces count `<unk>`, which the vocabulary counts among the marks
    segmentation = learn_segmentation(texts(), kind, size=room + 1, user_words=user_words, alphabet=alphabet)
    pieces = pieces_in(segmentation.pieces) if segmentation.pieces else []
    vocabulary = build_vocabulary(
        _segmented(texts(), segmentation), min_count=min_count, max_size=(len(pieces) or room) + 2, always=pieces
    )
    return DocumentTokens(OwnTokens(segmentation, vocabulary), with_mask=with_mask)


def check_size(size: int, kind: TokenKind = "bpe") -> None:
    """Nothing; raises DataError when there is no room for the marks, and for the bytes of byte-pair encoding."""
    if kind == "bpe" and size < LEAST_SIZE:
        raise DataError(
            f"vocabulary_size: found {size}, expected at least {LEAST_SIZE} for 256 bytes, four marks and some "
            "characters. Raise it."
        )
    if size < _LEAST_WITHOUT_BYTES:
        raise DataError(f"vocabulary_size: found {size}, expected at least {_LEAST_WITHOUT_BYTES}. Raise it.")


def load_document_tokens(folder: Path) -> DocumentTokens:
    """Those that `save` wrote, or the tokenizer of a pretrained model's folder; the same ids.

    Raises RunFolderError or BaseModelError when there are none or they are damaged.
    """
    if not (folder / VOCABULARY).exists() and (folder / "tokenizer.json").exists():
        return DocumentTokens(PretrainedTokens(load_tokenizer(folder)))
    try:
        marks = json.loads((folder / MARKS).read_text(encoding="utf-8")) if (folder / MARKS).exists() else {}
        with_mask = bool(marks.get("mask", False))
    except (OSError, ValueError, AttributeError) as error:
        raise RunFolderError(f"{folder / MARKS}: cannot be read ({error}). Build the corpus again") from error
    return DocumentTokens(load_tokens(folder), with_mask=with_mask)


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


def _pretrained_marks(tokens: PretrainedTokens) -> tuple[int, int]:
    """(start, end): what the tokenizer puts around a text, else its own marks, else the one for the other."""
    tokenizer = tokens.tokenizer
    start = tokens.prefix[0] if tokens.prefix else tokenizer.bos_token_id
    end = tokens.suffix[-1] if tokens.suffix else tokenizer.eos_token_id
    found = [number for number in (start, end) if number is not None]
    if not found:
        raise DataError(
            f"{tokenizer.name_or_path or 'tokenizer'}: it marks neither beginning nor end of a text, expected one of "
            "them. Set its bos_token or eos_token."
        )
    return int(found[0]), int(found[-1])


def _segmented(texts: Iterable[str], segmentation: Segmentation) -> Iterator[list[str]]:
    for batch in in_batches(texts):
        yield from segmentation(batch)


def _alphabet(texts: Iterable[str], *, most: int) -> list[str]:
    """Mark of a word, line break, and the most frequent characters that are no blanks; equal ones by code points."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text)
    visible = [(character, count) for character, count in counts.items() if not character.isspace()]
    if not visible:
        raise DataError("no text to learn tokens from: every document is blank. Name files that hold text.")
    frequent = sorted(visible, key=lambda item: (-item[1], item[0]))
    own = [WORD_MARK, LINE_BREAK]
    return list(dict.fromkeys([*own, *(character for character, _ in frequent[: most - len(own)])]))
