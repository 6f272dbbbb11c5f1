"""How many opinions were found, exactly: micro F1 over sets of tuples, each with its interval."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from groundswell.evaluation.intervals import bootstrap_intervals
from groundswell.evaluation.metrics import score_regression
from groundswell.types import Opinion

Element = Literal["aspect", "opinion", "category", "polarity"]
Texts = Sequence[Sequence[Opinion]]
Tuples = list[set[tuple[object, ...]]]

NAMES: dict[tuple[Element, ...], str] = {
    ("aspect",): "aspect",
    ("opinion",): "opinion",
    ("aspect", "opinion"): "pair",
    ("aspect", "polarity"): "aspect_polarity",
    ("aspect", "opinion", "polarity"): "triplet",
    ("aspect", "category", "polarity"): "aspect_category_polarity",
    ("aspect", "opinion", "category", "polarity"): "quad",
}


def score_opinions(
    gold: Texts, predicted: Texts, elements: Sequence[Element], *, resamples: int = 1000, level: float = 0.95,
    seed: int = 0,
) -> dict[str, Any]:  # fmt: skip
    """Precision, recall and F1 of whole tuples and of their parts, as plain values.

    Each text's tuples form a set: what stands twice counts once, on both sides. TP = sum |G & P|, P = TP / sum |P|,
    R = TP / sum |G|, F1 = 2 TP / (sum |P| + sum |G|), 0 / 0 = 0. Spans are equal when their offsets are (`@span`), and
    an implicit one is equal to an implicit one only.

    elements   what tells two opinions apart, in the order aspect, opinion, category, polarity
    returns    {"num_rows", "triplet_f1@span": {"value", "low", "high", "precision", "recall"} under the name of these
               elements, the same for "pair", "aspect" and "opinion" where they are parts of it (implicit spans left
               out of the last two), "explicit_…" for tuples with no implicit span where there are others,
               "per_polarity": {name: {"precision", "recall", "f1", "support"}},
               "gold": {"tuples", "repeated", "implicit"}, "predicted": {"tuples", "repeated"}}, and of whole tuples
               that are right, where both sides tell intensities: "intensity_pearson", "intensity_mae"; "warnings"
               where a number needs one
    """
    options: dict[str, Any] = {"resamples": resamples, "level": level, "seed": seed}
    whole, name = tuple(elements), name_of(elements)
    wanted, found = tuples_of(gold, whole), tuples_of(predicted, whole)
    scores: dict[str, Any] = {"num_rows": len(gold), f"{name}_f1@span": _f1(wanted, found, options)}
    parts: tuple[tuple[Element, ...], ...] = (("aspect", "opinion"), ("aspect",), ("opinion",))
    for part in parts:
        if set(part) < set(whole):
            explicit = len(part) == 1
            scores[f"{NAMES[part]}_f1@span"] = _f1(
                tuples_of(gold, part, explicit=explicit), tuples_of(predicted, part, explicit=explicit), options
            )
    implicit = sum(None in spans for spans in _spans_of(wanted, whole))
    if implicit:
        scores[f"explicit_{name}_f1@span"] = _f1(
            tuples_of(gold, whole, explicit=True), tuples_of(predicted, whole, explicit=True), options
        )
    if "polarity" in whole:
        place = whole.index("polarity")
        names = sorted({row[place] for rows in (*wanted, *found) for row in rows}, key=str)
        scores["per_polarity"] = {str(polarity): _of_one(wanted, found, place, polarity) for polarity in names}
    scores["gold"] = {**_counts(gold, wanted), "implicit": implicit}
    scores["predicted"] = _counts(predicted, found)
    if not any(wanted) and not any(found):
        scores["warnings"] = [f"{name}_f1@span: neither gold nor found opinions, so it is not defined; reported as 0"]
    return scores | _intensity_scores(gold, predicted, whole, options)


def _intensity_scores(gold: Texts, predicted: Texts, elements: Sequence[Element], options: Any) -> dict[str, Any]:
    """How well the intensities of tuples that are right are told; nothing for fewer than two of them."""
    pairs = intensity_pairs(gold, predicted, elements)
    if len(pairs) < 2:
        return {}
    found = score_regression(*np.array(pairs).T, **options)
    return {"intensity_pearson": found["pearson"], "intensity_mae": found["mae"]}


def intensity_pairs(gold: Texts, predicted: Texts, elements: Sequence[Element]) -> list[tuple[float, float]]:
    """(gold, predicted) intensity of each tuple that is right, where both are told."""
    pairs = []
    for wanted, opinions in zip(gold, predicted, strict=True):
        strengths = {one: opinion.intensity for opinion in wanted for one in tuples_of([[opinion]], elements)[0]}
        for opinion in opinions:
            (one,) = tuples_of([[opinion]], elements)[0]
            strength = strengths.get(one)
            if strength is not None and opinion.intensity is not None:
                pairs.append((strength, opinion.intensity))
    return pairs


def micro_f1(gold: Texts, predicted: Texts, elements: Sequence[Element]) -> float:
    """The F1 of whole tuples alone, for choosing an epoch or a threshold."""
    return float(f1_of(counts_of(gold, predicted, elements).sum(axis=0)[None])[0, 0])


def counts_of(gold: Texts, predicted: Texts, elements: Sequence[Element]) -> NDArray[np.float64]:
    """(N, 3): in each text the whole tuples that are right, predicted, and gold."""
    return _counted(tuples_of(gold, elements), tuples_of(predicted, elements))


def f1_of(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums of such counts (R, 3) -> F1, precision, recall (R, 3)."""
    right, predicted, gold = sums[:, 0], sums[:, 1], sums[:, 2]
    pairs = ((2 * right, predicted + gold), (right, predicted), (right, gold))
    return np.stack([above / np.maximum(below, 1) for above, below in pairs], axis=1)


def name_of(elements: Sequence[Element]) -> str:
    """What tuples of these elements are called in the names of metrics."""
    return NAMES.get(tuple(elements), "_".join(elements))


def tuples_of(texts: Texts, elements: Sequence[Element], *, explicit: bool = False) -> Tuples:
    """The set of tuples of each text; `explicit` leaves out those with an implicit span among these elements."""
    spans = [element for element in elements if element in ("aspect", "opinion")]
    return [
        {
            tuple(_value(opinion, element) for element in elements)
            for opinion in opinions
            if not explicit or all(getattr(opinion, element) is not None for element in spans)
        }
        for opinions in texts
    ]


def _value(opinion: Opinion, element: Element) -> object:
    value = getattr(opinion, element)
    return (value.start, value.end) if element in ("aspect", "opinion") and value is not None else value


def _spans_of(texts: Tuples, elements: Sequence[Element]) -> list[list[object]]:
    places = [place for place, element in enumerate(elements) if element in ("aspect", "opinion")]
    return [[row[place] for place in places] for rows in texts for row in rows]


def _counted(gold: Tuples, predicted: Tuples) -> NDArray[np.float64]:
    return np.array(
        [(len(wanted & found), len(found), len(wanted)) for wanted, found in zip(gold, predicted, strict=True)],
        dtype=np.float64,
    ).reshape(-1, 3)


def _f1(gold: Tuples, predicted: Tuples, options: dict[str, Any]) -> dict[str, float]:
    rows = _counted(gold, predicted)
    f1, precision, recall = f1_of(rows.sum(axis=0)[None])[0].tolist()
    low, high = bootstrap_intervals(rows, f1_of, **options)[0].tolist()
    return {"value": f1, "low": low, "high": high, "precision": precision, "recall": recall}


def _of_one(gold: Tuples, predicted: Tuples, place: int, value: object) -> dict[str, float]:
    keep: Callable[[Tuples], Tuples] = lambda texts: [{row for row in rows if row[place] == value} for rows in texts]  # noqa: E731
    wanted, found = keep(gold), keep(predicted)
    f1, precision, recall = f1_of(_counted(wanted, found).sum(axis=0)[None])[0].tolist()
    return {"precision": precision, "recall": recall, "f1": f1, "support": sum(map(len, wanted))}


def _counts(texts: Texts, sets: Tuples) -> dict[str, int]:
    unique = sum(map(len, sets))
    return {"tuples": unique, "repeated": sum(map(len, texts)) - unique}
