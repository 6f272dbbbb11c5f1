"""Which tokens of a text are left out for a model to predict, and what stands in their place.

Devlin et al. 2019 (https://aclanthology.org/N19-1423, section 3.1): of the chosen tokens 80 % become the mask, 10 % a
token drawn at random and 10 % stay, so that a state must hold its token also where nothing is left out.

    the  room   was  [M]  and  chair [M]        targets:  -  -  was  very  -  clean  quiet

With whole words all pieces of a word are chosen together, for Chinese all characters of a word (Cui et al. 2021,
https://doi.org/10.1109/TASLP.2021.3124365, section III).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundswell.data.language_batch import NOT_PREDICTED
from groundswell.text.segmentation import UNSPACED, Segmentation
from groundswell.text.subwords import WORD_MARK

Ids = NDArray[np.int64]
_MASKED, _RANDOM = 0.8, 0.9  # below the first: masked; below the second: another token
_CONTINUES = "##"  # how WordPiece writes a piece that goes on with a word


@dataclass(frozen=True)
class Masking:
    """How tokens are left out.

    share           of the tokens of a text, 0-1; at least one is chosen
    mask_id         what stands where one is left out
    ordinary        (V',) ids that a random token is drawn from: all but the control ids
    word_begins     of the ids of a text, which begin a word; None: every token is chosen for itself
    seed            the same text in the same place of a training is masked alike
    """

    share: float
    mask_id: int
    ordinary: Ids
    word_begins: Callable[[Ids], NDArray[np.bool_]] | None = None
    seed: int = 0

    def __call__(self, ids: Ids, place: int) -> tuple[Ids, Ids]:
        """(T,) ids -> what the model reads (T,) and what it predicts (T,), NOT_PREDICTED where nothing.

        place   number of the text in the training; another number is another draw
        """
        random = np.random.default_rng([self.seed, place])
        chosen = self._chosen(ids, random)
        targets = np.where(chosen, ids, NOT_PREDICTED)
        kind = random.random(len(ids))
        drawn = random.choice(self.ordinary, len(ids))
        read = np.where(chosen & (kind < _MASKED), self.mask_id, ids)
        return np.where(chosen & (kind >= _MASKED) & (kind < _RANDOM), drawn, read), targets

    def _chosen(self, ids: Ids, random: np.random.Generator) -> NDArray[np.bool_]:
        wanted = max(1, round(self.share * len(ids)))
        chosen = np.zeros(len(ids), dtype=bool)
        if self.word_begins is None:
            chosen[random.permutation(len(ids))[:wanted]] = True
            return chosen
        word = np.cumsum(self.word_begins(ids)) - 1
        order = random.permutation(int(word[-1]) + 1)
        sizes = np.bincount(word)[order]
        # the word that reaches the share is the last one
        num_words = int(np.searchsorted(np.cumsum(sizes), wanted)) + 1
        return np.isin(word, order[:num_words])


class WordBegins:
    """Which ids begin a word: words between blanks and punctuation, Chinese words by jieba.

    pieces   what each id says, with its mark: `▁room`, or `room` and `##s`; Chinese characters stand for themselves
    """

    def __init__(self, pieces: Sequence[str]) -> None:
        marked = any(piece.startswith(WORD_MARK) for piece in pieces)
        self._written = [piece.replace(WORD_MARK, " ") if marked else _with_blank(piece) for piece in pieces]
        self._words = Segmentation("jieba")

    def __call__(self, ids: Ids) -> NDArray[np.bool_]:
        """(T,) ids of one text -> (T,) bool; the first one always begins a word."""
        written = [self._written[number] for number in ids.tolist()]
        blanks = np.array([len(piece) - len(piece.lstrip()) for piece in written])
        lengths = np.array([len(piece) for piece in written])
        places = np.cumsum(lengths) - lengths + blanks
        starts = [start for _, (start, _) in self._words.places("".join(written))]
        found = np.isin(places, starts)
        found[:1] = True
        return found


def _with_blank(piece: str) -> str:
    if piece.startswith(_CONTINUES):
        return piece.removeprefix(_CONTINUES)
    return piece if re.match(f"[{UNSPACED}]", piece) else f" {piece}"
