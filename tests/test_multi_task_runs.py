"""Several heads on one encoder, from recipe to record: train, load, predict, measure, resume, compare, wrong input."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file
from tiny_heads import heads_recipe, rows
from tiny_run import changed
from typer.testing import CliRunner

import groundswell as gs
from groundswell.cli.main import app
from groundswell.errors import DataError, RecipeError
from groundswell.recipe_reading import recipe_from_values


@pytest.fixture
def recipe(tmp_path: Path) -> dict[str, Any]:
    """Three small heads on texts they can learn."""
    return heads_recipe(tmp_path)


@pytest.mark.parametrize("weighting", ["fixed", "uncertainty"])
def test_one_call_answers_everything(recipe: dict[str, Any], weighting: str) -> None:
    run = gs.train(changed(recipe, training={"weighting": weighting}))
    dev = run.metrics["dev"]
    assert dev["sentiment"]["accuracy"]["value"] > 0.95
    assert dev["intensity"]["pearson"]["value"] > 0.9
    assert dev["opinions"]["triplet_f1@span"]["value"] > 0.9
    assert dev["sentiment"]["num_rows"] == 48  # rows without a label are no part of it
    assert any("no label" in line for line in run.rows)
    assert set(run.history[0]["dev"]) == {"mean", "sentiment accuracy", "intensity pearson", "opinions f1"}
    found = gs.load(run.folder)("the food was superb. our staff was awful.")
    assert [one.polarity for one in found.opinions] == ["positive", "negative"]
    assert [found.text[one.start : one.end] for one in found.sentences] == [
        "the food was superb.",
        "our staff was awful.",
    ]
    assert [one.label for one in found.sentences] == ["positive", "negative"]
    assert all(sum(one.scores.values()) == pytest.approx(1) for one in found.sentences)
    assert found.label == found.heads["sentiment"]["label"]
    assert found.scores == found.heads["sentiment"]["scores"]
    assert found.intensity is not None
    assert 0 <= found.intensity <= 1
    assert json.loads(found.to_json())["heads"].keys() == {"sentiment", "intensity"}
    manifest = json.loads((run.folder / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["data"]["rows"]) == {
        f"{head} {split}" for head in recipe["heads"] for split in ("train", "dev")
    }


def test_a_head_alone_says_what_all_say_together(recipe: dict[str, Any], tmp_path: Path) -> None:
    run = gs.train(recipe)
    shutil.move(run.folder, tmp_path / "elsewhere")
    analyzer = gs.load(tmp_path / "elsewhere")
    assert analyzer.heads == ("sentiment", "intensity", "opinions")
    texts = [row["text"] for row in rows()] + ["", "well " * 40 + "the room was fine"]
    together = list(analyzer.stream(texts))
    for head in ("sentiment", "intensity"):
        for whole, alone in zip(together, analyzer.head(head).stream(texts), strict=True):
            assert whole.heads[head]["scores"] == pytest.approx(alone.scores, abs=1e-5)
    for whole, alone in zip(together, analyzer.head("opinions").stream(texts), strict=True):
        assert [one.aspect for one in whole.opinions] == [one.aspect for one in alone.opinions]
        assert [one.score for one in whole.opinions] == pytest.approx([one.score for one in alone.opinions], abs=1e-5)
    assert [text.truncated for text in together[-2:]] == [False, True]
    assert together[-2].opinions == ()
    assert together[-2].warnings[0].startswith("blank_text")


def test_a_head_of_sentences_leaves_the_text_to_the_opinions(recipe: dict[str, Any]) -> None:
    values = {**recipe, "heads": {**recipe["heads"], "sentiment": {"task": "single_label", "reads": "sentences"}}}
    analyzer = gs.load(gs.train(values).folder)
    found = analyzer("the food was superb. our staff was awful.")
    assert [sentence.label for sentence in found.sentences] == ["positive", "negative"]
    assert all(sentence.scores for sentence in found.sentences)
    assert found.label == "mixed"  # what the opinions make of it
    assert found.heads.keys() == {"intensity"}
    assert analyzer("").sentences == ()


def test_aspects_can_be_asked_for(recipe: dict[str, Any]) -> None:
    analyzer = gs.load(gs.train(recipe).folder)
    asked = analyzer("the food was superb. our staff was awful.", aspects=["staff", "price"])
    assert {one.aspect.text for one in asked.opinions if one.aspect is not None} == {"staff"}
    assert asked.warnings[-1] == "aspect_not_found: price"
    with pytest.raises(DataError, match="twice"):
        analyzer("the food was superb", aspects=["staff", "staff"])


def test_evaluate_measures_one_head(recipe: dict[str, Any]) -> None:
    run = gs.train(recipe)
    path = recipe["data"]["train"]
    dev = run.metrics["dev"]["opinions"]["triplet_f1@span"]["value"]
    assert gs.evaluate(run.folder, path, head="opinions")["triplet_f1@span"]["value"] == pytest.approx(dev)
    with pytest.raises(DataError, match=r"no head, expected one of sentiment, intensity, opinions"):
        gs.evaluate(run.folder, path)
    with pytest.raises(DataError, match="'opinion'"):
        gs.evaluate(run.folder, path, head="opinion")
    assert CliRunner().invoke(app, ["evaluate", str(run.folder), path, "--head", "sentiment"]).exit_code == 0


def test_a_stopped_training_ends_with_the_same_bits(recipe: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    every_step = {"checkpoint_minutes": 1e-6}
    values = changed(recipe, training={**every_step, "epochs": 4, "weighting": "uncertainty", "mixing_temperature": 3})
    whole = gs.train(values, name="whole")
    from groundswell.training import loop

    steps = iter(range(100))
    step = loop._Run._step

    def stop_in_the_middle(self: Any, group: Any) -> None:
        if next(steps) == 20:
            raise KeyboardInterrupt
        step(self, group)

    monkeypatch.setattr(loop._Run, "_step", stop_in_the_middle)
    with pytest.raises(KeyboardInterrupt):
        gs.train(values, name="stopped")
    monkeypatch.undo()
    again = gs.train(values, name="stopped", resume=True)
    assert again.metrics["dev"] == whole.metrics["dev"]
    for name in ("encoder.safetensors", "heads/opinions/head.safetensors", "heads/sentiment/head.safetensors"):
        first, second = (load_file(run.folder / "model" / name) for run in (whole, again))
        assert all(first[key].equal(second[key]) for key in first)


def test_held_out_texts_are_the_same_for_every_head(recipe: dict[str, Any]) -> None:
    values = changed(recipe, data={"dev": None, "dev_share": 0.3, "overlap": "refuse"}, training={"epochs": 1})
    run = gs.train(values)
    assert not any("other heads" in warning for warning in run.warnings)
    own = changed(
        values, heads={"intensity": {"task": "regression", "data": {"label": "strength", "split": "stratified"}}}
    )
    with pytest.raises(gs.errors.LeakageError, match="other heads"):
        gs.train(own, name="leaky")


def test_together_against_alone_in_one_command(recipe: dict[str, Any], tmp_path: Path) -> None:
    import yaml

    file = tmp_path / "three.yaml"
    file.write_text(yaml.safe_dump(recipe, sort_keys=False), encoding="utf-8")
    out = tmp_path / "board"
    command = ["compare", str(file), "training.epochs=3", "--out", str(out)]
    answer = CliRunner().invoke(app, [*command, "--json"])
    assert answer.exit_code == 0, answer.output
    found = json.loads(answer.stdout)
    assert [row["head"] for row in found["heads"]] == ["sentiment", "intensity", "opinions"]
    for row in found["heads"]:
        together, alone, (gain, low, high) = row["found"]["first"], row["found"]["second"], row["found"]["difference"]
        assert gain == pytest.approx(together[0] - alone[0])
        assert low <= gain <= high
        measured = json.loads((out / "together" / "metrics.json").read_text())["dev"][row["head"]]
        assert together[0] == pytest.approx(measured[row["found"]["metric"]]["value"])
    assert "gain" in (out / "heads.html").read_text(encoding="utf-8")
    again = CliRunner().invoke(app, command)
    assert "training" not in again.stderr  # nothing is trained twice
    assert "| opinions |" in again.stdout


@pytest.mark.slow
@pytest.mark.parametrize("kind", [["--multi_gpu"], ["--use_fsdp", "--fsdp_version", "2"]], ids=["ddp", "fsdp"])
def test_two_processes_train_as_one(recipe: dict[str, Any], tmp_path: Path, kind: list[str]) -> None:
    """A batch leaves the other heads' weights alone, also where the gradients of two processes are joined; heads are
    measured one by one, also where their weights are shared out."""
    training = {"epochs": 3, "weighting": "uncertainty"}
    file = tmp_path / "recipe.yaml"
    values = changed(recipe, training=training, output={"name": None})
    file.write_text(recipe_from_values(values, "test").to_yaml(), encoding="utf-8")
    launch = ["-m", "accelerate.commands.launch", *kind, "--num_processes", "2", "--num_machines", "1"]
    launch += ["--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0"]
    logs = []
    for name, launcher in (("one", []), ("two", launch)):
        command = [sys.executable, *launcher, "-m", "groundswell", "train", str(file), "--name", name]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        answer = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment)
        assert answer.returncode == 0, answer.stderr
        log = (Path(recipe["output"]["folder"]) / name / "log.jsonl").read_text()
        logs.append([row for row in map(json.loads, log.splitlines()) if "dev" in row])  # others come by the clock
    for one, two in zip(*logs, strict=True):
        assert two["loss"] == pytest.approx(one["loss"], abs=1e-4)
        assert two["dev"] == pytest.approx(one["dev"], abs=1e-3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"heads": {}}, "has no heads"),
        ({"heads": {"a b": {"task": "regression"}}}, "'a b'"),
        ({"heads": {"a": {"task": "regression", "reads": "both"}}}, "reads='both'"),
        ({"heads": {"a": {"task": "opinions"}, "b": {"task": "opinions"}}}, "heads a, b all find opinions"),
        ({"heads": {"a": {"task": "regression", "training": {"metric": "mae"}}}}, "better when smaller"),
        ({"heads": {"a": {"task": "regression", "training": {"loss": "bce"}}}}, "heads.a: training.loss='bce'"),
        ({"heads": {"a": {"task": "multi_task"}}}, "heads.a.task"),
        ({"heads": {"a": {"task": "regression", "data": {"lable": "V"}}}}, r"did you mean 'heads.a.data.label'"),
        ({"training": {"class_weights": "balanced"}}, "set it at a head"),
        ({"task": "regression"}, "heads has no effect"),
        ({"model": {"encoder": "majority"}}, "gives one label"),
    ],
)
def test_recipes_that_do_not_fit(recipe: dict[str, Any], changes: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        recipe_from_values({**recipe, **changes}, "recipe")


def test_a_head_takes_what_it_does_not_say_from_the_recipe() -> None:
    values = {
        "task": "multi_task",
        "data": {"train": "a.csv", "dev": "b.csv", "text": "review"},
        "heads": {
            "stars": {"task": "regression", "data": {"label": "stars"}},
            "topic": {"task": "single_label", "data": {"train": "c.csv"}, "model": {"pooling": "cls"}},
        },
    }
    found = recipe_from_values(values, "recipe")
    stars, topic = found.alone("stars"), found.alone("topic")
    assert (stars.task, stars.data.train, stars.data.dev, stars.data.label) == ("regression", "a.csv", "b.csv", "stars")
    # dev texts of other data are not its own
    assert (topic.data.train, topic.data.dev, topic.data.text) == ("c.csv", None, "review")
    assert (stars.model.pooling, topic.model.pooling) == ("mean", "cls")
    assert (stars.training.loss, stars.training.metric, found.training.metric) == ("mse", "pearson", "mean")
    assert recipe_from_values(json.loads(found.model_dump_json()), "again") == found
