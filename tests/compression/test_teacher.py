"""A teacher reads each text once: its answers are kept, by teacher, precision and texts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from groundswell.compression import teacher
from groundswell.compression.teacher import teacher_logits


class Counting:
    """An analyzer whose logits are lengths, and which counts what it is asked."""

    precision = "float32"

    def __init__(self, name: str = "run sha256:1") -> None:
        self.name, self.asked = name, 0

    def score(self, texts: list[str], on_texts: Callable[[int], None]) -> torch.Tensor:
        self.asked += len(texts)
        on_texts(len(texts))
        return torch.tensor([[float(len(text)), 0.0] for text in texts])


def ask(model: Any, texts: list[str], folder: Path) -> tuple[torch.Tensor, int]:
    done: list[int] = []
    return teacher_logits(model, texts, folder, done.append), sum(done)


def test_texts_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teacher, "CHUNK", 3)
    model, texts = Counting(), ["a", "bb", "ccc", "dddd", "é" * 5]
    first, done = ask(model, texts, tmp_path)
    assert first[:, 0].tolist() == [1, 2, 3, 4, 5]
    assert (model.asked, done) == (5, 5)
    again, done = ask(model, texts, tmp_path)
    assert (model.asked, done) == (5, 5)
    torch.testing.assert_close(again, first, atol=0, rtol=0)
    more, _ = ask(model, [*texts[:3], "new"], tmp_path)
    assert model.asked == 6
    assert more[:, 0].tolist() == [1, 2, 3, 3]


def test_another_teacher_or_precision_is_asked_again(tmp_path: Path) -> None:
    ask(Counting(), ["a"], tmp_path)
    other = Counting("run sha256:2")
    ask(other, ["a"], tmp_path)
    rough = Counting()
    rough.precision = "bfloat16"
    ask(rough, ["a"], tmp_path)
    assert (other.asked, rough.asked) == (1, 1)


def test_what_is_computed_before_a_stop_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teacher, "CHUNK", 1)

    class Stopping(Counting):
        def score(self, texts: list[str], on_texts: Callable[[int], None]) -> torch.Tensor:
            if texts == ["b"]:
                raise KeyboardInterrupt
            return super().score(texts, on_texts)

    with pytest.raises(KeyboardInterrupt):
        ask(Stopping(), ["a", "b"], tmp_path)
    model = Counting()
    ask(model, ["a", "b"], tmp_path)
    assert model.asked == 1


def test_no_text_has_no_logits(tmp_path: Path) -> None:
    class Labelled(Counting):
        class outputs:  # noqa: N801
            labels = ("a", "b", "c")

    assert ask(Labelled(), [], tmp_path)[0].shape == (0, 3)
