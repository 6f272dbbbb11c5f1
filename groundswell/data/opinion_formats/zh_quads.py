"""Chinese review quads: a file of reviews and a file of labels, joined on the review's id.

One row of each file, as it stands there behind its header (our own sentence):

    id,Reviews
    1,屏幕很亮，总之很值

    id,AspectTerms,A_start,A_end,OpinionTerms,O_start,O_end,Categories,Polarities
    1,屏幕,0,2,很亮,2,4,使用体验,正面
    1,_, , ,很值,7,9,价格,正面

`X_reviews.csv` is GB18030 as a rule, `X_labels.csv` UTF-8; either name stands for both. Offsets are code points,
end-exclusive; `_` with blank offsets is implicit; 正面, 中性, 负面.

In the published reviews file four more columns hold labels that were pasted by row number, not by id: they are ignored.
A file of reviews that stands alone, with such columns, is read only when its terms do occur in their texts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from groundswell.data.encoding import detect_encoding
from groundswell.data.opinion_formats.csv_fields import Record, read_names, read_records, render_records
from groundswell.data.opinion_formats.document import Document, open_document
from groundswell.data.opinion_formats.drafts import BadElementError, DraftOpinion, DraftText, Mention, Role, draft_each
from groundswell.data.opinion_formats.intake import Intake
from groundswell.data.opinion_formats.polarity_names import CHINESE_NAMES
from groundswell.data.opinion_formats.writing import Holding, Tally
from groundswell.errors import DataError
from groundswell.run_folder import whole_file, write_text
from groundswell.types import Example, Span

HOLDS = Holding(frozenset({"aspect", "category", "opinion", "polarity", "id"}))
REVIEWS_ENCODING = "gb18030"
_REVIEW_COLUMNS = ("id", "Reviews")
_TERM_COLUMNS: dict[Role, str] = {"aspect": "AspectTerms", "opinion": "OpinionTerms"}
_OFFSET_COLUMNS: dict[Role, tuple[str, str]] = {"aspect": ("A_start", "A_end"), "opinion": ("O_start", "O_end")}
_LABEL_COLUMNS = (
    *("id", "AspectTerms", "A_start", "A_end", "OpinionTerms", "O_start", "O_end", "Categories", "Polarities"),
)
_SINGLE_COLUMNS = ("id", "Reviews", "AspectTerms", "OpinionTerms", "Categories", "Polarities")
_IMPLICIT = "_"
_PART = re.compile("(reviews|labels)(?=[^/]*$)", re.IGNORECASE)
_OTHER_PART = {"reviews": "labels", "Reviews": "Labels", "REVIEWS": "LABELS"}
_OTHER_PART |= {labels: reviews for reviews, labels in _OTHER_PART.items()}


def read(document: Document, intake: Intake) -> None:
    """Gives every review to the intake; its row is its record in the reviews file."""
    is_reviews = "Reviews" in read_names(document.text.partition("\n")[0])
    other = _other_file(document.source)
    if other is None and not is_reviews:
        raise DataError(
            f"{document.name}: labels without their reviews. Expected the texts in a file of the same name with "
            "`reviews` for `labels`, such as train_reviews.csv beside train_labels.csv."
        )
    if other is None:
        _read_single(document, intake)
    else:
        partner = open_document(other)
        _read_pair(*((document, partner) if is_reviews else (partner, document)), intake)


def write(examples: Sequence[Example], path: Path, tally: Tally) -> tuple[Path, ...]:
    """The reviews and the labels file; `out.csv` stands for `out_reviews.csv` and `out_labels.csv`."""
    reviews: list[tuple[object, ...]] = []
    labels: list[tuple[object, ...]] = []
    ids = _unique_ids(examples, tally)
    for name, example in zip(ids, examples, strict=True):
        reviews.append((name, example.text))
        for opinion in example.opinions or ():
            spans = [*_span_fields(opinion.aspect), *_span_fields(opinion.opinion)]
            labels.append((name, *spans, opinion.category or _IMPLICIT, CHINESE_NAMES[opinion.polarity]))
    tally.texts += len(reviews)
    tally.opinions += len(labels)
    reviews_path, labels_path = pair_of(path)
    with whole_file(reviews_path) as aside:
        aside.write_bytes(_encoded(render_records(_REVIEW_COLUMNS, reviews)))
    write_text(labels_path, render_records(_LABEL_COLUMNS, labels))
    return reviews_path, labels_path


def pair_of(path: Path) -> tuple[Path, Path]:
    """The paths of the reviews and of the labels file that a path stands for."""
    match = _PART.search(path.name)
    if match is None:
        return path.with_name(f"{path.stem}_reviews{path.suffix}"), path.with_name(f"{path.stem}_labels{path.suffix}")
    other = path.with_name(path.name[: match.start()] + _OTHER_PART[match[0]] + path.name[match.end() :])
    return (path, other) if match[0].casefold() == "reviews" else (other, path)


def _encoded(text: str) -> bytes:
    """GB18030 where a reader can tell it from the content, else UTF-8: a few emoji alone look like no encoding."""
    encoded = text.encode(REVIEWS_ENCODING)
    try:
        found = detect_encoding(encoded)
    except DataError:
        found = ""
    return encoded if found in (REVIEWS_ENCODING, "utf-8") and encoded.decode(found) == text else text.encode()


def _other_file(source: str) -> str | None:
    """The partner of a file; None when there is none."""
    match = _PART.search(source)
    if match is None or match[0] not in _OTHER_PART:
        return None
    other = source[: match.start()] + _OTHER_PART[match[0]] + source[match.end() :]
    return other if Path(other).is_file() else None


def _unique_ids(examples: Sequence[Example], tally: Tally) -> list[str]:
    ids = [example.id for example in examples]
    if len(set(ids)) == len(ids):
        return ids
    tally.lost["ids, numbered anew because some stand twice"] += len(ids)
    return [str(number) for number in range(1, len(ids) + 1)]


def _span_fields(span: Span | None) -> tuple[object, ...]:
    return (_IMPLICIT, " ", " ") if span is None else (span.text, span.start, span.end)


def _read_pair(reviews: Document, labels: Document, intake: Intake) -> None:
    texts = _texts(reviews, intake)
    labels_of: dict[str, list[Record]] = {name: [] for name in texts}
    for number, record in enumerate(read_records(labels, _LABEL_COLUMNS), start=1):
        if isinstance(record, BadElementError):
            intake.reject_opinion(record, number, "")
        elif record.fields["id"] not in texts:
            intake.reject_opinion(_unknown_id(record, reviews), number, record.raw)
        else:
            labels_of[record.fields["id"]].append(record)
    for name, record in texts.items():
        drafts = draft_each(labels_of[name], lambda label: _draft_opinion(label, with_offsets=True))
        intake.add(
            DraftText(name, record.fields["Reviews"], record.number, record.place("Reviews"), record.raw, drafts)
        )


def _texts(reviews: Document, intake: Intake) -> dict[str, Record]:
    texts: dict[str, Record] = {}
    for number, record in enumerate(read_records(reviews, _REVIEW_COLUMNS), start=1):
        if isinstance(record, BadElementError):
            intake.reject_text(record, number, "")
            continue
        name = record.fields["id"]
        if name in texts:
            raise DataError(
                f"{record.place('id')}: id {name!r} stands twice (first in record {texts[name].number}), so its labels "
                "could belong to either text. Give each review an id of its own."
            )
        texts[name] = record
    return texts


def _read_single(document: Document, intake: Intake) -> None:
    """Reviews with labels beside them: records with one id are one text."""
    records_of: dict[str, list[Record]] = {}
    for number, record in enumerate(read_records(document, _SINGLE_COLUMNS), start=1):
        if isinstance(record, BadElementError):
            intake.reject_text(record, number, "")
        else:
            records_of.setdefault(f"{record.fields['id']}\n{record.fields['Reviews']}", []).append(record)
    for records in records_of.values():
        first = records[0]
        drafts = draft_each(records, lambda record: _draft_opinion(record, with_offsets=False))
        text, place = first.fields["Reviews"], first.place("Reviews")
        intake.add(DraftText(first.fields["id"], text, first.number, place, first.raw, drafts))


def _unknown_id(record: Record, reviews: Document) -> BadElementError:
    return BadElementError(
        "a label of an unknown review",
        record.place("id"),
        f"id {record.fields['id']!r} is not in {reviews.name}, expected the id of a review. Mend the id or remove the "
        "label.",
    )


def _draft_opinion(record: Record, *, with_offsets: bool) -> DraftOpinion:
    category = record.fields["Categories"]
    return DraftOpinion(
        place=record.place("id"),
        aspect=_mention("aspect", record, with_offsets),
        category=None if category in (_IMPLICIT, "") else category,
        opinion=_mention("opinion", record, with_offsets),
        polarity=record.fields["Polarities"],
        polarity_place=record.place("Polarities"),
    )


def _mention(role: Role, record: Record, with_offsets: bool) -> Mention | None:
    column = _TERM_COLUMNS[role]
    term = record.fields[column]
    if not with_offsets:
        return None if term == _IMPLICIT else Mention(role, term, None, None, record.place(column))
    start_column, end_column = _OFFSET_COLUMNS[role]
    if term == _IMPLICIT and not record.fields[start_column].strip() and not record.fields[end_column].strip():
        return None
    start, end = _offset(record, start_column), _offset(record, end_column)
    return Mention(role, term, start, end, record.place(column))


def _offset(record: Record, column: str) -> int:
    found = record.fields[column].strip()
    if not re.fullmatch("-?[0-9]{1,9}", found):
        raise BadElementError(
            "not an offset",
            record.place(column),
            f"{record.fields[column]!r} is no offset, expected a whole number, or blanks beside the term _. Mend it.",
        )
    return int(found)
