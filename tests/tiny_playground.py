"""Stand-ins for models of every kind that the playground shows, and a browser's page of it with what it asked for."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tiny_server import listening_server

from groundswell.serving.app import create_app
from groundswell.serving.limits import Limits
from groundswell.serving.metrics import ServiceMetrics
from groundswell.serving.models import Models
from groundswell.serving.security.keys import KeyStore
from groundswell.serving.served_model import Serving
from groundswell.serving.worker import LoadedRun, answer
from groundswell.serving.worker_messages import (
    Answered,
    DocumentAnswer,
    Explaining,
    ModelFacts,
    Query,
    TextRow,
    WorkerOrder,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from groundswell.serving.worker_process import Early

OPINION = {"category": "SCREEN#QUALITY", "polarity": "negative", "score": 0.91, "intensity": None, "negated": False}


class TalkingWorker:
    """Says the same of every text, by the name of its run: `opinions` finds 屏幕 and 太暗, `slow` takes its time."""

    def __init__(self, run: Path) -> None:
        self.run = run
        self.queries: list[Query] = []

    def start(self) -> ModelFacts:
        return ModelFacts(f"{self.run.name} 0.1.0 sha256:0", "single_label", ("negative", "positive"), 128, 0.0)

    def ask(self, query: Query, early: Early) -> Answered:
        self.queries.append(query)
        if self.run.name == "slow":
            time.sleep(0.4)
        return Answered([self._answer(row, query) for row in query.rows], 0.001)

    def _answer(self, row: TextRow, query: Query) -> DocumentAnswer:
        text = row[1]
        record: dict[str, Any] = {"text": text, "language": "zh", "warnings": [], "model": f"{self.run.name} 0.1.0"}
        if isinstance(query.task, Explaining):
            words = [{"text": text[:2], "start": 0, "end": 2, "weight": -0.8}]
            said = {"label": "negative", "value": 0.7, "score": 0.9, "method": "occlusion", "words": words}
            return DocumentAnswer(json.dumps({"text": text, "explanations": [{"text": text, **said}]}))
        if self.run.name == "opinions":
            record |= {"label": None, "scores": {}, "confidence": None, "opinions": list(_opinions(text))}
            return DocumentAnswer(json.dumps(record))
        abstention = query.task.abstention
        below = None if abstention is None else abstention.below
        record |= {"label": "negative", "scores": {"negative": 0.7, "positive": 0.3}, "confidence": 0.7}
        record |= {"opinions": [], "abstained": None if below is None else below > 0.7}
        return DocumentAnswer(json.dumps(record), None, ("negative",), 0.7)

    def end(self) -> None:
        """Nothing to end."""

    def kill(self) -> None:
        """Nothing to end."""


def _opinions(text: str) -> Iterator[dict[str, Any]]:
    aspect, opinion = text.find("屏幕"), text.find("太暗")
    if aspect >= 0 and opinion >= 0:
        spans = {"aspect": (aspect, "屏幕"), "opinion": (opinion, "太暗")}
        marked = {name: {"text": word, "start": at, "end": at + len(word)} for name, (at, word) in spans.items()}
        yield {**marked, **OPINION}


class LoadedWorker:
    """A real run in the thread that asks, without a process of its own."""

    def __init__(self, run: Path) -> None:
        self._order = WorkerOrder(run, threads=1)

    def start(self) -> ModelFacts:
        self._engine = LoadedRun(self._order)
        return self._engine.facts

    def ask(self, query: Query, early: Early) -> Answered:
        *parts, last = answer(self._engine, query)
        for part in parts:
            early(part.documents)
        return last

    def end(self) -> None:
        """Nothing to end."""

    def kill(self) -> None:
        """Nothing to end."""


def loaded_models(runs: dict[str, Path], *talking: str) -> Models:
    """Real runs by name, and talking stand-ins."""
    made = {**runs, **{name: Path("runs") / name for name in talking}}
    return Models(made, lambda run: LoadedWorker(run) if run in runs.values() else TalkingWorker(run), _serving({}))


def _serving(limits: dict[str, Any]) -> Serving:
    return Serving(Limits(**limits), ServiceMetrics())


def talking_models(*names: str, **limits: float) -> Models:
    """Models of these names on talking stand-ins."""
    return Models({name: Path("runs") / name for name in names}, TalkingWorker, _serving(limits))


class Visited:
    """The playground in a tab, with what the browser complained of and which other hosts it asked."""

    def __init__(self, browser: Browser, port: int, *, width: int = 1200, scheme: Any = "light") -> None:
        self.complaints: list[str] = []
        self.foreign: list[str] = []
        own = f"http://127.0.0.1:{port}/"
        self.page: Page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.page.on("console", lambda message: self._note(message.type, message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self._check(request.url, own))
        self.page.goto(own)
        self.page.wait_for_selector("#gw-analyze", timeout=30_000)

    def _note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(f"{kind}: {text}")

    def _check(self, url: str, own: str) -> None:
        if not url.startswith((own, "data:", "blob:")):
            self.foreign.append(url)


@contextmanager
def served_playground(models: Models, keys: KeyStore | None = None) -> Iterator[int]:
    """The port of a service with these models and the playground."""
    with listening_server(create_app(models, keys=keys, playground=True), models) as port:
        yield port
