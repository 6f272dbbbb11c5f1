"""The first way through a corpus: every document is read once, judged, counted, and kept on disk or dropped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from groundswell.data.accounting import Accounting
from groundswell.data.corpus.copies import EXACT, NEAR, ExactCopies, NearCopies
from groundswell.data.corpus.document_spool import DocumentSpool
from groundswell.data.corpus.documents import SourceRead, TextSource, read_documents
from groundswell.data.corpus.filters import Quality, reason_to_drop
from groundswell.data.corpus.held_out import NEARLY_EQUAL, HeldOut
from groundswell.data.leakage import normal_form
from groundswell.errors import DataError
from groundswell.text.cleaning import clean

Progress = Callable[[str, int, int | None], None]
KEPT_APART = "kept apart for dev"
_TOLD_EVERY = 1_000


def no_progress(stage: str, done: int, of: int | None) -> None:
    """Nothing; a `Progress` is told the stage, how many documents are done, and of how many where that is known."""


class CorpusReader:
    """Reads sources into a spool, then drops near copies from it.

    quality            what a document must be like
    held_out           what may stand in no document, or None
    least_similarity   0.75-1 for near copies, or None: only exact ones are dropped
    cleaning           steps that every document goes through first
    """

    def __init__(
        self,
        spool: DocumentSpool,
        quality: Quality,
        held_out: HeldOut | None,
        *,
        least_similarity: float | None,
        cleaning: Sequence[str] = (),
    ) -> None:
        self.reads: list[SourceRead] = []
        self._spool = spool
        self._quality = quality
        self._held_out = held_out
        self._cleaning = cleaning
        self._exact = ExactCopies()
        self._near = NearCopies(least_similarity) if least_similarity is not None else None
        self._forms = held_out.forms if held_out is not None else []
        if self._near is not None:
            for number, form in enumerate(self._forms):  # before all documents, so that a near one is dropped
                self._near.add(number, form)

    def read(self, source: TextSource, progress: Progress = no_progress) -> SourceRead:
        """Judge, count and keep the documents of one source."""
        accounting = Accounting(source.name, unit="documents")
        read = SourceRead(accounting)
        self.reads.append(read)
        for document in read_documents(source, read):
            if accounting.read % _TOLD_EVERY == 0:
                progress(f"reading {source.name}", accounting.read, None)
            text = clean(document.text, self._cleaning)
            form = normal_form(text)
            reason = self._reason_to_drop(text, form)
            if reason is not None:
                accounting.drop(reason, accounting.read + 1)
                continue
            accounting.keep()
            number = self._spool.add(text, len(self.reads) - 1, accounting.read)
            if self._near is not None:
                self._near.add(len(self._forms) + number, form)
        return read

    def drop_near_copies(self, progress: Progress = no_progress) -> None:
        """Drop from the spool what nearly repeats an earlier document or a held-out text, and count it."""
        if self._near is None:
            return
        for copy in list(self._near.find(self._form)):
            number = copy.number - len(self._forms)
            if number < 0:  # two held-out texts
                continue
            progress("near copies", number, len(self._spool))
            self._spool.drop(number)
            source, row = self._spool.origin(number)
            reason = NEARLY_EQUAL if copy.of < len(self._forms) else NEAR
            self.reads[source].accounting.withdraw(reason, row)

    def keep_apart(self, share: float, seed: int) -> list[str]:
        """The texts of a random share of what is left, at least one; they leave the spool and are counted."""
        kept = self._spool.kept()
        count = min(len(kept), max(1, round(share * len(kept))))
        apart = np.sort(np.random.default_rng(seed).choice(kept, size=count, replace=False)).tolist()
        for number in apart:
            self._spool.drop(number)
            source, row = self._spool.origin(number)
            self.reads[source].accounting.withdraw(KEPT_APART, row)
        return [self._spool.text(number) for number in apart]

    def _reason_to_drop(self, text: str, form: str) -> str | None:
        reason = reason_to_drop(text, self._quality)
        if reason is None and self._held_out is not None:
            reason = self._held_out.reason_to_drop(form)
        if reason is None and not self._exact.is_new(form):
            reason = EXACT
        return reason

    def _form(self, number: int) -> str:
        if number < len(self._forms):
            return self._forms[number]
        return normal_form(self._spool.text(number - len(self._forms)))


def read_held_out(sources: Sequence[TextSource], span: int, cleaning: Sequence[str] = ()) -> HeldOut | None:
    """The cleaned texts of the test files, or None when there are no files; DataError for a row that cannot be read."""
    if not sources:
        return None
    texts: list[str] = []
    for source in sources:
        read = SourceRead(Accounting(source.name))
        texts += [clean(document.text, cleaning) for document in read_documents(source, read)]
        if read.accounting.rejected:  # a test text that is not read cannot be kept out
            raise DataError(f"held-out files: {read.accounting.rejected[0]['reason']}. Mend the row or remove it.")
    return HeldOut(texts, span=span)


def refuse_nothing_left(read: SourceRead, files: Sequence[str | Path]) -> None:
    """Nothing; DataError when no document of a source is kept."""
    accounting = read.accounting
    if not accounting.kept:
        reasons = ", ".join(f"{reason} {rows.count:,}" for reason, rows in accounting.dropped.items())
        raise DataError(
            f"source {accounting.split!r} ({', '.join(map(str, files))}): no document is left of {accounting.read:,} "
            f"read{f' ({reasons})' if reasons else ''}. Name other files, or loosen what drops them."
        )
