"""A capability and its cases: what is asked of a model, in texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from groundswell.types import Polarity

Kind = Literal["minimum functionality", "invariance", "directional"]
CaseLanguage = Literal["en", "zh", "both"]
Direction = Literal["not lower", "not higher"]

# How far a probability may move before a case fails: the least for which a person would say that the model wavers.
DIRECTIONAL_TOLERANCE = 0.1
INVARIANCE_TOLERANCE = 0.05


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that is asked.

    texts   minimum functionality: one text; directional: a text and the changed one; invariance: a text and one or
            more that say the same
    label   the right polarity; directional: the polarity whose probability is looked at; invariance: None
    """

    texts: tuple[str, ...]
    label: Polarity | None


@dataclass(frozen=True)
class Capability:
    """Cases that ask for one ability.

    tolerance   invariance: a label may change while no probability moves by more than this; directional: the
                probability may go the wrong way by so much; without effect on minimum functionality
    direction   directional: where the probability of the label must not go
    """

    name: str
    kind: Kind
    language: CaseLanguage
    description: str
    cases: tuple[Case, ...]
    tolerance: float = 0.0
    direction: Direction = "not lower"


@dataclass(frozen=True)
class Attribute:
    """Two groups of people that are named in the same sentences.

    pairs   texts that differ in the group alone: (the first group's, the second's)
    """

    name: str
    language: CaseLanguage
    first: str
    second: str
    pairs: tuple[tuple[str, str], ...]
