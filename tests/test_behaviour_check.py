"""Behaviour tests of real runs: what is asked, in which language, and when nothing can be."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from tiny_run import changed, reviews, write

import groundswell as gs
from groundswell.analyzer import Analyzer, load
from groundswell.behaviour_check import behaviour_findings, check_behaviour, check_run
from groundswell.errors import DataError
from groundswell.model.outputs import Outputs
from groundswell.review_languages import languages_of, languages_of_run, readable_languages
from groundswell.run_folder import read_manifest

OWN = """
language: en
capabilities:
  - name: plain
    kind: minimum functionality
    positive: [good food, great service, a very good room]
    negative: [bad food, dark screen, a very bad room]
attributes:
  - {name: gender, first: men, second: women, terms: [[man, woman]], sentences: ["the {term} has good food"]}
"""


def trained(
    folder: Path, rows: list[dict[str, Any]], name: str, task: str = "single_label", **sections: dict[str, Any]
) -> Path:
    values: dict[str, Any] = {
        "task": task,
        "data": {"train": write(folder / f"{name}.jsonl", rows)},
        "model": {"encoder": "logistic_regression"},
        "output": {"folder": str(folder / "runs"), "name": name},
    }
    return gs.train(changed(values, **sections)).folder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained(tmp_path_factory.mktemp("behaviour"), reviews(8), "run")


@pytest.fixture(scope="module")
def analyzer(run: Path) -> Analyzer:
    return load(run)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.yaml"
    path.write_text(OWN)
    return path


def test_own_cases_of_a_model_that_has_learned_them(analyzer: Analyzer, own: Path) -> None:
    found = check_behaviour(analyzer, (), own=[own])
    (plain,) = found["behaviour"]["capabilities"]
    assert (plain["num_passed"], plain["num_cases"]) == (6, 6)
    assert found["behaviour"]["labels"] == {"negative": "negative", "positive": "positive"}
    assert found["behaviour"]["skipped"] == []
    (gender,) = found["bias"]
    assert (gender["num_pairs"], gender["labels_changed"]["value"]) == (1, 0.0)
    json.dumps(found)


def test_labels_swapped_by_the_user_swap_the_answers(analyzer: Analyzer, own: Path) -> None:
    swapped = {"positive": "negative", "negative": "positive"}
    (plain,) = check_behaviour(analyzer, (), own=[own], labels=swapped)["behaviour"]["capabilities"]
    assert plain["num_passed"] == 0


def test_shipped_cases(analyzer: Analyzer) -> None:
    found = check_behaviour(analyzer, ("en",))
    capabilities = found["behaviour"]["capabilities"]
    assert len(capabilities) >= 25
    assert {one["language"] for one in capabilities} == {"en"}
    assert found["behaviour"]["skipped"] == [
        {
            "language": "both",
            "capability": "translations",
            "why": "for models of both languages, and only en was asked",
        },
        {"language": "en", "capability": "neutral facts", "why": "the run has no label for neutral"},
    ]
    for one in capabilities:
        assert 0 <= one["rate"]["low"] <= one["rate"]["value"] <= one["rate"]["high"] <= 1
        assert len(one["failures"]) == min(3, one["num_cases"] - one["num_passed"])
    for row in found["bias"]:
        assert row["mean_shift"]["low"] <= row["mean_shift"]["value"] <= row["mean_shift"]["high"]
    assert check_behaviour(analyzer, ("en",)) == found, "the same run, another answer"


def test_both_languages_bring_translations(analyzer: Analyzer) -> None:
    found = check_behaviour(analyzer, ("en", "zh"), only="translations")
    (translations,) = found["behaviour"]["capabilities"]
    assert translations["language"] == "both"
    assert len(translations["failures"]) == translations["num_cases"] - translations["num_passed"]
    assert found["bias"] == []


def test_nothing_to_ask(analyzer: Analyzer) -> None:
    with pytest.raises(DataError, match=r"found neither a language nor a file of cases, expected one\."):
        check_behaviour(analyzer, ())
    with pytest.raises(DataError, match=r"found no capability 'negated prase', .* Did you mean 'negated praise'\?"):
        check_behaviour(analyzer, ("en",), only="negated prase")


def test_findings_of_a_finished_training(analyzer: Analyzer) -> None:
    found = behaviour_findings(analyzer, ("en",))
    assert found == check_behaviour(analyzer, ("en",))
    (warning,) = behaviour_findings(analyzer, ())["behaviour"]["warnings"]
    assert warning.startswith("behaviour tests left out: the training texts are neither Chinese nor English")


class StandIn:
    """Answers one logit per text: how many more good words it holds than bad ones."""

    name = "stand-in"
    heads = ()

    def __init__(self, task: Any, labels: tuple[str, ...]) -> None:
        self.outputs = Outputs(task, labels, (0.5,) * len(labels), mean=3.5, scale=1.5)

    def score(self, texts: list[str], on_batch: Any) -> torch.Tensor:
        on_batch(len(texts))
        words = [text.split() for text in texts]
        good = [
            sum(word in ("good", "great") for word in row) - sum(word in ("bad", "dark") for word in row)
            for row in words
        ]
        return torch.tensor(good, dtype=torch.float32)[:, None].expand(-1, len(self.outputs.labels))


@pytest.mark.parametrize(
    ("task", "labels", "reason"),
    [
        ("single_label", ("joy", "anger"), "'joy', 'anger' cannot be told"),
        ("multi_label", ("positive", "negative"), "gives several labels at once"),
        ("regression", ("arousal",), "found a model of the value 'arousal'"),
    ],
)
def test_findings_of_runs_without_polarities_say_why(task: str, labels: tuple[str, ...], reason: str) -> None:
    analyzer: Any = StandIn(task, labels)
    found = behaviour_findings(analyzer, ("en",))
    assert list(found) == ["behaviour"]
    assert (found["behaviour"]["capabilities"], found["behaviour"]["skipped"]) == ([], [])
    (warning,) = found["behaviour"]["warnings"]
    assert warning.startswith("behaviour tests left out: stand-in: ")
    assert reason in warning
    with pytest.raises(DataError, match=reason):
        check_behaviour(analyzer, ("en",))


def test_a_value_is_read_around_the_mean_of_training(own: Path) -> None:
    """One good word is one standard deviation above the mean: 84.13 % of a normal distribution lie below."""
    analyzer: Any = StandIn("regression", ("pleasure",))
    for polarity, passed in (("positive", 6), ("negative", 0)):
        found = check_behaviour(analyzer, (), own=[own], labels={"pleasure": polarity})
        (plain,) = found["behaviour"]["capabilities"]
        assert (plain["num_passed"], found["behaviour"]["labels"]) == (passed, {"pleasure": polarity})
    worst = {round(failure["confidence"], 4) for failure in plain["failures"]}
    assert worst == {0.8413}


def test_progress_is_told_in_texts(own: Path) -> None:
    told: list[tuple[str, int]] = []
    bar: Any = SimpleNamespace(
        begin=lambda name, total: told.append((name, total)), advance=lambda done: told.append(("", done))
    )
    check_behaviour(StandIn("regression", ("stars",)), (), own=[own], bar=bar)  # type: ignore[arg-type]
    assert told == [("behaviour tests", 8), ("", 8)]


def test_languages_of_texts() -> None:
    assert languages_of(["good food here", "很好吃"]) == ("en", "zh")
    assert languages_of(["good food here"] * 30 + ["很好吃"]) == ("en",)
    assert languages_of(["👍", "Das ist nicht gut."]) == ()
    assert languages_of([]) == ()


def test_languages_of_a_run(run: Path, analyzer: Analyzer, tmp_path: Path) -> None:
    assert languages_of_run(run, {"data": {"languages": {"zh": 30, "en": 1}}}, analyzer) == (
        ("zh",),
        "as the manifest says",
    )
    assert languages_of_run(run, {}, analyzer) == (("en",), "as in the training file")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "recipe.yaml").write_text("data: {train: gone.jsonl}\n")
    assert languages_of_run(elsewhere, {}, analyzer)[1] == "those whose words the model knows"


def test_languages_that_a_model_reads(tmp_path: Path) -> None:
    chinese = {"好吃 的 菜": "positive", "难吃 的 菜": "negative", "干净 的 房间": "positive", "脏 的 房间": "negative"}
    rows = [
        {"text": f"{text} {'啊' * number}", "label": label} for number in range(8) for text, label in chinese.items()
    ]
    analyzer = load(trained(tmp_path, rows, "zh", text={"tokens": "words"}))
    assert "en" not in readable_languages(analyzer)


def test_a_run_folder(run: Path, own: Path) -> None:
    said: list[str] = []
    found = check_run(run, say=said.append, only="praise")
    assert said == ["cases in en (as the manifest says; --language chooses)"]
    assert [one["capability"] for one in found["behaviour"]["capabilities"]] == ["praise"]
    assert "language" not in read_manifest(run)["data"]
    assert check_run(run, "none", own=[own]) == check_behaviour(load(run), (), own=[own])
    chinese = check_run(run, "zh", only="褒义词")["behaviour"]["capabilities"]
    assert [one["language"] for one in chinese] == ["zh"]
    with pytest.raises(DataError, match="has no heads"):
        check_run(run, head="sentiment")
