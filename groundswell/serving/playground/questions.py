"""What the page does when a button is pressed: it asks the service and shows what it says."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from pathlib import PurePath
from typing import Any

from groundswell.client.calls import in_requests
from groundswell.errors import DataError, RequestError
from groundswell.evaluation.report_markup import Html, tag
from groundswell.serving.limits import Limits
from groundswell.serving.playground import answer_view as view
from groundswell.serving.playground.chosen_file import ChosenFile, FileRow, results_file
from groundswell.serving.playground.own_service import OwnService
from groundswell.serving.playground.wording import WORDINGS, shown_bytes

MODELS, ANALYZE, EXPLAIN = "/v1/models", "/v1/analyze", "/v1/explain"
MOST_ATTEMPTS = 20
LONGEST_PAUSE = 60.0
SHOWN_ROWS = 20
# What stands in a request beside its documents.
ENVELOPE_BYTES = 1024
Record = dict[str, Any]
Progress = Callable[[int, int], object]


class Questions:
    """Questions to the service, answered with markup.

    with_keys   whether the service asks for keys
    """

    def __init__(self, service: OwnService, limits: Limits, *, with_keys: bool) -> None:
        self._service, self.limits, self.with_keys = service, limits, with_keys

    async def models(self, key: str, language: str) -> tuple[list[str], Html]:
        """The names of the models, the default first, and what is known of them; no names without a good key."""
        if self.with_keys and not key.strip():
            return [], view.notice(WORDINGS[language]["key_wanted"])
        try:
            found = (await self._service.ask(MODELS, key))["models"]
        except RequestError as error:
            return [], view.refusal(error, language)
        return [model["name"] for model in found], tag("div", *(view.model_line(model, language) for model in found))

    async def analyze(self, text: str, models: list[str], options: Record, key: str, language: str) -> Html:
        """What each model says of a text.

        options   of the request: `aspects`, `abstain_below`, `coverage`; those that are left out are not asked for
        """
        threshold = float(options.get("abstain_below", 0.0))
        body = _body(options)
        return await self._of_each(
            ANALYZE,
            text,
            models,
            body,
            (key, language),
            lambda name, record: view.answer_card(name, record, threshold, language),
        )

    async def explain(self, text: str, models: list[str], options: Record, key: str, language: str) -> Html:
        """The words that speak for and against what each model says."""
        body = {"aspects": options["aspects"]} if "aspects" in options else {}
        return await self._of_each(
            EXPLAIN,
            text,
            models,
            body,
            (key, language),
            lambda name, record: view.explanation_card(name, record, language),
        )

    async def file(  # noqa: PLR0913 - each is a field of the page
        self, sent: str, column: str, model: str | None, options: Record, key: str, language: str, progress: Progress
    ) -> tuple[Html, str]:
        """How a file was analysed, with the first rows of the results; and all of them as CSV in base64.

        progress   called with the rows that are done, and all there are
        """
        words = WORDINGS[language]
        if not sent:
            return view.notice(words["no_file"]), ""
        try:
            chosen = ChosenFile(sent)
            told = self.too_large(chosen, language)
            if told is not None:
                return told, ""
            if chosen.columns and not column:
                return view.notice(words["no_column"]), ""
            rows = chosen.rows(column)
            records = await self._records(rows, {**_body(options), **_named(model)}, key, progress)
        except DataError as error:
            return view.notice(str(error)), ""
        except RequestError as error:
            return view.refusal(error, language), ""
        content = results_file(chosen.columns, rows, records)
        return _results(chosen.name, records, words), base64.b64encode(content).decode("ascii")

    def too_large(self, chosen: ChosenFile, language: str) -> Html | None:
        """What is told of a file of more bytes than the page takes."""
        most = self.limits.upload_bytes
        if chosen.size <= most:
            return None
        told = WORDINGS[language]["too_large"].format(found=shown_bytes(chosen.size), most=shown_bytes(most))
        return view.notice(told)

    async def _of_each(
        self,
        path: str,
        text: str,
        models: list[str],
        body: Record,
        asker: tuple[str, str],
        card: Callable[[str, Record], Html],
    ) -> Html:
        key, language = asker
        if not text.strip():
            return view.notice(WORDINGS[language]["no_text"])

        async def one(model: str) -> Html:
            try:
                answer = await self._service.ask(path, key, {**body, **_named(model), "text": text})
            except RequestError as error:
                return view.refusal(error, language)
            return card(answer["model"], answer["documents"][0])

        return view.side_by_side(await asyncio.gather(*(one(model) for model in models or [""])))

    async def _records(self, rows: list[FileRow], body: Record, key: str, progress: Progress) -> list[Record]:
        """A record per row, some of which hold an error; RequestError for what would refuse every part."""
        records: list[Record] = [{"error": _told(row.error)} for row in rows]
        done = sum(row.error is not None for row in rows)
        progress(done, len(rows))
        texts = {place: row.text for place, row in enumerate(rows) if row.text is not None}
        most_bytes = self.limits.body_bytes - ENVELOPE_BYTES
        for part in in_requests(texts, texts.__getitem__, self.limits.documents, most_bytes):
            documents = [{"text": texts[place]} for place in part]
            try:
                found = await self._patiently({**body, "documents": documents}, key)
            except RequestError as error:
                if error.status in (401, 403, 404, 422):
                    raise
                found = [{"error": {"code": error.code, "message": str(error)}} for _ in part]
            for place, record in zip(part, found, strict=True):
                records[place] = {**record, "error": _told(record.get("error"))}
            done += len(part)
            progress(done, len(rows))
        return records

    async def _patiently(self, body: Record, key: str) -> list[Record]:
        """The records of one request; a service that is busy is asked again when it said so."""
        for _ in range(MOST_ATTEMPTS):
            try:
                records: list[Record] = (await self._service.ask(ANALYZE, key, body))["documents"]
            except RequestError as error:
                if error.retry_after is None or error.code == "draining":
                    raise
                refused = error
                await asyncio.sleep(min(error.retry_after, LONGEST_PAUSE))
            else:
                return records
        raise refused


def _body(options: Record) -> Record:
    wanted = {name: options[name] for name in ("abstain_below", "coverage") if name in options}
    aspects = {"aspects": options["aspects"]} if "aspects" in options else {}
    return {**aspects, **({"options": wanted} if wanted else {})}


def _named(model: str | None) -> Record:
    return {"model": model} if model else {}


def _told(error: dict[str, str] | None) -> str | None:
    return None if error is None else f"{error['code']}: {error['message']}"


def _results(name: str, records: list[Record], words: dict[str, str]) -> Html:
    errors = sum(record.get("error") is not None for record in records)
    done = words["rows_done"].format(rows=f"{len(records):,}", errors=f"{errors:,}")
    link = tag(
        "a",
        words["download"],
        id="gw-download",
        href="#",
        download=f"{PurePath(name).stem}.analysed.csv",
        class_="gw-download",
    )
    shown = [
        (place + 1, str(record.get("text", ""))[:300], view.short_answer(_as_said(record)))
        for place, record in enumerate(records[:SHOWN_ROWS])
    ]
    caption = words["first_rows"].format(count=len(shown))
    table = view.columns_table(caption, (words["row"], words["text"], words["answer"]), shown)
    formulas = tag("p", words["formulas"], class_="gw-muted")
    return tag("div", tag("p", done, role="status"), tag("p", link), formulas, table, class_="gw-card")


def _as_said(record: Record) -> Record:
    error = record.get("error")
    return record if error is None else {"error": {"message": error}}
