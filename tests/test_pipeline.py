"""From a recipe to a run folder and back, on tiny random models."""

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
from tiny_run import changed, reviews, write

import groundswell as gs
from groundswell import run_folder
from groundswell.errors import LeakageError, RecipeError, RunFolderError
from groundswell.recipe_reading import recipe_from_values


def test_a_run_folder_holds_what_it_promises(values: dict[str, Any]) -> None:
    run = gs.train(values)
    names = {path.name for path in run.folder.iterdir()}
    assert names == {
        "recipe.yaml", "manifest.json", "model", "adapter", "metrics.json", "log.jsonl", "findings.json",
        "report.html", "README.md",
    }  # fmt: skip
    assert not [path for path in run.folder.rglob("*") if path.suffix in (".bin", ".pt", ".pkl", ".pth")]
    manifest = json.loads((run.folder / "manifest.json").read_text())
    assert manifest["data"]["rows"]["train"]["read"] == 40
    assert manifest["data"]["rows"]["train"]["kept"] == 30
    assert manifest["data"]["rows"]["dev"]["kept"] == 10
    assert manifest["data"]["sha256"]["train"] == run_folder.file_sha256(Path(values["data"]["train"]))
    assert manifest["training"]["items"] == 2 * 30  # what was learned from: a mask that is lost would show here
    assert manifest["label_map"]["names"] == ["negative", "positive"]
    assert set(json.loads((run.folder / "metrics.json").read_text())["dev"]["accuracy"]) == {"value", "low", "high"}
    assert gs.load_recipe(run.folder / "recipe.yaml").training.epochs == 2


def test_a_moved_run_gives_the_same_predictions_in_a_new_process(values: dict[str, Any], tmp_path: Path) -> None:
    run = gs.train(values)
    here = gs.load(run.folder)("very good food").to_dict()
    moved = tmp_path / "elsewhere" / "moved"
    shutil.copytree(run.folder, moved)
    shutil.rmtree(run.folder)
    code = f"import groundswell as gs; print(gs.load({str(moved)!r})('very good food').to_json())"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(answer.stdout) == here


@pytest.mark.parametrize(
    ("tuning", "model", "text"),
    [
        ({"method": "full"}, {}, {}),
        ({"method": "full", "layers": 1}, {"pooling": "cls"}, {}),
        (
            {"method": "lora", "layers": 1},
            {"pooling": "max"},
            {"truncation": "windows", "max_tokens": 8, "window_overlap": 2},
        ),
        ({"method": "head"}, {"pooling": "mean"}, {}),
        ({"method": "head"}, {"pooling": "attention"}, {"truncation": "head_tail", "max_tokens": 8}),
    ],
)
def test_the_exported_model_scores_what_training_measured(
    values: dict[str, Any], tuning: dict[str, Any], model: dict[str, Any], text: dict[str, Any]
) -> None:
    """Traps A2 and L14: best weights, head and merge survive export; dev accuracy is the best epoch's, exactly."""
    run = gs.train(changed(values, tuning=tuning, model=model, text=text))
    best = run.history[run.metrics["best_epoch"] - 1]["dev"]["accuracy"]
    assert run.metrics["dev"]["accuracy"]["value"] == best


@pytest.mark.parametrize("kind", ["tiny_gpt2", "tiny_distilbert", "tiny_qwen2"])
@pytest.mark.filterwarnings("ignore:fan_in_fan_out")
def test_every_kind_of_encoder_trains_and_loads(
    values: dict[str, Any], kind: str, request: pytest.FixtureRequest
) -> None:
    folder = request.getfixturevalue(kind)
    run = gs.train(changed(values, model={"encoder": str(folder), "pooling": "last"}))
    assert gs.load(run.folder)("good").label in ("negative", "positive")


def test_multi_label_and_regression(values: dict[str, Any], tmp_path: Path) -> None:
    rows = [{"text": row["text"], "label": ["food"] if "food" in row["text"] else []} for row in reviews()]
    many = changed(values, data={"train": write(tmp_path / "many.jsonl", rows)}) | {"task": "multi_label"}
    run = gs.train(changed(many, training={"epochs": 4}))
    analysis = gs.load(run.folder)("good food")
    assert analysis.label is None
    assert set(analysis.to_dict()) >= {"labels", "scores"}
    numbers = [{"text": row["text"], "label": 4.0 if row["label"] == "positive" else 1.0} for row in reviews()]
    scored = changed(values, data={"train": write(tmp_path / "n.jsonl", numbers)}, output={"name": "n"})
    run = gs.train(changed(scored, training={"epochs": 6}) | {"task": "regression"})
    assert run.metrics["dev"]["pearson"]["value"] > 0.5
    assert 0 < gs.load(run.folder)("good food").scores["label"] < 6


def test_evaluate_counts_every_row_and_answers_blank_ones(values: dict[str, Any], tmp_path: Path) -> None:
    run = gs.train(values)
    rows = [{"text": "good food", "label": "positive"}, {"text": "  ", "label": "negative"}]
    found = gs.evaluate(run.folder, write(tmp_path / "test.jsonl", rows))
    assert found["num_rows"] == 2
    assert found["rows"]["kept"] == 2
    csv = tmp_path / "other.csv"
    csv.write_text("review,stars\ngood food,5\nbad food,1\n")
    overrides = ["data.text=review", "data.label=stars", "data.labels.5=positive", "data.labels.1=negative"]
    assert gs.evaluate(run.folder, str(csv), overrides=overrides)["num_rows"] == 2


def test_permuting_labels_in_the_file_changes_nothing_by_name(values: dict[str, Any], tmp_path: Path) -> None:
    """Trap D1: ids follow names, not the order in which labels appear."""
    first = gs.train(values)
    rows = reviews()
    assert rows[0]["label"] == "positive"
    analyzer = gs.load(first.folder)
    assert analyzer.outputs.labels == ("negative", "positive")
    shuffled = changed(values, data={"train": write(tmp_path / "r.jsonl", rows[1:] + rows[:1])}, output={"name": "r"})
    assert gs.load(gs.train(shuffled).folder).outputs.labels == ("negative", "positive")


def test_same_seed_same_bits(values: dict[str, Any]) -> None:
    runs = [gs.train(changed(values, output={"name": name})) for name in ("a", "b")]
    hashes = [json.loads((run.folder / "manifest.json").read_text())["files"] for run in runs]
    assert hashes[0]["model/model.safetensors"] == hashes[1]["model/model.safetensors"]
    assert hashes[0]["model/head.safetensors"] == hashes[1]["model/head.safetensors"]


def test_one_base_serves_several_methods(values: dict[str, Any], tiny_bert: Path) -> None:
    """What was tuned before in the same process, and how, leaves base and results as they are."""
    before = {path.name: run_folder.file_sha256(path) for path in tiny_bert.iterdir()}
    methods = ("full", "lora", "head", "full", "lora")
    runs = [
        gs.train(changed(values, tuning={"method": method}, output={"name": f"{n}"}))
        for n, method in enumerate(methods)
    ]
    assert {path.name: run_folder.file_sha256(path) for path in tiny_bert.iterdir()} == before
    first, lora, head, full, again = (json.loads((run.folder / "manifest.json").read_text())["files"] for run in runs)
    for one, other in ((first, full), (lora, again)):
        for name in ("model/model.safetensors", "model/head.safetensors"):
            assert one[name] == other[name]
    base = load_file(tiny_bert / "model.safetensors")
    assert all(
        tensor.equal(base[name]) for name, tensor in load_file(runs[2].folder / "model/model.safetensors").items()
    )
    assert len({found["model/model.safetensors"] for found in (first, lora, head)}) == 3


def test_a_run_without_a_name_takes_the_next_free_one(values: dict[str, Any]) -> None:
    unnamed = changed(values, output={"name": None}, training={"epochs": 1})
    assert [gs.train(unnamed, default_name="x").folder.name for _ in range(2)] == ["x", "x-2"]


def test_a_name_is_used_once(values: dict[str, Any]) -> None:
    run = gs.train(changed(values, training={"epochs": 1}))
    with pytest.raises(RunFolderError) as error:
        gs.train(values)
    assert str(error.value) == f"{run.folder}: a finished run of this name exists. Choose another --name, or remove it"


def test_a_test_split_is_measured_and_never_seen(values: dict[str, Any], tmp_path: Path) -> None:
    """Trap D7: a token of the test texts changes no fitted file."""
    without = gs.train(changed(values, output={"name": "without"}))
    test = write(
        tmp_path / "t.jsonl", [{"text": "zzz good", "label": "positive"}, {"text": "bad", "label": "negative"}]
    )
    with_test = gs.train(changed(values, data={"test": test}, output={"name": "with"}))
    assert with_test.metrics["test"]["num_rows"] == 2
    files = [json.loads((run.folder / "manifest.json").read_text())["files"] for run in (without, with_test)]
    for name in ("model/model.safetensors", "model/head.safetensors", "model/tokenizer.json"):
        assert files[0][name] == files[1][name]


def test_overlap_between_splits_warns_or_refuses(values: dict[str, Any], tmp_path: Path) -> None:
    dev = write(tmp_path / "dev.jsonl", [reviews()[0], {"text": "slow bad service", "label": "negative"}])
    warned = gs.train(changed(values, data={"dev": dev, "overlap": "warn"}))
    assert any("1 texts of dev stand in train too" in warning for warning in warned.warnings)
    with pytest.raises(LeakageError, match="1 texts of dev stand in train too"):
        gs.train(changed(values, data={"dev": dev, "overlap": "refuse"}, output={"name": "refused"}))


def test_texts_longer_than_the_encoder_reads_are_refused_before_training(values: dict[str, Any]) -> None:
    with pytest.raises(RecipeError) as error:
        gs.train(changed(values, text={"max_tokens": 100}))
    assert "reads at most 64 tokens" in str(error.value)


def test_limit_draws_rows_and_says_so(values: dict[str, Any]) -> None:
    run = gs.train(changed(values, data={"limit": 10}))
    train = json.loads((run.folder / "manifest.json").read_text())["data"]["rows"]["train"]
    assert train["kept"] == 10
    assert train["reasons"]["not drawn (data.limit)"]["count"] == 20


@pytest.mark.slow
def test_the_tutorial_recipe_runs_on_folders_of_the_same_shape(
    values: dict[str, Any], tmp_path: Path, tiny_distilbert: Path
) -> None:
    import pyarrow as pa
    import pyarrow.parquet

    data = tmp_path / "imdb-truncated" / "data"
    data.mkdir(parents=True)
    for split in ("train", "validation"):
        rows = [{"label": int(row["label"] == "positive"), "text": row["text"]} for row in reviews()]
        pa.parquet.write_table(pa.Table.from_pylist(rows), data / f"{split}-00000-of-00001.parquet")
    folder = str(data.parent)
    run = gs.train(
        Path(__file__).parents[1] / "recipes" / "sentiment" / "distilbert-lora-imdb.yaml",
        data={"train": f"{folder}#train", "dev": f"{folder}#validation", "overlap": "ignore"},
        text={"max_tokens": 64},
        model={"encoder": str(tiny_distilbert)},
        training={"epochs": 1},
        output={"folder": str(tmp_path / "runs")},
    )
    adapter = json.loads((run.folder / "adapter" / "adapter_config.json").read_text())
    assert (adapter["r"], adapter["lora_alpha"], adapter["lora_dropout"]) == (4, 32, 0.01)
    assert adapter["target_modules"] == ["q_lin"]


@pytest.mark.slow
def test_accelerate_launch_with_two_processes_trains_as_one(values: dict[str, Any], tmp_path: Path) -> None:
    """`accelerate launch` on processors: same losses, dev metrics and steps, one run folder."""
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(recipe_from_values(values, "test", ["output.name=null", "model.head_dropout=0"]).to_yaml())
    launch = ["-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--num_machines", "1"]
    launch += ["--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0"]
    logs = []
    for name, launcher in (("one", []), ("two", launch)):
        command = [sys.executable, *launcher, "-m", "groundswell", "train", str(recipe), "--name", name]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        answer = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment)
        assert answer.returncode == 0, answer.stderr
        folder = Path(values["output"]["folder"]) / name
        rows = map(json.loads, (folder / "log.jsonl").read_text().splitlines())
        logs.append([row for row in rows if "dev" in row])  # others come by the clock
        assert gs.load(folder)("good").label is not None
    for one, two in zip(*logs, strict=True):
        assert (one["step"], one["epoch"]) == (two["step"], two["epoch"])
        assert two["loss"] == pytest.approx(one["loss"], abs=1e-5)
        assert two["dev"] == pytest.approx(one["dev"], abs=1e-4)
