"""Mentions become spans of their text: `text[start:end] == term`, or a reason why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from groundswell.data.opinion_formats.drafts import BadElementError, DraftOpinion, Mention
from groundswell.data.opinion_formats.offset_units import slice_by
from groundswell.data.opinion_formats.span_search import candidates, nearest, place_strings
from groundswell.types import Span

AMBIGUOUS = "ambiguous place (the string occurs more than once; the occurrence nearest to its partner is taken)"
REPAIRED = "repaired (wrong offsets; the nearest occurrence of the string is taken)"
NOT_IN_TEXT = "a term that does not occur in its text"
_JOINED_WRONGLY = "labels and texts were joined by row number instead of by id, or the texts were changed"
_LEAST_SHARE = 0.8  # of the wrong spans that one cause must explain to be named
_LEAST_SPANS = 3

Note = Callable[[str], None]


@dataclass
class SpanChecker:
    """Finds the spans of drafts in their texts.

    repair  a term whose offsets are wrong is put at its nearest occurrence instead of being refused
    """

    repair: bool
    _num_wrong: int = 0
    _causes: Counter[str] = field(default_factory=Counter)

    def spans(self, draft: DraftOpinion, text: str, note: Note) -> tuple[Span | None, Span | None]:
        """The aspect and the opinion span, None when implicit; `note` is told what was chosen or mended.

        Raises BadElementError for a span outside the text, one that holds another string, and a string that does not
        occur.
        """
        aspects = self._candidates(draft.aspect, text, note)
        opinions = self._candidates(draft.opinion, text, note)
        if len(aspects) > 1 or len(opinions) > 1:
            note(AMBIGUOUS)
        return place_strings(aspects, opinions)

    def likely_cause(self) -> str:
        """A sentence on what most of the wrong spans have in common, with a blank before it, or nothing."""
        cause, count = next(iter(self._causes.most_common(1)), ("", 0))
        if count < _LEAST_SPANS or count < _LEAST_SHARE * self._num_wrong:
            return ""
        return f" Likely cause ({count:,} of {self._num_wrong:,} wrong spans fit it): {cause}."

    def _candidates(self, mention: Mention | None, text: str, note: Note) -> list[Span]:
        if mention is None:
            return []
        if mention.start is not None and mention.end is not None:
            return [self._checked(mention, mention.start, mention.end, text, note)]
        term = mention.text or ""
        found = candidates(term, text)
        if not found:
            self._num_wrong += 1
            raise self._not_in_text(mention)
        return found

    def _checked(self, mention: Mention, start: int, end: int, text: str, note: Note) -> Span:
        inside = 0 <= start < end <= len(text)
        term = mention.text if mention.text is not None else text[start:end] if inside else ""
        if inside and text[start:end] == term:
            return Span(term, start, end)
        self._num_wrong += 1
        found = nearest(term, text, start)
        if term and not found:
            raise self._not_in_text(mention)
        self._count_causes(term, start, end, text)
        if self.repair and found:
            note(REPAIRED)
            if len(found) > 1:
                note(AMBIGUOUS)
            return found[0]
        raise _wrong_offsets(mention, start, end, text, found)

    def _not_in_text(self, mention: Mention) -> BadElementError:
        self._causes[_JOINED_WRONGLY] += 1
        return BadElementError(
            NOT_IN_TEXT,
            mention.place,
            f"{mention.role} {mention.text!r} does not occur in its text, expected a piece of the text, letter by "
            "letter. Mend the term.",
        )

    def _count_causes(self, term: str, start: int, end: int, text: str) -> None:
        slices = {
            "ends look inclusive, but end-exclusive ones are expected: add 1 to each end": (start, end + 1),
            "offsets look counted from 1, but they count from 0: take 1 from each": (start - 1, end - 1),
            "offsets look counted in UTF-16 units, but code points are expected": slice_by(text, start, end, "utf-16"),
            "offsets look counted in UTF-8 bytes, but code points are expected": slice_by(text, start, end, "utf-8"),
        }
        for cause, piece in slices.items():
            if term and piece is not None and piece[0] >= 0 and text[piece[0] : piece[1]] == term:
                self._causes[cause] += 1


def _wrong_offsets(mention: Mention, start: int, end: int, text: str, found: list[Span]) -> BadElementError:
    named = mention.role if mention.text is None else f"{mention.role} {mention.text!r}"
    where = (
        f" {mention.text!r} stands at {found[0].start}-{found[0].end}: mend the offsets, or set data.repair=true."
        if found
        else ""
    )
    if start > end:
        reason, finding = "a span outside the text", "which end before they begin"
    elif not 0 <= start <= end <= len(text):
        reason, finding = "a span outside the text", f"but the text has {len(text):,} code points"
    elif start == end:
        reason, finding = "an empty span", "which is empty, expected at least one code point"
    else:
        reason, finding = "offsets and term differ", f"but the text holds {text[start:end]!r} there"
    return BadElementError(
        reason, mention.place, f"{named} has the offsets {start}-{end}, {finding}.{where or ' Mend the offsets.'}"
    )
