"""What stands on the page and where, as Gradio draws it. Importing Gradio takes seconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from groundswell.evaluation.report_markup import Html, tag
from groundswell.serving.limits import Limits
from groundswell.serving.playground.questions import Questions
from groundswell.serving.playground.wording import LANGUAGES, WORDINGS, shown_bytes

TITLE = "groundswell"
COVERAGES = ("0.8", "0.9", "0.95")

# Components, each with the names of the words that some properties of it show.
Worded = list[tuple[Any, dict[str, str]]]


@dataclass(frozen=True)
class Fields:
    """What can be filled in or pressed, and where the answers appear."""

    language: Any
    intro: Any
    key: Any
    first: Any
    second: Any
    text: Any
    analyze: Any
    explain: Any
    answer: Any
    explanation: Any
    chooser: Any
    column: Any
    run: Any
    results: Any
    abstain: Any
    coverage: Any
    aspects: Any
    facts: Any
    chosen: Any
    written: Any

    @property
    def options(self) -> list[Any]:
        return [self.abstain, self.coverage, self.aspects]


def draw_fields(questions: Questions) -> tuple[Fields, Worded]:
    """The fields, drawn in English, and which words each component shows."""
    drawing = _Drawing()
    with gr.Row(elem_classes="gw-top"):
        _markup(tag("h1", TITLE))
        language = gr.Radio(list(LANGUAGES), value="en", show_label=False, container=False, elem_id="gw-language")
    intro = _markup(introduction("en"))
    shown = {"visible": questions.with_keys, "elem_id": "gw-key"}
    key = drawing.field(gr.Textbox, label="key", info="key_info", value="", type="password", **shown)
    with gr.Row():
        # below one another on a phone, where the arrow would cover half of a name
        wide: dict[str, Any] = {"choices": [], "min_width": 240}
        first = drawing.field(gr.Dropdown, label="model", elem_id="gw-first", **wide)
        second = drawing.field(gr.Dropdown, label="second", visible=False, elem_id="gw-second", **wide)
    parts = _text_tab(drawing) | _file_tab(drawing, questions.limits) | _options_below(drawing)
    facts = _markup(elem_id="gw-facts")
    with gr.Column(elem_classes="gw-hidden"):  # what the page's own script reads and writes
        chosen = gr.Textbox("", show_label=False, elem_id="gw-chosen", max_lines=1)
        written = gr.Textbox("", show_label=False, elem_id="gw-written", max_lines=1)
    parts |= {"language": language, "intro": intro, "key": key, "first": first, "second": second}
    return Fields(**parts, facts=facts, chosen=chosen, written=written), drawing.shown


class _Drawing:
    """Draws components that show words, and keeps which."""

    def __init__(self) -> None:
        self.words = WORDINGS["en"]
        self.shown: Worded = []

    def add(self, made: Any, **told: str) -> None:
        self.shown.append((made, told))

    def field(self, kind: Callable[..., Any], *, label: str, info: str | None = None, **settings: Any) -> Any:
        told = {"label": label, **({"info": info} if info else {})}
        made = kind(**{name: self.words[word] for name, word in told.items()}, **settings)
        self.add(made, **told)
        return made

    def button(self, name: str, **settings: Any) -> Any:
        made = gr.Button(self.words[name], **settings)
        self.add(made, value=name)
        return made


def _text_tab(drawing: _Drawing) -> dict[str, Any]:
    """Where a text is written and answered, by the names of `Fields`."""
    words = drawing.words
    # what is not drawn would miss what it is told before its tab is opened
    with gr.Tab(words["text_tab"], render_children=True) as tab:
        hint = {"placeholder": words["text_hint"], "elem_id": "gw-text"}
        text = drawing.field(gr.Textbox, label="text", value="", lines=4, max_lines=16, **hint)
        with gr.Row():
            analyze = drawing.button("analyze", variant="primary", elem_id="gw-analyze")
            explain = drawing.button("explain", elem_id="gw-explain")
        answer = _markup(elem_id="gw-answer")
        explanation = _markup(elem_id="gw-explanation")
    drawing.add(tab, label="text_tab")
    drawing.add(text, placeholder="text_hint")
    return {"text": text, "analyze": analyze, "explain": explain, "answer": answer, "explanation": explanation}


def _file_tab(drawing: _Drawing, limits: Limits) -> dict[str, Any]:
    """Where a file is chosen and answered, by the names of `Fields`."""
    with gr.Tab(drawing.words["file_tab"], render_children=True) as tab:
        chooser = _markup(chooser_of(limits, "en"))
        column = drawing.field(gr.Dropdown, label="column", choices=[], elem_id="gw-column")
        run = drawing.button("run_file", variant="primary", elem_id="gw-run-file")
        results = _markup(elem_id="gw-results", min_height=60)
    drawing.add(tab, label="file_tab")
    return {"chooser": chooser, "column": column, "run": run, "results": results}


def _options_below(drawing: _Drawing) -> dict[str, Any]:
    """From which confidence on it answers, how often its sets shall be right, and the aspects asked for."""
    field = drawing.field
    share = {"minimum": 0, "maximum": 1, "step": 0.01, "value": 0}
    listed = {"choices": choosable_coverages("en"), "value": "", "filterable": False}
    with gr.Accordion(drawing.words["options"], open=False) as accordion, gr.Row():
        drawn = {
            "abstain": field(gr.Slider, label="abstain", info="abstain_info", **share),
            "coverage": field(gr.Dropdown, label="coverage", info="coverage_info", **listed),
            "aspects": field(gr.Textbox, label="aspects", value="", info="aspects_info", elem_id="gw-aspects"),
        }
    drawing.add(accordion, label="options")
    return drawn


def _markup(value: Html = Html(), **settings: Any) -> Any:  # noqa: B008 - it cannot change
    """A place for markup of ours: Gradio's HTML component would need a policy that lets strings become scripts."""
    return gr.Markdown(one_line(value), sanitize_html=False, latex_delimiters=[], container=False, **settings)


def one_line(value: Html) -> str:
    """Markup in which no character means anything to Markdown: a block of HTML lasts until an empty line."""
    return value.replace("\n", "&#10;").replace("\r", "&#13;")


def introduction(language: str) -> Html:
    return tag("p", WORDINGS[language]["intro"], class_="gw-muted")


def chooser_of(limits: Limits, language: str) -> Html:
    """Where a file is chosen; the page's own script reads it, so that it is never written to a disk here."""
    words = WORDINGS[language]
    told = words["file_limits"].format(bytes=shown_bytes(limits.upload_bytes), characters=f"{limits.characters:,}")
    button = tag("label", words["choose"], for_="gw-file", class_="gw-choose")
    accepted = ".csv,.tsv,.tab,text/csv,text/tab-separated-values"
    field = tag("input", type="file", id="gw-file", accept=accepted, data_most=limits.upload_bytes)
    name = tag("span", id="gw-file-name", class_="gw-muted")
    return tag("div", button, field, name, tag("p", told, class_="gw-muted"), class_="gw-chooser")


def choosable_coverages(language: str) -> list[tuple[str, str]]:
    return [(WORDINGS[language]["coverage_none"], ""), *((f"{float(one):.0%}", one) for one in COVERAGES)]
