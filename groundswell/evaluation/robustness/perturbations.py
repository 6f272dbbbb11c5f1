"""Every perturbation by name, and the one way to make it: a share of a text changed, the same for the same seed."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from groundswell.errors import DataError
from groundswell.evaluation.robustness import characters_zh, layout, letters, wording
from groundswell.evaluation.robustness.guarded_words import GuardedText, apply_edits, is_in_lexicon, shuffled
from groundswell.evaluation.robustness.synonyms import SynonymSource
from groundswell.text.blank import is_blank
from groundswell.text.cleaning import Edit
from groundswell.text.segmentation_zh import HAN
from groundswell.types import Language

Unit = Literal["words", "Chinese characters", "text"]
DEFAULT_STRENGTH = 0.1
ALL: tuple[Language, ...] = ("en", "zh", "other")


@dataclass(frozen=True)
class Perturbation:
    """A way to change texts that keeps what they say.

    unit      what a share of is changed; `text`: the whole text, at any strength
    propose   single changes in random order, each of a piece of its own
    size      units that one change takes
    """

    name: str
    languages: tuple[Language, ...]
    unit: Unit
    propose: wording.Propose
    size: int = 1


def perturbations(synonyms: Sequence[SynonymSource] = ()) -> list[Perturbation]:
    """Every perturbation there is, in the order in which they are reported."""
    alphabetic: tuple[Language, ...] = ("en", "other")
    return [
        *(Perturbation(name, alphabetic, "words", _respelling(slip)) for name, slip in letters.TYPOS.items()),
        Perturbation("letter case", alphabetic, "words", _respelling(letters.other_case)),
        *(
            Perturbation(name, ("zh",), "Chinese characters", _respelling(slip, _is_replaceable))
            for name, slip in characters_zh.SLIPS.items()
        ),
        Perturbation("dropped particles", ("zh",), "words", wording.dropped_particles),
        Perturbation("other script", ("zh",), "text", _whole(layout.other_script)),
        Perturbation("punctuation", ALL, "words", layout.punctuation),
        Perturbation("white space", ALL, "words", layout.white_space),
        Perturbation("full width", ALL, "words", _respelling(layout.full_width)),
        *(
            Perturbation(f"synonyms ({source.name})", source.languages, "words", wording.replaced_by(source.find))
            for source in synonyms
        ),
        Perturbation("dropped words", ("en", "zh"), "words", wording.dropped_words),
        Perturbation("swapped words", ("en", "zh"), "words", wording.swapped_words, size=2),
    ]


def perturb(
    text: GuardedText, perturbation: Perturbation, *, strength: float = DEFAULT_STRENGTH, seed: int = 0
) -> str | None:
    """The changed text, or None where nothing can be changed; the same text and seed give the same changes.

    strength   share of the words, or Chinese characters, that are changed, above 0 and at most 1; rounded down, but
               one change is always tried
    """
    check_strength(strength)
    if text.language not in perturbation.languages:
        return None
    generator = random.Random(f"{seed} {perturbation.name} {text.text}")
    wanted = max(1, math.floor(strength * num_units(text, perturbation.unit) / perturbation.size + 1e-9))
    edits: list[Edit] = []
    for edit in perturbation.propose(text, generator):
        if len(edits) == wanted:
            break
        apart = all(edit.end <= other.start or other.end <= edit.start for other in edits)
        changes = text.text[edit.start : edit.end] != edit.replacement
        if apart and changes and not is_blank(apply_edits(text.text, [*edits, edit])):
            edits.append(edit)
    return apply_edits(text.text, edits) if edits else None


def num_units(text: GuardedText, unit: Unit) -> int:
    """How many words or Chinese characters a text has; the whole text is one."""
    if unit == "Chinese characters":
        return sum(len(run) for run in HAN.findall(text.text))
    return text.num_words if unit == "words" else 1


def check_strength(strength: float) -> None:
    """Nothing; DataError for a strength that is no share."""
    if not 0 < strength <= 1:
        raise DataError(f"strength: found {strength:g}, expected a share above 0 and at most 1. 0.1 is usual")


def _is_replaceable(word: str, is_feeling: bool) -> bool:
    """Whether a reader can tell what was meant: 失忘 is 失望, but nothing in 号 recalls 好."""
    return len(word) > 1 or not is_feeling


def _respelling(
    slip: letters.Respell, allowed: Callable[[str, bool], bool] = lambda word, is_feeling: True
) -> wording.Propose:
    """Single words spelt otherwise, never as a word of the lexicons: `gold` does not become `good`."""

    def propose(text: GuardedText, generator: random.Random) -> Iterator[Edit]:
        for word in shuffled(text.words, generator):
            if word.guard in ("plain", "feeling") and allowed(word.text, word.guard == "feeling"):
                changed = slip(word.text, generator)
                if changed and (changed.lower() == word.text.lower() or not is_in_lexicon(changed)):
                    yield Edit(word.start, word.end, changed)

    return propose


def _whole(change: Callable[[GuardedText], str]) -> wording.Propose:
    def propose(text: GuardedText, generator: random.Random) -> Iterator[Edit]:
        yield Edit(0, len(text.text), change(text))

    return propose
