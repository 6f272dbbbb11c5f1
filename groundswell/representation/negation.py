"""Whether opinion words hold a negation."""

from __future__ import annotations

import re

from groundswell.representation.lexicon import LEXICONS, Lexicon, load_lexicon
from groundswell.text.segmentation import WORD


class NegationFinder:
    """Tells by the negators of the lexicons in English and Chinese.

    An English negator is a word of its own, or the `n't` at the end of one. A Chinese one may stand anywhere, but not
    inside praise or an intensifier of the lexicon: `不错` (not bad) and `非常` (very) negate nothing.
    """

    def __init__(self) -> None:
        english, chinese = (load_lexicon(LEXICONS / f"{name}.csv") for name in ("en", "zh"))
        self._english = _of_kind(english, "negation")
        negators = _of_kind(chinese, "negation")
        praise = {word for word in _of_kind(chinese, "polarity") if chinese.entries[word][1] > 0}
        unnegated = praise | _of_kind(chinese, "intensifier")
        self._chinese = _any_of(negators)
        self._no_negation = _any_of({word for word in unnegated if self._chinese.search(word)})

    def __call__(self, words: str) -> bool:
        """Whether there is a negation in these words of a text."""
        for word in WORD.findall(words.lower().replace("’", "'")):
            if word in self._english or word.endswith("n't"):
                return True
        return bool(self._chinese.search(self._no_negation.sub("", words)))


def _of_kind(lexicon: Lexicon, wanted: str) -> set[str]:
    return {word for word, (kind, _) in lexicon.entries.items() if kind == wanted}


def _any_of(words: set[str]) -> re.Pattern[str]:
    """The longest of the words that stands at a place; never matches when there are none."""
    return re.compile("|".join(sorted(map(re.escape, words), key=len, reverse=True)) or "(?!)")
