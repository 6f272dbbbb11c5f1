"""The report page: whole, escaped, readable without its optional parts, in both languages."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_findings import full_facts, interval

from groundswell.evaluation import report_wording
from groundswell.evaluation.metrics import score_multi_label, score_regression, score_single_label
from groundswell.evaluation.report import missing_parts, render_report, write_report
from groundswell.evaluation.report_facts import ReportFacts
from groundswell.evaluation.report_markup import tag
from groundswell.evaluation.report_wording import Phrase, Say

HOSTILE = "</script><script>alert('1')</script>\"&"
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
        if self.open[-1:] not in (["script"], ["style"]):
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(text.strip() for text in self.texts if text.strip()).replace("\u2060", "").replace(" : ", ": ")


def drawn(**facts: Any) -> Page:
    return Page(render_report(ReportFacts(**facts)))


def test_the_page_says_everything(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "report.html"
    write_report(full_facts(), path)
    page = Page(path.read_text(encoding="utf-8"))
    assert page.open == []
    assert [file.name for file in path.parent.iterdir()] == ["report.html"]
    for expected in (
        "run plain",
        "of 1,200 test texts get the right label",
        "12 texts of test stand in train too plain",
        "train plain: 3 ids stand twice plain",
        "plain.csv; at most 2,000 rows, drawn",
        "English 97%, Chinese 3%",
        "LoRA; rank 8, alpha 16",
        "17, 40, 102, 877, 1201 and 2 more",
        "9, 443",
        "the model reads up to 256 tokens",
        "2 min 37 s",
        "147,456 trainable of 22,861,056 (0.65%)",
        "91.4 MB",
        "two cores plain",
        "torch plain 2.13.0 plain",
        "head_learning_rate: 0.001",
        "31.4",
    ):
        assert expected in page.text


def test_numbers_on_the_page_are_those_of_the_metrics() -> None:
    facts = full_facts()
    page = drawn(**facts).text
    test = facts["metrics"]["test"]
    for key in ("accuracy", "macro_f1"):
        assert f"{test[key]['value']:.3f} {test[key]['low']:.3f}–{test[key]['high']:.3f}" in page
    for gold, row in enumerate(test["confusion"]):
        name = ["bad plain", "good"][gold]
        cells = " ".join(f"{count:,} {count / sum(row):.1%}" for count in row)
        assert f"{name} {cells} {sum(row):,}" in page
    majority = max(map(sum, test["confusion"])) / 1200
    assert f"would reach accuracy {majority:.3f} on test." in page


def test_the_summary_compares_with_always_guessing() -> None:
    """40 of 50 rows are right and 30 have one label: 10 mistakes instead of 20 are 50% fewer."""
    gold = np.array([0] * 30 + [1] * 20)
    predicted = np.array([0] * 25 + [1] * 5 + [1] * 15 + [0] * 5)
    scores = score_single_label(gold, predicted, ["dull", "fine"], resamples=200)
    scores["accuracy"] = {"value": 0.8, "low": 0.7, "high": 0.9}
    text = drawn(name="a", task="single_label", metrics={"test": scores}).text
    assert "80.0% of 50 test texts get the right label" in text
    assert "between 70.0% and 90.0% for texts like these, 95% sure" in text
    assert "50% fewer mistakes than always answering “dull” (60.0%)" in text
    scores["accuracy"] = {"value": 0.8, "low": 0.6, "high": 0.9}
    text = drawn(name="a", task="single_label", metrics={"test": scores}).text
    assert "fewer mistakes" not in text
    assert "On test the model is not surely better than always answering “dull” (60.0%)." in text


def test_the_strongest_three_warnings_stand_on_top() -> None:
    page = drawn(**full_facts()).text
    top = page[page.index("Watch out") : page.index("On this page")]
    assert top.index("12 texts of test stand in train too") < top.index("Weaker on")  # what cannot be believed is first
    assert "ids stand twice" not in top
    assert "all 11 warnings" in top
    for expected in (
        "Weaker on characters “1–60”: accuracy 0.710 on 180 rows",
        "Fails “negation” (English): 6 of 20 cases pass (30%).",
        "Swapping “he” for “she” alone changes the label of 9.0% of 240 texts (gender plain).",
        "Under attack (greedy synonyms plain) accuracy falls from 81.0% to 33.0%.",
        "Gold labels that look wrong: 1;",
    ):
        assert expected in page
    assert "language “other”" not in page  # 12 rows say nothing
    calm = drawn(name="a", task="single_label").text
    assert "No warning was raised." in calm


def test_nothing_that_comes_from_outside_becomes_markup() -> None:
    plain, hostile = (drawn(**full_facts()), drawn(**full_facts(HOSTILE)))
    assert hostile.elements == plain.elements
    assert [name for name, _ in hostile.attributes] == [name for name, _ in plain.attributes]
    for place in (
        "run", "today", "blank text", "电池很耐用，但屏幕太暗。", "12 texts of test stand in train too", "bad", "irony",
        "3 ids stand twice", "gender", "typing mistakes", "greedy synonyms", "电池不耐用。", "Great value",
    ):  # fmt: skip
        assert f"{place} {HOSTILE}" in hostile.text or f"{place}{HOSTILE}" in hostile.text, place


def test_data_of_plots_cannot_end_their_element() -> None:
    page = render_report(ReportFacts(**full_facts(HOSTILE)))
    data = re.findall(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)
    assert len(data) == page.count('type="application/json"') == page.count('class="drawing"')
    assert not [each for each in data if re.search("[<>&]", each)]
    assert "\\u003cscript\\u003ealert" in "".join(data)


def test_the_page_loads_nothing_and_runs_two_scripts_that_are_named_by_their_hash() -> None:
    page = drawn(**full_facts(HOSTILE))
    names = {name for name, _ in page.attributes}
    assert not names & {"src", "srcset", "data", "action", "xlink:href"}
    assert all(value and value.startswith("#") for name, value in page.attributes if name == "href")
    assert not [name for name in names if name.startswith("on")]
    assert not {"link", "iframe", "img", "object", "use"} & set(page.elements)
    assert [value for name, value in page.attributes if name == "type" and value == "module"] == ["module"] * 2
    policy = [value for name, value in page.attributes if name == "content"][1]
    assert re.fullmatch(
        r"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src( 'sha256-[\w+/]{43}='){2}",
        str(policy),
    )


def test_without_a_plot_there_is_no_script() -> None:
    page = render_report(ReportFacts(name="a", task="single_label", metrics={"dev": {"accuracy": interval(0.5)}}))
    assert "<script" not in page
    assert "script-src" not in page
    assert len(page) < 40_000


def test_links_of_the_contents_lead_to_sections() -> None:
    page = render_report(ReportFacts(**full_facts()))
    links = re.findall(r'href="#(\w+)"', page)
    assert {f'id="{link}"' in page for link in links} == {True}
    assert len(re.findall(r'<section id="', page)) == len(set(links)) == 15


def test_light_dark_and_phone() -> None:
    page = render_report(ReportFacts(name="a", task="single_label"))
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page
    assert "@media (prefers-color-scheme: dark)" in page


def test_every_colour_has_a_value_in_both_schemes() -> None:
    style = render_report(ReportFacts(name="a", task="single_label"))
    light, dark = (set(re.findall(r"--[\w-]+(?=:)", scheme)) for scheme in re.findall(r":root \{([^}]*)\}", style))
    places = {"--share", "--value", "--low", "--high", "--at"}
    used = set(re.findall(r"var\((--[\w-]+)", render_report(ReportFacts(**full_facts())))) - places
    assert used <= light == dark


def test_only_name_and_task_are_needed() -> None:
    page = drawn(name="bare", task="single_label")
    assert page.text.endswith("Nothing on this page loads from the network.")
    assert "not measured" in page.text
    assert page.elements.count("section") == 0


def test_without_a_test_split_the_result_is_that_of_dev() -> None:
    facts = full_facts()
    del facts["metrics"]["test"]
    text = drawn(**facts).text
    accuracy = facts["metrics"]["dev"]["accuracy"]
    assert f"accuracy {accuracy['value']:.2f} ({accuracy['low']:.2f}–{accuracy['high']:.2f}), dev, 60 texts" in text
    assert "Measured on dev only, which has also chosen the epoch" in text
    assert "a test split that chose nothing: groundswell train RECIPE data.test=DATA" in text


def test_what_was_not_measured_is_named_with_the_command_that_does() -> None:
    facts = full_facts()
    assert missing_parts(ReportFacts(**facts)) == []
    facts["findings"] = {"errors": {"confident": facts["findings"]["errors"]["confident"]}}
    facts["metrics"]["test"].pop("slices")
    assert missing_parts(ReportFacts(**facts)) == ["slices", "behaviour", "robustness", "errors", "evidence"]
    text = drawn(**facts).text
    assert "robustness: groundswell report run RUN --findings robustness" in text
    assert "Behaviour" not in text
    assert missing_parts(ReportFacts(name="a", task="opinions", metrics={"test": {}})) == []


def test_multi_label_and_regression() -> None:
    generator = np.random.default_rng(0)
    flags = score_multi_label(*(generator.random((2, 30, 2)) < 0.5), ["joy", "anger"], resamples=50)
    text = drawn(name="a", task="multi_label", metrics={"dev": flags}).text
    assert "macro F1, measured on 30 dev texts" in text
    assert "micro F1" in text
    assert "joy" in text
    constant = score_regression(np.arange(5.0), np.zeros(5), resamples=50)
    text = drawn(name="a", task="regression", metrics={"dev": constant}).text
    assert (
        "dev: pearson, spearman: every predicted value is 0, so the correlation is not defined; reported as 0" in text
    )
    assert "mean absolute error dev 2.000" in text


@pytest.mark.parametrize(("num_labels", "drawn_as_matrix"), [(16, False), (50, True), (61, False)])
def test_of_many_labels_the_most_confused_pairs_are_shown(num_labels: int, drawn_as_matrix: bool) -> None:
    names = [f"intent {index}" for index in range(num_labels)]
    gold = np.array([*range(num_labels), 3, 3, 7])
    predicted = np.array([*range(num_labels), 4, 4, 8])
    scores = score_single_label(gold, predicted, names, resamples=50)
    page = render_report(ReportFacts(name="a", task="single_label", metrics={"test": scores}))
    assert ('class="drawing"' in page) == drawn_as_matrix
    if num_labels > 16:
        assert "the 2 most frequent of 2 confused pairs" in Page(page).text
        assert "intent 3 intent 4 2 66.7% intent 7 intent 8 1 50.0%" in Page(page).text
        assert f"The 10 of {num_labels} labels with the lowest F1 on test" in Page(page).text


def test_a_warning_stands_in_the_list_once() -> None:
    facts: dict[str, Any] = {
        "warnings": ["few rows", "few rows", "dev: ids stand twice"],
        "accounting": {"dev": {"warnings": ["ids stand twice", "few rows"]}, "test": {"warnings": ["ids stand twice"]}},
    }
    page = render_report(ReportFacts(name="a", task="single_label", **facts))
    listed = page[page.index('id="warnings"') :]
    assert re.findall(r"<li[^>]*>(.*?)</li>", listed) == ["few rows", "dev: ids stand twice", "test: ids stand twice"]


def test_reasons_may_stand_for_the_numbers() -> None:
    accounting = {"train": {"read": 9, "kept": 7, "cut": {"too long": {"count": 3, "first_rows": [1, 2, 3]}},
                            "dropped": {"blank text": {"count": 2, "first_rows": [8, 9]}}}}  # fmt: skip
    text = drawn(name="a", task="single_label", accounting=accounting).text
    assert "train 9 7 3 2" in text
    assert "train cut: too long 3 1, 2, 3 train dropped: blank text 2 8, 9" in text


def test_a_long_text_is_cut_and_says_so() -> None:
    mistakes = [{"text": "长" * 10_000, "gold": ["a", "b"], "predicted": [], "confidence": None}]
    text = drawn(name="a", task="multi_label", findings={"errors": {"confident": mistakes}}).text
    assert text.count("长") == 600
    assert "… (10,000 characters in all) gold a, b · predicted none" in text
    assert "confidence" not in text


def test_characters_that_no_page_may_hold_are_replaced(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_report(ReportFacts(name="nul \x00 half \ud83d end", task="single_label"), path)
    assert "nul \ufffd half \ufffd end" in path.read_text(encoding="utf-8")


def test_a_recipe_that_is_no_yaml_is_shown_as_it_is() -> None:
    page = drawn(name="a", task="single_label", recipe_yaml="data: [unclosed")
    assert "data: [unclosed" in page.text
    assert "What was trained on what" not in page.text


def test_a_fact_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="metrix"):
        write_report({"name": "a", "task": "single_label", "metrix": {}}, tmp_path / "report.html")
    assert list(tmp_path.iterdir()) == []


def test_an_unfinished_report_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(AttributeError):
        write_report({"name": "a", "task": "single_label", "history": ["not a row"]}, path)
    assert path.read_text(encoding="utf-8") == "old"


def test_attributes_are_escaped_too() -> None:
    assert tag("td", "a", title='"><b>') == '<td title="&quot;&gt;&lt;b&gt;">a</td>'


def test_a_language_model_is_told_by_its_perplexity() -> None:
    metrics = {"dev": {"perplexity": {"value": 80.2, "low": 78.0, "high": 82.0}, "num_rows": 600}}
    recipe = "task: language_model\nlanguage_model: {objective: masked, whole_words: true}\nmodel: {encoder: bert}\n"
    text = drawn(name="run", task="language_model", metrics=metrics, recipe_yaml=recipe).text
    assert "80.20 perplexity, measured on 600 dev texts" in text
    assert "between 78.00 and 82.00" in text
    assert "masked; whole words" in text
    assert "pooling" not in text.partition("The whole recipe")[0]


def test_a_chinese_page_has_chinese_words_and_keeps_what_comes_from_outside() -> None:
    page = render_report(ReportFacts(**full_facts(), language="zh"))
    assert '<html lang="zh-Hans">' in page
    text = Page(page).text
    for expected in (
        "的测试集文本判对标签（共 1,200 条）",
        "值得一读的错误",
        "最多抽取 2,000 行",
        "准确率 测试集",
        "It is not bad at all",
    ):
        assert expected in text
    titles = re.findall(r"<h[23]>(.*?)</h[23]>", page.partition("<footer>")[0])
    assert len(titles) > 15
    assert not [title for title in titles if not re.search("[\u4e00-\u9fff]", title)]


def phrases() -> dict[str, Phrase]:
    named = {name: value for name, value in vars(report_wording).items() if isinstance(value, Phrase)}
    return {**named, **{f"term {name}": value for name, value in report_wording.TERMS.items()}}


def test_both_languages_fill_in_the_same_values() -> None:
    found = phrases()
    assert len(found) > 150
    for name, phrase in found.items():
        fields = [sorted(re.findall(r"\{(\w*)", text)) for text in phrase]
        assert fields[0] == fields[1], name
        assert phrase.en, name
        assert phrase.zh, name


def test_every_phrase_is_used() -> None:
    folder = Path(report_wording.__file__).parent
    used = "".join(file.read_text(encoding="utf-8") for file in folder.glob("report*.py"))
    named = [name for name in phrases() if not name.startswith("term ")]
    assert [name for name in named if f"words.{name}" not in used] == []


def test_a_term_that_is_not_known_is_shown_as_it_is() -> None:
    assert Say("zh").term("reading_age") == "reading age"
    assert Say("zh").term("macro_f1") == "宏平均 F1"
