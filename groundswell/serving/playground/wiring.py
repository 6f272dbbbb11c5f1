"""The page as an app: which question each of its buttons asks, and what is shown when it opens."""

from __future__ import annotations

import functools
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import gradio as gr
from fastapi import FastAPI

from groundswell.errors import DataError
from groundswell.evaluation.report_markup import Html
from groundswell.serving.faults import fault_line
from groundswell.serving.playground.answer_view import notice
from groundswell.serving.playground.chosen_file import ChosenFile
from groundswell.serving.playground.layout import (
    TITLE,
    Fields,
    Worded,
    choosable_coverages,
    chooser_of,
    draw_fields,
    introduction,
    one_line,
)
from groundswell.serving.playground.questions import Questions
from groundswell.serving.playground.style import STYLE
from groundswell.serving.playground.wording import WORDINGS

FILES_AT_ONCE = 4
TEXT_COLUMN = "text"
FONT = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "PingFang SC", "Microsoft YaHei",
        "Noto Sans CJK SC", "sans-serif")  # fmt: skip
MONO = ("ui-monospace", "Consolas", "monospace")

_log = logging.getLogger(__name__)


def build_page(questions: Questions, app_settings: dict[str, Any]) -> FastAPI:
    """An ASGI app with the page at `/`; its lifespan must run.

    app_settings   of the FastAPI app that Gradio makes
    """
    with gr.Blocks(analytics_enabled=False, title=TITLE) as blocks:
        fields, worded = draw_fields(questions)
        _connect(questions, fields)
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


def _connect(questions: Questions, fields: Fields) -> None:
    """Which question each button asks."""
    asked = [fields.text, fields.first, fields.second, *fields.options, fields.key, fields.language]

    async def analyze(text: str, first: Any, second: Any, *rest: Any) -> tuple[str, str]:
        *options, key, language = rest
        found = await questions.analyze(text, _models(first, second), _options(*options), key, language)
        return one_line(found), ""

    async def explain(text: str, first: Any, second: Any, *rest: Any) -> str:
        *options, key, language = rest
        return one_line(await questions.explain(text, _models(first, second), _options(*options), key, language))

    async def file(sent: str, column: Any, model: Any, *rest: Any, progress: Any = gr.Progress()) -> tuple[str, str]:  # noqa: B008
        *options, key, language = rest
        words = WORDINGS[language]

        def show(done: int, total: int) -> None:
            progress((done, total), desc=words["run_file"], unit=words["progress"])

        told, content = await questions.file(sent, column or "", model, _options(*options), key, language, show)
        return one_line(told), content

    async def columns(sent: str, language: str) -> tuple[Any, Any]:
        names, told = _columns(questions, sent, language)
        # another one is chosen by the reader: the first is often an id, and would be analysed without a word
        value = next((name for name in names if name == TEXT_COLUMN or len(names) == 1), None)
        return gr.update(choices=list(names), value=value), one_line(told)

    _on([fields.analyze.click], analyze, asked, [fields.answer, fields.explanation])
    _on([fields.explain.click], explain, asked, [fields.explanation])
    _on([fields.chosen.change], columns, [fields.chosen, fields.language], [fields.column, fields.results])
    _on(
        [fields.run.click],
        file,
        [fields.chosen, fields.column, fields.first, *fields.options, fields.key, fields.language],
        [fields.results, fields.written],
        concurrency_limit=FILES_AT_ONCE,
    )


def _make_switch(questions: Questions, fields: Fields, worded: Worded, blocks: Any) -> None:
    """The models are shown when the page opens or a key is entered, the words when a language is chosen."""
    shown = [fields.facts, fields.first, fields.second]

    async def models(key: str, language: str) -> list[Any]:
        names, told = await questions.models(key, language)
        none = (WORDINGS[language]["second_none"], "")
        first = gr.update(choices=names, value=next(iter(names), None))
        return [one_line(told), first, gr.update(choices=[none, *names], value="", visible=len(names) > 1)]

    async def switch(language: str) -> list[Any]:
        words = WORDINGS[language]
        updates = [gr.update(**{name: words[word] for name, word in told.items()}) for _, told in worded]
        markup = (introduction(language), chooser_of(questions.limits, language))
        return [*updates, *map(one_line, markup), gr.update(choices=choosable_coverages(language))]

    asker = [fields.key, fields.language]
    _on([blocks.load, fields.key.submit, fields.key.blur], models, asker, shown)
    outputs = [*(made for made, _ in worded), fields.intro, fields.chooser, fields.coverage]
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


def _columns(questions: Questions, sent: str, language: str) -> tuple[tuple[str, ...], Html]:
    if not sent:
        return (), Html()
    try:
        chosen = ChosenFile(sent)
        told = questions.too_large(chosen, language)
        return (chosen.columns, Html()) if told is None else ((), told)
    except DataError as error:
        return (), notice(str(error))
