"""What a worker says: one poison text has its own error, and nothing of it in the log."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from tiny_service import record_of

from groundswell.errors import DataError
from groundswell.serving.faults import fault_line
from groundswell.serving.worker import answer
from groundswell.serving.worker_messages import Analysing, DocumentAnswer, Query


class Engine:
    """Fails on the text `poison`, as a library below would."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def answers(self, query: Query) -> list[DocumentAnswer]:
        self.sizes.append(len(query.rows))
        if any("poison" in text for _, text in query.rows):
            raise IndexError(f"cannot read {query.rows}")
        return [record_of(row) for row in query.rows]


def ask(engine: Any, *texts: str) -> list[DocumentAnswer]:
    return answer(engine, Query(Analysing(), list(enumerate(texts)))).documents


def test_a_poison_text_has_its_own_error_and_its_mates_their_answers(caplog: pytest.LogCaptureFixture) -> None:
    engine = Engine()
    with caplog.at_level(logging.INFO):
        found = ask(engine, "a", "my poison review", "c")
    assert [document.error for document in found] == [None, "internal_error", None]
    assert json.loads(found[1].record)["id"] == 1
    assert engine.sizes == [3, 1, 1, 1]
    assert "poison" not in caplog.text
    assert "IndexError at serving/test_worker.py" in caplog.text


def test_what_does_not_go_with_the_run_is_refused_once() -> None:
    class Refusing:
        def answers(self, query: Query) -> list[DocumentAnswer]:
            raise DataError("tiny: finds no opinions")

    engine: Any = Refusing()
    assert answer(engine, Query(Analysing(), [(None, "a"), (None, "b")])).refused == "tiny: finds no opinions"


def test_a_fault_is_told_without_its_words() -> None:
    with pytest.raises(ValueError, match="my review") as caught:
        int("my review")
    assert fault_line(caught.value).startswith("ValueError at serving/test_worker.py:")
    assert "review" not in fault_line(caught.value)
    assert fault_line(ValueError("my review")) == "ValueError"
