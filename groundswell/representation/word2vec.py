"""Word vectors from text, gensim as the engine: CBOW and skip-gram, negative sampling or hierarchical softmax."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from groundswell.errors import DataError

# gensim's compiled code drops what stands behind this many words of a text, without saying so.
LONGEST_TEXT = 10_000
Texts = Sequence[Sequence[str]]


@dataclass(frozen=True)
class VectorSettings:
    """How word vectors are learned (Mikolov et al. 2013, https://arxiv.org/abs/1301.3781 and 1310.4546).

    model        cbow: the mean of the words around predicts the word; skip_gram: the word predicts each of them
    objective    negative: against words drawn from counts ** 0.75 (1310.4546, equation 4); hierarchical: along the
                 word's path in a Huffman tree (equation 3); full: against every word (equation 2; `full_softmax`)
    width        of a vector
    window       most words to each side; for every word the real number is drawn from 1 to it
    min_count    rarer words are left out
    subsample    a word of share f is kept with the chance sqrt(t / f) + t / f, t this number; 0 keeps all
    negatives    drawn for each pair (negative)
    rate         of learning at the start; it falls in a straight line to 1e-4
    workers      threads; only one gives the same vectors again
    """

    model: Literal["cbow", "skip_gram"] = "skip_gram"
    objective: Literal["negative", "hierarchical", "full"] = "negative"
    width: int = 100
    window: int = 5
    min_count: int = 5
    subsample: float = 1e-3
    negatives: int = 5
    epochs: int = 5
    rate: float = 0.025
    workers: int = 1
    seed: int = 0


@dataclass(frozen=True)
class WordVectors:
    """Words by falling count, with everything that going on with the training needs.

    words      (V,)
    counts     (V,) how often each stands in the texts
    vectors    (V, D) float32, the ones to use
    outputs    (V, D) float32 weights of the predicting layer: of words (negative) or of the tree's inner nodes
    """

    settings: VectorSettings
    words: tuple[str, ...]
    counts: tuple[int, ...]
    vectors: NDArray[np.float32] = field(repr=False)
    outputs: NDArray[np.float32] = field(repr=False)


def learn_vectors(
    texts: Texts, settings: VectorSettings, *, start: WordVectors | None = None,
    on_epoch: Callable[[int], None] = lambda epoch: None,
) -> WordVectors:  # fmt: skip
    """Vectors of the words of tokenized texts.

    start      go on with these; words that are new and frequent enough are added with random vectors
    on_epoch   called with the number of epochs done

    Raises DataError for fewer than two texts, when no word is frequent enough, or when `start` has another width or
    objective.
    """
    check_many(texts)
    from gensim.models import Word2Vec

    model: Any = Word2Vec(
        vector_size=settings.width, window=settings.window, min_count=settings.min_count, sample=settings.subsample,
        sg=int(settings.model == "skip_gram"), hs=int(settings.objective == "hierarchical"),
        negative=settings.negatives if settings.objective == "negative" else 0, epochs=settings.epochs,
        alpha=settings.rate, workers=settings.workers, seed=settings.seed, min_alpha=min(1e-4, settings.rate),
    )  # fmt: skip
    pieces = _Pieces(texts)
    if start is None:
        model.build_vocab(pieces)
    else:
        _put_back(model, start, settings)
        model.build_vocab(pieces, update=True)
    if not len(model.wv):
        raise nothing_frequent(texts, settings.min_count)
    model.train(pieces, total_examples=model.corpus_count, epochs=settings.epochs, callbacks=[_Epochs(on_epoch)])
    words = tuple(model.wv.index_to_key)
    counts = tuple(int(model.wv.get_vecattr(word, "count")) for word in words)
    outputs = model.syn1 if settings.objective == "hierarchical" else model.syn1neg
    return WordVectors(settings, words, counts, model.wv.vectors, outputs)


def check_many(texts: Texts) -> None:
    """Raise DataError unless there are at least two texts."""
    if len(texts) < 2:
        raise DataError(
            f"word vectors: found {len(texts)} text, expected many: one on each line. Vectors come from the company "
            "that words keep"
        )


def nothing_frequent(texts: Texts, min_count: int) -> DataError:
    """The error for texts of which no word stands often enough."""
    from collections import Counter

    counts = Counter(word for text in texts for word in text)
    top = max(counts.values(), default=0)
    return DataError(
        f"word vectors: no word stands {min_count} times ({len(counts):,} different ones, the most frequent one "
        f"{top} times). Lower min_count, or give more text"
    )


def find_phrases(texts: Texts, *, min_count: int = 5, threshold: float = 10.0) -> list[list[str]]:
    """The texts with pairs joined by `_` that stand together far more often than chance would have them.

    1310.4546, equation 6: score = (count(a b) - min_count) V / (count(a) count(b)) > threshold, V the number of
    different words and pairs.
    """
    from gensim.models.phrases import Phrases

    phrases = Phrases(texts, min_count=min_count, threshold=threshold)
    return [phrases[list(text)] for text in texts]


class _Pieces:
    """The texts, long ones in pieces that gensim reads whole; can be gone through again and again."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    def __iter__(self) -> Iterator[Sequence[str]]:
        for text in self._texts:
            if len(text) <= LONGEST_TEXT:
                yield text
            else:
                yield from (text[at : at + LONGEST_TEXT] for at in range(0, len(text), LONGEST_TEXT))


def _Epochs(on_epoch: Callable[[int], None]) -> Any:  # noqa: N802  (a class that needs gensim for its parent)
    from gensim.models.callbacks import CallbackAny2Vec

    class Epochs(CallbackAny2Vec):  # type: ignore[misc]
        done = 0

        def on_epoch_end(self, model: Any) -> None:
            self.done += 1
            on_epoch(self.done)

    return Epochs()


def _put_back(model: Any, start: WordVectors, settings: VectorSettings) -> None:
    """The state in which the earlier training ended."""
    for name in ("width", "objective"):
        found, expected = getattr(settings, name), getattr(start.settings, name)
        if found != expected:
            raise DataError(
                f"word vectors: found {name}={found}, but the vectors to go on with have {expected}. "
                f"Set {name}={expected}, or start anew"
            )
    if settings.objective == "hierarchical":
        raise DataError(
            "word vectors: training goes on with objective=negative only: new counts make another Huffman tree, whose "
            "inner nodes the old weights do not fit. Start anew on all texts"
        )
    model.build_vocab_from_freq(dict(zip(start.words, start.counts, strict=True)))
    place = {word: number for number, word in enumerate(start.words)}
    order = [place[word] for word in model.wv.index_to_key]  # gensim orders words of equal count its own way
    model.wv.vectors[:] = start.vectors[order]
    model.syn1neg[:] = start.outputs[order]
