"""The report page: whole, escaped, readable without its optional parts."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from groundswell.evaluation.metrics import score_multi_label, score_regression, score_single_label
from groundswell.evaluation.report import ReportFacts, render_report, write_report
from groundswell.evaluation.report_charts import Series, interval_bar, line_chart, round_ticks
from groundswell.evaluation.report_markup import tag
from groundswell.recipe import Recipe

HOSTILE = "<script>alert('1')</script>\"&"
VOID = {"meta", "br"}


class Page(HTMLParser):
    """What a browser makes of the page: elements, attributes, text; every element must be closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(text.strip() for text in self.texts if text.strip())


def single_label_scores(num_rows: int, names: list[str]) -> dict[str, Any]:
    generator = np.random.default_rng(0)
    gold = generator.integers(0, len(names), num_rows)
    predicted = np.where(generator.random(num_rows) < 0.8, gold, generator.integers(0, len(names), num_rows))
    return score_single_label(gold, predicted, names, resamples=100)


def full_facts(word: str = "plain") -> dict[str, Any]:
    recipe = Recipe.model_validate({"data": {"train": f"{word}.csv", "test": "test.csv", "limit": 2000}})
    return {
        "name": f"run {word}",
        "task": "single_label",
        "created": f"today {word}",
        "recipe_yaml": recipe.to_yaml(),
        "metrics": {
            "dev": single_label_scores(60, [f"bad {word}", "good"]),
            "test": single_label_scores(1200, [f"bad {word}", "good"]),
        },
        "history": [
            {"epoch": 1, "loss": 0.7, "seconds": 31.44, "dev": {"accuracy": 0.8125, "loss": 0.55}},
            {"epoch": 2, "loss": 0.4, "seconds": 30.0, "dev": {"accuracy": 0.875, "loss": 0.5}},
        ],
        "best_epoch": 2,
        "accounting": {
            f"train {word}": {
                "read": 1013,
                "kept": 1004,
                "cut": 120,
                "max_tokens": 256,
                "dropped": 9,
                "reasons": {
                    f"blank text {word}": {"count": 7, "first_rows": [17, 40, 102, 877, 1201]},
                    "no label": {"count": 2, "first_rows": [9, 443]},
                },
                "warnings": [f"3 ids stand twice {word}"],
            }
        },
        "mistakes": [
            {"text": f"电池很耐用，但屏幕太暗。{word}", "gold": f"bad {word}", "predicted": "good", "confidence": 0.993}
        ],
        "warnings": [f"12 texts are shared {word}"],
        "costs": {"seconds": 157.3, "parameters": {"trainable": 147_456, "total": 22_861_056}, "megabytes": 91.4},
        "hardware": {f"processor {word}": f"two cores {word}"},
        "versions": {f"torch {word}": f"2.13.0 {word}"},
    }


def test_the_page_says_everything(tmp_path: Path):
    path = tmp_path / "new folder" / "report.html"
    write_report(full_facts(), path)
    page = Page(path.read_text(encoding="utf-8"))
    assert page.open == []
    assert [file.name for file in path.parent.iterdir()] == ["report.html"]
    for expected in (
        "run plain",
        "on test, 1,200 rows",
        "2 warnings",
        "12 texts are shared plain",
        "train plain: 3 ids stand twice plain",
        "plain.csv; at most 2,000 rows, drawn",
        "LoRA; rank 8, alpha 16",
        "17, 40, 102, 877, 1201 and 2 more",
        "9, 443",
        "the model reads up to 256 tokens",
        "电池很耐用，但屏幕太暗。plain",
        "confidence 0.993",
        "2 min 37 s",
        "147,456 trainable of 22,861,056 (0.65%)",
        "91.4 MB",
        "two cores plain",
        "torch plain 2.13.0 plain",
        "head_learning_rate: 0.001",
        "weights kept",
        "training: epoch 1 0.700, epoch 2 0.400. dev: epoch 1 0.550, epoch 2 0.500.",
        "31.4",
    ):
        assert expected in page.text


def test_numbers_on_the_page_are_those_of_the_metrics():
    facts = full_facts()
    page = Page(render_report(ReportFacts(**facts))).text
    test = facts["metrics"]["test"]
    for key in ("accuracy", "macro_f1"):
        assert f"{test[key]['value']:.3f} {test[key]['low']:.3f}–{test[key]['high']:.3f}" in page
    for gold, row in enumerate(test["confusion"]):
        name = ["bad plain", "good"][gold]
        cells = " ".join(f"{count:,} {count / sum(row):.1%}" for count in row)
        assert f"{name} {cells} {sum(row):,}" in page
    majority = max(map(sum, test["confusion"])) / 1200
    assert f"would reach accuracy {majority:.3f} on test." in page


def test_nothing_that_comes_from_outside_becomes_markup():
    plain, hostile = (
        Page(render_report(ReportFacts(**full_facts()))),
        Page(render_report(ReportFacts(**full_facts(HOSTILE)))),
    )
    assert hostile.elements == plain.elements
    assert "script" not in hostile.elements
    assert [name for name, _ in hostile.attributes] == [name for name, _ in plain.attributes]
    for place in (
        "run",
        "today",
        "blank text",
        "电池很耐用，但屏幕太暗。",
        "12 texts are shared",
        "3 ids stand twice",
        "bad",
    ):
        assert f"{place} {HOSTILE}" in hostile.text or f"{place}{HOSTILE}" in hostile.text


def test_the_page_needs_no_network_and_no_script():
    page = Page(render_report(ReportFacts(**full_facts(HOSTILE))))
    names = {name for name, _ in page.attributes}
    assert not names & {"src", "href", "srcset", "data", "action", "xlink:href"}
    assert not [name for name in names if name.startswith("on")]
    assert not {"script", "link", "iframe", "img", "object", "use"} & set(page.elements)
    assert "url(" not in page.text
    assert "@import" not in page.text
    policy = [value for name, value in page.attributes if name == "content"][1]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_light_dark_and_phone():
    page = render_report(ReportFacts(name="a", task="single_label"))
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page
    assert "@media (prefers-color-scheme: dark)" in page


def test_every_colour_has_a_value_in_both_schemes():
    style = render_report(ReportFacts(name="a", task="single_label"))
    light, dark = (set(re.findall(r"--[\w-]+(?=:)", scheme)) for scheme in re.findall(r":root \{([^}]*)\}", style))
    used = set(re.findall(r"var\((--[\w-]+)", style)) - {"--share"}
    assert used <= light == dark


def test_only_name_and_task_are_needed():
    page = Page(render_report(ReportFacts(name="bare", task="single_label")))
    assert page.text.endswith(
        "bare not measured single label Intervals over rows, at the level of the recipe. "
        "Nothing on this page loads from the network."
    )
    assert page.elements.count("section") == 0


def test_without_a_test_split_the_result_is_that_of_dev():
    facts = full_facts()
    del facts["metrics"]["test"]
    text = Page(render_report(ReportFacts(**facts))).text.replace("\u2060", "")
    accuracy = facts["metrics"]["dev"]["accuracy"]
    assert f"accuracy {accuracy['value']:.2f} ({accuracy['low']:.2f}–{accuracy['high']:.2f}) on dev, 60 rows" in text


def test_a_given_result_line_is_kept():
    assert "as it is said" in Page(render_report(ReportFacts(name="a", task="t", result_line="as it is said"))).text


def test_multi_label_and_regression():
    generator = np.random.default_rng(0)
    flags = score_multi_label(*(generator.random((2, 30, 2)) < 0.5), ["joy", "anger"], resamples=50)
    text = Page(render_report(ReportFacts(name="a", task="multi_label", metrics={"dev": flags}))).text
    assert "macro F1" in text
    assert "micro F1" in text
    assert "joy" in text
    constant = score_regression(np.arange(5.0), np.zeros(5), resamples=50)
    text = Page(render_report(ReportFacts(name="a", task="regression", metrics={"dev": constant}))).text
    assert (
        "dev: pearson, spearman: every predicted value is 0, so the correlation is not defined; reported as 0" in text
    )
    assert "mean absolute error dev 2.000" in text


def test_of_many_labels_the_most_confused_pairs_are_shown():
    names = [f"intent {index}" for index in range(20)]
    gold = np.array([*range(20), 3, 3, 7])
    predicted = np.array([*range(20), 4, 4, 8])
    scores = score_single_label(gold, predicted, names, resamples=50)
    text = Page(render_report(ReportFacts(name="a", task="single_label", metrics={"test": scores}))).text
    assert "the 2 most frequent of 2 confused pairs" in text
    assert "intent 3 intent 4 2 66.7% intent 7 intent 8 1 50.0%" in text


def test_a_warning_stands_on_the_page_once():
    facts = {
        "warnings": ["few rows", "few rows", "dev: ids stand twice"],
        "accounting": {"dev": {"warnings": ["ids stand twice", "few rows"]}, "test": {"warnings": ["ids stand twice"]}},
    }
    page = render_report(ReportFacts(name="a", task="single_label", **facts))  # type: ignore[arg-type]
    assert re.findall(r"<li[^>]*>(.*?)</li>", page) == ["few rows", "dev: ids stand twice", "test: ids stand twice"]


def test_reasons_may_stand_for_the_numbers():
    accounting = {"train": {"read": 9, "kept": 7, "cut": {"too long": {"count": 3, "first_rows": [1, 2, 3]}},
                            "dropped": {"blank text": {"count": 2, "first_rows": [8, 9]}}}}  # fmt: skip
    text = Page(render_report(ReportFacts(name="a", task="single_label", accounting=accounting))).text
    assert "train 9 7 3 2" in text
    assert "train cut: too long 3 1, 2, 3 train dropped: blank text 2 8, 9" in text


def test_a_long_text_is_cut_and_says_so():
    mistakes = [{"text": "长" * 10_000, "gold": ["a", "b"], "predicted": [], "confidence": None}]
    text = Page(render_report(ReportFacts(name="a", task="multi_label", mistakes=mistakes))).text
    assert text.count("长") == 600
    assert "… (10,000 characters in all) gold a, b · predicted none" in text
    assert "confidence" not in text


def test_characters_that_no_page_may_hold_are_replaced(tmp_path: Path):
    path = tmp_path / "report.html"
    write_report(ReportFacts(name="nul \x00 half \ud83d end", task="single_label"), path)
    assert "nul \ufffd half \ufffd end" in path.read_text(encoding="utf-8")


def test_a_recipe_that_is_no_yaml_is_shown_as_it_is():
    page = Page(render_report(ReportFacts(name="a", task="single_label", recipe_yaml="data: [unclosed")))
    assert "data: [unclosed" in page.text
    assert "What was trained on what" not in page.text


def test_a_fact_that_does_not_exist_is_refused(tmp_path: Path):
    with pytest.raises(TypeError, match="metrix"):
        write_report({"name": "a", "task": "single_label", "metrix": {}}, tmp_path / "report.html")
    assert list(tmp_path.iterdir()) == []


def test_an_unfinished_report_leaves_the_old_one(tmp_path: Path):
    path = tmp_path / "report.html"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(AttributeError):
        write_report({"name": "a", "task": "single_label", "history": ["not a row"]}, path)
    assert path.read_text(encoding="utf-8") == "old"


def test_every_epoch_that_is_a_number_is_a_dot():
    points = [(1, 0.5), (2, float("nan")), (3, 0.25)]
    chart = line_chart("Loss", [Series("training", points), Series("dev", [])])
    assert chart.count("<circle") == 2
    assert "training: epoch 1 0.500, epoch 3 0.250." in chart
    assert line_chart("Loss", [Series("training", [(1, float("inf"))])]) == ""


def test_places_in_a_chart_by_hand():
    """Ticks 0 to 1; the plot is 64 to 404 wide (52 + 12 to 440 - 24 - 12) and 36 to 196 high, upside down."""
    chart = line_chart("t", [Series("a", [(1, 0.0), (2, 0.5), (3, 1.0)])])
    assert 'points="64.0,196.0 234.0,116.0 404.0,36.0"' in chart


def test_a_single_epoch_stands_in_the_middle():
    assert 'points="234.0,116.0"' in line_chart("t", [Series("a", [(1, 5.0)])])


@pytest.mark.parametrize("num_epochs", [1, 2, 8, 9, 50, 1000])
def test_a_long_training_is_not_a_heap_of_labels(num_epochs: int):
    chart = line_chart("t", [Series("a", [(epoch, epoch / 7) for epoch in range(1, num_epochs + 1)])])
    labels = re.findall(r'class="value"', chart)
    assert 1 <= len(labels) <= 9
    assert f">{num_epochs / 7:,.3f}<" in chart or f">{num_epochs / 7:,.1f}<" in chart
    assert len(re.findall(r'class="tick middle"', chart)) <= 11


@pytest.mark.parametrize("values", [[0.31, 0.62], [0.0], [5.0, 5.0], [-3.0, 8e5], [1e-9, 2e-9], [0.9, 0.9000001]])
def test_ticks_enclose_the_values(values: list[float]):
    ticks = round_ticks(values)
    steps = np.diff(ticks)
    assert 2 <= len(ticks) <= 7
    assert ticks[0] <= min(values)
    assert ticks[-1] >= max(values)
    np.testing.assert_allclose(steps, steps[0], rtol=1e-3)


def test_places_on_an_interval_bar_by_hand():
    """The scale 0 to 1 is drawn from 22 to 318: 0.5 lies at 170, 0.25 at 96, 0.75 at 244."""
    bar = interval_bar(0.5, 0.25, 0.75, (0.0, 1.0))
    assert '<rect x="96.0" y="3" width="148.0"' in bar
    assert 'x1="170.0" x2="170.0"' in bar
    assert 'aria-label="0.500, interval 0.250 to 0.750, on a scale from 0 to 1"' in bar


def test_attributes_are_escaped_too():
    assert tag("td", "a", title='"><b>') == '<td title="&quot;&gt;&lt;b&gt;">a</td>'


def test_a_language_model_is_told_by_its_perplexity():
    metrics = {"dev": {"perplexity": {"value": 80.2, "low": 78.0, "high": 82.0}, "num_rows": 600}}
    recipe = "task: language_model\nlanguage_model: {objective: masked, whole_words: true}\nmodel: {encoder: bert}\n"
    page = render_report(ReportFacts("run", "language_model", metrics=metrics, recipe_yaml=recipe))
    assert "perplexity 80.20 (78.00\u2060–\u206082.00) on dev, 600 texts" in page
    assert "masked; whole words" in page
    assert "pooling" not in page.partition("The whole recipe")[0]
