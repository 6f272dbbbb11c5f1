"""The page as Gradio draws it: what stands where, and which question a button asks. Importing Gradio takes seconds."""

from __future__ import annotations

import functools
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from fastapi import FastAPI

from groundswell.errors import DataError
from groundswell.evaluation.report_markup import Html, tag
from groundswell.serving.faults import fault_line
from groundswell.serving.playground.answer_view import notice
from groundswell.serving.playground.chosen_file import ChosenFile
from groundswell.serving.playground.questions import Questions
from groundswell.serving.playground.style import STYLE
from groundswell.serving.playground.wording import LANGUAGES, WORDINGS, shown_bytes

TITLE = "groundswell"
COVERAGES = ("0.8", "0.9", "0.95")
FILES_AT_ONCE = 4
TEXT_COLUMN = "text"
FONT = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "PingFang SC", "Microsoft YaHei",
        "Noto Sans CJK SC", "sans-serif")  # fmt: skip
MONO = ("ui-monospace", "Consolas", "monospace")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Fields:
    """What can be filled in, and where the answers appear."""

    language: Any
    key: Any
    facts: Any
    text: Any
    first: Any
    second: Any
    abstain: Any
    coverage: Any
    aspects: Any
    answer: Any
    explanation: Any
    chosen: Any
    chooser: Any
    column: Any
    results: Any
    written: Any

    @property
    def options(self) -> list[Any]:
        return [self.abstain, self.coverage, self.aspects]


def build_page(questions: Questions, app_settings: dict[str, Any]) -> FastAPI:
    """An ASGI app with the page at `/`; its lifespan must run.

    app_settings   of the FastAPI app that Gradio makes
    """
    with gr.Blocks(analytics_enabled=False, title=TITLE) as blocks:
        fields, buttons, worded = _drawn(questions)
        _connect(questions, fields, buttons)
        _make_switch(questions, fields, worded, blocks)
    blocks.queue(default_concurrency_limit=questions.limits.requests, max_size=questions.limits.requests)
    holder = FastAPI(**app_settings)
    gr.mount_gradio_app(
        holder,
        blocks,
        path="/",
        footer_links=[],
        run_history=False,  # it would keep texts in the browser
        app_kwargs=dict(app_settings),
        show_error=True,
        max_file_size=1,  # nothing is uploaded to Gradio
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        theme=_theme(),
        css=STYLE,
    )
    return holder


def _theme() -> Any:
    """Fonts that the reader's machine has, and a button whose white letters can be read."""
    theme = gr.themes.Default(primary_hue="teal", secondary_hue="teal", neutral_hue="slate", font=FONT, font_mono=MONO)
    fill = "button_primary_background_fill"
    hover = f"{fill}_hover"
    colours = {
        fill: "*primary_700",
        f"{fill}_dark": "*primary_700",
        hover: "*primary_800",
        f"{hover}_dark": "*primary_800",
    }
    return theme.set(**colours)


def _drawn(questions: Questions) -> tuple[_Fields, dict[str, Any], list[tuple[Any, dict[str, str]]]]:
    """The fields, the buttons, and which words each of them shows."""
    words, limits = WORDINGS["en"], questions.limits
    worded: list[tuple[Any, dict[str, str]]] = []

    def field(kind: Callable[..., Any], *, label: str, info: str | None = None, **settings: Any) -> Any:
        told = {"label": label, **({"info": info} if info else {})}
        made = kind(**{name: words[word] for name, word in told.items()}, **settings)
        worded.append((made, told))
        return made

    def button(name: str, **settings: Any) -> Any:
        made = gr.Button(words[name], **settings)
        worded.append((made, {"value": name}))
        return made

    with gr.Row(elem_classes="gw-top"):
        _markup(tag("h1", TITLE))
        language = gr.Radio(list(LANGUAGES), value="en", show_label=False, container=False, elem_id="gw-language")
    intro = _markup(tag("p", words["intro"], class_="gw-muted"))
    shown = {"visible": questions.with_keys, "elem_id": "gw-key"}
    key = field(gr.Textbox, label="key", info="key_info", value="", type="password", **shown)
    with gr.Row():
        first = field(gr.Dropdown, label="model", choices=[], elem_id="gw-first")
        second = field(gr.Dropdown, label="second", choices=[], visible=False, elem_id="gw-second")
    # what is not drawn would miss what it is told before its tab is opened
    with gr.Tab(words["text_tab"], render_children=True) as text_tab:
        text = field(
            gr.Textbox, label="text", value="", placeholder=words["text_hint"], lines=4, max_lines=16, elem_id="gw-text"
        )
        with gr.Row():
            analyze = button("analyze", variant="primary", elem_id="gw-analyze")
            explain = button("explain", elem_id="gw-explain")
        answer = _markup(elem_id="gw-answer")
        explanation = _markup(elem_id="gw-explanation")
    with gr.Tab(words["file_tab"], render_children=True) as file_tab:
        chooser = _markup(_chooser(limits, "en"))
        column = field(gr.Dropdown, label="column", choices=[], elem_id="gw-column")
        run = button("run_file", variant="primary", elem_id="gw-run-file")
        results = _markup(elem_id="gw-results", min_height=60)
    with gr.Accordion(words["options"], open=False) as accordion, gr.Row():
        abstain, coverage, aspects = _option_fields(field)
    facts = _markup(elem_id="gw-facts")
    with gr.Column(elem_classes="gw-hidden"):  # what the page's own script reads and writes
        chosen = gr.Textbox("", show_label=False, elem_id="gw-chosen", max_lines=1)
        written = gr.Textbox("", show_label=False, elem_id="gw-written", max_lines=1)
    worded += [(text_tab, {"label": "text_tab"}), (file_tab, {"label": "file_tab"}), (accordion, {"label": "options"})]
    worded += [(text, {"placeholder": "text_hint"}), (intro, {"value": "intro"})]
    fields = _Fields(
        language, key, facts, text, first, second, abstain, coverage, aspects, answer, explanation, chosen, chooser,
        column, results, written,
    )  # fmt: skip
    return fields, {"analyze": analyze, "explain": explain, "run": run}, worded


def _option_fields(field: Callable[..., Any]) -> tuple[Any, Any, Any]:
    """From which confidence on it answers, how often its sets shall be right, and the aspects asked for."""
    return (
        field(gr.Slider, label="abstain", info="abstain_info", minimum=0, maximum=1, step=0.01, value=0),
        field(
            gr.Dropdown, label="coverage", info="coverage_info", choices=_coverages("en"), value="", filterable=False
        ),
        field(gr.Textbox, label="aspects", value="", info="aspects_info", elem_id="gw-aspects"),
    )


def _markup(value: Html = Html(), **settings: Any) -> Any:  # noqa: B008 - it cannot change
    """A place for markup of ours: Gradio's HTML component would need a policy that lets strings become scripts."""
    return gr.Markdown(_one_line(value), sanitize_html=False, latex_delimiters=[], container=False, **settings)


def _one_line(value: Html) -> str:
    """Markup in which no character means anything to Markdown: a block of HTML lasts until an empty line."""
    return value.replace("\n", "&#10;").replace("\r", "&#13;")


def _connect(questions: Questions, fields: _Fields, buttons: dict[str, Any]) -> None:
    """Which question each button asks."""
    asked = [fields.text, fields.first, fields.second, *fields.options, fields.key, fields.language]

    async def analyze(text: str, first: Any, second: Any, *rest: Any) -> tuple[str, str]:
        *options, key, language = rest
        found = await questions.analyze(text, _models(first, second), _options(*options), key, language)
        return _one_line(found), ""

    async def explain(text: str, first: Any, second: Any, *rest: Any) -> str:
        *options, key, language = rest
        return _one_line(await questions.explain(text, _models(first, second), _options(*options), key, language))

    async def file(sent: str, column: Any, model: Any, *rest: Any, progress: Any = gr.Progress()) -> tuple[str, str]:  # noqa: B008
        *options, key, language = rest
        words = WORDINGS[language]

        def show(done: int, total: int) -> None:
            progress((done, total), desc=words["run_file"], unit=words["progress"])

        told, content = await questions.file(sent, column or "", model, _options(*options), key, language, show)
        return _one_line(told), content

    async def columns(sent: str, language: str) -> tuple[Any, Any]:
        names, told = _columns(questions, sent, language)
        value = TEXT_COLUMN if TEXT_COLUMN in names else next(iter(names), None)
        return gr.update(choices=list(names), value=value), _one_line(told)

    _on([buttons["analyze"].click], analyze, asked, [fields.answer, fields.explanation])
    _on([buttons["explain"].click], explain, asked, [fields.explanation])
    _on([fields.chosen.change], columns, [fields.chosen, fields.language], [fields.column, fields.results])
    _on(
        [buttons["run"].click],
        file,
        [fields.chosen, fields.column, fields.first, *fields.options, fields.key, fields.language],
        [fields.results, fields.written],
        concurrency_limit=FILES_AT_ONCE,
    )


def _make_switch(questions: Questions, fields: _Fields, worded: list[tuple[Any, dict[str, str]]], blocks: Any) -> None:
    """The models are shown when the page opens or a key is entered, the words when a language is chosen."""
    shown = [fields.facts, fields.first, fields.second]

    async def models(key: str, language: str) -> list[Any]:
        names, told = await questions.models(key, language)
        none = (WORDINGS[language]["second_none"], "")
        first = gr.update(choices=names, value=next(iter(names), None))
        return [_one_line(told), first, gr.update(choices=[none, *names], value="", visible=len(names) > 1)]

    async def switch(language: str) -> list[Any]:
        words = WORDINGS[language]
        updates = [gr.update(**{name: words[word] for name, word in told.items()}) for _, told in worded[:-1]]
        intro = tag("p", words["intro"], class_="gw-muted")
        chooser = _chooser(questions.limits, language)
        return [*updates, _one_line(intro), _one_line(chooser), gr.update(choices=_coverages(language))]

    asker = [fields.key, fields.language]
    _on([blocks.load, fields.key.submit, fields.key.blur], models, asker, shown)
    outputs = [*(made for made, _ in worded), fields.chooser, fields.coverage]
    _on([fields.language.change], switch, [fields.language], outputs)
    _on([fields.language.change], models, asker, shown)


def _on(events: Sequence[Any], answer: Callable[..., Awaitable[Any]], given: Any, shown: Any, **settings: Any) -> None:
    gr.on(events, _guarded(answer), given, shown, api_visibility="private", **settings)


def _guarded(answer: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """The same, but a failure is logged by its place: Gradio would write its message, which may quote a text."""

    @functools.wraps(answer)
    async def guarded(*given: Any, **named: Any) -> Any:
        try:
            return await answer(*given, **named)
        except Exception as error:  # noqa: BLE001 - whatever fails, a log gets no text
            _log.error("the playground failed: %s", fault_line(error))
            raise gr.Error(WORDINGS["en"]["unexpected"], print_exception=False) from None

    return guarded


def _models(first: Any, second: Any) -> list[str]:
    return [name for name in (first, second) if name]


def _options(abstain: float, coverage: str, aspects: str) -> dict[str, Any]:
    wanted = [name.strip() for name in aspects.replace("，", ",").split(",") if name.strip()]
    return {
        **({"abstain_below": float(abstain)} if abstain else {}),
        **({"coverage": float(coverage)} if coverage else {}),
        **({"aspects": wanted} if wanted else {}),
    }


def _coverages(language: str) -> list[tuple[str, str]]:
    return [(WORDINGS[language]["coverage_none"], ""), *((f"{float(one):.0%}", one) for one in COVERAGES)]


def _columns(questions: Questions, sent: str, language: str) -> tuple[tuple[str, ...], Html]:
    if not sent:
        return (), Html()
    try:
        chosen = ChosenFile(sent)
        told = questions.too_large(chosen, language)
        return (chosen.columns, Html()) if told is None else ((), told)
    except DataError as error:
        return (), notice(str(error))


def _chooser(limits: Any, language: str) -> Html:
    """Where a file is chosen; the page's own script reads it, so that it is never written to a disk here."""
    words = WORDINGS[language]
    told = words["file_limits"].format(bytes=shown_bytes(limits.upload_bytes), characters=f"{limits.characters:,}")
    button = tag("label", words["choose"], for_="gw-file", class_="gw-choose")
    accepted = ".csv,.tsv,.tab,text/csv,text/tab-separated-values"
    field = tag("input", type="file", id="gw-file", accept=accepted, data_most=limits.upload_bytes)
    name = tag("span", id="gw-file-name", class_="gw-muted")
    return tag("div", button, field, name, tag("p", told, class_="gw-muted"), class_="gw-chooser")
