"""Opinion extraction from recipe to record: train, load, predict, measure, resume, and what is wrong input."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tiny_opinions import NOUNS, opinion, opinion_recipe, rows
from tiny_run import changed, write

import groundswell as gs
from groundswell.errors import DataError, RecipeError
from groundswell.recipe_reading import recipe_from_values


@pytest.fixture
def recipe(tmp_path: Path) -> dict[str, Any]:
    """A small extractor on texts it can learn."""
    return opinion_recipe(tmp_path)


@pytest.mark.parametrize("finder", ["spans", "tags"])
def test_a_run_learns_loads_and_predicts(recipe: dict[str, Any], finder: str) -> None:
    elements = {"elements": ["aspect", "opinion", "category", "polarity"], "finder": finder}
    run = gs.train(changed(recipe, model={"opinions": elements}))
    assert run.metrics["dev"]["quad_f1@span"]["value"] > 0.98
    found = gs.load(run.folder)("👍   the food was  superb but the staff was slow")
    shown = [(one.aspect and one.aspect.text, one.opinion and one.opinion.text) for one in found.opinions]
    assert shown == [("food", "superb"), ("staff", "slow")]
    assert [(one.category, one.polarity) for one in found.opinions] == [("FOOD", "positive"), ("SERVICE", "negative")]
    for one in found.opinions:
        for span in (one.aspect, one.opinion):
            assert span is not None
            assert found.text[span.start : span.end] == span.text
    assert (found.label, found.truncated, found.error) == ("mixed", False, None)
    assert [sentence.label for sentence in found.sentences] == ["mixed"]
    assert (run.folder / "report.html").exists()
    manifest = json.loads((run.folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["label_map"]["names"][:3] == ["negative", "neutral", "positive"]


def test_the_answer_to_texts_of_all_kinds(recipe: dict[str, Any]) -> None:
    analyzer = gs.load(gs.train(recipe).folder)
    blank, chinese, long = analyzer.stream(["  ", "房间很好", "the food was good . " * 40])
    assert (blank.opinions, blank.label, blank.warnings) == (
        (), "neutral", ("blank_text: the text is blank; it holds no opinions",),
    )  # fmt: skip
    assert chinese.text == "房间很好"
    assert long.truncated


def test_long_texts_are_read_in_windows_with_exact_places(recipe: dict[str, Any]) -> None:
    run = gs.train(changed(recipe, text={"truncation": "windows", "window_overlap": 12}))
    text = "<the food was superb but the staff was slow> " * 30
    found = gs.load(run.folder)(text)
    assert not found.truncated
    assert found.warnings[0].startswith("windowed: the text was read in")
    assert len({one for one in found.opinions if one.aspect}) > 20
    assert len(found.opinions) == len({(one.aspect, one.opinion, one.category, one.polarity) for one in found.opinions})
    for one in found.opinions:
        for span in (one.aspect, one.opinion):
            assert span is None or text[span.start : span.end] == span.text


def test_alone_and_together_are_the_same(recipe: dict[str, Any]) -> None:
    analyzer = gs.load(gs.train(recipe).folder)
    texts = [row["text"] for row in rows("!")][:12]
    for alone, together in zip(map(analyzer, texts), analyzer.stream(texts), strict=True):
        assert [(one.aspect, one.opinion, one.polarity) for one in alone.opinions] == [
            (one.aspect, one.opinion, one.polarity) for one in together.opinions
        ]


def test_scores_are_not_calibrated_on_the_test(recipe: dict[str, Any], tmp_path: Path) -> None:
    """Scale and threshold come from dev: a test with the opposite polarities leaves the whole model as it is."""
    opposite = {"positive": "negative", "negative": "positive"}
    turned = [
        {**row, "opinions": [{**one, "polarity": opposite[one["polarity"]]} for one in row["opinions"]]}
        for row in rows()
    ]  # fmt: skip
    short = changed(recipe, training={"epochs": 6})
    tests = recipe["data"]["dev"], write(tmp_path / "turned.jsonl", turned)
    runs = [
        gs.train(changed(short, data={"test": test}, output={"name": f"t{number}"}))
        for number, test in enumerate(tests)
    ]
    assert runs[0].metrics["test"] != runs[1].metrics["test"]
    first, second = ({path.name: path.read_bytes() for path in (run.folder / "model").iterdir()} for run in runs)
    assert first == second


def test_measured_again_it_is_the_same(recipe: dict[str, Any]) -> None:
    run = gs.train(changed(recipe, training={"epochs": 6}))
    again = gs.evaluate(run.folder, recipe["data"]["dev"])
    assert again["quad_f1@span"] == run.metrics["dev"]["quad_f1@span"]
    assert again["rows"]["read"] == len(rows())


def test_gold_that_is_out_of_reach_is_said_and_counts(recipe: dict[str, Any]) -> None:
    run = gs.train(changed(recipe, text={"max_tokens": 8}))
    assert any("the model cannot give" in warning and "in no window" in warning for warning in run.warnings)
    assert run.metrics["dev"]["gold"]["tuples"] == sum(len(row["opinions"]) for row in rows())
    assert run.metrics["dev"]["quad_f1@span"]["recall"] < 0.8


def test_the_same_seed_gives_the_same_bits(recipe: dict[str, Any]) -> None:
    short = changed(recipe, training={"epochs": 2})
    first = gs.train(short)
    second = gs.train(changed(short, output={"name": "again"}))
    heads = [(run.folder / "model" / "head.safetensors").read_bytes() for run in (first, second)]
    assert heads[0] == heads[1]


def test_data_without_opinions_or_categories(recipe: dict[str, Any], tmp_path: Path) -> None:
    empty = write(tmp_path / "empty.jsonl", [{"text": f"we saw {noun}", "opinions": []} for noun in NOUNS])
    with pytest.raises(DataError, match="no text holds an opinion"):
        gs.train(changed(recipe, data={"train": empty, "dev": empty}))
    bare = [{**row, "opinions": [{**one, "category": None} for one in row["opinions"]]} for row in rows()]
    path = write(tmp_path / "bare.jsonl", bare)
    with pytest.raises(DataError, match=r"no opinion has a category, but model\.opinions\.elements asks for them"):
        gs.train(changed(recipe, data={"train": path, "dev": path}, output={"name": "other"}))


@pytest.mark.parametrize(
    ("section", "given", "message"),
    [
        ("model", {"opinions": {"elements": ["polarity"]}}, "names no span; add aspect or opinion"),
        ("model", {"opinions": {"elements": ["opinion", "aspect"]}}, "expected each once and in this order"),
        ("model", {"encoder": "nb_svm", "scratch": {}}, "does not fit task='opinions'"),
        ("training", {"metric": "accuracy"}, "training.metric='accuracy' does not exist for task='opinions'"),
        ("training", {"loss": "bce"}, "training.loss='bce' does not fit task='opinions'; choose opinions"),
        ("training", {"class_weights": "balanced"}, "class_weights has no effect with task='opinions'"),
    ],
)
def test_recipes_that_do_not_fit(recipe: dict[str, Any], section: str, given: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError) as caught:
        recipe_from_values(changed(recipe, **{section: given}), "recipe.yaml")
    assert message in str(caught.value)


def test_keys_of_opinions_have_no_effect_elsewhere() -> None:
    values = {"data": {"train": "a.csv", "format": "aste"}, "model": {"opinions": {"finder": "tags"}}}
    with pytest.raises(RecipeError) as caught:
        recipe_from_values(values, "recipe.yaml")
    assert "data.format, model.opinions.finder have no effect with task='single_label'; remove them" in str(
        caught.value
    )


def test_a_run_with_labels_finds_no_opinions(recipe: dict[str, Any], tmp_path: Path) -> None:
    labelled = write(
        tmp_path / "labelled.jsonl", [{"text": f"{w} {n}", "label": w} for w in ("good", "bad") for n in NOUNS]
    )
    run = gs.train({"data": {"train": labelled}, "text": {"min_count": 1}, "model": {"encoder": "majority"},
                    "output": {"folder": str(tmp_path / "runs"), "name": "labels"}})  # fmt: skip
    with pytest.raises(DataError, match=r"finds no opinions\. Train with task=opinions"):
        gs.load(run.folder).opinions(["good food"])
    with pytest.raises(DataError, match="gives no scores of whole texts"):
        gs.load(gs.train(changed(recipe, training={"epochs": 1}, output={"name": "few"})).folder).score(["good food"])


def test_opinions_of_aspects_that_are_asked_for(recipe: dict[str, Any]) -> None:
    analyzer = gs.load(gs.train(recipe).folder)
    text = "👍 the food was superb but the staff was slow"
    found = analyzer(text, aspects=["Staff", "pool"])
    assert [(one.aspect and one.aspect.text, one.polarity) for one in found.opinions] == [("staff", "negative")]
    assert found.warnings == ("aspect_not_found: pool",)
    assert [one.label for one in analyzer.stream([text, "we saw it"], aspects=["food"])] == ["positive", "neutral"]
    with pytest.raises(DataError, match="is given twice"):
        analyzer(text, aspects=["food", "FOOD"])


def test_polarity_of_given_aspects(recipe: dict[str, Any]) -> None:
    """Each gets one polarity, and nothing is looked for."""
    given = {"opinions": {"elements": ["aspect", "polarity"], "finder": "given"}}
    run = gs.train(changed(recipe, model=given))
    assert run.metrics["dev"]["aspect_polarity_f1@span"]["value"] > 0.98
    assert run.metrics["dev"]["warnings"][0] == (
        "aspects were given, not found: these figures are of polarities alone, and 12 gold opinions without an aspect "
        "are left out; do not compare them with figures of found aspects"
    )
    analyzer = gs.load(run.folder)
    found = analyzer("👍 the food was superb but the staff was slow", aspects=["staff", "food"])
    assert [(one.aspect and one.aspect.text, one.polarity) for one in found.opinions] == [
        ("food", "positive"), ("staff", "negative"),
    ]  # fmt: skip
    assert all(0 < one.score <= 1 for one in found.opinions)
    with pytest.raises(DataError, match="this model is given its aspects"):
        analyzer("the food was superb")


def test_what_a_negation_reverses_is_marked(recipe: dict[str, Any], tmp_path: Path) -> None:
    text = "the {} was not good 👍"
    made = [{"text": text.format(n), "opinions": [opinion(text.format(n), n, "not good", "negative")]} for n in NOUNS]
    path = write(tmp_path / "negated.jsonl", made * 4)
    run = gs.train(changed(recipe, data={"train": path, "dev": path}, training={"epochs": 60}))
    (found,) = gs.load(run.folder)(text.format("food")).opinions
    assert (found.opinion and found.opinion.text, found.negated) == ("not good", True)


def test_the_report_shows_confident_mistakes(recipe: dict[str, Any], tmp_path: Path) -> None:
    """Two test texts whose gold calls praise blame: what was found there is wrong, and is shown with the gold."""
    texts = ["👍 the food was superb but the staff was slow", "👍 the room was great but the food was poor"]
    gold = [{"text": text, "opinions": [opinion(text, text.split()[2], text.split()[4], "negative")]} for text in texts]
    run = gs.train(changed(recipe, data={"test": write(tmp_path / "test.jsonl", gold)}))
    page = (run.folder / "report.html").read_text(encoding="utf-8")
    assert "Confident mistakes" in page
    assert "food · superb · FOOD · negative" in page
    assert "quad F1, exact spans" in page


STRENGTHS = {"good": 0.2, "superb": 1.0, "great": 0.6, "bad": 0.4, "slow": 0.1, "poor": 0.8}


def test_how_strong_an_opinion_is(recipe: dict[str, Any], tmp_path: Path) -> None:
    strong = rows()
    for number, row in enumerate(strong):
        for one in row["opinions"]:
            if number % 5:  # some were not measured
                one["intensity"] = STRENGTHS[one["opinion"]["text"]]
    path = write(tmp_path / "strong.jsonl", strong)
    elements = {"elements": ["aspect", "opinion", "polarity"], "intensity": True}
    values = changed(recipe, data={"train": path, "dev": path}, model={"opinions": elements})
    run = gs.train(values)
    assert run.metrics["dev"]["intensity_pearson"]["value"] > 0.9
    assert run.metrics["dev"]["intensity_mae"]["value"] < 0.15
    found = gs.load(run.folder)("the food was superb but the staff was slow")
    strengths = [one.intensity for one in found.opinions]
    assert strengths == pytest.approx([1.0, 0.1], abs=0.2)
    assert found.intensity == pytest.approx(sum(filter(None, strengths)) / 2)
    plain = changed(recipe, model={"opinions": elements})
    with pytest.raises(DataError, match="no opinion has an intensity"):
        gs.train(plain, name="plain")


def test_dev_and_data_without_gold(recipe: dict[str, Any], tmp_path: Path) -> None:
    none = write(tmp_path / "none.jsonl", [{"text": "we saw it", "opinions": []}, {"text": "and left"}])
    with pytest.raises(DataError, match="no text of dev holds an opinion"):
        gs.train(changed(recipe, data={"dev": none}))
    run = gs.train(changed(recipe, training={"epochs": 1}))
    measured = gs.evaluate(run.folder, none)
    assert measured["rows"]["reasons"]["no opinions given"]["count"] == 1
    assert measured["num_rows"] == 1
    assert not measured["predicted"]["tuples"]
    assert "not defined" in measured["warnings"][0]
    nothing = write(tmp_path / "nothing.jsonl", [{"text": "we saw it", "label": "good"}])
    with pytest.raises(DataError, match="no row has `opinions`"):
        gs.evaluate(run.folder, nothing)


def test_aspects_are_looked_for_as_the_model_reads(recipe: dict[str, Any]) -> None:
    run = gs.train(
        changed(recipe, text={"cleaning": ["full_width", "traditional_to_simplified"]}, training={"epochs": 1})
    )
    analyzer = gs.load(run.folder)
    assert analyzer("包裝 was bad", aspects=["包装"]).warnings[-1:] != ("aspect_not_found: 包装",)
    assert "aspect_not_found: 包" in " ".join(analyzer("staff", aspects=["包装"]).warnings)
    with pytest.raises(DataError, match="twice"):
        analyzer("staff", aspects=["包装", "包裝"])


def test_each_opinion_has_its_evidence(recipe: dict[str, Any]) -> None:
    """The words that an opinion hangs on are its own; places point into the text as received."""
    run = gs.train(recipe)
    text = "👍 the food was superb but the room was slow"
    found = gs.explain(run.folder, [text, " ", "we saw the staff 👍"])
    opinions = gs.load(run.folder)(text).opinions
    assert len(opinions) == 2
    for one, shown in zip(found[:2], opinions, strict=True):
        assert one.opinion is not None
        assert one.opinion == replace(shown, score=one.opinion.score)
        assert one.opinion.score == pytest.approx(shown.score, abs=1e-5)
        assert one.method == "occlusion"
        assert one.score == one.value == one.opinion.score
        assert one.label == one.opinion.polarity
        assert [word.text for word in one.words] == text.split()
        weights = {word.text: word.weight or 0.0 for word in one.words}
        assert weights[one.opinion.aspect.text] > 0  # type: ignore[union-attr]
        assert weights[one.opinion.opinion.text] > 0  # type: ignore[union-attr]
        _check_covered(gs.load(run.folder), one)
        record = json.loads(one.to_json())
        assert record["opinion"]["polarity"] == record["label"]
    assert found[2].warnings == ("blank_text: the text is blank; there is nothing to weigh",)
    assert found[3].warnings == ("no_opinions: the model finds no opinion in this text",)
    with pytest.raises(DataError, match="finds opinions, each is explained"):
        gs.explain(run.folder, text, label="positive")
    with pytest.raises(DataError, match="found the method 'attention', expected occlusion for opinions"):
        gs.explain(run.folder, text, method="attention")


def _check_covered(analyzer: gs.Analyzer, one: gs.Explanation) -> None:
    """A covered word is an unknown one: what the opinion loses is what it loses with that word in its place."""
    assert one.opinion is not None
    for word in one.words:
        text = one.text[: word.start] + "q" * len(word.text) + one.text[word.end :]
        (found,) = analyzer.opinions([text])
        same = [other.score for other in found if _places(other) == _places(one.opinion)]
        if same:
            assert word.weight == pytest.approx(one.opinion.score - same[0], abs=1e-4)
        else:  # below the threshold it is not given any more
            assert word.weight is not None
            assert word.weight > 0


def _places(one: gs.Opinion) -> tuple[object, ...]:
    spans = [None if span is None else (span.start, span.end) for span in (one.aspect, one.opinion)]
    return (*spans, one.category, one.polarity)
