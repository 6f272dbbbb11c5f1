"""What a format says of a text, before it is checked against the text."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, TypeVar

from groundswell.data.opinion_formats.document import Place

Role = Literal["aspect", "opinion"]
Element = TypeVar("Element")


class BadElementError(Exception):
    """A text or an opinion that cannot be used.

    reason   the same for all that have the same mistake; what is counted
    message  what was found, what is expected and how to mend it, behind its place
    """

    def __init__(self, reason: str, place: Place, message: str) -> None:
        super().__init__(f"{place}: {message}")
        self.reason = reason


@dataclass(frozen=True)
class Mention:
    """A piece of a text as a format names it.

    role        what it is in its opinion
    text        as the format writes it; None where it gives offsets alone
    start, end  code points, end-exclusive; None where the format gives the string alone
    place       where it stands in the file
    """

    role: Role
    text: str | None
    start: int | None
    end: int | None
    place: Place


@dataclass(frozen=True)
class DraftOpinion:
    """One opinion as a format names it.

    polarity  the format's own word, None where it has none
    notes     what is to be counted when the opinion is kept
    """

    place: Place
    aspect: Mention | None
    category: str | None
    opinion: Mention | None
    polarity: str | None
    polarity_place: Place | None = None
    intensity: float | None = None
    score: float = 1.0
    negated: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class DraftText:
    """One text as a format names it.

    raw       the row as received, for the file of rejected rows
    opinions  as read or with what is wrong with them; None when nobody has looked for opinions in this text
    """

    id: str | None
    text: str
    row: int
    place: Place
    raw: str
    opinions: tuple[DraftOpinion | BadElementError, ...] | None
    target: str | None = None
    group: str | None = None
    time: str | None = None


def draft_each(
    elements: Iterable[Element], draft: Callable[[Element], DraftOpinion]
) -> tuple[DraftOpinion | BadElementError, ...]:
    """What `draft` makes of each element, or the error it raises."""
    return tuple(_draft_or_error(element, draft) for element in elements)


def _draft_or_error(element: Element, draft: Callable[[Element], DraftOpinion]) -> DraftOpinion | BadElementError:
    try:
        return draft(element)
    except BadElementError as bad:
        return bad
