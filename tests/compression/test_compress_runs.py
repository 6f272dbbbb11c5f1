"""Runs made smaller from end to end: every step loads like any run, is measured, and is refused when it is worse."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_run import reviews, write
from tiny_source import tiny_source, unlabelled

import groundswell as gs
from groundswell.compression.compress import COMPRESSION, Compression, compress
from groundswell.compression.magnitude import share_of_zeros
from groundswell.compression.pruning import Pruning
from groundswell.compression.soft_labels import Softness
from groundswell.compression.teaching import Teaching
from groundswell.errors import DataError, InputError, RecipeError, RunFolderError, WorseModelError
from groundswell.model.layer_parts import LayerShape, shapes_of

TEXTS = ["good food", "the bad dark screen", "great service very good"]
TOLERANT = 1.0
OPINION = {
    "aspect": {"text": "food", "start": 4, "end": 8}, "opinion": {"text": "good", "start": 13, "end": 17},
    "category": None, "polarity": "positive",
}  # fmt: skip


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory, tiny_bert: Path) -> Path:
    return tiny_source(tmp_path_factory.mktemp("source"), tiny_bert)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROUNDSWELL_CACHE", str(tmp_path / "cache"))


def smaller(source: Path, folder: Path, *overrides: str, **wanted: Any) -> Any:
    wanted = {"tolerance": TOLERANT, **wanted}
    return compress(source, Compression(**wanted), out=folder, name="small", overrides=overrides, progress=False)


def recipe_file(folder: Path, **sections: Any) -> str:
    path = folder / "student.yaml"
    path.write_text(json.dumps({"data": {"train": "elsewhere.csv"}, **sections}))
    return str(path)


def encoder_of(run: Path) -> Any:
    saved: Any = gs.load(run).saved
    return saved.model.encoder


def test_pruned_runs_load_and_say_what_is_left(source: Path, tmp_path: Path) -> None:
    done = smaller(source, tmp_path, pruning=Pruning(0.5, recovery_epochs=1))
    assert done.folder == tmp_path / "small"
    shapes = shapes_of(encoder_of(done.folder).layers)
    assert sum(shape.heads for shape in shapes) == 4  # of 8
    assert sum(shape.neurons for shape in shapes) == 48  # of 96
    said = json.loads((done.folder / COMPRESSION).read_text())
    assert said == done.report
    assert said["pruned"]["heads"] == {"before": [4, 4], "kept": [shape.heads for shape in shapes]}
    compared = said["compared"]
    assert compared["bytes"][1] < compared["bytes"][0]
    assert set(compared["heads"][""]) == {"metric", "value", "fall", "agreement", "logits"}
    manifest = json.loads((done.folder / "manifest.json").read_text())
    assert manifest["compressed_from"]["folder"] == "source"
    assert manifest["compressed_from"]["steps"] == ["pruned"]
    assert manifest["base_model"] == json.loads((source / "manifest.json").read_text())["base_model"]
    assert "dev" in json.loads((done.folder / "metrics.json").read_text())
    assert (done.folder / "recipe.yaml").exists()
    found = gs.evaluate(done.folder, str(source.parents[1] / "dev.jsonl"), progress=False)
    assert found["accuracy"]["value"] == pytest.approx(compared["heads"][""]["value"][1])
    assert list(tmp_path.glob(".small*")) == []


def test_a_pruned_run_is_an_encoder_like_any_other(source: Path, tmp_path: Path) -> None:
    done = smaller(source, tmp_path, pruning=Pruning(0.5, recovery_epochs=0))
    (tmp_path / "again").mkdir()
    again = tiny_source(tmp_path / "again", done.folder, tuning={"method": "lora"}, training={"epochs": 1})
    assert shapes_of(encoder_of(again).layers) == shapes_of(encoder_of(done.folder).layers)
    (explanation,) = gs.explain(done.folder, TEXTS[:1], method="attention")
    assert len(explanation.words) == 2


def test_layers_go_and_without_recovery_the_rest_is_as_it_was(source: Path, tmp_path: Path) -> None:
    done = smaller(source, tmp_path, pruning=Pruning(0.5, ("layers",), recovery_epochs=0))
    (kept,) = done.report["pruned"]["layers"]["kept"]
    before, after = encoder_of(source), encoder_of(done.folder)
    assert len(after.layers) == 1
    for name, weight in before.layers[kept].state_dict().items():
        torch.testing.assert_close(after.layers[0].state_dict()[name], weight, atol=0, rtol=0)
    analyses = [list(gs.load(run).stream(TEXTS)) for run in (source, done.folder)]
    assert [one.label for one in analyses[1]]
    assert analyses[0][0].scores != analyses[1][0].scores


def test_zeros_of_a_pruned_run_are_there_after_its_recovery(source: Path, tmp_path: Path) -> None:
    done = smaller(source, tmp_path, pruning=Pruning(0.4, ("weights",), recovery_epochs=2))
    assert share_of_zeros(encoder_of(done.folder)) == pytest.approx(0.4, abs=1e-3)
    assert done.report["pruned"]["zeros"] == pytest.approx(0.4, abs=1e-3)


def test_an_own_transformer_can_be_pruned(tmp_path: Path) -> None:
    model = {"encoder": "transformer", "scratch": {"width": 16, "layers": 2, "heads": 4}}
    run = tiny_source(tmp_path, "transformer", model=model, text={"max_tokens": 32, "min_count": 1})
    done = smaller(run, tmp_path, pruning=Pruning(0.5, ("heads", "neurons", "layers"), recovery_epochs=1))
    assert shapes_of(encoder_of(done.folder).layers) == [LayerShape(2, 32)]


def test_vocabulary_of_some_texts(source: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "texts.jsonl", [{"text": text} for text in TEXTS])
    done = smaller(source, tmp_path, vocabulary=(file,))
    assert done.report["vocabulary"]["tokens"] < done.report["vocabulary"]["tokens_before"]
    before, after = (gs.load(run).score(TEXTS) for run in (source, done.folder))
    torch.testing.assert_close(after, before, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    "model",
    [
        {"model": {"encoder": "logistic_regression"}},
        {"model": {"encoder": "naive_bayes"}},
        {"model": {"encoder": "nb_svm"}},
        {"model": {"encoder": "cnn", "scratch": {"width": 8, "filters": 4}}, "training": {"epochs": 2}},
    ],
    ids=lambda given: given["model"]["encoder"],
)
def test_students_of_every_kind_learn_from_more_texts(source: Path, tmp_path: Path, model: dict[str, Any]) -> None:
    recipe = recipe_file(tmp_path, text={"min_count": 1}, **model)
    done = smaller(source, tmp_path, student=recipe, teaching=Teaching(unlabelled=(unlabelled(tmp_path),)))
    told = done.report["taught"]
    assert told["labelled_texts"] == len(reviews())
    assert told["unlabelled_texts"] == 2
    assert any(line.startswith("unlabelled: 6 rows read, 2 kept") for line in done.rows)
    (train,) = (line for line in done.rows if line.startswith("train: "))
    assert "labelled by the teacher: rows 1, 2" in train
    assert gs.load(done.folder).outputs.labels == gs.load(source).outputs.labels


def test_a_baseline_learns_its_teachers_doubts(source: Path, tmp_path: Path) -> None:
    """With the teacher's word alone its answers are copied, not the gold ones, here all turned round."""
    rows = [{**row, "label": {"positive": "negative", "negative": "positive"}[row["label"]]} for row in reviews()]
    turned = write(tmp_path / "turned.jsonl", rows)
    recipe = recipe_file(tmp_path, text={"min_count": 1}, model={"encoder": "logistic_regression"})
    teaching = Teaching(Softness(1.0, 1.0))
    done = smaller(source, tmp_path, f"data.train={turned}", student=recipe, teaching=teaching)
    assert any("train are not those that the run was trained with" in line for line in done.warnings)
    assert done.report["compared"]["heads"][""]["agreement"] > 0.9


def test_a_student_with_fewer_layers_follows_hidden_states(source: Path, tmp_path: Path) -> None:
    recipe = recipe_file(
        tmp_path, text={"max_tokens": 32}, tuning={"method": "full"},
        model={"encoder": str(source), "layers": 1}, training={"epochs": 2, "precision": "float32"},
    )  # fmt: skip
    done = smaller(source, tmp_path, student=recipe, teaching=Teaching(hidden_states=True))
    assert len(encoder_of(done.folder).layers) == 1
    assert done.report["taught"]["hidden_states"] is True
    # and what was distilled can be pruned in the same run, recovering by its teacher's labels
    again = compress(
        source,
        Compression(recipe, Pruning(0.5, recovery_epochs=1), tolerance=TOLERANT),
        out=tmp_path, progress=False,
    )  # fmt: skip
    assert again.folder.name == "source-distilled-pruned"
    assert shapes_of(encoder_of(again.folder).layers)[0].heads == 2


def test_a_worse_model_is_not_written(source: Path, tmp_path: Path) -> None:
    recipe = recipe_file(tmp_path, model={"encoder": "majority"})
    with pytest.raises(WorseModelError, match=r"small: not written, as accuracy on dev went from .* to 0\.5000"):
        smaller(source, tmp_path, student=recipe, tolerance=0.005)
    assert list(tmp_path.glob("*small*")) == []
    assert list(tmp_path.glob(".small*")) == []


def test_moved_rows_are_named_with_the_way_to_name_others(source: Path, tmp_path: Path) -> None:
    run = shutil.copytree(source, tmp_path / "moved")
    text = (run / "recipe.yaml").read_text().replace("dev.jsonl", "gone.jsonl")
    (run / "recipe.yaml").write_text(text)
    manifest = json.loads((run / "manifest.json").read_text())
    del manifest["files"]["recipe.yaml"]
    (run / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(DataError, match=r"gone\.jsonl.* name them by data\.train=FILE data\.dev=FILE"):
        smaller(run, tmp_path, pruning=Pruning(0.5, recovery_epochs=0))
    dev = source.parents[1] / "dev.jsonl"
    assert smaller(run, tmp_path, f"data.dev={dev}", pruning=Pruning(0.5, recovery_epochs=0)).folder.is_dir()


def test_what_cannot_be_done_is_told(source: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found nothing to do, expected one of --quantize, --prune"):
        smaller(source, tmp_path)
    (tmp_path / "small").mkdir()
    with pytest.raises(RunFolderError, match=r"small: exists\. Choose another --name or --out"):
        smaller(source, tmp_path, pruning=Pruning(0.5))
    (tmp_path / "small").rmdir()
    with pytest.raises(InputError, match=r"--name: found '\.\./x', expected letters"):
        compress(source, Compression(pruning=Pruning(0.5)), name="../x")
    with pytest.raises(InputError, match=r"--prune: 0\.1 of 2 layers are 0, expected 1 to 1"):
        smaller(source, tmp_path, pruning=Pruning(0.1, ("layers",)))
    with pytest.raises(RecipeError, match=r"--distill .*model\.layers has no effect with model\.encoder='cnn'"):
        smaller(
            source,
            tmp_path,
            "model.layers=1",
            student=recipe_file(tmp_path, model={"encoder": "cnn"}),
        )
    baseline = recipe_file(tmp_path, text={"min_count": 1}, model={"encoder": "naive_bayes"})
    with pytest.raises(InputError, match=r"--hidden-states: model\.encoder=naive_bayes has none"):
        smaller(source, tmp_path, student=baseline, teaching=Teaching(hidden_states=True))
    other = write(tmp_path / "other.jsonl", [{"text": f"word {n}", "label": "abc"[n % 3]} for n in range(30)])
    for wanted in ({"student": baseline}, {"pruning": Pruning(0.5)}):
        with pytest.raises((DataError, InputError), match=r"data\.train: gives the labels a, b, c"):
            smaller(source, tmp_path, f"data.train={other}", f"data.dev={other}", **wanted)
    assert list(tmp_path.glob(".small*")) == []


@pytest.mark.parametrize("task", ["multi_label", "regression"])
def test_other_tasks_teach_too(tmp_path: Path, tiny_bert: Path, task: str) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    good = {"multi_label": ["praise", "warm"], "regression": 0.9}[task]
    bad = {"multi_label": ["blame"], "regression": 0.1}[task]
    rows = [{**row, "label": good if row["label"] == "positive" else bad} for row in reviews()]
    source = tiny_source(
        folder,
        tiny_bert,
        task=task,
        data={"train": write(folder / "t.jsonl", rows), "dev": write(folder / "d.jsonl", rows)},
    )
    recipe = recipe_file(
        tmp_path, text={"min_count": 1}, model={"encoder": "bag", "scratch": {"buckets": 9}}, training={"epochs": 1}
    )
    teaching = Teaching(Softness(1.0, 1.0), (unlabelled(tmp_path),))
    done = smaller(source, tmp_path, student=recipe, teaching=teaching)
    found = done.report["compared"]["heads"][""]
    assert found["metric"] == ("pearson" if task == "regression" else "macro_f1")
    assert (found["agreement"] is None) == (task == "regression")


def test_opinions_and_several_heads_are_pruned_and_do_not_teach(tmp_path: Path, tiny_bert: Path) -> None:
    rows = [{"text": "the food was good", "opinions": [OPINION]}, {"text": "the room", "opinions": []}] * 8
    rows = [{**row, "text": f"{row['text']} {'a ' * (number // 2)}".strip()} for number, row in enumerate(rows)]
    opinions = {"train": write(tmp_path / "opinions.jsonl", rows), "overlap": "ignore", "dev_share": 0.25}
    labels = {"train": write(tmp_path / "labels.jsonl", reviews()), "overlap": "ignore", "dev_share": 0.25}
    heads = {
        "sentiment": {"task": "single_label", "data": labels},
        "opinions": {"task": "opinions", "data": opinions},
    }
    source = tiny_source(tmp_path, tiny_bert, task="multi_task", heads=heads, data={"dev": None, **labels})
    done = smaller(source, tmp_path, pruning=Pruning(0.5, recovery_epochs=1))
    assert set(done.report["compared"]["heads"]) == {"sentiment", "opinions"}
    assert done.report["compared"]["heads"]["opinions"]["metric"] == "f1"
    loaded: Any = gs.load(done.folder).saved
    assert sum(shape.heads for shape in shapes_of(loaded.heads["opinions"].model.encoder.layers)) == 4
    recipe = recipe_file(tmp_path, model={"encoder": "naive_bayes"})
    with pytest.raises(InputError, match="a run of task=multi_task cannot teach, expected single_label"):
        compress(source, Compression(recipe), out=tmp_path, progress=False)


def test_a_baseline_cannot_be_pruned(tmp_path: Path) -> None:
    source = tiny_source(tmp_path, "naive_bayes", text={"min_count": 1}, model={"encoder": "naive_bayes"}, training={})
    with pytest.raises(InputError, match="--prune: the run is a baseline, which has no network"):
        smaller(source, tmp_path, pruning=Pruning(0.5))
