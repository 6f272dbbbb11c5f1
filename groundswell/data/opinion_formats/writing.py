"""What a format can hold of examples, and the count of what it cannot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from groundswell.data.opinion_formats.span_search import candidates, place_strings
from groundswell.data.opinion_formats.tokens import retokenized
from groundswell.run_folder import write_text
from groundswell.text.blank import is_blank
from groundswell.types import Example, Opinion

ALL_FIELDS = frozenset(
    {
        "aspect",
        "category",
        "opinion",
        "polarity",
        "score",
        "intensity",
        "negated",
        "id",
        "label",
        "group",
        "time",
        "none",
    }
)


@dataclass
class Tally:
    """What was written, and how many things of which kind the format cannot hold."""

    texts: int = 0
    opinions: int = 0
    lost: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class WriteReport:
    """What was written.

    files     one, or two where the format is a pair
    lost      what the format cannot hold -> how many; the opinion or text itself where it says so
    """

    files: tuple[Path, ...]
    format: str
    texts: int
    opinions: int
    lost: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "files": list(map(str, self.files)),
            "format": self.format,
            "texts": self.texts,
            "opinions": self.opinions,
            "lost": self.lost,
        }


@dataclass(frozen=True)
class Holding:
    """What a format holds.

    fields  of an opinion and of its text, names of `ALL_FIELDS`; `none`: it tells a text without opinions from one
            in which nobody has looked for them
    needs   sets of fields of which an opinion must have at least one each
    """

    fields: frozenset[str]
    needs: tuple[frozenset[str], ...] = ()


Render = Callable[[Sequence[Example], Tally], str]
Write = Callable[[Sequence[Example], Path, Tally], tuple[Path, ...]]


def one_file(render: Render) -> Write:
    """A writer of the text that `render` gives, whole or not at all."""

    def write(examples: Sequence[Example], path: Path, tally: Tally) -> tuple[Path, ...]:
        write_text(path, render(examples, tally))
        return (path,)

    return write


def fitted(example: Example, holding: Holding, tally: Tally) -> Example:
    """The example as far as the format holds it; what it does not hold is counted."""
    has = holding.fields
    lost = tally.lost
    lost["ids"] += "id" not in has and example.id != str(example.row)
    lost["labels of texts"] += "label" not in has and example.target is not None
    lost["groups"] += "group" not in has and example.group is not None
    lost["times"] += "time" not in has and example.time is not None
    lost["texts nobody has annotated, written as texts without opinions"] += (
        "none" not in has and example.opinions is None
    )
    if example.opinions is None:
        return example
    kept: dict[tuple[object, ...], Opinion] = {}
    for opinion in example.opinions:
        poorer = _poorer(opinion, has, lost)
        unmet = [need for need in holding.needs if not any(getattr(poorer, name) for name in need)]
        key = (poorer.aspect, poorer.category, poorer.opinion, poorer.polarity)
        if unmet:
            lost[f"opinions without {_words(unmet[0])}, not written"] += 1
        elif key in kept:
            lost["opinions that differ in nothing the format holds, written once"] += 1
        else:
            kept[key] = poorer
    return replace(example, opinions=tuple(kept.values()))


def tokenized(example: Example, tally: Tally) -> Example | None:
    """The example with a text of blank-separated tokens, counted when that alters the text; None for a blank text."""
    if is_blank(example.text):
        tally.lost["blank texts, not written"] += 1
        return None
    found = retokenized(example)
    tally.lost["texts as they were, blanks now stand between tokens"] += found.text != example.text
    tally.lost["opinions with a span of blanks, not written"] += len(example.opinions or ()) - len(found.opinions or ())
    return found


def count_lost_places(example: Example, tally: Tally) -> None:
    """Count the opinions that a reader of strings alone would find at another place."""
    for opinion in example.opinions or ():
        aspects = [] if opinion.aspect is None else candidates(opinion.aspect.text, example.text)
        words = [] if opinion.opinion is None else candidates(opinion.opinion.text, example.text)
        found = place_strings(aspects, words)
        tally.lost["places of strings that occur more than once"] += found != (opinion.aspect, opinion.opinion)


def single_line(text: str, tally: Tally) -> str:
    """The text with a blank in the place of every line break, counted; offsets stay."""
    altered = "".join(" " if character in "\r\n" else character for character in text)
    tally.lost["line breaks in texts, written as blanks"] += altered != text
    return altered


def _poorer(opinion: Opinion, has: frozenset[str], lost: Counter[str]) -> Opinion:
    """The opinion without what the format does not hold."""
    lost["categories"] += "category" not in has and opinion.category is not None
    lost["opinion words"] += "opinion" not in has and opinion.opinion is not None
    lost["polarities"] += "polarity" not in has
    lost["scores"] += "score" not in has and opinion.score != 1.0
    lost["intensities"] += "intensity" not in has and opinion.intensity is not None
    lost["marks of negation"] += "negated" not in has and opinion.negated
    return Opinion(
        aspect=opinion.aspect,
        category=opinion.category if "category" in has else None,
        opinion=opinion.opinion if "opinion" in has else None,
        polarity=opinion.polarity if "polarity" in has else "neutral",
        score=opinion.score if "score" in has else 1.0,
        intensity=opinion.intensity if "intensity" in has else None,
        negated="negated" in has and opinion.negated,
    )


def _words(need: frozenset[str]) -> str:
    return " or ".join(sorted(need)).replace("opinion", "opinion words")
