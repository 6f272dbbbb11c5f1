"""Baselines go the same way as every model: recipe in, run folder out, the same Analyzer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tiny_run import changed, reviews, write

import groundswell as gs
from groundswell.errors import DataError, RecipeError, RunFolderError

LEARNED = ["naive_bayes", "nb_svm", "logistic_regression", "linear_svm"]


@pytest.fixture
def baseline(tmp_path: Path) -> dict[str, Any]:
    """A recipe of logistic regression on texts it can tell apart."""
    train, dev = write(tmp_path / "train.jsonl", reviews()), write(tmp_path / "dev.jsonl", reviews(1))
    return {
        "data": {"train": train, "dev": dev, "test": dev},
        "text": {"min_count": 1},
        "model": {"encoder": "logistic_regression"},
        "output": {"folder": str(tmp_path / "runs"), "name": "small"},
    }


def of_kind(values: dict[str, Any], kind: str, **sections: Any) -> dict[str, Any]:
    return changed({**values, "model": {"encoder": kind}}, **sections)


@pytest.mark.parametrize("kind", LEARNED)
def test_a_run_learns_loads_and_predicts(baseline: dict[str, Any], kind: str) -> None:
    run = gs.train(of_kind(baseline, kind))
    assert run.metrics["test"]["accuracy"]["value"] == 1.0
    assert run.metrics["parameters"]["total"] > 20
    analyzer = gs.load(run.folder)
    found = analyzer("very good food")
    assert (found.label, found.truncated) == ("positive", False)
    assert sum(found.scores.values()) == pytest.approx(1.0)
    assert sorted(path.name for path in (run.folder / "model").iterdir()) == [
        "calibration.json", "features.json", "groundswell.json", "linear.safetensors",
    ]  # fmt: skip
    assert not (run.folder / "checkpoints").exists()
    assert (run.folder / "report.html").exists()


@pytest.mark.parametrize("kind", LEARNED)
def test_unknown_tokens_are_counted(baseline: dict[str, Any], tmp_path: Path, kind: str) -> None:
    rows = [*reviews(1), {"text": "zig zag zog", "label": "positive"}]
    run = gs.train(of_kind(baseline, kind, data={"test": write(tmp_path / "other.jsonl", rows)}))
    words = sum(len(row["text"].split()) for row in reviews(1))
    counted = json.loads((run.folder / "manifest.json").read_text(encoding="utf-8"))["data"]["rows"]
    assert counted["test"]["unknown_tokens"] == pytest.approx(3 / (words + 3), abs=1e-6)
    assert counted["train"]["unknown_tokens"] == counted["dev"]["unknown_tokens"] == 0


def test_the_majority_gives_the_shares_of_the_labels(baseline: dict[str, Any], tmp_path: Path) -> None:
    rows = reviews() + [{"text": f"so so {number}", "label": "positive"} for number in range(40)]
    run = gs.train(of_kind(baseline, "majority", data={"train": write(tmp_path / "more.jsonl", rows)}))
    scores = gs.load(run.folder)("bad bad bad").scores
    assert scores == pytest.approx({"negative": 0.25, "positive": 0.75})
    assert run.metrics["test"]["accuracy"]["value"] == 0.5


@pytest.mark.parametrize(("language", "tokens"), [("en", "words"), ("zh", "jieba")])
def test_the_lexicon_knows_words_it_was_not_trained_on(
    baseline: dict[str, Any], tmp_path: Path, language: str, tokens: str
) -> None:
    good, bad, unseen = {
        "en": ("good", "bad", "The meal was superb."), "zh": ("很好", "很差", "这家店太棒了"),
    }[language]  # fmt: skip
    rows = [{"text": f"{good} {number}", "label": "p"} for number in range(5)]
    rows += [{"text": f"{bad} {number}", "label": "n"} for number in range(5)]
    path = write(tmp_path / "rows.jsonl", rows)
    run = gs.train(
        of_kind(
            baseline, "lexicon", data={"train": path, "dev": path, "test": path}, text={"tokens": tokens},
            model={"linear": {"lexicon": language}},
        )
    )  # fmt: skip
    assert gs.load(run.folder)(unseen).label == "p"


def test_a_user_lexicon_and_dictionary(baseline: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("word,kind,value\ngood,polarity,1\nbad,polarity,-1\n", encoding="utf-8")
    run = gs.train(of_kind(baseline, "lexicon", model={"linear": {"lexicon": str(tmp_path / "mine.csv")}}))
    assert run.metrics["test"]["accuracy"]["value"] >= 0.8


def test_unknown_words_are_warned_of(baseline: dict[str, Any]) -> None:
    analyzer = gs.load(gs.train(baseline).folder)
    assert analyzer("zig zag good").warnings[-1] == "many_unknown_words: 67% of the tokens are unknown to the model"
    assert analyzer("good food").warnings == ()


def test_a_copied_run_predicts_the_same(baseline: dict[str, Any], tmp_path: Path) -> None:
    import shutil

    run = gs.train(baseline)
    shutil.copytree(run.folder, tmp_path / "elsewhere")
    texts = ["good room", "", "dark screen", "屏幕"]
    first, second = (
        [found.scores for found in gs.load(at).stream(texts)] for at in (run.folder, tmp_path / "elsewhere")
    )
    assert first == second


def test_the_same_recipe_gives_the_same_bytes(baseline: dict[str, Any]) -> None:
    for kind in LEARNED:
        first, second = (gs.train(of_kind(baseline, kind), name=f"{kind}-{number}") for number in range(2))
        for name in ("features.json", "linear.safetensors"):
            assert (first.folder / "model" / name).read_bytes() == (second.folder / "model" / name).read_bytes()


@pytest.mark.parametrize("kind", [*LEARNED, "lexicon", "majority"])
def test_test_texts_teach_nothing(baseline: dict[str, Any], tmp_path: Path, kind: str) -> None:
    """Neither words nor their weights: with other test texts the files are the same, byte for byte."""
    planted = [{"text": row["text"] + " unheard bad", "label": "positive"} for row in reviews(3)]
    runs = [
        gs.train(of_kind(baseline, kind, data={"test": test}), name=f"{kind}-{number}")
        for number, test in enumerate((baseline["data"]["test"], write(tmp_path / "planted.jsonl", planted)))
    ]
    first, second = (
        {path.name: path.read_bytes() for path in (run.folder / "model").iterdir()} for run in runs
    )  # fmt: skip
    assert first == second
    assert not any(b"unheard" in content for content in second.values())


def test_three_classes(baseline: dict[str, Any], tmp_path: Path) -> None:
    rows = reviews() + [{"text": f"so so room {'a ' * number}", "label": "neutral"} for number in range(8)]
    path = write(tmp_path / "three.jsonl", rows)
    for kind in LEARNED:
        run = gs.train(of_kind(baseline, kind, data={"train": path, "dev": path, "test": path}), name=kind)
        assert gs.load(run.folder)("so so").label == "neutral"


def test_balanced_weights_reach_the_rare_class(baseline: dict[str, Any], tmp_path: Path) -> None:
    rows = [{"text": "room good", "label": "p"}] * 30 + [
        {"text": "room bad", "label": "n"},
        {"text": "bad", "label": "n"},
    ]
    path = write(tmp_path / "rare.jsonl", rows)
    values = changed(baseline, data={"train": path, "dev": path, "test": path, "overlap": "ignore"})
    plain = gs.load(gs.train(values, name="plain").folder)("room bad").scores["n"]
    balanced = gs.train(changed(values, training={"class_weights": "balanced"}), name="balanced")
    assert gs.load(balanced.folder)("room bad").scores["n"] > plain


def test_an_altered_file_is_named(baseline: dict[str, Any]) -> None:
    run = gs.train(baseline)
    path = run.folder / "model" / "features.json"
    path.write_text(path.read_text(encoding="utf-8").replace("good", "gold"), encoding="utf-8")
    with pytest.raises(RunFolderError, match=r"features\.json"):
        gs.load(run.folder)


def test_nothing_is_frequent_enough(baseline: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="no n-gram of 1 to 2 tokens"):
        gs.train(changed(baseline, text={"min_count": 1000}))


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"task": "multi_label"}, "gives one label, which does not fit task='multi_label'"),
        ({"model": {"encoder": "majority", "linear": {"strength": 2}}}, "model.linear.strength has no effect"),
        ({"tuning": {"method": "head"}}, "has no pretrained weights"),
        ({"training": {"class_weights": {"positive": 1, "negative": 2}}}, "expected none with"),
    ],
)
def test_what_does_not_go_together_is_refused(baseline: dict[str, Any], sections: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        gs.train({**baseline, **sections})


def test_the_manifest_names_the_features(baseline: dict[str, Any]) -> None:
    manifest = json.loads((gs.train(baseline).folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["base_model"] == {"name": "logistic_regression", "hub": None, "sha256": None}
    assert manifest["tokenizer_sha256"] == manifest["files"]["model/features.json"]


def test_a_baseline_names_its_weights_and_no_training_that_it_had_not(baseline: dict[str, Any]) -> None:
    run = gs.train(baseline)
    manifest = json.loads((run.folder / "manifest.json").read_text(encoding="utf-8"))
    name, _, digest = manifest["model"].split(" ")
    assert (name, len(digest)) == ("small", len("sha256:") + 12)
    assert gs.load(run.folder)("good").model == manifest["model"]
    page = (run.folder / "report.html").read_text(encoding="utf-8").partition("The whole recipe")[0]
    assert "pooling" not in page
    assert "learning rate" not in page


def test_a_refused_recipe_leaves_its_name_free(baseline: dict[str, Any]) -> None:
    with pytest.raises(DataError):
        gs.train(changed(baseline, text={"min_count": 1000}))
    assert not (Path(baseline["output"]["folder"]) / "small").exists()
    assert gs.train(baseline).folder.name == "small"
