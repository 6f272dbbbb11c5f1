"""What a worker says: one poison text has its own error, and nothing of it in the log."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from tiny_service import record_of

from groundswell.errors import DataError
from groundswell.serving.faults import fault_line
from groundswell.serving.worker import EARLY_SECONDS, PIECE_CHARACTERS, answer, pieces, tolerant
from groundswell.serving.worker_messages import Analysing, DocumentAnswer, Query, TextRow


class Engine:
    """Fails on the text `poison`, as a library below would."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def __call__(self, rows: Sequence[TextRow]) -> list[DocumentAnswer]:
        self.sizes.append(len(rows))
        if any("poison" in text for _, text in rows):
            raise IndexError(f"cannot read {rows}")
        return [record_of(row) for row in rows]


def test_a_poison_text_has_its_own_error_and_its_mates_their_answers(caplog: pytest.LogCaptureFixture) -> None:
    engine = Engine()
    with caplog.at_level(logging.INFO):
        found = tolerant(engine, list(enumerate(["a", "my poison review", "c"])))
    assert [document.error for document in found] == [None, "internal_error", None]
    assert json.loads(found[1].record)["id"] == 1
    assert engine.sizes == [3, 1, 1, 1]
    assert "poison" not in caplog.text
    assert "IndexError at serving/test_worker.py" in caplog.text


def test_what_does_not_go_with_the_run_is_refused_once() -> None:
    class Refusing:
        def answers(self, query: Query) -> list[list[DocumentAnswer]]:
            tolerant(self.refuse, query.rows)
            return []

        def refuse(self, rows: Sequence[TextRow]) -> list[DocumentAnswer]:
            raise DataError("tiny: finds no opinions")

    engine: Any = Refusing()
    (only,) = answer(engine, Query(Analysing(), [(None, "a"), (None, "b")]))
    assert only.refused == "tiny: finds no opinions"


def test_answers_are_sent_when_they_are_there() -> None:
    class Slow:
        def answers(self, query: Query) -> Iterator[list[DocumentAnswer]]:
            for row in query.rows:
                if row[1] == "slow":
                    time.sleep(2 * EARLY_SECONDS)
                yield [record_of(row)]

    engine: Any = Slow()
    rows: list[TextRow] = [(1, "a"), (2, "slow"), (3, "b"), (4, "slow"), (5, "c")]
    parts = list(answer(engine, Query(Analysing(), rows)))
    assert [len(part.documents) for part in parts] == [2, 2, 1]
    assert [part.more for part in parts] == [True, True, False]
    found = [json.loads(document.record)["id"] for part in parts for document in part.documents]
    assert found == [1, 2, 3, 4, 5]


def test_long_texts_go_alone_and_short_ones_together() -> None:
    short, long = "x" * (PIECE_CHARACTERS // 3), "x" * (2 * PIECE_CHARACTERS)
    found = pieces([(None, text) for text in (long, short, short, short, short, long)])
    assert [len(piece) for piece in found] == [1, 3, 1, 1]
    assert [row for piece in found for row in piece] == [(None, t) for t in (long, short, short, short, short, long)]


def test_a_fault_is_told_without_its_words() -> None:
    with pytest.raises(ValueError, match="my review") as caught:
        int("my review")
    assert fault_line(caught.value).startswith("ValueError at serving/test_worker.py:")
    assert "review" not in fault_line(caught.value)
    assert fault_line(ValueError("my review")) == "ValueError"
