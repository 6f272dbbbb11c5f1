"""Files with one text per line."""

from __future__ import annotations

from collections.abc import Callable

from groundswell.data.opinion_formats.document import Document, Line
from groundswell.data.opinion_formats.drafts import BadElementError, DraftText
from groundswell.data.opinion_formats.intake import Intake


def read_each_line(document: Document, intake: Intake, draft: Callable[[Line], DraftText]) -> None:
    """Gives every line that is not blank to `draft`, and what becomes of it to the intake."""
    for line in document.lines():
        if not line.text.strip():
            continue
        try:
            intake.add(draft(line))
        except BadElementError as bad:
            intake.reject_text(bad, line.number, line.text)
