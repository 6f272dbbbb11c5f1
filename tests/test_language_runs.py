"""Language models from recipes: every kind is trained, measured, asked and built upon."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tiny_run import changed, reviews, write

import groundswell as gs
from groundswell import pipeline
from groundswell.errors import BaseModelError, DataError, RecipeError, RunFolderError
from groundswell.model.sampling import Sampling
from groundswell.recipe_reading import recipe_from_values
from groundswell.stored_language_model import open_language_model

CAUSAL = ("window", "rnn", "lstm", "gru", "decoder")
SENTENCES = ("the room was good and the food was {}", "a very {} screen, but the battery is good", "房间很{}，服务也好")
WORDS = ("good", "bad", "great", "dark", "slow", "fine", "warm", "cold", "大", "小")


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("texts") / "texts.jsonl"
    write(path, [{"text": f"{one.format(word)} {number}"} for number, word in enumerate(WORDS) for one in SENTENCES])
    return path


def recipe_of(kind: str, texts: Path, folder: Path, **sections: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {
        "task": "language_model",
        "data": {"train": str(texts), "dev_share": 0.2},
        "corpus": {"least_words": 0, "near_copies": None},
        "text": {"tokens": "characters", "max_tokens": 32, "vocabulary_size": 200},
        "model": {"encoder": kind, "scratch": {"width": 16, "hidden": 16}},
        "training": {"epochs": 2, "learning_rate": 1e-2, "batch_tokens": 128, "precision": "float32"},
        "output": {"folder": str(folder)},
    }
    return changed(values, **sections)


@pytest.mark.parametrize("kind", CAUSAL)
def test_a_trained_model_answers(kind: str, texts: Path, tmp_path: Path) -> None:
    """Its perplexity on dev is that of metrics.json; sentence, next word and text agree with one another."""
    run = gs.train(recipe_of(kind, texts, tmp_path), name=kind)
    dev = run.metrics["dev"]
    assert dev["perplexity"]["low"] < dev["perplexity"]["value"] < dev["perplexity"]["high"]
    assert [row["dev"]["perplexity"] for row in run.history][-1] == pytest.approx(dev["perplexity"]["value"], rel=1e-4)
    assert run.history[1]["loss"] < run.history[0]["loss"]
    assert "train: 30 texts read, 24 kept, 6 dropped (kept apart for dev" in run.rows[0]
    assert any(row.endswith("tokens read, 2.00 times what it has") for row in run.rows)
    opened = open_language_model(run.folder)
    found = opened.measure(str(run.folder / "dev.jsonl"))
    assert found.with_ends == pytest.approx(dev["perplexity"]["value"], rel=1e-5)
    assert found.bits_per_byte == pytest.approx(dev["bits_per_byte"]["value"], rel=1e-5)
    sentence = opened.sentence("the room")
    assert [part.word for part in sentence.parts] == [*"theroom", "</s>"]
    words = dict(opened.next_words("the", 100).words)
    assert sum(words.values()) == pytest.approx(1, abs=0.05)
    assert words["r"] == pytest.approx(sentence.parts[3].probability, rel=1e-3)
    one = opened.generate("the", 8, Sampling(seed=3))
    pieces: list[str] = []
    again = opened.generate("the", 8, Sampling(seed=3), pieces.append)
    assert again == one
    assert "the" + "".join(pieces) == one.text
    assert opened.search("the", 4, 3).text.startswith("the")
    assert opened.next_words("the ☃", 1).unknown == ("☃",)


def test_what_is_too_long_for_a_decoder_is_counted(texts: Path, tmp_path: Path) -> None:
    run = gs.train(recipe_of("decoder", texts, tmp_path, text={"max_tokens": 16}), name="short")
    assert run.metrics["dev"]["num_windowed"] > 0
    opened = open_language_model(run.folder)
    assert opened.next_words("a" * 40, 1).unread == 41 - 16
    assert opened.generate("a" * 40, 4, Sampling()).unread == 41 - 12
    with pytest.raises(DataError, match="found 17 tokens to write, but this model reads at most 16"):
        opened.generate("a", 17, Sampling())


@pytest.mark.parametrize(("encoder", "pooling"), [("decoder", "last"), ("decoder", "max"), ("bert", "mean")])
def test_a_run_is_a_base_model(encoder: str, pooling: str, texts: Path, tmp_path: Path) -> None:
    """By low-rank updates, with begin and end around each text; the base in the manifest is that of the run."""
    base = gs.train(recipe_of(encoder, texts, tmp_path), name="base")
    recipe = {
        "data": {"train": write(tmp_path / "labelled.jsonl", reviews())},
        "text": {"max_tokens": 32},
        "model": {"encoder": str(base.folder), "pooling": pooling},
        "training": {"epochs": 1},
        "output": {"folder": str(tmp_path)},
    }
    run = gs.train(recipe, name="tuned")
    manifest = json.loads((run.folder / "manifest.json").read_text())
    assert manifest["base_model"]["name"] == str(base.folder)
    analyzer = gs.load(run.folder)
    assert analyzer("good food").label in ("positive", "negative")
    ids = analyzer._saved.tokenizer(["good"])[0].windows[0].tolist()  # type: ignore[union-attr]
    assert len(ids) == 6
    vocabulary = json.loads((run.folder / "model" / "tokenizer.json").read_text())
    marks = {mark["id"]: mark["content"] for mark in vocabulary["added_tokens"]}
    assert (marks[ids[0]], marks[ids[-1]]) == ("<s>", "</s>")


def test_a_masked_model_goes_on_and_says_what_it_is(texts: Path, tmp_path: Path) -> None:
    first = gs.train(recipe_of("bert", texts, tmp_path), name="first")
    assert 0 <= first.metrics["dev"]["masked_accuracy"]["value"] <= 1
    onward = recipe_of("bert", texts, tmp_path)
    onward["model"] = {"encoder": str(first.folder)}
    onward["text"] = {"max_tokens": 32}
    second = gs.train(onward, name="second", language_model={"whole_words": True})
    assert not any("no head" in row for row in second.rows)  # the head of the first is taken over
    assert second.history[0]["loss"] < first.history[0]["loss"]
    with pytest.raises(DataError, match="foresees tokens that are left out, not the next one"):
        open_language_model(first.folder).next_words("the", 3)
    with pytest.raises(RunFolderError, match=r"language model.*groundswell lm"):
        gs.load(first.folder)


def test_a_stopped_run_goes_on_to_the_same_end(texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = recipe_of("lstm", texts, tmp_path)
    whole = gs.train(recipe, name="whole")
    from groundswell.training import loop

    finish, seen = loop._Run._finish_epoch, []

    def stop(self: Any) -> None:
        finish(self)
        seen.append(1)
        if len(seen) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(loop._Run, "_finish_epoch", stop)
    with pytest.raises(KeyboardInterrupt):
        gs.train(recipe, name="stopped")
    again = gs.train(recipe, name="stopped", resume=True)
    first, second = (
        json.loads((run.folder / "manifest.json").read_text())["files"]["model/model.safetensors"]
        for run in (whole, again)
    )
    assert first == second


@pytest.mark.parametrize("kind", ["decoder", "bert"])
def test_activations_computed_again_change_nothing(
    kind: str, texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from groundswell import language_run

    wrapped: list[int] = []
    recompute = language_run.recompute_layers
    monkeypatch.setattr(
        language_run, "recompute_layers", lambda layers: (wrapped.append(len(layers)), recompute(layers))
    )
    recipe = recipe_of(kind, texts, tmp_path)
    plain = gs.train(recipe, name="plain")
    again = gs.train(changed(recipe, training={"activation_checkpointing": True}), name="again")
    assert wrapped == [4]
    assert [row["loss"] for row in again.history] == pytest.approx([row["loss"] for row in plain.history], rel=1e-5)


def test_two_stages_in_one_recipe(texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No text of dev or test is read in the first stage; stopped after it, the run goes on without repeating it."""
    base = gs.train(recipe_of("bert", texts, tmp_path), name="base")
    train, test = ([{**row, "review": row.pop("text")} for row in reviews(copies)] for copies in (6, 1))
    recipe = {
        "data": {
            "train": write(tmp_path / "train.jsonl", train),
            "test": write(tmp_path / "test.jsonl", test),
            "text": "review",
            "encoding": "utf-8",
        },
        "text": {"max_tokens": 32},
        "model": {"encoder": str(base.folder)},
        "domain": {"corpus": {"least_words": 0, "near_copies": None, "quality": False}, "training": {"epochs": 1}},
        "training": {"epochs": 1},
        "output": {"folder": str(tmp_path)},
    }
    stages = []

    def stop(*arguments: Any) -> Any:
        stages.append(1)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(pipeline, "_fit", stop)
        with pytest.raises(KeyboardInterrupt):
            gs.train(recipe, name="two")
    written = (tmp_path / "two" / "domain" / "manifest.json").stat().st_mtime_ns
    run = gs.train(recipe, name="two", resume=True)
    assert (run.folder / "domain" / "manifest.json").stat().st_mtime_ns == written
    domain = json.loads((run.folder / "domain" / "manifest.json").read_text())
    final = json.loads((run.folder / "manifest.json").read_text())
    assert final["base_model"]["sha256"] != domain["base_model"]["sha256"]
    corpus = json.loads((run.folder / "domain" / "corpus.json").read_text())
    assert corpus["held_out_texts"] >= 10
    dropped = corpus["sources"][0]["documents"]["reasons"]
    assert sum(found["count"] for reason, found in dropped.items() if "held" in reason) >= 10
    moved = run.folder.rename(tmp_path / "moved")
    assert gs.load(moved)("good food").label


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": {"encoder": "cnn", "scratch": {}}}, "'cnn' is no language model; choose one of window, rnn, lstm"),
        ({"language_model": {"objective": "masked"}}, "objective='masked' does not fit model.encoder='lstm': causal"),
        ({"model": {"pooling": "max"}}, "model.pooling has no effect with task='language_model'; remove it"),
        ({"data": {"label": "stars"}}, "data.label has no effect with task='language_model'"),
        ({"model": {"scratch": {"heads": 4}}}, "model.scratch.heads has no effect with model.encoder='lstm'"),
        ({"corpus": {"sources": {"a": {"files": ["x"]}}}}, "data.train and corpus.sources both name texts"),
        ({"training": {"metric": "accuracy"}}, "training.metric='accuracy' does not exist for task='language_model'"),
    ],
)
def test_recipes_that_do_not_fit(changes: dict[str, Any], message: str, texts: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=message.replace("(", r"\(")):
        recipe_from_values(recipe_of("lstm", texts, tmp_path, **changes), "recipe")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"model": {"encoder": "decoder"}}, "'decoder' is trained with task='language_model'; name the folder of such"),
        ({"corpus": {"least_words": 3}}, "corpus.least_words has no effect with task='single_label'"),
        ({"model": {"encoder": "lstm"}, "domain": {}}, "domain: model.encoder='lstm' starts from nothing"),
        ({"domain": {"training": {"metric": "f1"}}}, "domain: training.metric='f1' does not exist"),
    ],
)
def test_other_tasks_refuse_what_is_of_language_models(values: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        recipe_from_values({"data": {"train": "a.csv"}, **values}, "recipe")


def test_several_sources_by_weight(texts: Path, tmp_path: Path) -> None:
    other = write(tmp_path / "other.jsonl", [{"review": f"another shop sells {number} things"} for number in range(40)])
    sources = {"one": {"files": [str(texts)], "weight": 3}, "two": {"files": [other], "text": "review", "weight": 1}}
    recipe = recipe_of("window", texts, tmp_path)
    del recipe["data"]["train"]
    recipe["corpus"] |= {"sources": sources, "passes": 1.5}
    run = gs.train(recipe, name="mixed")
    one, two = (
        next(row for row in run.rows if row.startswith(f"{name}: ") and "tokens read" in row) for name in sources
    )
    counts = [int(row.split()[1].replace(",", "")) for row in (one, two)]
    assert counts[0] / sum(counts) == pytest.approx(0.75, abs=0.05)


@pytest.mark.parametrize(("content", "message"), [("", "no document is left"), ("\n\n \n", "no document is left")])
def test_empty_corpora_are_refused(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "empty.txt"
    path.write_text(content)
    with pytest.raises(DataError, match=message):
        gs.train(recipe_of("window", path, tmp_path), name="empty")


def test_too_few_texts_for_the_epochs_are_refused(texts: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"too few for training.epochs=2 and text.max_tokens=32"):
        gs.train(recipe_of("window", texts, tmp_path, corpus={"passes": 0.01}), name="few")


def test_a_tokenizer_that_does_not_match_is_refused(texts: Path, tmp_path: Path) -> None:
    small = gs.train(recipe_of("bert", texts, tmp_path, text={"vocabulary_size": 30}), name="small")
    large = gs.train(recipe_of("bert", texts, tmp_path), name="large")
    target = small.folder / "model" / "tokenizer.json"
    target.write_bytes((large.folder / "model" / "tokenizer.json").read_bytes())
    recipe = recipe_of("bert", texts, tmp_path)
    recipe["model"] = {"encoder": str(small.folder)}
    recipe["text"] = {"max_tokens": 32}
    with pytest.raises(BaseModelError, match=r"the tokenizer has \d+ tokens, but the model has embeddings for 30 only"):
        gs.train(recipe, name="onward")
