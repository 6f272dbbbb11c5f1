"""The clients: what they send, when they ask again, and what their errors say."""

from __future__ import annotations

import asyncio
import inspect
import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx2
import pytest

import groundswell as gs
from groundswell.client import asynchronous, blocking, engine
from groundswell.client.calls import MOST_BYTES, MOST_DOCUMENTS, MOST_EXPLAINED, ServedModel, in_requests
from groundswell.client.exchange import Retries
from groundswell.errors import (
    AccessError,
    InputError,
    MissingExtraError,
    OverloadError,
    RefusedError,
    ServiceError,
    UnreachableError,
)
from groundswell.serving.limits import Limits

URL = "https://reviews.example.com/shop"
Ask = Callable[..., Any]


class Service:
    """A service that answers by a script of failures and then as it should; remembers what it was asked."""

    def __init__(self) -> None:
        self.script: list[httpx2.Response | Exception] = []
        self.asked: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        if self.script:
            planned = self.script.pop(0)
            if isinstance(planned, Exception):
                raise planned
            return planned
        if request.url.path.endswith("/models"):
            return httpx2.Response(200, json={"models": [{"name": "m", "state": "ready", "run": "r", "new": 1}]})
        documents = self.bodies[-1]["documents"]
        if request.url.path.endswith("/explain"):
            answered = [explained(each["text"]) for each in documents]
        else:
            answered = [analysed(each["text"]) for each in documents]
        return httpx2.Response(200, json={"model": "m", "documents": answered})

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(request.content) for request in self.asked if request.content]


def analysed(text: str) -> dict[str, Any]:
    if not text:
        return {"text": text, "error": {"code": "blank", "message": "empty"}}
    return gs.Analysis(text=text, label=f"label of {text[:9]}", confidence=0.9).to_dict()


def explained(text: str) -> dict[str, Any]:
    if not text:
        return {"text": text, "error": {"code": "blank", "message": "empty"}}
    return {"text": text, "explanations": [gs.Explanation(text=text, label=label).to_dict() for label in "ab"]}


def refusal(status: int, code: str = "overloaded", **headers: str) -> httpx2.Response:
    body = {"error": {"code": code, "message": "told", "request_id": "r1"}}
    return httpx2.Response(status, json=body, headers={"X-Request-Id": "r1", **headers})


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits of both clients, none of which is waited for."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(blocking.time, "sleep", waited.append)
    monkeypatch.setattr(asynchronous.asyncio, "sleep", sleep)
    return waited


@pytest.fixture(params=["blocking", "asynchronous"])
def ask(request: pytest.FixtureRequest, service: Service, waits: list[float]) -> Ask:
    """Calls a method of either client, which must do the same."""

    def call(method: str, /, *arguments: Any, settings: dict[str, Any] | None = None, **options: Any) -> Any:
        given = {"key": "gsw_1_x", "transport": httpx2.MockTransport(service), **(settings or {})}
        if request.param == "blocking":
            with gs.Client(URL, **given) as client:
                return getattr(client, method)(*arguments, **options)

        async def awaited() -> Any:
            async with gs.AsyncClient(URL, **given) as client:
                return await getattr(client, method)(*arguments, **options)

        return asyncio.run(awaited())

    return call


def test_a_text_gives_its_analysis(ask: Ask, service: Service) -> None:
    analysis = ask("analyze", "好😀")
    assert analysis == gs.Analysis(text="好😀", label="label of 好😀", confidence=0.9)
    (request,) = service.asked
    assert str(request.url) == f"{URL}/v1/analyze"
    assert request.headers["authorization"] == "Bearer gsw_1_x"
    assert request.headers["content-type"] == "application/json"
    assert service.bodies == [{"documents": [{"text": "好😀"}]}]


def test_texts_go_in_batches_and_keep_their_order(ask: Ask, service: Service) -> None:
    texts = [f"text {number}" for number in range(70)]
    analyses = ask("analyze", iter(texts))
    assert [analysis.text for analysis in analyses] == texts
    assert [len(body["documents"]) for body in service.bodies] == [32, 32, 6]
    assert ask("analyze", []) == []


def test_long_texts_go_in_smaller_batches(ask: Ask, service: Service) -> None:
    texts = ["好" * 20_000] * 20  # six bytes a character as JSON in ASCII
    assert len(ask("analyze", texts)) == 20
    assert [len(body["documents"]) for body in service.bodies] == [8, 8, 4]
    assert all(len(request.content) <= MOST_BYTES + 1000 for request in service.asked)


def test_requests_keep_to_documents_and_bytes() -> None:
    """66 characters, 2 quotes and 32 bytes around them are 100."""
    texts = {place: "x" * 66 for place in range(1, 6)}
    assert list(in_requests(texts, texts.__getitem__, 2, 10_000)) == [[1, 2], [3, 4], [5]]
    assert list(in_requests(texts, texts.__getitem__, 10, 300)) == [[1, 2, 3], [4, 5]]
    assert list(in_requests(["x" * 999, "y", "z"], str, 10, 300)) == [["x" * 999], ["y", "z"]]
    assert list(in_requests([], str, 2, 10)) == []


def test_a_service_with_default_limits_takes_what_is_sent() -> None:
    limits = Limits()
    assert (limits.documents, limits.explained_documents) == (MOST_DOCUMENTS, MOST_EXPLAINED)
    assert limits.body_bytes > MOST_BYTES


def test_what_is_wished_for_is_sent(ask: Ask, service: Service) -> None:
    ask("analyze", ["a"], aspects=["屏幕"], model="m", abstention=gs.Abstention(below=0.7, coverage=0.9))
    ask("explain", "a", method="occlusion", label="good", model="m")
    options = {"abstain_below": 0.7, "coverage": 0.9}
    assert service.bodies == [
        {"documents": [{"text": "a"}], "aspects": ["屏幕"], "model": "m", "options": options},
        {"documents": [{"text": "a"}], "method": "occlusion", "label": "good", "model": "m"},
    ]


def test_explanations_of_a_text_and_of_several(ask: Ask, service: Service) -> None:
    assert [each.label for each in ask("explain", "a")] == ["a", "b"]
    several = ask("explain", [str(number) for number in range(9)])
    assert [[each.text for each in of_text] for of_text in several] == [[str(number)] * 2 for number in range(9)]
    assert [len(body["documents"]) for body in service.bodies] == [1, 4, 4, 1]


def test_a_text_that_fails_does_not_fail_the_others(ask: Ask) -> None:
    good, bad = ask("analyze", ["a", ""])
    assert (good.label, bad.label, bad.error) == ("label of a", None, {"code": "blank", "message": "empty"})
    ((failed,),) = ask("explain", [""])
    assert failed.error == {"code": "blank", "message": "empty"}


def test_models(ask: Ask) -> None:
    assert ask("models") == [ServedModel("m", "ready", "r")]


def test_a_busy_service_is_asked_again_when_it_says(ask: Ask, service: Service, waits: list[float]) -> None:
    """At least what Retry-After says, and above that 0.5, 1, 2 … seconds, of which a part is random."""
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=10), usegmt=True)
    service.script = [refusal(429, **{"Retry-After": "3"}), refusal(503), refusal(503, **{"Retry-After": soon})]
    assert ask("analyze", "a").label == "label of a"
    assert len(service.asked) == 4
    assert 3.25 <= waits[0] <= 3.5
    assert 0.5 <= waits[1] <= 1.0
    assert 8 + 1 <= waits[2] <= 10 + 2


def test_a_service_that_stays_busy_is_left_alone(ask: Ask, service: Service, waits: list[float]) -> None:
    service.script = [refusal(429) for _ in range(9)]
    with pytest.raises(OverloadError) as caught:
        ask("analyze", "a", settings={"retries": 2})
    assert str(caught.value) == "/v1/analyze: 429 overloaded: told (request r1)"
    assert (caught.value.status, caught.value.code, caught.value.request_id) == (429, "overloaded", "r1")
    assert (len(service.asked), len(waits)) == (3, 2)


def test_who_is_told_to_come_back_much_later_does_not_wait(ask: Ask, service: Service, waits: list[float]) -> None:
    service.script = [refusal(503, **{"Retry-After": "3600"})]
    with pytest.raises(OverloadError):
        ask("analyze", "a")
    assert (len(service.asked), waits) == (1, [])


@pytest.mark.parametrize("given", ["", "soon", "-1", "١", "Wed, 99 Foo 2026", "1.5"])
def test_a_retry_after_that_says_nothing_is_passed_over(ask: Ask, service: Service, given: str) -> None:
    service.script = [httpx2.Response(503, headers=[(b"Retry-After", given.encode())])]
    assert ask("analyze", "a").label == "label of a"


@pytest.mark.parametrize(
    "failure", [httpx2.ConnectError("refused"), httpx2.RemoteProtocolError("closed"), httpx2.ConnectTimeout("late")]
)
def test_a_connection_that_fails_is_made_again(ask: Ask, service: Service, failure: Exception) -> None:
    service.script = [failure, failure]
    assert ask("analyze", ["a", "b"])[1].label == "label of b"
    assert len(service.asked) == 3
    service.script = [failure] * 9
    with pytest.raises(UnreachableError) as caught:
        ask("models", settings={"retries": 0})
    assert str(caught.value) == f"/v1/models: no answer ({failure}). Check the address and the service"


def test_what_takes_too_long_is_not_asked_again(ask: Ask, service: Service, waits: list[float]) -> None:
    service.script = [httpx2.ReadTimeout("")]
    with pytest.raises(UnreachableError) as caught:
        ask("analyze", "a")
    assert str(caught.value) == "/v1/analyze: no answer in time. Check the address and the service"
    assert (len(service.asked), waits) == (1, [])


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, RefusedError), (401, AccessError), (403, AccessError), (404, RefusedError), (413, RefusedError),
     (422, RefusedError), (500, ServiceError), (504, UnreachableError)],
)  # fmt: skip
def test_other_errors_are_told_at_once(ask: Ask, service: Service, status: int, kind: type[ServiceError]) -> None:
    service.script = [refusal(status, "some_code")]
    with pytest.raises(kind, match=rf"^/v1/analyze: {status} some_code: told \(request r1\)$") as caught:
        ask("analyze", "a")
    assert type(caught.value) is kind
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((200, b"<html>"), "found no JSON but '<html>', expected an answer of `groundswell serve`."),
        ((200, b"[]"), "found an answer without what was asked for"),
        ((200, b'{"documents": []}'), "found 0 results for 1 texts in batch 1"),
        ((200, b'{"documents": [{"label": "good"}]}'), "found an answer without what was asked for"),
        ((200, b'{"documents": [null]}'), "found an answer without what was asked for"),
        ((302, b""), "302: ''"),
        ((502, b"<html>" + b"x" * 1000), "502: '<html>xxx"),
        ((502, b'{"error": "\xff"}'), "502: "),
    ],
)
def test_answers_of_something_else_are_told(
    ask: Ask, service: Service, answer: tuple[int, bytes], message: str
) -> None:
    service.script = [httpx2.Response(answer[0], content=answer[1], headers={"Location": "https://evil.example"})]
    with pytest.raises(ServiceError) as caught:
        ask("analyze", "a")
    assert str(caught.value).startswith(f"/v1/analyze: {message}")
    assert len(str(caught.value)) < 500
    assert len(service.asked) == 1


@pytest.mark.parametrize("client", [gs.Client, gs.AsyncClient])
def test_wrong_settings_are_refused(client: Any) -> None:
    for url in ("reviews.example.com", "ftp://x", "", "http://"):
        with pytest.raises(InputError) as caught:
            client(url)
        assert str(caught.value) == (
            f"found {url!r} as the address of a service, expected one such as https://reviews.example.com"
        )
    for key in ("", "a\nb", " a", "密"):
        with pytest.raises(InputError) as caught:
            client(URL, key)
        assert str(caught.value).startswith("the key holds characters that no key has, or none.")
    for timeout in (0, -1, float("nan")):
        with pytest.raises(InputError, match="expected more than 0"):
            client(URL, timeout=timeout)
    with pytest.raises(InputError, match="found -1 retries, expected 0 or more"):
        client(URL, retries=-1)


def test_a_text_that_is_none_is_refused_before_anything_is_sent(ask: Ask, service: Service) -> None:
    with pytest.raises(InputError, match="found NoneType among the texts, expected strings only"):
        ask("analyze", [*["a"] * 40, None])  # two requests, the second with the None
    assert not service.asked


def test_the_key_is_not_shown() -> None:
    client = gs.Client(URL, "gsw_1_x")
    assert repr(client) == f"Client('{URL}')"
    assert "gsw_1_x" not in repr(vars(client))
    client.close()


def test_without_httpx2_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> Any:
        raise ModuleNotFoundError

    client = gs.Client
    monkeypatch.setattr(engine.importlib, "import_module", missing)
    with pytest.raises(MissingExtraError) as caught:
        client(URL)
    assert str(caught.value) == "the client needs httpx2. Install it: pip install 'groundswell[client]'"


def test_both_clients_offer_the_same() -> None:
    for name in ("analyze", "explain", "models", "__init__"):
        one, other = (str(inspect.signature(getattr(client, name))) for client in (gs.Client, gs.AsyncClient))
        assert one == other.replace("Async", "")


def test_waits_grow_and_are_bounded() -> None:
    retries = Retries(most=8)
    for attempt, most in enumerate([0.5, 1, 2, 4, 8, 16, 30, 30]):
        waits = [retries.seconds(attempt, None) for _ in range(200)]
        assert all(wait is not None and most / 2 <= wait <= most for wait in waits)
        assert len(set(waits)) > 100, "clients must not come back together"
    assert retries.seconds(8, None) is None


class _Handler(BaseHTTPRequestHandler):
    """Fails the first request by closing the connection, then answers."""

    num_asked = 0

    def do_POST(self) -> None:
        type(self).num_asked += 1
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if type(self).num_asked == 1:
            self.close_connection = True
            return
        answer = json.dumps(
            {"model": "m", "documents": [analysed(each["text"]) for each in body["documents"]]}
        ).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_over_a_socket(address: str, waits: list[float]) -> None:
    with gs.Client(address) as client:
        assert client.analyze("好").label == "label of 好"
    assert len(waits) == 1
    with pytest.raises(UnreachableError, match="no answer"), gs.Client("http://127.0.0.1:9", retries=0) as client:
        client.analyze("a")
