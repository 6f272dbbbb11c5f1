"""Which polarity each label of a run stands for: by its name, by its number of stars, or as the user says.

pos, 好评, very positive, 1 beside 0, 4 and 5 of five stars        positive
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from groundswell.data.opinion_formats.polarity_names import POLARITIES, find_polarity
from groundswell.data.suggestion import did_you_mean
from groundswell.errors import DataError
from groundswell.types import Polarity

Floats = NDArray[np.float64]
NO_POLARITY = "none"
# Names of labels in files of reviews, beside those of the opinion formats.
_NAMES: dict[Polarity, str] = {
    "positive": """good praise happy satisfied recommended like liked up
        正 正例 好 好评 喜欢 满意 推荐 正面评价 正面情绪""",
    "negative": """bad complaint unhappy dissatisfied dislike disliked down
        负 负例 差 差评 不喜欢 不满意 不满 不推荐 负面评价 负面情绪""",
    "neutral": "mixed average ok okay 中 中立 一般 中评",
}
_POLARITY_OF: dict[str, Polarity] = {name: polarity for polarity, names in _NAMES.items() for name in names.split()}
_DEGREE = re.compile(r"^(?:very|strongly|slightly|somewhat|extremely|weakly|非常|很|比较|较|有点)[\s_\-]*")
_NUMBER = re.compile(r"(?:(?:label|class|stars?|rating|score)[\s_]*)?([+\-]?\d{1,2})(?:\.0)?[\s_\-]*(?:stars?|分|星)?")
_CHINESE_STARS = {"一星": 1, "二星": 2, "两星": 2, "三星": 3, "四星": 4, "五星": 5}
# What a single value is called when more of it is better.
_BETTER_WHEN_HIGHER = re.compile(
    r"(?:.*[\s_\-])?(?:stars?|ratings?|score|valence|v|sentiment|polarity|grade|satisfaction|评分|打分|星级|得分|满意度)"
)


def polarities_of(
    labels: Sequence[str], given: Mapping[str, str] | None = None, name: str = "the run"
) -> dict[str, Polarity | None]:
    """The polarity of each label; None for one that the user said has none.

    given   label -> positive, negative, neutral or none; the rest is told by its name
    raises  DataError when a label cannot be told, a given one is not there, or positive or negative is missing
    """
    said = _read_given(labels, given or {}, name)
    found: dict[str, Polarity | None] = {**_by_name(labels), **said}
    if not found.keys() >= set(labels) or not {"positive", "negative"} <= set(found.values()):
        raise DataError(_not_told(labels, found, name))
    return {label: found[label] for label in labels}


def grows_with_praise(target: str, given: Mapping[str, str] | None, name: str) -> bool:
    """Whether a single value is higher for better texts; DataError when its name does not tell and nobody says.

    given   the name of the value -> positive, or negative when lower is better
    """
    said = _read_given([target], given or {}, name).get(target)
    if said in ("positive", "negative"):
        return said == "positive"
    if _BETTER_WHEN_HIGHER.fullmatch(target.casefold()):
        return True
    raise DataError(
        f"{name}: found a model of the value {target!r}, expected one that is higher for better texts. Say so with "
        f"--labels {_quoted(target)}=positive (or =negative when lower is better)"
    )


def columns_of(polarities: Mapping[str, Polarity | None]) -> tuple[Polarity, ...]:
    """The polarities that labels stand for, positive first, each once."""
    return tuple(polarity for polarity in POLARITIES if polarity in polarities.values())


def gather(probabilities: Floats, polarities: Mapping[str, Polarity | None]) -> Floats:
    """Probabilities (N, C) of labels -> (N, P) of the polarities of `columns_of`; labels of one polarity are added.

    What labels without a polarity had is lost, so a row may sum to less than 1.
    """
    joins = [[polarity == column for column in columns_of(polarities)] for polarity in polarities.values()]
    return probabilities @ np.array(joins, dtype=np.float64)


def _not_told(labels: Sequence[str], found: Mapping[str, Polarity | None], name: str) -> str:
    unknown = [label for label in labels if label not in found]
    trouble = f"{', '.join(map(repr, unknown))} cannot be told" if unknown else "one of them is missing"
    known = ", ".join(f"{label}: {found[label] or NO_POLARITY}" for label in labels if label in found) or "none"
    examples = zip(unknown or labels, ("positive", "negative"), strict=False)
    example = " ".join(f"--labels {_quoted(label)}={polarity}" for label, polarity in examples)
    return (
        f"{name}: found the labels {', '.join(map(repr, labels))}, expected some that mean positive and some that mean "
        f"negative; {trouble} (told: {known}). Say what they mean, such as {example}"
    )


def _by_name(labels: Sequence[str]) -> dict[str, Polarity]:
    named = {label: polarity for label in labels if (polarity := _named(label)) is not None}
    return named if named else _by_number(labels)


def _named(label: str) -> Polarity | None:
    word = _DEGREE.sub("", label.strip().casefold())
    return find_polarity(word) or _POLARITY_OF.get(word)


def _by_number(labels: Sequence[str]) -> dict[str, Polarity]:
    """Two, three or five numbers in a row: the lower ones are negative, the middle one neutral."""
    numbers = {label: number for label in labels if (number := _number(label)) is not None}
    ordered = sorted(numbers.values())
    in_a_row = ordered == list(range(ordered[0], ordered[0] + len(ordered))) if ordered else False
    if len(numbers) != len(labels) or len(labels) not in (2, 3, 5) or not (in_a_row or ordered == [-1, 1]):
        return {}
    middle = (ordered[0] + ordered[-1]) / 2
    return {
        label: "neutral" if number == middle else "positive" if number > middle else "negative"
        for label, number in numbers.items()
    }


def _number(label: str) -> int | None:
    word = label.strip().casefold()
    match = _NUMBER.fullmatch(word)
    return int(match[1]) if match else _CHINESE_STARS.get(word)


def _read_given(labels: Sequence[str], given: Mapping[str, str], name: str) -> dict[str, Polarity | None]:
    read: dict[str, Polarity | None] = {}
    for label, word in given.items():
        if label not in labels:
            raise DataError(
                f"{name}: --labels names {label!r}, expected one of {', '.join(map(repr, labels))}."
                f"{did_you_mean(label, labels)} Mend --labels"
            )
        polarity = find_polarity(word)
        if polarity is None and word.strip().casefold() != NO_POLARITY:
            raise DataError(
                f"{name}: --labels {label}={word}: found {word!r}, expected positive, negative, neutral or "
                f"{NO_POLARITY}.{did_you_mean(word, [*POLARITIES, NO_POLARITY])} Mend --labels"
            )
        read[label] = polarity
    return read


def _quoted(label: str) -> str:
    return f"'{label}'" if re.search(r"[^\w\-.]", label) else label
