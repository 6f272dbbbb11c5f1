"""The model card: what the hub's own reader makes of it, and that nothing from outside becomes markup."""

from __future__ import annotations

from typing import Any

import pytest
from huggingface_hub import ModelCard
from tiny_findings import full_facts, interval

from groundswell.evaluation.model_card import model_card
from groundswell.evaluation.report_facts import ReportFacts
from groundswell.evaluation.report_metrics import metric_name


def card_of(**changed: Any) -> tuple[ModelCard, str]:
    text = model_card(ReportFacts(**{**full_facts(), **changed}))
    return ModelCard(text, ignore_metadata_errors=False), text


def test_the_hub_reads_what_was_measured() -> None:
    given = full_facts()
    card, _ = card_of(base_model="sentence-transformers/all-MiniLM-L6-v2")
    data = card.data
    assert data.library_name == "groundswell"
    assert data.pipeline_tag == "text-classification"
    assert data.language == ["en"]  # 3% of the texts are Chinese: no model of Chinese
    assert data.tags == ["groundswell", "single-label", "lora"]
    assert data.base_model == "sentence-transformers/all-MiniLM-L6-v2"
    assert data.model_name == "run plain"
    assert data.license is None
    found = {(result.dataset_split, result.metric_name): result for result in data.eval_results}
    names = {
        metric_name(key)
        for key, value in given["metrics"]["test"].items()
        if isinstance(value, dict) and "low" in value
    }
    assert names >= {"accuracy", "macro F1", "MCC"}
    assert set(found) == {(split, name) for split in ("test", "dev") for name in names}
    accuracy = given["metrics"]["test"]["accuracy"]
    assert found["test", "accuracy"].metric_value == pytest.approx(accuracy["value"])
    assert found["test", "accuracy"].metric_args == pytest.approx({"low": accuracy["low"], "high": accuracy["high"]})
    assert found["test", "macro F1"].metric_type == "f1"
    assert found["test", "accuracy"].dataset_name == "test.csv"
    assert found["dev", "accuracy"].dataset_name == "plain.csv"  # dev was held out of the training file


def test_the_card_tells_use_limits_costs_and_warnings() -> None:
    _, text = card_of()
    for expected in (
        'analyzer = gs.load("FOLDER")',
        "groundswell predict FOLDER reviews.csv",
        "Languages of the texts: en 97%, zh 3%.",
        "| accuracy | test | 0.896 |",
        "Expected calibration error 0.021 (0.013–0.029)",
        "sets of labels promised to hold the right one in 90% do so in 90.4% (88.4–92.4%)",
        "- characters “1–60”: accuracy 0.710",
        "- negation (en): 6 of 20 cases pass",
        "- he → she (gender plain): 9.0% (7.0–11.0%) of the labels change",
        "- under attack (greedy synonyms plain, at most 20% of the words, 100 questions): accuracy 0.330",
        "| seconds | 2 min 37 s |",
        "- 12 texts of test stand in train too plain",
    ):
        assert expected in text, expected
    headings = [line for line in text.splitlines() if line.startswith("## ")]
    assert headings == [
        "## Use", "## Training data", "## Metrics", "## Calibration", "## Limits", "## Costs", "## Warnings"
    ]  # fmt: skip


def test_of_a_path_the_card_tells_the_last_part_alone() -> None:
    recipe = "task: single_label\ndata: {train: /home/somebody/private/reviews.csv, test: /srv/held-out.csv}\n"
    card, text = card_of(recipe_yaml=recipe)
    assert "somebody" not in text
    assert "/srv" not in text
    assert {result.dataset_name for result in card.data.eval_results} == {"held-out.csv", "reviews.csv"}


def test_nothing_from_outside_becomes_markup() -> None:
    hostile = "a | b\n# <img src=x> `c` [d](e)\n---"
    card = ModelCard(model_card(ReportFacts(**full_facts(hostile))), ignore_metadata_errors=False)
    body = card.text
    assert "<img" not in body
    assert "\n# <" not in body
    for line in body.splitlines():
        if line.startswith("| "):
            unescaped = line.replace("\\|", "")
            assert unescaped.count("|") in (3, 5)  # two columns or four
    assert card.data.model_name == f"run {hostile}"


@pytest.mark.parametrize(
    ("task", "recipe", "metric", "pipeline"),
    [
        ("opinions", "task: opinions\n", "quad_f1@span", "token-classification"),
        ("language_model", "task: language_model\nlanguage_model: {objective: causal}\n", "perplexity",
         "text-generation"),
        ("language_model", "task: language_model\nlanguage_model: {objective: masked}\n", "masked_accuracy",
         "fill-mask"),
        ("regression", "task: regression\n", "pearson", "text-classification"),
    ],
)  # fmt: skip
def test_runs_of_other_tasks_have_a_card(task: str, recipe: str, metric: str, pipeline: str) -> None:
    facts = ReportFacts(name="run", task=task, recipe_yaml=recipe, metrics={"dev": {metric: interval(0.5)}})
    card = ModelCard(model_card(facts), ignore_metadata_errors=False)
    assert card.data.pipeline_tag == pipeline
    assert card.data.eval_results[0].metric_value == 0.5
    assert ("groundswell lm" in card.text) == (task == "language_model")


def test_a_run_that_was_not_measured_has_a_card() -> None:
    card = ModelCard(model_card(ReportFacts(name="bare", task="single_label")), ignore_metadata_errors=False)
    assert card.data.eval_results is None
    assert "not measured" in card.text


def test_a_chinese_model_is_shown_chinese() -> None:
    card, text = card_of(languages={"zh": 90, "en": 10}, language="zh")
    assert card.data.language == ["zh", "en"]
    assert 'analyzer("房间一尘不染。")' in text
    assert "## Metrics" in text  # a card is English, whatever the page is
