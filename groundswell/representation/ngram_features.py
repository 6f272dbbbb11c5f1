"""A text as a row of numbers, one for each n-gram of its tokens: present or not, counted, or weighted by rarity."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from groundswell.errors import DataError

Weighting = Literal["binary", "counts", "tfidf"]


@dataclass(frozen=True)
class NgramFeatures:
    """Rows of n-gram values; calling it gives a sparse (N, F) matrix of float64.

    binary   1 where the n-gram stands in the text: the sum of its tokens' one-hot vectors, capped at 1
    counts   how often it stands there
    tfidf    (1 + ln count) (1 + ln((1 + N) / (1 + n))), N training texts of which n hold it, and each row divided
             by its length (scikit-learn's smoothed idf with sublinear counts)

    grams    n-grams by number; the tokens of one are joined by blanks
    idf      (F,) for tfidf, else None

    >>> NgramFeatures(("a", "a b", "b"), (1, 2), "counts")([["a", "b", "a"]]).toarray().tolist()
    [[2.0, 1.0, 1.0]]
    """

    grams: tuple[str, ...]
    sizes: tuple[int, int]
    weighting: Weighting
    idf: NDArray[np.float64] | None = None

    def __call__(self, texts: Iterable[Sequence[str]]) -> Any:
        """The matrix of some tokenized texts."""
        return self.weighted(self._counter.transform(texts))

    def weighted(self, counts: Any) -> Any:
        """The matrix (N, F) of texts in which each n-gram stands so often: (N, F)."""
        if self.weighting == "counts":
            return counts.astype(np.float64)
        if self.weighting == "binary":
            return counts.sign().astype(np.float64)
        return self._tfidf.transform(counts)

    def known_share(self, tokens: Sequence[str]) -> float:
        """Share of single tokens that stand in some known n-gram of their own, 0-1; 1 for no tokens."""
        if self.sizes[0] > 1 or not tokens:
            return 1.0
        return sum(token in self._counter.vocabulary_ for token in tokens) / len(tokens)

    @cached_property
    def _counter(self) -> Any:
        counter = _count_vectorizer(self.sizes)
        counter.set_params(vocabulary={gram: number for number, gram in enumerate(self.grams)})
        counter._validate_vocabulary()
        return counter

    @cached_property
    def _tfidf(self) -> Any:
        from sklearn.feature_extraction.text import TfidfTransformer

        transformer = TfidfTransformer(sublinear_tf=True)
        transformer.idf_ = self.idf
        return transformer


def learn_ngrams(
    texts: Sequence[Sequence[str]], *, sizes: tuple[int, int], weighting: Weighting, min_count: int, max_features: int
) -> tuple[NgramFeatures, Any]:
    """Features of the n-grams that stand in the training texts, and the matrix (N, F) of those.

    sizes          shortest and longest n-gram, in tokens
    min_count      n-grams that stand in fewer texts are left out
    max_features   most n-grams; the most frequent stay

    Raises DataError when no n-gram is left.
    """
    counter = _count_vectorizer(sizes)
    counter.set_params(min_df=min_count, max_features=max_features)
    try:
        counts = counter.fit_transform(texts)
    except ValueError as error:
        raise DataError(
            f"no n-gram of {sizes[0]} to {sizes[1]} tokens stands in at least {min_count} of the {len(texts):,} "
            "training texts. Lower text.min_count, or train on more text"
        ) from error
    grams = tuple(str(gram) for gram in counter.get_feature_names_out())
    idf = None
    if weighting == "tfidf":
        from sklearn.feature_extraction.text import TfidfTransformer

        idf = TfidfTransformer(sublinear_tf=True).fit(counts).idf_
    features = NgramFeatures(grams, sizes, weighting, idf)
    return features, features.weighted(counts)


def ngrams_of(tokens: Sequence[str], sizes: tuple[int, int]) -> list[str]:
    """Every n-gram of a text, shorter ones first.

    >>> ngrams_of(["a", "b", "c"], (1, 2))
    ['a', 'b', 'c', 'a b', 'b c']
    """
    grams: list[str] = []
    for size in range(sizes[0], sizes[1] + 1):
        if size == 1:
            grams.extend(tokens)
        else:
            grams.extend(map(" ".join, zip(*(tokens[start:] for start in range(size)), strict=False)))
    return grams


def _count_vectorizer(sizes: tuple[int, int]) -> Any:
    from sklearn.feature_extraction.text import CountVectorizer

    return CountVectorizer(analyzer=lambda tokens: ngrams_of(tokens, sizes), dtype=np.float64)
