"""Drafts become examples; every text and every opinion is counted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from groundswell.data.accounting import Accounting
from groundswell.data.examples import BLANK_TEXT, NUL_IN_TEXT
from groundswell.data.opinion_formats.document import Document, Place
from groundswell.data.opinion_formats.drafts import BadElementError, DraftOpinion, DraftText
from groundswell.data.opinion_formats.polarity_names import read_polarity
from groundswell.data.opinion_formats.span_checking import SpanChecker
from groundswell.errors import DataError
from groundswell.text.blank import is_blank
from groundswell.types import Example, Opinion, Polarity

CONFLICT = "polarity conflict"
REPEATED = "repeated"
DISCONTINUOUS = "discontinuous span"
OUT_OF_SCOPE = "out of scope"
CANCELLED = "cancelled annotation"
NO_POLARITY = "the format has no polarity; neutral is taken"
# What a sound file may hold; anything else that is dropped is a mistake in the file.
_NO_MISTAKES = frozenset({BLANK_TEXT, CONFLICT, REPEATED, DISCONTINUOUS, OUT_OF_SCOPE, CANCELLED})
_SURROGATE = re.compile("[\ud800-\udfff]")
_SHOWN_REJECTED = 3


class Intake:
    """Takes the drafts of one file, in its order.

    accounting   counts texts; its `opinions` counts the opinions in them
    where        key -> value; rows of which another value is known are passed over and not counted
    examples     what was kept
    """

    def __init__(
        self, document: Document, accounting: Accounting, *, repair: bool, where: Mapping[str, str] | None = None
    ) -> None:
        self.document = document
        self.where = where or {}
        self.examples: list[Example] = []
        self._texts = accounting
        self._opinions = accounting.opinions = accounting.opinions or Accounting(accounting.split, unit="opinions")
        self._checker = SpanChecker(repair)

    def add(self, draft: DraftText) -> None:
        """Keep a text with those of its opinions that are right, or drop it."""
        if is_blank(draft.text):
            self.drop_text(BLANK_TEXT, draft.row)
        elif "\x00" in draft.text or _SURROGATE.search(draft.text):
            what = "a NUL character" if "\x00" in draft.text else "half of a surrogate pair"
            reason = NUL_IN_TEXT if "\x00" in draft.text else "unpaired surrogate in text"
            bad = BadElementError(reason, draft.place, f"the text holds {what}, expected characters only. Remove it.")
            self.reject_text(bad, draft.row, draft.raw)
        else:
            opinions = None if draft.opinions is None else self._checked(draft, draft.opinions)
            name = draft.id or str(draft.row)
            self.examples.append(
                Example(name, draft.text, draft.target, draft.row, draft.group, draft.time, opinions=opinions)
            )
            self._texts.keep()

    def drop_text(self, reason: str, row: int) -> None:
        """Count a text that is dropped for a reason that is no mistake."""
        self._texts.drop(reason, row)

    def reject_text(self, bad: BadElementError, row: int, raw: str) -> None:
        """Count a text that cannot be used."""
        self._texts.reject(bad.reason, row, raw, str(bad))

    def reject_opinion(self, bad: BadElementError, row: int, raw: str) -> None:
        """Count an opinion that cannot be used, such as one of a text that is not there."""
        self._opinions.reject(bad.reason, row, raw, str(bad))

    def warn(self, sentence: str) -> None:
        """Tell a person of something that no count shows."""
        self._texts.warnings.append(f"{self.document.name}: {sentence}")

    def finish(self, max_bad_share: float) -> list[Example]:
        """The examples; raises DataError for more bad texts or opinions than that share, and when no text is left."""
        self._texts.check()
        for account in (self._texts, self._opinions):
            self._refuse_many_bad(account, max_bad_share)
        if not self.examples:
            raise DataError(f"{self.document.name}: no usable text. {self._texts.line()}. Mend the file.")
        repeated = [name for name, count in Counter(example.id for example in self.examples).items() if count > 1]
        if repeated:
            self.warn(f"{len(repeated):,} ids stand at more than one text, first {repeated[0]!r}; all texts are kept")
        return self.examples

    def _checked(self, draft: DraftText, opinions: tuple[DraftOpinion | BadElementError, ...]) -> tuple[Opinion, ...]:
        kept: dict[tuple[object, ...], Opinion] = {}
        for given in opinions:
            notes: list[str] = []
            try:
                if isinstance(given, BadElementError):
                    raise given
                opinion = self._opinion(given, draft.text, notes)
            except BadElementError as bad:
                self._refuse(bad, draft)
                continue
            if opinion is None:
                self._opinions.drop(CONFLICT, draft.row)
            elif (key := (opinion.aspect, opinion.category, opinion.opinion, opinion.polarity)) in kept:
                self._opinions.drop(REPEATED, draft.row)
            else:
                kept[key] = opinion
                self._opinions.keep()
                for note in dict.fromkeys([*notes, *given.notes]):
                    self._opinions.note(note, draft.row)
        return tuple(sorted(kept.values(), key=opinion_order))

    def _refuse(self, bad: BadElementError, draft: DraftText) -> None:
        self._opinions.reject(bad.reason, draft.row, draft.raw, str(bad))

    def _opinion(self, draft: DraftOpinion, text: str, notes: list[str]) -> Opinion | None:
        """The opinion; None for one of both polarities."""
        polarity: Polarity | None = "neutral"
        if draft.polarity is None:
            notes.append(NO_POLARITY)
        else:
            polarity = read_polarity(draft.polarity, draft.polarity_place or draft.place)
        aspect, opinion = self._checker.spans(draft, text, notes.append)
        if aspect is None and opinion is None and draft.category is None:
            raise nothing_named(draft.place)
        if polarity is None:
            return None
        return Opinion(aspect, draft.category, opinion, polarity, draft.score, draft.intensity, draft.negated)

    def _refuse_many_bad(self, account: Accounting, max_share: float) -> None:
        bad = sum(rows.count for reason, rows in account.dropped.items() if reason not in _NO_MISTAKES)
        if bad <= max_share * account.read:
            return
        mistakes = [row["reason"] for row in account.rejected if DISCONTINUOUS not in row["reason"]]
        unit = "texts" if account is self._texts else "opinions"
        raise DataError(
            f"{self.document.name}: {bad:,} of {account.read:,} {unit} are bad, more than the {100 * max_share:g} % "
            f"allowed.{self._checker.likely_cause()} Mend them, or allow more with data.max_bad_share. The first: "
            f"{' '.join(mistakes[:_SHOWN_REJECTED])}"
        )


def opinion_order(opinion: Opinion) -> tuple[object, ...]:
    """Sorts opinions by where the first of their spans begins; those without a span come first."""
    spans = [(-1, -1) if span is None else (span.start, span.end) for span in (opinion.aspect, opinion.opinion)]
    first = min((start for start, _ in spans if start >= 0), default=-1)
    return first, spans, opinion.category or "", opinion.polarity


def nothing_named(place: Place) -> BadElementError:
    """The error for an opinion that says neither what is judged, nor in which respect, nor with which words."""
    return BadElementError(
        "an opinion without aspect, category and opinion words",
        place,
        "an opinion that names neither aspect nor category nor opinion words, expected at least one. Remove it.",
    )
