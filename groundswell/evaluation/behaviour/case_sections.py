"""The keys of a file of cases, with the ranges and meanings of their values."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from groundswell.evaluation.behaviour.capabilities import (
    DIRECTIONAL_TOLERANCE,
    INVARIANCE_TOLERANCE,
    CaseLanguage,
    Direction,
)

MOST_CHOICES = 20

Text = Annotated[str, Field(min_length=1)]
Texts = list[Text]
Pair = Annotated[list[Text], Field(min_length=2, max_length=2)]
Group = Annotated[list[Text], Field(min_length=2)]
Tolerance = Annotated[float, Field(ge=0, lt=1)]


class CaseSection(BaseModel):
    """A closed part of the file; text that YAML reads as a number is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class _CapabilitySection(CaseSection):
    name: Text
    description: str = ""
    slots: dict[str, Annotated[Texts, Field(min_length=1)]] = {}
    most: int = Field(MOST_CHOICES, ge=1)


class MinimumFunctionalitySection(_CapabilitySection):
    """Texts under the label that each must get."""

    kind: Literal["minimum functionality"]
    positive: Texts = []
    negative: Texts = []
    neutral: Texts = []


class InvarianceSection(_CapabilitySection):
    """Texts that must get the same label."""

    kind: Literal["invariance"]
    same: list[Group] = Field(min_length=1)
    tolerance: Tolerance = INVARIANCE_TOLERANCE


class DirectionalSection(_CapabilitySection):
    """Pairs, of which the second must not lower (or not raise) the probability of the label."""

    kind: Literal["directional"]
    direction: Direction = "not lower"
    positive: list[Pair] = []
    negative: list[Pair] = []
    neutral: list[Pair] = []
    tolerance: Tolerance = DIRECTIONAL_TOLERANCE


CapabilitySection = MinimumFunctionalitySection | InvarianceSection | DirectionalSection


class AttributeSection(CaseSection):
    """Terms for two groups, and the sentences they are put into."""

    name: Text
    first: Text
    second: Text
    terms: list[Pair] = Field(min_length=1)
    sentences: Texts = Field(min_length=1)


class CaseFileSections(CaseSection):
    """A whole file."""

    language: CaseLanguage
    slots: dict[str, Annotated[Texts, Field(min_length=1)]] = {}
    capabilities: list[Annotated[CapabilitySection, Field(discriminator="kind")]] = []
    attributes: list[AttributeSection] = []


SECTIONS: dict[str, type[CaseSection]] = {
    "minimum functionality": MinimumFunctionalitySection,
    "invariance": InvarianceSection,
    "directional": DirectionalSection,
}
# What a key takes, in words; a key inside a list or a mapping is told by the nearest name above it.
EXPECTED = {
    "language": "one of en, zh, both",
    "kind": f"one of {', '.join(SECTIONS)}",
    "name": "text",
    "description": "text",
    "slots": "a mapping of names to lists of one or more texts",
    "most": "a whole number of at least 1",
    "tolerance": "a number of at least 0 and below 1",
    "direction": "one of not lower, not higher",
    "same": "a list of lists, each of two or more texts that say the same",
    "capabilities": "a list of capabilities, each with name and kind",
    "attributes": "a list of attributes, each with name, first, second, terms and sentences",
    "first": "text",
    "second": "text",
    "terms": "a list of one or more pairs [first, second] of text",
    "sentences": "a list of one or more texts with {term} in each",
}
EXPECTED_OF_LABEL = {
    "minimum functionality": "a list of texts",
    "directional": "a list of pairs of text, each [text, changed text]",
}
