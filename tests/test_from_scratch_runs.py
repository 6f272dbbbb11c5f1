"""Training, loading and going on with encoders that start from nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_run import changed, reviews, write

import groundswell as gs
from groundswell.errors import DataError, RecipeError
from groundswell.recipe_reading import recipe_from_values
from groundswell.representation.vector_file import save_vectors
from groundswell.self_check import run_checks

KINDS = ["bag", "cnn", "rnn", "lstm", "gru", "transformer"]


@pytest.fixture
def scratch(tmp_path: Path) -> dict[str, Any]:
    """A recipe of a small CNN on texts it can tell apart."""
    return {
        "data": {"train": write(tmp_path / "train.jsonl", reviews()), "dev": write(tmp_path / "dev.jsonl", reviews(1))},
        "text": {"max_tokens": 32, "min_count": 1},
        "model": {"encoder": "cnn", "scratch": {"width": 16, "filters": 8}},
        "training": {"epochs": 12, "learning_rate": 1e-2, "precision": "float32"},
        "output": {"folder": str(tmp_path / "runs"), "name": "small"},
    }


def of_kind(values: dict[str, Any], kind: str, **scratch: Any) -> dict[str, Any]:
    return changed(values, model={"encoder": kind, "scratch": {"width": 16, **scratch}})


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_learns_loads_and_predicts(scratch: dict[str, Any], kind: str) -> None:
    run = gs.train(of_kind(scratch, kind))
    assert run.history[-1]["dev"]["accuracy"] == 1.0
    analyzer = gs.load(run.folder)
    assert [analyzer(text).label for text in ("very good food", "a very bad screen")] == ["positive", "negative"]
    assert sorted(path.name for path in (run.folder / "model").iterdir()) == [
        "calibration.json", "encoder.json", "encoder.safetensors", "groundswell.json", "head.safetensors",
        "vocabulary.json",
    ]  # fmt: skip
    assert not (run.folder / "checkpoints").exists()


@pytest.mark.parametrize("tokens", ["words", "jieba", "characters", "bpe", "unigram"])
def test_every_segmentation_trains(scratch: dict[str, Any], tokens: str) -> None:
    run = gs.train(changed(scratch, text={"tokens": tokens, "vocabulary_size": 60}))
    assert run.metrics["dev"]["accuracy"]["value"] > 0.5
    manifest = json.loads((run.folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["tokenizer_sha256"] == manifest["files"]["model/vocabulary.json"]


def test_unknown_tokens_are_counted_and_warned_of(scratch: dict[str, Any], tmp_path: Path) -> None:
    dev = write(tmp_path / "other.jsonl", [*reviews(1), {"text": "zig zag zog", "label": "positive"}])
    run = gs.train(changed(scratch, data={"dev": dev}))
    words = sum(len(row["text"].split()) for row in reviews(1))
    manifest = json.loads((run.folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["data"]["rows"]["dev"]["unknown_tokens"] == pytest.approx(3 / (words + 3), abs=1e-6)
    assert manifest["data"]["rows"]["train"]["unknown_tokens"] == 0
    (warning,) = gs.load(run.folder)("zig zag zog").warnings[-1:]
    assert warning == "many_unknown_words: 100% of the tokens are unknown to the model"


def test_a_run_in_another_precision_leaves_nothing_behind(scratch: dict[str, Any]) -> None:
    """accelerate keeps its precision for the whole process; a run before this one must not decide on it."""
    short = changed(scratch, training={"epochs": 2})
    first, low, again = (
        gs.train(changed(short, training={"precision": precision}), name=f"{number}")
        for number, precision in enumerate(("float32", "bfloat16", "float32"))
    )
    files = [
        json.loads((run.folder / "manifest.json").read_text(encoding="utf-8"))["files"] for run in (first, low, again)
    ]
    assert files[0]["model/encoder.safetensors"] == files[2]["model/encoder.safetensors"]
    assert files[0]["model/encoder.safetensors"] != files[1]["model/encoder.safetensors"]


def test_test_texts_teach_no_words(scratch: dict[str, Any], tmp_path: Path) -> None:
    """Trap D7: a word that stands in dev and test only is no token."""
    planted = [{**row, "text": row["text"] + " unheard"} for row in reviews(1)]
    path = write(tmp_path / "test.jsonl", planted)
    run = gs.train(changed(scratch, data={"dev": path, "test": path}))
    vocabulary = json.loads((run.folder / "model" / "vocabulary.json").read_text(encoding="utf-8"))
    assert "unheard" not in vocabulary["tokens"]
    assert "good" in vocabulary["tokens"]


@pytest.mark.parametrize(
    ("words", "few"), [(["good", "bad", "food", "the", "very", "room", "screen"], False), (["good"], True)]
)
def test_how_many_words_have_a_given_vector_is_said(
    scratch: dict[str, Any], tmp_path: Path, words: list[str], few: bool
) -> None:
    (tmp_path / "folder").mkdir()
    save_vectors(tmp_path / "folder" / "vectors.bin", words, np.ones((len(words), 4), dtype=np.float32), binary=True)
    vectors = str(tmp_path / "folder")  # what `vectors train` prints
    run = gs.train(changed(scratch, model={"encoder": "bag", "scratch": {"vectors": vectors}}))
    (said,) = [warning for warning in run.warnings if warning.startswith("model.scratch.vectors")]
    assert f"{len(words)} of " in said
    assert ("are these vectors of the same language" in said) == few


@pytest.mark.parametrize("static", [False, True])
def test_starts_from_word_vectors(scratch: dict[str, Any], tmp_path: Path, static: bool) -> None:
    words = ["good", "bad", "never"]
    vectors = np.random.default_rng(0).normal(size=(3, 12)).astype(np.float32)
    save_vectors(tmp_path / "some.vec", words, vectors, binary=False)
    model = {"encoder": "bag", "scratch": {"vectors": str(tmp_path / "some.vec"), "static": static}}
    run = gs.train(changed(scratch, model=model))
    from safetensors.numpy import load_file

    tokens = json.loads((run.folder / "model" / "vocabulary.json").read_text(encoding="utf-8"))["tokens"]
    weights = load_file(run.folder / "model" / "encoder.safetensors")["network.embedding.weight"]
    assert weights.shape == (len(tokens), 12)
    assert np.array_equal(weights[tokens.index("good")], vectors[0]) == static


def test_vectors_of_another_width_are_refused(scratch: dict[str, Any], tmp_path: Path) -> None:
    save_vectors(tmp_path / "some.vec", ["good"], np.ones((1, 12), dtype=np.float32), binary=True)
    with pytest.raises(RecipeError) as error:
        gs.train(of_kind(scratch, "bag", vectors=str(tmp_path / "some.vec")))
    assert str(error.value) == (
        f"model.scratch.width: found 16, but the vectors of {tmp_path / 'some.vec'} have 12 numbers. "
        "Leave it out, or name other vectors"
    )


def test_vectors_of_other_words_are_refused(scratch: dict[str, Any], tmp_path: Path) -> None:
    save_vectors(tmp_path / "some.vec", ["屏幕"], np.ones((1, 16), dtype=np.float32), binary=True)
    with pytest.raises(RecipeError, match=r"none of the .* tokens has a vector"):
        gs.train(of_kind(scratch, "bag", vectors=str(tmp_path / "some.vec")))


def test_no_token_is_frequent_enough(scratch: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="the vocabulary is empty"):
        gs.train(changed(scratch, text={"min_count": 1000}))


@pytest.mark.parametrize("kind", KINDS)
def test_the_self_checks_pass(scratch: dict[str, Any], kind: str) -> None:
    results = list(run_checks(recipe_from_values(of_kind(scratch, kind), "recipe")))
    assert [result.name for result in results] == ["padding", "accumulation", "reload"]
    assert all(result.passed for result in results), results


@pytest.mark.parametrize("tokens", ["words", "unigram"])
def test_a_stopped_run_goes_on_to_the_same_weights(
    scratch: dict[str, Any], tokens: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unigram learns other pieces each time (trap T11), so there a resumed run must keep those of its beginning."""
    values = changed(scratch, text={"tokens": tokens, "vocabulary_size": 60}, training={"epochs": 3})
    from groundswell.training import loop

    done: list[int] = []
    original = loop.Checkpoint

    def stop_after_one(*args: Any, **kwargs: Any) -> Any:
        if done:
            raise KeyboardInterrupt
        done.append(1)
        return original(*args, **kwargs)

    monkeypatch.setattr(loop, "Checkpoint", stop_after_one)
    with pytest.raises(KeyboardInterrupt):
        gs.train(values, name="stopped")
    monkeypatch.undo()
    folder = Path(values["output"]["folder"]) / "stopped"
    learned = (folder / "checkpoints" / "tokens" / "vocabulary.json").read_bytes()
    resumed = gs.train(values, name="stopped", resume=True)
    assert (resumed.folder / "model" / "vocabulary.json").read_bytes() == learned
    if tokens == "unigram":
        return
    whole = gs.train(values, name="whole")
    for name in ("encoder.safetensors", "head.safetensors", "vocabulary.json"):
        assert (resumed.folder / "model" / name).read_bytes() == (whole.folder / "model" / name).read_bytes()
