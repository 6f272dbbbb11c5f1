from __future__ import annotations

import importlib.util

import pytest

from groundswell.errors import MissingExtraError
from groundswell.training.progress import ProgressBar
from groundswell.training.trackers import check_trackers


def test_a_missing_tracker_names_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "wandb" else object())
    check_trackers(["tensorboard", "mlflow"])
    with pytest.raises(MissingExtraError) as caught:
        check_trackers(["tensorboard", "wandb"])
    assert str(caught.value) == ("training.trackers: wandb is not installed. Install it: pip install wandb")


def test_an_unwanted_bar_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressBar(False) as bar:
        bar.advance()
        bar.begin("training", 3)
        bar.advance(note="loss 0.5")
        bar.say("epoch 1")
    assert capsys.readouterr() == ("", "")


def test_a_wanted_bar_is_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressBar(True) as bar:
        bar.begin("training", 3, 1)
        bar.advance(note="loss 0.5")
        bar.say("epoch 1: [bold] is plain text here")
    out, err = capsys.readouterr()
    assert out == ""
    assert "epoch 1: [bold] is plain text here" in err
    assert "2/3" in err
    assert "loss 0.5" in err
