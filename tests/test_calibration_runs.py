"""Confidences from training to prediction: fitted on dev alone, kept in the run, served to those who ask."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_run import changed, reviews, write

import groundswell as gs
from groundswell.errors import DataError, RecipeError
from groundswell.evaluation.temperature import fit_temperature
from groundswell.recipe_reading import recipe_from_values

WORDS = {"bad": -2, "dull": -1, "plain": 0, "nice": 1, "good": 2}


def noisy(seed: int, num_rows: int) -> list[dict[str, Any]]:
    """Five words each; the label follows their sum with a chance of 85 %."""
    draw = random.Random(seed)
    rows = []
    for number in range(num_rows):
        words = draw.choices([*WORDS], k=5)
        is_good = (sum(WORDS[word] for word in words) + draw.random() - 0.5 > 0) == (draw.random() < 0.85)
        rows.append({"id": number, "text": f"{' '.join(words)} {number}", "label": "good" if is_good else "bad"})
    return rows


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A linear model that is too sure of itself, with texts enough to see it."""
    folder = tmp_path_factory.mktemp("calibration")
    splits = {"train": 120, "dev": 300, "test": 400}
    data = {
        name: write(folder / f"{name}.jsonl", noisy(seed, size)) for seed, (name, size) in enumerate(splits.items())
    }
    return {
        "data": {**data, "overlap": "ignore"},
        "text": {"min_count": 1},
        "model": {"encoder": "logistic_regression", "linear": {"strength": 1000.0}},
        "evaluation": {"resamples": 100},
        "output": {"folder": str(folder / "runs")},
    }


@pytest.fixture(scope="module")
def run(recipe: dict[str, Any]) -> gs.Run:
    return gs.train(recipe, name="calibrated")


@pytest.fixture(scope="module")
def plain(recipe: dict[str, Any]) -> gs.Run:
    return gs.train(changed(recipe, evaluation={"calibration": False}), name="plain")


def texts_of(recipe: dict[str, Any], split: str) -> list[str]:
    return [json.loads(line)["text"] for line in Path(recipe["data"][split]).read_text(encoding="utf-8").splitlines()]


def gold_of(recipe: dict[str, Any], split: str, labels: tuple[str, ...]) -> np.ndarray:
    lines = Path(recipe["data"][split]).read_text(encoding="utf-8").splitlines()
    return np.array([labels.index(json.loads(line)["label"]) for line in lines])


def test_scaling_helps_and_changes_no_label(run: gs.Run, plain: gs.Run, recipe: dict[str, Any]) -> None:
    found, before = run.metrics["test"]["calibration"], plain.metrics["test"]["calibration"]
    assert found["temperature"] > 1.2
    assert before["temperature"] == 1.0
    assert found["before"] == pytest.approx({name: before[name]["value"] for name in ("ece", "brier", "log_loss")})
    for name in ("ece", "brier", "log_loss"):
        assert found[name]["value"] < found["before"][name]
    assert run.metrics["test"]["accuracy"] == plain.metrics["test"]["accuracy"]
    texts = texts_of(recipe, "test")[:50]
    scaled, unscaled = (list(gs.load(one.folder).stream(texts)) for one in (run, plain))
    assert [one.label for one in scaled] == [one.label for one in unscaled]
    assert all(one.confidence < other.confidence for one, other in zip(scaled, unscaled, strict=True))
    assert all(sum(one.scores.values()) == pytest.approx(1) for one in scaled)


def test_the_temperature_comes_from_dev(run: gs.Run, plain: gs.Run, recipe: dict[str, Any]) -> None:
    analyzer = gs.load(plain.folder)
    logits = analyzer.score(texts_of(recipe, "dev")).double().numpy()
    expected = fit_temperature(logits, gold_of(recipe, "dev", analyzer.outputs.labels))
    assert gs.load(run.folder).outputs.temperature == pytest.approx(expected)


def test_nothing_of_a_run_depends_on_the_test(recipe: dict[str, Any], run: gs.Run, tmp_path: Path) -> None:
    """Trap D7: another test leaves the whole model, temperature and promises included, as it is."""
    other = write(tmp_path / "other.jsonl", [{"text": "bad bad 1", "label": "good"}, {"text": "good", "label": "bad"}])
    again = gs.train(changed(recipe, data={"test": other}), name="other-test")
    files = [{path.name: path.read_bytes() for path in (one.folder / "model").iterdir()} for one in (run, again)]
    assert "calibration.json" in files[0]
    assert files[0] == files[1]


def test_what_was_measured_can_be_measured_again(run: gs.Run, recipe: dict[str, Any]) -> None:
    again = gs.evaluate(run.folder, recipe["data"]["test"])
    assert again["calibration"] == run.metrics["test"]["calibration"]
    on_dev = gs.evaluate(run.folder, recipe["data"]["dev"])["calibration"]
    crossed = run.metrics["dev"]["calibration"]
    assert on_dev["before"] == crossed["before"]
    assert on_dev["log_loss"]["value"] < crossed["log_loss"]["value"]  # fitted and measured on the same texts


def test_the_figures_have_their_form(run: gs.Run) -> None:
    for split in ("dev", "test"):
        found = run.metrics[split]["calibration"]
        assert sum(row["num_rows"] for row in found["bins"]) == found["num_rows"]
        assert len(found["risk_coverage"]) <= 50
        assert [row["coverage"] for row in found["conformal"]] == [0.8, 0.9, 0.95]
        for row in found["conformal"]:
            assert abs(row["achieved"]["value"] - row["coverage"]) < 0.06 or row["filled"] > 0
        assert found == json.loads(json.dumps(found))


def test_texts_are_left_to_a_person(run: gs.Run, recipe: dict[str, Any]) -> None:
    analyzer, texts = gs.load(run.folder), texts_of(recipe, "test")
    gold = gold_of(recipe, "test", analyzer.outputs.labels)
    found = list(analyzer.stream(texts, abstention=gs.Abstention(below=0.8, coverage=0.95)))
    assert [one.abstained for one in found] == [one.confidence < 0.8 for one in found]
    held = [analyzer.outputs.labels[label] in one.prediction_set for one, label in zip(found, gold, strict=True)]
    assert np.mean(held) == pytest.approx(run.metrics["test"]["calibration"]["conformal"][2]["achieved"]["value"])
    assert {len(one.prediction_set) for one in found} == {1, 2}
    plain = list(analyzer.stream(texts))
    assert {one.abstained for one in plain} == {None}
    assert plain[0].to_dict().keys() == found[0].to_dict().keys() - {"abstained", "prediction_set"}
    assert analyzer(texts[0], abstention=gs.Abstention(below=1.0)).abstained is True


def test_a_wished_accuracy_is_reached_or_refused(run: gs.Run, recipe: dict[str, Any]) -> None:
    analyzer = gs.load(run.folder)
    assert analyzer.calibration is not None
    best = max(level.at_least for level in analyzer.calibration.levels)
    wish = gs.Abstention(accuracy=int(best * 100) / 100)
    gold = gold_of(recipe, "test", analyzer.outputs.labels)
    found = list(analyzer.stream(texts_of(recipe, "test"), abstention=wish))
    kept = [
        one.label == analyzer.outputs.labels[label] for one, label in zip(found, gold, strict=True) if not one.abstained
    ]
    assert np.mean(kept) >= wish.accuracy
    with pytest.raises(DataError, match=r"accuracy: found 0.999, expected at most 0\.\d+: that is the best the 300 "):
        analyzer("good", abstention=gs.Abstention(accuracy=0.999))
    with pytest.raises(DataError, match=r"coverage: found 0.999, expected at most 0.996: dev has 300 texts"):
        analyzer("good", abstention=gs.Abstention(coverage=0.999))


def test_every_coverage_is_served_and_higher_ones_ask_for_less(run: gs.Run) -> None:
    calibration = gs.load(run.folder).calibration
    assert calibration is not None
    found = [calibration.for_coverage(coverage) for coverage in np.linspace(0.5, 0.996, 311)]
    assert found == sorted(found, reverse=True)
    assert 0 <= found[-1] < found[0] <= 1


def test_blank_texts_have_the_prior_at_any_temperature(run: gs.Run, plain: gs.Run) -> None:
    first, second = (gs.load(one.folder)(" ").scores for one in (run, plain))
    assert first == pytest.approx(second)
    outputs = gs.load(run.folder).outputs
    assert first == pytest.approx(dict(zip(outputs.labels, outputs.prior, strict=True)), abs=1e-5)


def test_blank_texts_are_measured_as_they_are_answered(run: gs.Run, plain: gs.Run, tmp_path: Path) -> None:
    rows = [{"text": " ", "label": "good"}, {"text": "", "label": "bad"}]
    source = write(tmp_path / "blank.jsonl", rows)
    found, other = (gs.evaluate(one.folder, source)["calibration"] for one in (run, plain))
    assert found["before"] == pytest.approx(other["before"])
    assert found["log_loss"]["value"] == pytest.approx(found["before"]["log_loss"])


def test_without_calibration_a_run_says_so(plain: gs.Run, recipe: dict[str, Any]) -> None:
    assert not (plain.folder / "model" / "calibration.json").exists()
    assert plain.metrics["dev"]["calibration"]["conformal"] == []
    analyzer = gs.load(plain.folder)
    assert analyzer("good nice", abstention=gs.Abstention(below=0.999)).abstained is not None
    with pytest.raises(DataError, match=r"holds no calibration\.json"):
        analyzer("good", abstention=gs.Abstention(coverage=0.9))


def test_a_run_of_an_older_version_loads(run: gs.Run, tmp_path: Path) -> None:
    older = tmp_path / "older"
    shutil.copytree(run.folder, older)
    (older / "model" / "calibration.json").unlink()
    described = json.loads((older / "model" / "groundswell.json").read_text())
    del described["outputs"]["temperature"]
    (older / "model" / "groundswell.json").write_text(json.dumps(described))
    analyzer = gs.load(older, verify=False)
    assert analyzer.outputs.temperature == 1.0
    assert analyzer.calibration is None
    assert analyzer("good nice").label == gs.load(run.folder)("good nice").label


def test_few_mistakes_on_dev_leave_the_confidences_alone(recipe: dict[str, Any], tmp_path: Path) -> None:
    easy = [{"text": f"{label} {number}", "label": label} for number in range(30) for label in ("good", "bad")]
    path = write(tmp_path / "easy.jsonl", easy)
    run = gs.train(changed(recipe, data={"train": path, "dev": path, "test": None}), name="easy")
    assert run.metrics["dev"]["accuracy"]["value"] == 1.0
    assert run.metrics["dev"]["calibration"]["temperature"] == 1.0
    assert gs.load(run.folder).calibration is not None


def test_networks_are_calibrated_alike(recipe: dict[str, Any]) -> None:
    values = {
        **recipe, "model": {"encoder": "bag", "scratch": {"width": 16, "buckets": 50}},
        "text": {"min_count": 1, "max_tokens": 16},
        "training": {"epochs": 12, "learning_rate": 5e-2, "precision": "float32"},
    }  # fmt: skip
    run = gs.train(values, name="bag")
    found = run.metrics["dev"]["calibration"]
    assert found["temperature"] != 1.0
    assert found["log_loss"]["value"] < found["before"]["log_loss"]
    assert gs.load(run.folder).outputs.temperature == found["temperature"]
    assert run.metrics["dev"]["accuracy"]["value"] == run.history[run.metrics["best_epoch"] - 1]["dev"]["accuracy"]


def test_several_labels_share_a_temperature_and_keep_their_thresholds(tmp_path: Path) -> None:
    draw = random.Random(0)
    rows = []
    for number in range(300):
        word = draw.choice(["odd", "plain"])
        joy = (word == "odd") == (draw.random() < 0.8)
        rows.append({"text": f"{word} {number}", "label": ["joy"] if joy else ["calm"]})
    data = {name: write(tmp_path / f"{name}.jsonl", part) for name, part in
            (("train", rows[:40]), ("dev", rows[40:160]), ("test", rows[160:]))}  # fmt: skip
    values = {
        "task": "multi_label", "data": {**data, "overlap": "ignore"}, "text": {"min_count": 1, "max_tokens": 8},
        "model": {"encoder": "bag", "scratch": {"width": 8, "buckets": 50}, "label_thresholds": "dev"},
        "training": {"epochs": 30, "learning_rate": 5e-2, "precision": "float32"},
        "evaluation": {"resamples": 100}, "output": {"folder": str(tmp_path / "runs")},
    }  # fmt: skip
    scaled, unscaled = gs.train(values), gs.train(changed(values, evaluation={"calibration": False}))
    outputs = gs.load(scaled.folder).outputs
    assert outputs.temperature != 1.0
    assert scaled.metrics["test"] == unscaled.metrics["test"]
    found = gs.load(scaled.folder)("odd 3")
    assert found.labels == gs.load(unscaled.folder)("odd 3").labels
    with pytest.raises(DataError, match="gives several labels for a text"):
        gs.load(scaled.folder)("odd", abstention=gs.Abstention(below=0.8))


def test_heads_are_calibrated_one_by_one(recipe: dict[str, Any], tmp_path: Path) -> None:
    """Two heads with the same labels; one of them is asked for itself."""
    values = {
        "task": "multi_task",
        "data": {name: recipe["data"][name] for name in ("train", "dev")} | {"overlap": "ignore"},
        "heads": {"tone": {"task": "single_label"}, "length": {"task": "regression", "data": {"label": "id"}}},
        "text": {"min_count": 1, "max_tokens": 16},
        "model": {"encoder": "bag", "scratch": {"width": 16, "buckets": 50}},
        "training": {"epochs": 6, "learning_rate": 5e-2, "precision": "float32"},
        "evaluation": {"resamples": 100}, "output": {"folder": str(tmp_path / "runs")},
    }  # fmt: skip
    run = gs.train(values, name="heads")
    analyzer = gs.load(run.folder)
    tone = analyzer.head("tone")
    assert tone.outputs.temperature != 1.0
    assert run.metrics["dev"]["tone"]["calibration"]["temperature"] == tone.outputs.temperature
    assert analyzer.head("length").outputs.temperature == 1.0
    assert "calibration" not in run.metrics["dev"]["length"]
    assert analyzer("good nice").scores == pytest.approx(tone("good nice").scores, abs=1e-6)
    assert tone("good nice", abstention=gs.Abstention(coverage=0.9)).prediction_set is not None
    with pytest.raises(DataError, match=r"has several heads \(tone, length\)\. Use `head\(name\)` of one"):
        analyzer("good", abstention=gs.Abstention(coverage=0.9))
    off = gs.train(changed(values, evaluation={"calibration": False}), name="off")
    assert gs.load(off.folder).head("tone").outputs.temperature == 1.0


def test_the_key_belongs_to_labels() -> None:
    for task in ("regression", "opinions"):
        with pytest.raises(RecipeError) as caught:
            recipe_from_values(
                {"task": task, "data": {"train": "a.csv"}, "evaluation": {"calibration": False}}, "recipe.yaml"
            )
        assert f"evaluation.calibration has no effect with task='{task}'; remove it" in str(caught.value)


def test_opinions_have_no_label_to_abstain_from(tmp_path: Path) -> None:
    span = {"aspect": {"text": "bed", "start": 4, "end": 7}, "opinion": {"text": "soft", "start": 12, "end": 16}}
    rows = [{"text": f"the bed was soft {n}", "opinions": [{**span, "polarity": "positive"}]} for n in range(12)]
    path = write(tmp_path / "rows.jsonl", rows)
    run = gs.train(
        {
            "task": "opinions", "data": {"train": path, "dev": path, "overlap": "ignore"},
            "text": {"min_count": 1, "max_tokens": 16},
            "model": {"encoder": "bag", "scratch": {"width": 8, "buckets": 50},
                      "opinions": {"elements": ["aspect", "opinion", "polarity"]}},
            "training": {"epochs": 1, "precision": "float32"}, "evaluation": {"resamples": 100},
            "output": {"folder": str(tmp_path / "runs")},
        }
    )  # fmt: skip
    with pytest.raises(DataError, match="finds opinions, each with a score, and gives no label to abstain from"):
        gs.load(run.folder)("the bed was soft", abstention=gs.Abstention(below=0.8))


def test_values_have_no_confidence(tmp_path: Path) -> None:
    rows = [{"text": row["text"], "label": 4.0 if row["label"] == "positive" else 1.0} for row in reviews(2)]
    path = write(tmp_path / "n.jsonl", rows)
    run = gs.train(
        {
            "task": "regression", "data": {"train": path, "dev": path, "overlap": "ignore"},
            "text": {"min_count": 1, "max_tokens": 16}, "model": {"encoder": "bag", "scratch": {"width": 8}},
            "training": {"epochs": 1, "precision": "float32"}, "evaluation": {"resamples": 100},
            "output": {"folder": str(tmp_path / "runs")},
        }
    )  # fmt: skip
    assert "calibration" not in run.metrics["dev"]
    with pytest.raises(DataError, match="gives a value for a text, so there is no confidence to abstain by"):
        gs.load(run.folder)("good", abstention=gs.Abstention(coverage=0.9))
