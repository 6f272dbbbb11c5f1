"""Errors worth reading, by a stand-in that knows some words and is planted to be wrong about others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from tiny_labelled_texts import BAD, GOOD, THINGS, make_texts

from groundswell.error_analysis import ErrorSettings, error_findings
from groundswell.errors import DataError
from groundswell.model.outputs import Outputs
from groundswell.types import Example

TRAIN = make_texts(300)
DATA = make_texts(100, seed=1)


class StandIn:
    """Reads words of feeling, but takes those of texts about kettles and violins for their opposite."""

    name = "stand-in"

    def __init__(self, *, has_vectors: bool = True, task: Any = "single_label") -> None:
        self.outputs = Outputs(task, ("bad", "good"), (0.5, 0.5))
        self.has_vectors = has_vectors
        self.seen: list[str] = []

    def score(self, texts: list[str], on_batch: Any = None) -> torch.Tensor:
        self.seen += texts
        rows = []
        for text in texts:
            value = sum(word in text for word in GOOD) - sum(word in text for word in BAD)
            wrong = "kettle" in text or "violin" in text
            rows.append([0.0, float(value) * (-1.0 if wrong else 1.0)])
        return torch.tensor(rows)

    def vectors(self, texts: list[str], on_batch: Any = lambda done: None) -> torch.Tensor:
        on_batch(len(texts))
        return torch.tensor([[float(word in text) for word in THINGS] for text in texts])


def find(analyzer: Any = None, training: Any = TRAIN, data: Any = DATA, **settings: Any) -> dict[str, Any]:
    return error_findings(analyzer or StandIn(), data, training, ErrorSettings(**settings))


def test_confident_mistakes_come_first_with_what_they_say() -> None:
    found = find()
    wrong = [example for example in DATA if "kettle" in example.text or "violin" in example.text]
    assert (found["num_rows"], found["num_wrong"]) == (100, len(wrong))
    mistakes = found["confident"]
    assert {mistake["row"] for mistake in mistakes} <= {example.row for example in wrong}
    confidences = [mistake["confidence"] for mistake in mistakes]
    assert confidences == sorted(confidences, reverse=True)
    first = DATA[mistakes[0]["row"] - 1]
    assert (mistakes[0]["text"], mistakes[0]["gold"], mistakes[0]["id"]) == (first.text, first.target, first.id)
    assert mistakes[0]["predicted"] != first.target


def test_the_nearest_training_texts_are_those_of_brute_force() -> None:
    found = find(top=2)
    assert (found["space"], found["searched"]) == ("encoder", {"training": 300, "of": 300})
    vectors = StandIn().vectors([example.text for example in TRAIN]).numpy()
    for mistake in found["confident"]:
        query = StandIn().vectors([mistake["text"]]).numpy()[0]
        cosines = vectors @ query / np.linalg.norm(vectors, axis=1) / np.linalg.norm(query)
        near = mistake["nearest"]
        assert len(near) == 3
        np.testing.assert_allclose([one["similarity"] for one in near], np.sort(cosines)[::-1][:3], atol=1e-6)
        for one in near:
            example = TRAIN[one["row"] - 1]
            assert (one["text"], one["label"], one["id"]) == (example.text, example.target, example.id)


def test_only_a_part_of_the_training_texts_is_encoded_when_asked() -> None:
    assert find(most_training=30)["searched"] == {"training": 30, "of": 300}
    none = find(nearest=0)
    assert none["searched"]["training"] == 0
    assert none["confident"][0]["nearest"] == []
    assert find(training=())["confident"][0]["nearest"] == []


def test_a_run_without_an_encoder_is_searched_by_words() -> None:
    copy = replace(TRAIN[0], text=DATA[0].text + " indeed")
    found = find(StandIn(has_vectors=False), [copy, *TRAIN[1:]], top=50)
    assert found["space"] == "tfidf"
    nearest = {mistake["row"]: mistake["nearest"][0]["row"] for mistake in found["confident"]}
    if DATA[0].row in nearest:
        assert nearest[DATA[0].row] == copy.row
    assert all(0 <= mistake["nearest"][0]["similarity"] <= 1 + 1e-9 for mistake in found["confident"])


def test_errors_about_one_thing_are_a_cluster_with_its_word() -> None:
    """Two kinds of errors, one for each word that the stand-in takes amiss."""
    data = []
    for example in make_texts(160, seed=2):
        thing = {0: " kettle", 1: " violin"}.get(example.row % 4, "")
        text = example.text.replace("kettle", "mirror").replace("violin", "mirror").removesuffix(".")
        data.append(replace(example, text=text + thing))

    class ByThing(StandIn):
        def vectors(self, texts: list[str], on_batch: Any = lambda done: None) -> torch.Tensor:
            return torch.tensor([[float("kettle" in text), float("violin" in text), 0.1] for text in texts])

    clusters = find(ByThing(), (), data, label_errors=False)["clusters"]
    assert [cluster["num_rows"] for cluster in clusters] == [40, 40]
    assert {cluster["words"][0] for cluster in clusters} == {"kettle", "violin"}
    for cluster in clusters:
        assert len(cluster["examples"]) == 3
        assert set(cluster["examples"][0]) == {"id", "text", "gold", "predicted"}
        assert all(cluster["words"][0] in example["text"] for example in cluster["examples"])


def test_label_errors_of_both_sources() -> None:
    """Two labels of the data and two of training are turned round; the stand-in is right about all the others."""
    data = [example for example in DATA if "kettle" not in example.text and "violin" not in example.text]
    turned = {data[3].row, data[8].row}
    data = [flip(example) if example.row in turned else example for example in data]
    training = [flip(example) if example.row in (5, 60) else example for example in TRAIN]
    doubts = find(training=training, data=data)["label_errors"]
    found = {(doubt["source"], doubt["row"]) for doubt in doubts}
    assert found == {("evaluated", row) for row in turned} | {("training", 5), ("training", 60)}
    assert all(doubt["suggested"] != doubt["label"] and doubt["probability"] > 0.5 for doubt in doubts)
    assert find(training=training, data=data, label_errors=False)["label_errors"] == []


def test_the_run_judges_no_label_it_was_trained_on() -> None:
    """Every text of the data stands in training too: the wrong label is found there, by cross-validation."""
    training = [flip(example) if example.row == 5 else example for example in TRAIN]
    doubts = find(data=training, training=training)["label_errors"]
    assert [(doubt["source"], doubt["row"]) for doubt in doubts] == [("training", 5)]


def test_known_probabilities_are_not_computed_again() -> None:
    analyzer = StandIn()
    known = analyzer.outputs.values(analyzer.score([example.text for example in DATA])).numpy()
    analyzer.seen.clear()
    again = error_findings(analyzer, DATA, TRAIN, probabilities=known)  # type: ignore[arg-type]
    assert analyzer.seen == []
    assert again == find()


def test_a_run_that_is_always_right() -> None:
    right = [example for example in DATA if "kettle" not in example.text and "violin" not in example.text]
    found = find(data=right)
    assert (found["num_wrong"], found["confident"], found["clusters"]) == (0, [], [])


def test_stages_are_told_how_far_they_are() -> None:
    told: list[tuple[str, int, int]] = []
    error_findings(StandIn(), DATA, TRAIN, on_stage=lambda *stage: told.append(stage))  # type: ignore[arg-type]
    name, done, total = told[-1]
    assert (name, done) == ("encoding", total)


def test_other_tasks_and_no_rows_are_refused() -> None:
    with pytest.raises(DataError, match="gives multi label answers, expected one label for each text"):
        find(StandIn(task="multi_label"))
    with pytest.raises(DataError, match="found no labelled rows to look for errors in"):
        find(data=[])


def flip(example: Example) -> Example:
    return replace(example, target="bad" if example.target == "good" else "good")
