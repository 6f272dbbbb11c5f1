"""Costs by hand, for whole recipes without data or weights, and beside what was measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_run import changed

import groundswell as gs
from groundswell import runtime
from groundswell.model.classifier import TextClassifier
from groundswell.model.from_scratch import EncoderSettings, FromScratchEncoder
from groundswell.recipe_reading import recipe_from_values
from groundswell.run_cost import cost_line, estimate_lines, estimate_recipe
from groundswell.training.cost_estimate import (
    Machine,
    Weights,
    Work,
    bytes_needed,
    measure_machine,
    seconds_needed,
    weigh,
)

# 1,000 weights of which 600 move, in 2 layers of width 10 and inner width 40
WEIGHTS = Weights(
    total=1000, moving=600, forward=900, backward=800, updated=500, layers=2, width=10, kept=160, attends=True
)
LARGE = 100_000  # tokens of a micro-batch, more than scoring dev takes


def test_bytes_by_hand() -> None:
    """4 bytes each of 1,000 weights, 600 gradients, 1,200 moments, 600 best weights; 2 layers x 160 + 3 x 10 numbers
    a token, which a processor holds twice."""
    found = bytes_needed(WEIGHTS, Work(LARGE, None, 0, 8, 4), program_bytes=7)
    expected = {"weights": 4000, "gradients": 2400, "optimizer": 4800, "best_weights": 2400}
    expected |= {"activations": 2 * 4 * LARGE * 350, "kernels": 0, "program": 7}
    assert found == {**expected, "total": sum(expected.values())}


def test_frozen_weights_are_kept_in_16_bits_and_activations_computed_again() -> None:
    """4 x 600 + 2 x 400 bytes of weights; 2 layers x 10 + 160 + 3 x 10 numbers a token."""
    found = bytes_needed(WEIGHTS, Work(LARGE, None, 0, 8, 2, recomputed=True, on_processor=False), 0)
    assert (found["weights"], found["activations"]) == (3200, 2.5 * LARGE * 210)


def test_a_small_batch_needs_what_scoring_needs() -> None:
    """8,192 tokens x (4 x 10 + 2 x 40) numbers x 4 bytes, held twice."""
    assert bytes_needed(WEIGHTS, Work(1, None, 0, 8, 4), 0)["activations"] == 2 * 8192 * 120 * 4


def test_shared_out_weights_are_divided() -> None:
    whole = bytes_needed(WEIGHTS, Work(LARGE, None, 0, 8, 4, processes=2), 0)
    shared = bytes_needed(WEIGHTS, Work(LARGE, None, 0, 8, 4, processes=2, shared_out=True), 0)
    for part in ("weights", "gradients", "optimizer", "best_weights"):
        assert shared[part] == whole[part] // 2
    assert shared["activations"] == whole["activations"]


def test_seconds_by_hand() -> None:
    """Attention is 4 x 2 layers x 8 tokens x 10 = 640 operations forwards; a token takes 1,800 + 640 forwards and
    1,600 + 1,000 + 1,280 backwards, at 0.6 of 1,000 a second; 10 steps move 56 bytes of 600 weights, 1,000 a second."""
    machine, work = Machine(0, 1000.0, 1000.0), Work(64, 30, 10, 8, 4)
    assert seconds_needed(WEIGHTS, work, machine) == pytest.approx(30 * 6320 / 600 + 10 * 56 * 600 / 1000)
    again = Work(64, 30, 10, 8, 4, recomputed=True)
    assert seconds_needed(WEIGHTS, again, machine) == pytest.approx(30 * 8760 / 600 + 10 * 56 * 600 / 1000)
    assert seconds_needed(WEIGHTS, Work(64, None, 0, 8, 4), machine) is None


def test_weights_are_weighed_by_what_they_do() -> None:
    """A layer of width 8 has 8 x 24 + 8 x 8 + 2 x 8 x 32 = 768 weights in matrices; the head 8 x 3."""
    settings = EncoderSettings("transformer", num_tokens=50, width=8, positions=16, layers=3, heads=2)
    with torch.device("meta"):
        model = TextClassifier(FromScratchEncoder(settings), "mean", 3)
    found = weigh(model, 0, cached=False)
    assert found.total == found.moving == sum(parameter.numel() for parameter in model.parameters())
    assert (found.forward, found.backward, found.updated, found.layers) == (3 * 768 + 24,) * 3 + (3,)
    assert (found.width, found.kept) == (8, 8 * 8 + 2 * 32)
    top = weigh(model, 2, cached=False)
    assert (top.forward, top.backward, top.layers) == (3 * 768 + 24, 768 + 24, 1)
    assert weigh(model, 2, cached=True).forward == 768 + 24


@pytest.mark.parametrize("method", ["full", "lora", "head"])
@pytest.mark.filterwarnings("ignore:fan_in_fan_out")
def test_a_dry_estimate_weighs_what_training_weighs(values: dict[str, Any], any_tiny: Path, method: str) -> None:
    values = changed(values, model={"encoder": str(any_tiny)}, tuning={"method": method}, training={"epochs": 1})
    dry = estimate_recipe(recipe_from_values(values, "test"))
    run = gs.train(values)
    assert dry["parameters"] == run.metrics["parameters"]
    estimated, measured = run.metrics["cost"]["estimated"], run.metrics["cost"]["measured"]
    assert estimated["parameters"] == dry["parameters"]
    assert 0 < estimated["tokens"] <= dry["tokens"]
    assert measured["memory"]["total"] > 1e8
    assert measured["seconds"] == run.metrics["seconds"]["training"]
    assert json.loads((run.folder / "manifest.json").read_text())["training"]["cost"] == run.metrics["cost"]
    assert cost_line(run.metrics["cost"]) is not None


def test_no_weights_and_no_data_are_read(tmp_path: Path, tiny_bert: Path) -> None:
    """A folder that holds a config only; the data are not there."""
    (tmp_path / "config.json").write_bytes((tiny_bert / "config.json").read_bytes())
    values = {"data": {"train": "absent.csv"}, "model": {"encoder": str(tmp_path)}}
    estimate = estimate_recipe(recipe_from_values(values, "test"))
    assert estimate["parameters"]["total"] > 1000
    assert (estimate["tokens"], estimate["seconds"]) == (None, None)
    assert estimate_lines(estimate)[-1] == (
        "estimated: no time, because the size of data.train is not known before it is read"
    )


@pytest.mark.parametrize("task", ["opinions", "multi_task"])
@pytest.mark.parametrize("encoder", ["bag", "cnn", "lstm", "transformer"])
def test_every_task_and_encoder_has_an_estimate(tmp_path: Path, task: str, encoder: str) -> None:
    (tmp_path / "train.jsonl").write_text("x" * 3000)
    values: dict[str, Any] = {"task": task, "data": {"train": str(tmp_path / "train.jsonl")}}
    if task == "multi_task":
        values["heads"] = {"sentiment": {"task": "single_label"}, "opinions": {"task": "opinions"}}
    estimate = estimate_recipe(recipe_from_values({**values, "model": {"encoder": encoder}}, "test"))
    heads = 2 if task == "multi_task" else 1
    assert estimate["tokens"] == heads * 3 * 900  # epochs x a third of the bytes, less a tenth for dev
    assert estimate["parameters"]["total"] > 1000


def test_where_nothing_can_be_estimated_the_cause_is_said() -> None:
    values = {"data": {"train": "a.csv"}, "model": {"encoder": "nb_svm"}}
    (line,) = estimate_lines(estimate_recipe(recipe_from_values(values, "test")))
    assert line == "no estimate: model.encoder=nb_svm is fitted in one go, without the loop"
    values["model"] = {"encoder": "./absent"}
    (line,) = estimate_lines(estimate_recipe(recipe_from_values(values, "test")))
    assert line.startswith("no estimate: model.encoder: there is no folder './absent'")
    assert cost_line({}) is None


def test_the_machine_is_measured() -> None:
    machine = measure_machine(torch.device("cpu"), torch.float32, 64, 5)
    assert machine.program_bytes == 5
    assert machine.operations > 1e7
    assert machine.copied_bytes > 1e7


def test_a_peak_is_that_of_this_process_from_when_it_was_forgotten() -> None:
    device = torch.device("cpu")
    block = torch.ones(200_000_000, dtype=torch.uint8)
    high = runtime.peak_bytes(device)
    assert high >= 2e8
    del block
    runtime.forget_peak(device)
    assert 0 < runtime.peak_bytes(device) < high - 1e8
    assert 0 < runtime.resident_bytes() <= runtime.peak_bytes(device)
