"""Any texts as rows of TF-IDF values: the space in which texts are compared without an encoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from groundswell.errors import DataError
from groundswell.representation.ngram_features import learn_ngrams
from groundswell.text.language import main_language
from groundswell.text.segmentation import Segmentation

MOST_WORDS = 50_000
_LEAST_TEXTS = 2  # that a word stands in; in one text alone it says nothing about others


class TextRows(NamedTuple):
    """Texts as rows.

    values   (N, F) sparse TF-IDF, each row of length 1 or, where no word is known, 0
    words    (F,) the words of the columns, in lower case; two Chinese characters as one word
    """

    values: Any
    words: tuple[str, ...]

    def presence(self) -> Any:
        """(N, F) sparse, 1.0 where the word stands in the text."""
        return self.values.sign()


def learn_rows(texts: Sequence[str]) -> TextRows:
    """TF-IDF rows of single words, each in two texts at least; of the 50,000 most frequent ones.

    Where most texts are Chinese the words are single characters and pairs of neighbours, which need no dictionary.

    Raises DataError when no word stands in two texts.
    """
    cutter = Segmentation("words")
    cut = cutter([text.lower() for text in texts])
    sizes = (1, 2) if main_language(texts) == "zh" else (1, 1)
    try:
        features, values = learn_ngrams(
            cut, sizes=sizes, weighting="tfidf", min_count=_LEAST_TEXTS, max_features=MOST_WORDS
        )
    except DataError as error:
        raise DataError(
            f"no word stands in two of the {len(texts):,} texts, so they cannot be compared. Give more texts"
        ) from error
    return TextRows(values, tuple(cutter.text(gram.split(" ")) for gram in features.grams))
