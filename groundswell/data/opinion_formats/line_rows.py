"""Files with one text per line."""

from __future__ import annotations

from collections.abc import Callable

from groundswell.data.opinion_formats.document import Document, Line
from groundswell.data.opinion_formats.drafts import BadElementError, DraftText
from groundswell.data.opinion_formats.intake import Intake


def read_each_line(document: Document, intake: Intake, draft: Callable[[Line], DraftText | None]) -> None:
    """Gives every line that is not blank to `draft`, and what becomes of it to the intake; None is passed over."""
    for line in document.lines():
        if not line.text.strip():
            continue
        try:
            found = draft(line)
            if found is not None:
                intake.add(found)
        except BadElementError as bad:
            intake.reject_text(bad, line.number, line.text)
