"""Spans with a polarity and the number of their occurrence (SetFit CSV).

One row, as it stands in the file behind its header:

    text,span,label,ordinal
    The noodles were superb.,noodles,positive,0

`ordinal` says which occurrence of the string is meant, from 0, overlapping ones counted. Rows with the same text are
one text. The format holds neither texts without opinions nor the same text twice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from groundswell.data.opinion_formats.csv_fields import Record, read_records, render_records
from groundswell.data.opinion_formats.document import Document
from groundswell.data.opinion_formats.drafts import BadElementError, DraftOpinion, DraftText, Mention, draft_each
from groundswell.data.opinion_formats.intake import Intake
from groundswell.data.opinion_formats.span_checking import NOT_IN_TEXT
from groundswell.data.opinion_formats.span_search import occurrences
from groundswell.data.opinion_formats.writing import Holding, Tally
from groundswell.types import Example

COLUMNS = ("text", "span", "label", "ordinal")
HOLDS = Holding(frozenset({"aspect", "polarity"}), needs=(frozenset({"aspect"}),))


def read(document: Document, intake: Intake) -> None:
    """Gives every text to the intake; its row is the first record that holds it."""
    records_of: dict[str, list[Record]] = {}
    for number, record in enumerate(read_records(document, COLUMNS), start=1):
        if isinstance(record, BadElementError):
            intake.reject_opinion(record, number, "")
        else:
            records_of.setdefault(record.fields["text"], []).append(record)
    for text, records in records_of.items():
        opinions = draft_each(records, _draft_opinion)
        first = records[0]
        intake.add(DraftText(None, text, first.number, first.place("text"), first.raw, opinions))


def render(examples: Sequence[Example], tally: Tally) -> str:
    """One record per opinion."""
    rows = []
    seen: set[str] = set()
    for example in examples:
        if not example.opinions:
            tally.lost["texts without opinions, not written"] += 1
            continue
        tally.lost["texts that stand twice, written as one"] += example.text in seen
        tally.texts += example.text not in seen
        seen.add(example.text)
        for opinion in example.opinions:
            if opinion.aspect is not None:
                ordinal = occurrences(opinion.aspect.text, example.text).index(opinion.aspect.start)
                rows.append((example.text, opinion.aspect.text, opinion.polarity, ordinal))
    tally.opinions += len(rows)
    return render_records(COLUMNS, rows)


def _draft_opinion(record: Record) -> DraftOpinion:
    text, term, ordinal = (record.fields[name] for name in ("text", "span", "ordinal"))
    starts = occurrences(term, text)
    number = int(ordinal) if re.fullmatch("[0-9]{1,9}", ordinal) else -1
    if not starts:
        raise BadElementError(
            NOT_IN_TEXT,
            record.place("span"),
            f"span {term!r} does not occur in its text, expected a piece of the text, letter by letter. Mend the span.",
        )
    if not 0 <= number < len(starts):
        raise BadElementError(
            "ordinal out of range",
            record.place("ordinal"),
            f"ordinal {ordinal!r}, but {term!r} occurs {len(starts)} times in its text, expected 0 to "
            f"{len(starts) - 1}. Mend the number.",
        )
    start = starts[number]
    return DraftOpinion(
        place=record.place("span"),
        aspect=Mention("aspect", term, start, start + len(term), record.place("span")),
        category=None,
        opinion=None,
        polarity=record.fields["label"],
        polarity_place=record.place("label"),
    )
