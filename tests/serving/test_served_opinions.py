"""Runs that find opinions or have several heads over HTTP: records as offline, aspects, errors, explanations."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from tiny_heads import heads_recipe
from tiny_opinions import opinion_recipe
from tiny_playground import loaded_models
from tiny_run import changed
from tiny_server import listening_server

import groundswell as gs
from groundswell.analyzer import Analyzer
from groundswell.serving.app import create_app
from groundswell.serving.engine import load_engine

# Two opinions, as each of the two has learned to find them.
BOTH = {
    "opinions": "👍 the food was superb but the staff was slow",
    "heads": "the food was superb. our staff was awful.",
}
TEXTS = [*BOTH.values(), " ", "房间很好 good food", "the food was good " * 30]


@dataclass
class Served:
    """A service of the runs `opinions` and `heads`, with what each says offline."""

    address: str
    offline: dict[str, Analyzer]

    def post(self, path: str, **body: Any) -> httpx2.Response:
        return httpx2.post(f"{self.address}/v1/{path}", json=body, timeout=60)

    def records(self, **body: Any) -> list[dict[str, Any]]:
        answer = self.post("analyze", **body)
        assert answer.status_code == 200, answer.text
        documents: list[dict[str, Any]] = answer.json()["documents"]
        return documents


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served_opinions")
    runs = {}
    for name, recipe_in in (("opinions", opinion_recipe), ("heads", heads_recipe)):
        (folder / name).mkdir()
        recipe = changed(recipe_in(folder / name), training={"epochs": 12})
        runs[name] = gs.train(recipe, name=name, progress=False).folder
    offline = {name: load_engine(run) for name, run in runs.items()}
    models = loaded_models(runs)
    with listening_server(create_app(models), models) as port:
        yield Served(f"http://127.0.0.1:{port}", offline)


def offline_records(analyzer: Analyzer, texts: Sequence[str], **asked: Any) -> Any:
    return [json.loads(one.to_json()) for one in analyzer.stream(texts, **asked)]


@pytest.mark.parametrize("model", ["opinions", "heads"])
def test_records_are_those_of_offline(served: Served, model: str) -> None:
    found = served.records(model=model, documents=[{"text": text} for text in TEXTS])
    assert found == offline_records(served.offline[model], TEXTS)
    (both,) = (record for record in found if record["text"] == BOTH[model])
    assert len(both["opinions"]) == 2
    for record in found:
        for opinion in record["opinions"]:
            for span in (opinion["aspect"], opinion["opinion"]):
                assert span is None or record["text"][span["start"] : span["end"]] == span["text"]


def test_every_head_answers(served: Served) -> None:
    (record,) = served.records(model="heads", text="the food was superb")
    assert set(record["heads"]) == {"sentiment", "intensity"}
    assert record["label"] == record["heads"]["sentiment"]["label"] == "positive"
    assert record["intensity"] == min(1.0, record["heads"]["intensity"]["scores"]["strength"])
    assert [opinion["polarity"] for opinion in record["opinions"]] == ["positive"]


@pytest.mark.parametrize("model", ["opinions", "heads"])
def test_aspects_are_those_of_the_request(served: Served, model: str) -> None:
    for aspects in (["Staff", "pool"], ["food"]):
        found = served.records(model=model, documents=[{"text": text} for text in TEXTS], aspects=aspects)
        assert found == offline_records(served.offline[model], TEXTS, aspects=aspects)
    (record,) = served.records(model=model, text=BOTH[model], aspects=["Staff", "pool"])
    assert [opinion["aspect"]["text"] for opinion in record["opinions"]] == ["staff"]
    assert "aspect_not_found: pool" in record["warnings"]
    refused = served.post("analyze", model=model, text=BOTH[model], aspects=["food", "FOOD"])
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "invalid_options")
    assert "is given twice" in refused.json()["error"]["message"]


@pytest.mark.parametrize("model", ["opinions", "heads"])
def test_one_document_that_cannot_be_read_does_not_harm_the_others(served: Served, model: str) -> None:
    documents = [{"id": 1, "text": BOTH[model]}, {"id": 2, "text": "nul \0"}, {"id": "c", "text": "good " * 4001}]
    first, nul, long = served.records(model=model, documents=documents)
    assert first == {"id": 1, **offline_records(served.offline[model], [BOTH[model]])[0]}
    assert (nul["id"], nul["error"]["code"]) == (2, "nul_character")
    assert (long["id"], long["error"]["code"]) == ("c", "text_too_long")


@pytest.mark.parametrize("model", ["opinions", "heads"])
def test_what_does_not_go_with_opinions_is_refused(served: Served, model: str) -> None:
    refused = served.post("analyze", model=model, text=BOTH[model], options={"abstain_below": 0.5})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "invalid_options")
    told = {"opinions": "gives no label to abstain from", "heads": "has several heads (sentiment, intensity, opinions)"}
    assert told[model] in refused.json()["error"]["message"]


def test_each_opinion_is_explained(served: Served) -> None:
    text = BOTH["opinions"]
    answer = served.post("explain", model="opinions", documents=[{"id": 3, "text": text}, {"text": "nul \0"}])
    explained, nul = answer.json()["documents"]
    assert nul["error"]["code"] == "nul_character"
    assert explained["id"] == 3
    (record,) = served.records(model="opinions", text=text)
    shown = [one["opinion"] for one in explained["explanations"]]
    assert [one["aspect"] for one in shown] == [one["aspect"] for one in record["opinions"]]
    assert {one["method"] for one in explained["explanations"]} == {"occlusion"}
    assert [word["text"] for word in explained["explanations"][0]["words"]] == text.split()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"model": "opinions", "label": "positive"}, "finds opinions, each is explained. Leave --label out"),
        ({"model": "opinions", "method": "attention"}, "found the method 'attention', expected occlusion for opinions"),
        ({"model": "opinions", "head": "sentiment"}, "has no heads. Leave the name of the head out"),
        ({"model": "heads"}, "found no head, expected one of sentiment, intensity, opinions. Name one of them"),
        ({"model": "heads", "head": "mood"}, "found the head 'mood', expected one of sentiment, intensity, opinions"),
        ({"model": "heads", "head": "sentiment", "aspects": ["food"]}, "finds no opinions, so it cannot be asked"),
    ],
)
def test_what_cannot_be_explained_is_told(served: Served, body: dict[str, Any], told: str) -> None:
    answer = served.post("explain", text="good food", **body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_options")
    assert told in answer.json()["error"]["message"]


@pytest.mark.parametrize("head", ["sentiment", "intensity", "opinions"])
def test_each_head_is_explained_by_its_name(served: Served, head: str) -> None:
    text = "the food was superb"
    (document,) = served.post("explain", model="heads", head=head, text=text).json()["documents"]
    (explanation,) = document["explanations"]
    expected = {"sentiment": "positive", "intensity": "strength", "opinions": "positive"}
    assert explanation["label"] == expected[head]
    assert [word["text"] for word in explanation["words"]] == text.split()
