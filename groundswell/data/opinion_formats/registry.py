"""The formats of opinions by name: read any of them into examples, write examples to any of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from groundswell.data.accounting import Accounting
from groundswell.data.byte_source import COMPRESSIONS
from groundswell.data.opinion_formats import (
    acos,
    asqp,
    aste,
    dimabsa,
    ecpe,
    label_studio,
    records,
    semeval14,
    semeval16,
    setfit,
    tag_columns,
    zh_quads,
)
from groundswell.data.opinion_formats.detection import detect, format_of_name
from groundswell.data.opinion_formats.document import Document, open_document
from groundswell.data.opinion_formats.intake import Intake
from groundswell.data.opinion_formats.writing import Holding, Tally, Write, WriteReport, fitted, one_file
from groundswell.data.suggestion import did_you_mean
from groundswell.errors import DataError
from groundswell.types import Example


@dataclass(frozen=True)
class OpinionFormat:
    """A format.

    read   gives the texts of a document to an intake
    write  writes examples that were made to fit `holds`, and gives the paths
    holds  what of an example the format has a place for
    """

    read: Callable[[Document, Intake], None]
    write: Write
    holds: Holding


FORMATS: dict[str, OpinionFormat] = {
    "semeval14": OpinionFormat(semeval14.read, one_file(semeval14.render), semeval14.HOLDS),
    "semeval16": OpinionFormat(semeval16.read, one_file(semeval16.render), semeval16.HOLDS),
    "aste": OpinionFormat(aste.read, one_file(aste.render), aste.HOLDS),
    "asqp": OpinionFormat(asqp.read, one_file(asqp.render), asqp.HOLDS),
    "acos": OpinionFormat(acos.read, one_file(acos.render), acos.HOLDS),
    "dimabsa": OpinionFormat(dimabsa.read, one_file(dimabsa.render), dimabsa.HOLDS),
    "zh_quads": OpinionFormat(zh_quads.read, zh_quads.write, zh_quads.HOLDS),
    "label_studio": OpinionFormat(label_studio.read, one_file(label_studio.render), label_studio.HOLDS),
    "bio": OpinionFormat(tag_columns.reader("bio"), one_file(tag_columns.renderer("bio")), tag_columns.HOLDS),
    "bieos": OpinionFormat(tag_columns.reader("bieos"), one_file(tag_columns.renderer("bieos")), tag_columns.HOLDS),
    "setfit": OpinionFormat(setfit.read, one_file(setfit.render), setfit.HOLDS),
    "records": OpinionFormat(records.read, one_file(records.render), records.HOLDS),
}
READERS: dict[str, Callable[[Document, Intake], None]] = {
    **{name: found.read for name, found in FORMATS.items()},
    "ecpe": ecpe.read,
}


def detect_format(path: str) -> str:
    """The name of the format that the first lines of a file have.

    Raises DataError, naming all formats, when they are those of none.
    """
    return detect(open_document(path), list(READERS))


def format_to_write(path: Path) -> str:
    """The name of the format that the end of a file's name stands for, such as `records` for `.jsonl`.

    Raises DataError, naming all formats, when it stands for several or none.
    """
    return format_of_name(path, list(FORMATS))


def read_opinions(  # noqa: PLR0913 - what of the file is read, and how
    source: str,
    *,
    format: str | None = None,
    accounting: Accounting,
    repair: bool = False,
    where: Mapping[str, str] | None = None,
    max_bad_share: float = 0.01,
    encoding: str | None = None,
) -> list[Example]:
    """One example per text, in the order of the file, its opinions in the order of the text.

    Every span is checked: `text[start:end] == span.text`. What is wrong is counted, with line and column, in
    `accounting` (texts) and in `accounting.opinions` (opinions).

    source         a path, also `.gz`, `.xz` or `.zst`, or `-` for standard input
    format         a name of `READERS`; told by the first lines when None
    repair         a term with wrong offsets is put at its nearest occurrence, which is counted too
    where          key -> value; only such rows are read, which `records` alone can tell
    max_bad_share  share of bad texts, and of bad opinions, above which the file is refused
    encoding       of the file; detected when None
    raises         DataError for a file that cannot be read, is of another format, or holds too much that is wrong
    """
    if format is not None:
        _check_name(format, READERS)
    document = open_document(source, encoding)
    chosen = format or detect(document, list(READERS))
    if where and chosen != "records":
        raise DataError(f"{source}: rows of format {chosen} name no split. Leave out `#`, or convert them to records.")
    intake = Intake(document, accounting, repair=repair, where=where)
    READERS[chosen](document, intake)
    return intake.finish(max_bad_share)


def write_opinions(examples: Sequence[Example], path: Path, format: str) -> WriteReport:
    """What was written, whole or not at all, and how many things the format cannot hold.

    format  a name of `FORMATS`; `zh_quads` makes two files, `X_reviews.csv` and `X_labels.csv`, of `X.csv`
    raises  DataError for an unknown format and for a name that promises compression
    """
    _check_name(format, FORMATS)
    if path.suffix.lower() in COMPRESSIONS:
        raise DataError(
            f"{path}: opinions are written uncompressed. Name a file without {path.suffix}, then compress it."
        )
    tally = Tally()
    chosen = FORMATS[format]
    files = chosen.write([fitted(example, chosen.holds, tally) for example in examples], path, tally)
    lost = {what: count for what, count in tally.lost.items() if count}
    return WriteReport(files, format, tally.texts, tally.opinions, lost)


def _check_name(format: str, known: Mapping[str, object]) -> None:
    if format not in known:
        raise DataError(f"unknown format {format!r}.{did_you_mean(format, known)} Expected one of {', '.join(known)}.")
