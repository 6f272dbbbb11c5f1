"""What commands get instead of a model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from groundswell.types import Analysis

CHUNK_ROWS = 3  # the stand-in reads ahead, as the analyzer does


class StandInMarks:
    """Abstains from texts without a capital letter."""

    notes = ("accuracy 0.9: answers have a confidence of at least 0.700",)

    def __call__(self, analysis: Analysis) -> Analysis:
        if analysis.error is not None:
            return analysis
        return replace(analysis, abstained=analysis.text == analysis.text.lower(), prediction_set=("positive",))


class StandInAnalyzer:
    """Positive for an even number of characters; reads rows ahead in chunks; `boom` is an error."""

    def __call__(self, text: str) -> Analysis:
        return next(self.stream_rows([(None, text)]))

    def stream_rows(
        self, rows: Iterable[tuple[str | None, str]], *, aspects: object = None, abstention: object = None
    ) -> Iterator[Analysis]:
        mark = self.marks(abstention) if abstention else lambda analysis: analysis
        waiting: list[tuple[str | None, str]] = []
        for row in rows:
            waiting.append(row)
            if len(waiting) == CHUNK_ROWS:
                yield from map(mark, map(self._analyse, waiting))
                waiting = []
        yield from map(mark, map(self._analyse, waiting))

    def marks(self, abstention: object) -> StandInMarks:
        """What the analyzer marks by."""
        return StandInMarks()

    def _analyse(self, row: tuple[str | None, str]) -> Analysis:
        id_, text = row
        if text == "boom":
            return Analysis(text, id=id_, error={"code": "too_long", "message": "boom"})
        label = "negative" if len(text) % 2 else "positive"
        warnings = () if text.strip() else ("blank_text: the text is blank",)
        return Analysis(text, label=label, scores={label: 1.0}, confidence=1.0, warnings=warnings, id=id_, model="m")
