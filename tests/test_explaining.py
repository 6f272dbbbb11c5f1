"""Explanations from a run or an Analyzer: every task, every kind of text, and what is wrong input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tiny_explained import from_scratch, linear
from tiny_run import BAD, GOOD, changed, reviews, write

import groundswell as gs
from groundswell import explaining
from groundswell.analyzer import Analyzer
from groundswell.errors import DataError, RunFolderError
from groundswell.evidence import best_method, evidence_findings, measure_faithfulness
from groundswell.explaining import Question, explain, explain_rows, measured_best
from groundswell.explanation_page import render_explanations
from groundswell.model.saved_model import SavedHeads
from groundswell.types import Example

PLANTED = {"good": (0.0, 2.0), "bad": (2.0, 0.0), "干净": (0.0, 2.0), "太差": (2.0, 0.0), "the": (0.1, 0.0)}


def planted(tokens: Any = "words") -> Analyzer:
    """Goes by four words, and a little by `the`."""
    return Analyzer(linear(PLANTED, (0.1, 0.0), tokens=tokens), "planted")


@pytest.fixture
def baseline_recipe(tmp_path: Path) -> dict[str, Any]:
    path = write(tmp_path / "train.jsonl", reviews())
    return {
        "task": "single_label",
        "data": {"train": path, "dev": path, "overlap": "ignore"},
        "model": {"encoder": "logistic_regression"},
        "text": {"min_count": 1},
        "output": {"folder": str(tmp_path / "runs"), "name": "lr"},
    }


def test_a_run_folder_is_explained_by_its_weights(baseline_recipe: dict[str, Any]) -> None:
    run = gs.train(baseline_recipe)
    (found,) = gs.explain(run.folder, "good food &amp; a room")
    assert found.method == "weights"
    assert found.label == "positive"
    assert found.model == gs.load(run.folder).name
    assert found.value == pytest.approx(gs.load(run.folder)("good food &amp; a room").confidence)
    assert found.top(1)[0].text == "good"
    assert all(found.text[word.start : word.end] == word.text for word in found.words)
    total = sum(word.weight or 0.0 for word in found.words)
    assert found.start is not None
    assert found.score is not None
    assert total == pytest.approx(found.score - found.start, abs=1e-5)
    record = json.loads(found.to_json())
    assert list(record) == [
        "text", "language", "label", "value", "score", "start", "gap", "steps", "method", "words", "warnings", "model",
    ]  # fmt: skip


def test_a_trained_network_names_the_words_it_learned(tmp_path: Path, values: dict[str, Any]) -> None:
    """A fine-tuned BERT, by every method that goes with it; nothing but two words tells its labels apart."""
    things = ("food", "room", "screen", "service")
    rows = [
        {"text": f"{word} {thing} {'a ' * copy}".strip(), "label": label}
        for copy in range(5) for thing in things for word, label in (("good", "positive"), ("bad", "negative"))
    ]  # fmt: skip
    path = write(tmp_path / "two.jsonl", rows)
    run = gs.train(changed(values, data={"train": path}, training={"epochs": 8}))
    for method in ("auto", "integrated_gradients", "occlusion", "attention"):
        found = gs.explain(run.folder, ["good food", "bad food"], method=method)
        assert [one.label for one in found] == ["positive", "negative"]
        assert found[0].method == ("integrated_gradients" if method == "auto" else method)
        if "gradients" in str(found[0].method):
            assert [one.top(1)[0].text for one in found] == ["good", "bad"]
            assert all(abs(one.gap or 0.0) <= 1e-3 for one in found)


def test_another_label_turns_the_weights_around() -> None:
    (positive,) = explain(planted(), "good food", label="positive")
    (negative,) = explain(planted(), "good food", label="negative")
    assert [word.weight for word in negative.words] == [
        -word.weight for word in positive.words if word.weight is not None
    ]
    with pytest.raises(DataError, match="found the label 'postive', expected one of negative, positive"):
        explain(planted(), "good food", label="postive")


def test_rows_keep_their_order_and_ids_over_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explaining, "CHUNK_ROWS", 3)
    rows = [(number, f"good {'bad ' * (number % 4)}".strip()) for number in range(8)]
    done: list[int] = []
    found = list(explain_rows(planted(), rows, Question(), done.append))
    assert [(one.id, one.text) for one in found] == rows
    assert sum(done) == 8


def test_texts_that_cannot_be_explained_say_why_and_the_others_are() -> None:
    found = list(explain_rows(planted(), enumerate(["good", "ba\0d", None, " \u200b", "x" * 1_000_001, "bad"])))
    codes = [None if one.error is None else one.error["code"] for one in found]
    assert codes == [None, "nul_character", "no_text", None, "text_too_long", None]
    assert found[3].warnings == ("blank_text: the text is blank; there is nothing to weigh",)
    assert found[3].label is None
    assert list(found[1].to_dict()) == ["id", "text", "error"]
    (surrogate,) = explain_rows(planted(), [(1, "\ud800")])
    assert surrogate.error is not None
    assert list(explain_rows(planted(), [])) == []


def test_words_that_are_not_read_have_no_weight_and_are_counted() -> None:
    analyzer = Analyzer(from_scratch("bag", max_tokens=3), "short")
    (found,) = explain(analyzer, "good food was very bad")
    assert [word.weight is None for word in found.words] == [False, False, False, True, True]
    assert found.warnings == (
        "unread_words: 2 of 5 words are not read by the model (text.max_tokens); they have no weight",
    )
    assert '<span class="unread">very</span>' in render_explanations([found])


def test_several_labels_are_explained_one_by_one(tmp_path: Path) -> None:
    texts = [(text, [name, "any"]) for name, several in (("joy", GOOD), ("anger", BAD)) for text in several]
    path = write(tmp_path / "t.jsonl", [{"text": text, "label": labels} for text, labels in texts * 4])
    run = gs.train({
        "task": "multi_label", "data": {"train": path, "dev": path, "overlap": "ignore"}, "text": {"min_count": 1},
        "model": {"encoder": "bag", "scratch": {"ngrams": 1}}, "training": {"epochs": 30, "learning_rate": 0.05},
        "output": {"folder": str(tmp_path / "runs")},
    })  # fmt: skip
    found = gs.explain(run.folder, ["very good food", "bad room"])
    assert [(one.text, one.label) for one in found] == [
        ("very good food", "any"), ("very good food", "joy"), ("bad room", "anger"), ("bad room", "any")
    ]  # fmt: skip


def test_a_value_is_explained_in_its_own_units(tmp_path: Path) -> None:
    rows = [{"text": text, "label": 40.0} for text in GOOD] + [{"text": text, "label": 10.0} for text in BAD]
    path = write(tmp_path / "t.jsonl", rows * 4)
    run = gs.train({
        "task": "regression", "data": {"train": path, "dev": path, "overlap": "ignore"}, "text": {"min_count": 1},
        "model": {"encoder": "bag", "scratch": {"ngrams": 1}}, "training": {"epochs": 30, "learning_rate": 0.05},
        "output": {"folder": str(tmp_path / "runs")},
    })  # fmt: skip
    (found,) = gs.explain(run.folder, "good food")
    expected = pytest.approx(gs.load(run.folder)("good food").scores["label"], abs=1e-4)
    assert found.value == expected
    assert found.score == expected
    assert found.start is not None
    total = sum(word.weight or 0.0 for word in found.words)
    assert total == pytest.approx((found.score or 0.0) - found.start, abs=0.02)
    # The value is the mean over the words, so each weighs half of what it says alone.
    alone = [(gs.load(run.folder)(word.text).scores["label"] - found.start) / 2 for word in found.words]
    assert [word.weight for word in found.words] == pytest.approx(alone, abs=0.02)


def test_a_head_is_named_where_there_are_several() -> None:
    heads = {"tone": from_scratch("bag"), "other": from_scratch("gru")}
    analyzer = Analyzer(SavedHeads(heads, {"tone": "text", "other": "text"}), "two")  # type: ignore[arg-type]
    (found,) = explain(analyzer, "good food", head="tone")
    assert found.label in ("negative", "positive")
    for head in (None, "tune"):
        with pytest.raises(DataError, match="expected one of tone, other"):
            explain(analyzer, "good food", head=head)
    with pytest.raises(DataError, match="has no heads"):
        explain(planted(), "good food", head="tone")


def test_aspects_are_for_runs_that_find_opinions() -> None:
    with pytest.raises(DataError, match="planted: finds no opinions, so it cannot be asked for aspects"):
        explain(planted(), "good food", aspects=["food"])


def test_what_measured_best_on_a_run_is_its_default(tmp_path: Path) -> None:
    def measured(comprehensiveness: float, sufficiency: float) -> dict[str, Any]:
        return {"comprehensiveness": {"value": comprehensiveness}, "sufficiency": {"value": sufficiency}}

    assert measured_best(tmp_path) is None
    faithfulness = {"weights": measured(0.4, 0.2), "occlusion": measured(0.3, 0.0)}
    (tmp_path / "findings.json").write_text(json.dumps({"evidence": {"faithfulness": faithfulness}}))
    assert measured_best(tmp_path) == "occlusion"
    (tmp_path / "findings.json").write_text("{")
    with pytest.raises(RunFolderError, match=r"findings.json: cannot be read \(.*\). Delete it, or measure again"):
        measured_best(tmp_path)


def test_a_runs_findings_choose_the_method(baseline_recipe: dict[str, Any]) -> None:
    folder = gs.train(baseline_recipe).folder
    found = {
        "evidence": {"faithfulness": {"occlusion": {"comprehensiveness": {"value": 1}, "sufficiency": {"value": 0}}}}
    }
    (folder / "findings.json").write_text(json.dumps(found))
    assert gs.explain(folder, "good food")[0].method == "occlusion"
    assert gs.explain(folder, "good food", method="weights")[0].method == "weights"


ENGLISH = [
    f"{filler} {word} {filler}" for word in ("good", "bad") for filler in ("it was a room", "we saw it", "so far")
]
CHINESE = [
    f"{filler}{word}，{filler}。" for word in ("干净", "太差") for filler in ("酒店房间", "我们觉得它", "到现在为止")
]


@pytest.mark.parametrize(("texts", "tokens"), [(ENGLISH, "words"), (CHINESE, "jieba")], ids=["en", "zh"])
def test_on_both_languages_explanations_beat_chance(texts: list[str], tokens: Any) -> None:
    """The model goes by one word of each text: whoever names it is faithful, and chance is not."""
    measured = measure_faithfulness(planted(tokens), texts)
    assert set(measured) == {"weights", "occlusion"}
    for found in measured.values():
        assert found["num_texts"] == 6
        assert found["gain"]["low"] > 0.1
        assert found["comprehensiveness"]["value"] > found["random_comprehensiveness"]["value"]
        assert found["sufficiency"]["value"] < found["random_sufficiency"]["value"]
        difference = (found["comprehensiveness"]["value"] - found["sufficiency"]["value"]) - (
            found["random_comprehensiveness"]["value"] - found["random_sufficiency"]["value"]
        )
        assert found["gain"]["value"] == pytest.approx(difference)
        assert found["gain"]["low"] <= found["gain"]["value"] <= found["gain"]["high"]
    assert best_method(measured) in measured
    assert measure_faithfulness(planted(tokens), texts) == measured


def test_faithfulness_of_one_method_and_of_nothing() -> None:
    stages: list[tuple[str, int, int]] = []
    measured = measure_faithfulness(
        planted(), ENGLISH, ["occlusion"], on_stage=lambda name, done, total: stages.append((name, done, total))
    )
    assert list(measured) == ["occlusion"]
    assert stages[-1][0] == "occlusion"
    with pytest.raises(DataError, match="planted: found no text with a word, expected at least one"):
        measure_faithfulness(planted(), [" ", "a\0"])
    with pytest.raises(DataError, match="expected one of auto, weights, occlusion for a weighted sum of features"):
        measure_faithfulness(planted(), ENGLISH, ["attention"])


def test_findings_for_a_report() -> None:
    examples = [Example(str(n), text, "positive" if n < 3 else "negative", n + 1) for n, text in enumerate(ENGLISH)]
    blank = [Example("b", " ", "positive", 9), Example("n", "a\0", "positive", 10)]
    found = evidence_findings(planted(), [*blank, *examples])
    assert found["method"] == "weights"
    assert found["num_texts"] == 6
    assert set(found["faithfulness"]["weights"]) == {
        "comprehensiveness", "sufficiency", "random_comprehensiveness", "random_sufficiency", "gain", "num_texts"
    }  # fmt: skip
    assert {example["id"] for example in found["examples"]} == {str(number) for number in range(6)}
    for example in found["examples"]:
        assert example["label"] == example["gold"]
        assert 0.5 < example["confidence"] < 1
        strongest = max(example["words"], key=lambda word: word["weight"])
        assert example["text"][strongest["start"] : strongest["end"]] in ("good", "bad")
    json.dumps(found, allow_nan=False)
    assert evidence_findings(planted(), [*blank, *examples]) == found
    with pytest.raises(DataError, match="found no text to explain"):
        evidence_findings(planted(), blank)


def test_findings_of_a_network_measure_fewer_texts_of_a_larger_one(monkeypatch: pytest.MonkeyPatch) -> None:
    analyzer = Analyzer(from_scratch("transformer"), "small")
    examples = [Example(str(n), f"{text} {n}", "positive", n + 1) for n, text in enumerate(ENGLISH * 2)]
    assert evidence_findings(analyzer, examples)["num_texts"] == 12
    monkeypatch.setattr("groundswell.evidence.MOST_WORK", 1.0)
    found = evidence_findings(analyzer, examples)
    assert found["num_texts"] == 5
    assert len(found["examples"]) == 8
    assert found["method"] == "integrated_gradients"


def test_the_page_shows_words_and_writes_no_markup_of_a_text() -> None:
    found = [*explain(planted(), ["good <script>x</script>", "bad & the"]), *explain(planted(), "a\0b")]
    page = render_explanations(found)
    assert "<script" not in page
    assert '<mark class="for top" style="--weight: 1.000" title="+2.000">good</mark>' in page
    assert "&lt;script" in page
    assert 'class="against' in page
    assert "could not be explained" in page
    assert "http" not in page.replace("http-equiv", "")
    assert 'lang="en"' in page
    assert 'lang="zh"' in render_explanations(explain(planted("jieba"), "酒店很干净，服务太差"))
