"""How formats spell the three polarities, and what becomes of the others."""

from __future__ import annotations

from groundswell.data.opinion_formats.document import Place
from groundswell.data.opinion_formats.drafts import BadElementError
from groundswell.data.suggestion import did_you_mean
from groundswell.types import Polarity

POLARITIES: tuple[Polarity, ...] = ("positive", "neutral", "negative")
SHORT_NAMES: dict[Polarity, str] = {"positive": "POS", "neutral": "NEU", "negative": "NEG"}
CHINESE_NAMES: dict[Polarity, str] = {"positive": "正面", "neutral": "中性", "negative": "负面"}
# Both polarities at once: two opinions of ours, but the formats do not say which words carry which.
CONFLICT_NAMES = frozenset({"conflict", "mixed"})
_POLARITY_OF: dict[str, Polarity] = {
    **{name: name for name in POLARITIES},
    **{short.casefold(): name for name, short in SHORT_NAMES.items()},
    **{chinese: name for name, chinese in CHINESE_NAMES.items()},
    "正向": "positive",
    "负向": "negative",
    "积极": "positive",
    "消极": "negative",
}


def find_polarity(word: str) -> Polarity | None:
    """The polarity that a word in any case is a name of; None when it is of none.

    >>> find_polarity("POS"), find_polarity("好评")
    ('positive', None)
    """
    return _POLARITY_OF.get(word.strip().casefold())


def read_polarity(word: str, place: Place) -> Polarity | None:
    """The polarity of a word in any case; None for `conflict` and `mixed`.

    Raises BadElementError for a word that no format uses.
    """
    folded = word.strip().casefold()
    if folded in CONFLICT_NAMES:
        return None
    if folded not in _POLARITY_OF:
        hint = did_you_mean(word, POLARITIES)
        raise BadElementError(
            "unknown polarity",
            place,
            f"polarity {word!r} is unknown, expected positive, neutral or negative (also POS, NEU, NEG, 正面, 中性, "
            f"负面), or conflict, which is dropped.{hint} Mend the word.",
        )
    return _POLARITY_OF[folded]


def polarity_of_valence(valence: float) -> Polarity:
    """Of a valence between 1 and 9: negative below 4.5, positive above 5.5, as in the categorical DimABSA files."""
    if valence < 4.5:
        return "negative"
    return "positive" if valence > 5.5 else "neutral"
