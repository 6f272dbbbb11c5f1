from __future__ import annotations

import math
import random
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from groundswell.errors import RunFolderError, TrainingError
from groundswell.model.scoring import score_documents
from groundswell.runtime import seed_everything
from groundswell.training.checkpoints import CheckpointFolder, moving_weights
from groundswell.training.losses import LossSum, classification_loss, cross_entropy
from groundswell.tuning.trainable import Tuning

Make = Callable[..., Any]
Outcome = tuple[dict[str, Tensor], Any]
PLANS = ([[0, 4], [2, 7], [5], [1, 8], [3]], [[9, 1], [6, 2], [0], [5, 3], [7]], [[4, 6], [8], [1, 3], [0, 2], [9]])
# With accumulation 2 the steps of an epoch take 2, 2 and 1 micro-batches; they end with these.
ENDS = (2, 4, 5, 7, 9, 10, 12, 14, 15)
MICRO_BATCHES = 15


class Stop(Exception):  # noqa: N818  (an interruption, not an error of ours)
    """Stands for anything that ends a run."""


@pytest.fixture(scope="module")
def train(
    tiny_bert: Path, make_classifier: Make, make_documents: Make, make_batches: Make, run_fit: Make
) -> Callable[..., Outcome]:
    """Trains with dropout and accumulation, and does `act` in the loss of micro-batch number `at` (from 1)."""
    documents = make_documents(tiny_bert)

    def evaluate(model: Any) -> dict[str, float]:
        logits = score_documents(model, documents, device=torch.device("cpu"))
        return {"loss": float(torch.nn.functional.cross_entropy(logits, documents.targets))}

    def run(
        folder: Path,
        at: int = 0,
        act: Callable[[], None] = lambda: None,
        *,
        fingerprint: str = "x",
        seed: int = 0,
        **options: Any,
    ) -> Outcome:
        model = make_classifier(tiny_bert, "attention", dropout=0.3)
        calls = 0
        plain = classification_loss(cross_entropy())

        def loss(trained: Any, batch: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == at:
                act()
            return plain(trained, batch)

        # A resumed run must not depend on the random state its process begins with.
        seed_everything(seed or (99 if options.get("resume") else 5))
        checkpoints = CheckpointFolder(folder / "checkpoints", {"the recipe": fingerprint, "the training data": "y"})
        history = run_fit(
            model, make_batches(documents, *PLANS), checkpoint_folder=checkpoints, rate=0.02,
            settings={"epochs": 3, "accumulation": 2, "checkpoint_seconds": options.pop("seconds", -1.0)},
            **{"loss": loss, "evaluate": evaluate, **options},
        )  # fmt: skip
        return moving_weights(model), history

    return run


@pytest.fixture(scope="module")
def expected(train: Callable[..., Outcome], tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """The run that nothing interrupts."""
    return train(tmp_path_factory.mktemp("uninterrupted"), seconds=1e9)


@pytest.fixture
def run(train: Callable[..., Outcome], tmp_path: Path) -> Callable[..., Outcome]:
    """`train` with this test's checkpoints."""
    return partial(train, tmp_path)


def crash() -> None:
    raise Stop


def assert_same_run(found: Outcome, expected: Outcome) -> None:
    for name, tensor in expected[0].items():
        assert torch.equal(found[0][name], tensor), name
    for one, other in zip(found[1].epochs, expected[1].epochs, strict=True):
        assert {**one, "seconds": 0} == {**other, "seconds": 0}
    numbers = ("best_epoch", "steps", "items")
    assert [getattr(found[1], name) for name in numbers] == [getattr(expected[1], name) for name in numbers]


@pytest.mark.parametrize("at", [3, 6, 9, MICRO_BATCHES])
def test_a_resumed_run_ends_with_the_same_bits(run: Make, expected: Outcome, at: int) -> None:
    """Trap L6: stopped inside a group of micro-batches, at the beginning and the end of an epoch, in the last step."""
    with pytest.raises(Stop):
        run(at, crash)
    found = run(resume=True)
    assert_same_run(found, expected)
    assert found[1].resumed_at == sum(1 for end in ENDS if end < at)


def test_a_run_stopped_before_its_first_checkpoint_starts_over(run: Make, expected: Outcome) -> None:
    with pytest.raises(Stop):
        run(2, crash)
    found = run(resume=True, seed=5)
    assert_same_run(found, expected)
    assert found[1].resumed_at is None


@pytest.mark.parametrize("at", [8, 13])
def test_a_run_with_checkpoints_at_epoch_ends_only_resumes_too(run: Make, expected: Outcome, at: int) -> None:
    with pytest.raises(Stop):
        run(at, crash, seconds=1e9)
    found = run(resume=True, seconds=1e9)
    assert_same_run(found, expected)
    assert found[1].resumed_at == 3 * (at // 5)


def test_a_run_may_be_stopped_twice(run: Make, expected: Outcome) -> None:
    with pytest.raises(Stop):
        run(4, crash)
    with pytest.raises(Stop):
        run(7, crash, resume=True)
    assert_same_run(run(resume=True), expected)


def test_resuming_a_finished_training_changes_nothing(run: Make, expected: Outcome) -> None:
    run()
    assert_same_run(run(resume=True), expected)


def test_the_generators_of_python_and_numpy_come_back(run: Make) -> None:
    drawn: list[float] = []

    def draw() -> None:
        drawn.append(random.random() + np.random.random())

    def draw_and_crash() -> None:
        draw()
        raise Stop

    run(7, draw)
    with pytest.raises(Stop):
        run(7, draw_and_crash)
    run(1, draw, resume=True)  # micro-batch 7 is the second one behind the checkpoint, and nothing draws before it
    assert drawn[0] == drawn[1] == drawn[2]


@pytest.fixture(autouse=True)
def listens_to_ctrl_c() -> Iterator[None]:
    """As in a terminal; tests that run in the background of a shell begin with Ctrl-C ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def press_ctrl_c() -> None:
    signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("at", [1, 10, MICRO_BATCHES])
def test_ctrl_c_finishes_the_step_and_leaves_a_checkpoint(
    run: Make, expected: Outcome, tmp_path: Path, at: int
) -> None:
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        run(at, press_ctrl_c, seconds=1e9)
    assert signal.getsignal(signal.SIGINT) is handler
    step = next(number for number, end in enumerate(ENDS, 1) if end >= at)
    assert [file.name for file in (tmp_path / "checkpoints").iterdir()] == [f"step-{step:09d}"]
    assert_same_run(run(resume=True), expected)


def test_a_second_ctrl_c_does_not_wait(run: Make, tmp_path: Path) -> None:
    def press_twice() -> None:
        press_ctrl_c()
        press_ctrl_c()

    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        run(1, press_twice)
    assert signal.getsignal(signal.SIGINT) is handler
    assert not (tmp_path / "checkpoints").exists()


def test_a_process_that_ignores_ctrl_c_goes_on_ignoring_it(run: Make, expected: Outcome) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    assert_same_run(run(1, press_ctrl_c, seconds=1e9), expected)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


@pytest.mark.parametrize("epoch", [1, 3])
def test_ctrl_c_while_dev_texts_are_scored_is_heard(run: Make, epoch: int) -> None:
    """Also in the last epoch, behind which there is no step to wait for."""
    calls = 0

    def evaluate(model: Any) -> dict[str, float]:
        nonlocal calls
        calls += 1
        if calls == epoch:
            press_ctrl_c()
        return {"loss": 1.0}

    with pytest.raises(KeyboardInterrupt):
        run(evaluate=evaluate)
    found = run(resume=True, evaluate=evaluate)
    assert found[1].resumed_at == 3 * epoch
    assert len(found[1].epochs) == calls == 3


def test_resuming_under_another_recipe_is_refused(run: Make, tmp_path: Path) -> None:
    """Trap L7."""
    with pytest.raises(Stop):
        run(3, crash)
    with pytest.raises(RunFolderError) as caught:
        run(resume=True, fingerprint="z")
    assert str(caught.value) == (
        f"{tmp_path / 'checkpoints' / 'step-000000001'}: cannot resume, because the recipe changed since this run "
        "began. Change it back, or start a new run with another --name"
    )


def test_resuming_with_other_moving_weights_is_refused(run: Make) -> None:
    with pytest.raises(Stop):
        run(3, crash)
    with pytest.raises(RunFolderError) as caught:
        run(resume=True, tuning=Tuning("head"))
    assert str(caught.value) == (
        "the checkpoint holds other weights than this recipe moves (encoder.network.embeddings.LayerNorm.bias, "
        "encoder.network.embeddings.LayerNorm.weight, encoder.network.embeddings.position_embeddings.weight …)"
    )


def test_resuming_with_another_number_of_processes_is_refused(run: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Stop):
        run(3, crash)
    load = CheckpointFolder.load

    def of_two(folder: CheckpointFolder) -> Any:
        found = load(folder)
        assert found is not None
        return type(found)(found.weights, found.best, found.optimizer, found.random * 2, found.state)

    monkeypatch.setattr(CheckpointFolder, "load", of_two)
    with pytest.raises(TrainingError) as caught:
        run(resume=True)
    assert str(caught.value) == (
        "the checkpoint was written by 2 processes, now there are 1. Resume with as many, or start a new run with "
        "another --name"
    )


def test_a_loss_that_is_no_number_leaves_the_checkpoint_before_it(run: Make, expected: Outcome) -> None:
    """The texts can be mended and the run goes on."""
    plain = classification_loss(cross_entropy())
    calls = 0

    def sometimes_nan(model: Any, batch: Any) -> LossSum:
        nonlocal calls
        calls += 1
        total, num_items = plain(model, batch)
        return LossSum(total * (math.nan if calls == 6 else 1.0), num_items)

    with pytest.raises(TrainingError, match="step 4: the loss is nan"):
        run(loss=sometimes_nan)
    found = run(resume=True)
    assert found[1].resumed_at == 3
    assert_same_run(found, expected)
