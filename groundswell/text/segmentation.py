"""From a text to its tokens: words by pattern, Chinese words by dictionary, characters, or pieces learned from text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from groundswell.text.cleaning import Place
from groundswell.text.segmentation_zh import ChineseWords
from groundswell.text.subwords import Pieces, spelled

TokenKind = Literal["words", "jieba", "characters", "blanks", "bpe", "unigram"]

# Scripts written without blanks: there a single character is the smallest word.
UNSPACED = "\u2e80-\u2fff\u3001-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
WORD = re.compile(rf"[{UNSPACED}]|[^\W{UNSPACED}]+(?:['’][^\W{UNSPACED}]+)*|[^\w\s]")
CHARACTER = re.compile(r"\S")
# A blank that nobody writes: between two characters of such scripts, full-width punctuation included.
NEEDLESS_BLANK = f"(?<=[{UNSPACED}\uff00-\uffef]) (?=[{UNSPACED}\uff00-\uffef])"

Segment = Callable[[str], list[str]]


@dataclass(frozen=True)
class Segmentation:
    """How a text falls into tokens; calling it gives the tokens of each text. No token is blank.

    words        runs of letters and digits, with inner apostrophes; punctuation marks and Chinese characters one by one
    jieba        Chinese words by jieba's dictionary and its hidden Markov model; the rest as `words`
    characters   every character that is not blank
    blanks       what stands between blanks, for texts that are cut already
    bpe, unigram pieces learned from the training texts; `▁` marks the beginning of a word

    user_words   words that jieba keeps whole
    pieces       what was learned, as the JSON of `tokenizers` (bpe, unigram)

    >>> Segmentation("words")(["It isn't 很大!"])
    [['It', "isn't", '很', '大', '!']]
    """

    kind: TokenKind
    user_words: tuple[str, ...] = ()
    pieces: str | None = field(default=None, repr=False)

    def __call__(self, texts: Sequence[str]) -> list[list[str]]:
        """The tokens of each text, in order."""
        if self.learned is not None:
            return self.learned.many(texts)
        return [self._segment(text) for text in texts]

    def places(self, text: str) -> list[tuple[str, Place]]:
        """The tokens of one text, each with the code points it stands at; a learned piece's mark stands nowhere."""
        if self.learned is not None:
            return self.learned.places(text)
        located, position = [], 0
        for token in self._segment(text):
            start = text.index(token, position)  # every token is a piece of the text, in order
            position = start + len(token)
            located.append((token, (start, position)))
        return located

    def text(self, tokens: Iterable[str]) -> str:
        """Tokens as a readable text.

        words, jieba, blanks   a blank between tokens, but none between two Chinese characters
        characters             no blanks
        bpe, unigram           the text they were taken from, with each run of blanks as one blank
        """
        if self.learned is not None:
            return spelled(tokens)
        return "".join(tokens) if self.kind == "characters" else re.sub(NEEDLESS_BLANK, "", " ".join(tokens))

    @cached_property
    def learned(self) -> Pieces | None:
        """What was learned, at work; None for the kinds that learn nothing."""
        if self.kind not in ("bpe", "unigram"):
            return None
        assert self.pieces is not None  # learned by `learn_pieces` before the segmentation is made
        return Pieces(self.pieces)

    @cached_property
    def _segment(self) -> Segment:
        if self.kind == "jieba":
            return ChineseWords(self.user_words, otherwise=WORD)
        if self.kind == "blanks":
            return str.split
        pattern = CHARACTER if self.kind == "characters" else WORD
        return lambda text: pattern.findall(text)
