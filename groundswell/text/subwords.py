"""Pieces of words learned from texts, so that no word is unknown: byte-pair encoding and Unigram."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, Literal

from groundswell.text.cleaning import Place

UNKNOWN_PIECE = "<unk>"
BYTE_PIECES = tuple(f"<0x{byte:02X}>" for byte in range(256))  # as `tokenizers` writes them
WORD_MARK = "▁"
LINE_BREAK = "\n"
BESIDE_LINE_BREAK = " ?\n ?"  # the mark of a beginning stands before a line break and before the word behind it
_BYTE_RUN = re.compile(r"(?:<0x[0-9A-F]{2}>)+")


class Pieces:
    """The pieces of a text by a learned segmentation; safe to call from several threads."""

    def __init__(self, learned: str) -> None:
        from tokenizers import Tokenizer

        self._engine = Tokenizer.from_str(learned)
        self._engine.encode_special_tokens = True  # a text that writes `<unk>` means these five characters
        self._lock = threading.Lock()

    def __call__(self, text: str) -> list[str]:
        """The pieces of one text."""
        return self.many([text])[0]

    @cached_property
    def names(self) -> list[str]:
        """The piece of each number of the engine."""
        numbers: dict[str, int] = self._engine.get_vocab()
        return sorted(numbers, key=numbers.__getitem__)

    def many(self, texts: Sequence[str]) -> list[list[str]]:
        """The pieces of each text, in order; `<unk>` for what cannot be spelled."""
        return [[self.names[number] for number in numbers] for numbers in self.numbers(texts)]

    def numbers(self, texts: Sequence[str]) -> list[list[int]]:
        """The engine's numbers of the pieces of each text, in order: places in `names`."""
        with self._lock:
            return [encoding.ids for encoding in self._engine.encode_batch_fast(list(texts))]

    def places(self, text: str) -> list[tuple[str, Place]]:
        """The pieces of one text, each with the code points it stands at; the mark of a beginning alone at none."""
        with self._lock:
            found = self._engine.encode(text)
        return [
            (piece, (start, start if piece == WORD_MARK else end))
            for piece, (start, end) in zip(found.tokens, found.offsets, strict=True)
        ]


def spelled(pieces: Iterable[str]) -> str:
    """What pieces say: bytes as characters, each run of blanks as one blank, none at the ends or beside a line break.

    >>> spelled(["▁a", "b", "▁\\n", "▁<0x63>"])
    'ab\\nc'
    """
    written = _BYTE_RUN.sub(
        lambda run: bytes.fromhex(re.sub("[<>]|0x", "", run[0])).decode(errors="replace"), "".join(pieces)
    )
    return re.sub(BESIDE_LINE_BREAK, LINE_BREAK, written.replace(WORD_MARK, " ")).strip(" ")


def pieces_in(learned: str) -> list[str]:
    """Every piece of a learned segmentation, also those that its own training texts do not need."""
    from tokenizers import Tokenizer

    return sorted(Tokenizer.from_str(learned).get_vocab())


def learn_pieces(
    texts: Iterable[str], kind: Literal["bpe", "unigram"], *, size: int, alphabet: Sequence[str] = ()
) -> str:
    """A segmentation into at most about `size` pieces, as JSON.

    bpe       merges the most frequent pair of pieces again and again (https://arxiv.org/abs/1508.07909, section 3.2)
    unigram   the pieces under which the texts are most probable (https://arxiv.org/abs/1804.10959, section 3.2)

    alphabet  the characters that are pieces; bpe spells every other one in its UTF-8 bytes, so that nothing is
              unknown, for unigram it is unknown. A line break among them is a piece, else it is a blank. Without an
              alphabet every character of the texts is a piece, and others are unknown

    The same texts give the same pieces; the numbers that `tokenizers` gives them differ from run to run for Unigram
    and are not used: our vocabulary numbers pieces by their count.
    """
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

    in_bytes: Sequence[str] = BYTE_PIECES if alphabet else ()
    # a limit without the list would choose among equally frequent characters by chance
    letters: dict[str, Any] = {"initial_alphabet": list(alphabet), "limit_alphabet": len(alphabet)} if alphabet else {}
    model = models.BPE(unk_token=UNKNOWN_PIECE, byte_fallback=bool(alphabet)) if kind == "bpe" else models.Unigram()
    engine = Tokenizer(model)
    words = (
        pre_tokenizers.Split(Regex(r"\n|\S+"), "removed", invert=True)
        if LINE_BREAK in alphabet
        else pre_tokenizers.WhitespaceSplit()
    )
    engine.pre_tokenizer = pre_tokenizers.Sequence([words, pre_tokenizers.Metaspace(), pre_tokenizers.Punctuation()])
    trainer = (
        trainers.BpeTrainer(vocab_size=size, special_tokens=[UNKNOWN_PIECE, *in_bytes], show_progress=False, **letters)
        if kind == "bpe"
        else trainers.UnigramTrainer(
            vocab_size=size, special_tokens=[UNKNOWN_PIECE], unk_token=UNKNOWN_PIECE, show_progress=False
        )
    )
    if kind == "unigram" and alphabet:  # its trainer would make every character a piece
        others = re.compile(f"[^{re.escape(''.join(alphabet))}]")
        texts = (others.sub(" ", text) for text in texts)
    engine.train_from_iterator(texts, trainer)
    return str(engine.to_str())
