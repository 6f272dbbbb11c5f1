"""Security headers, request ids and pages of other origins, asked over ASGI."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from groundswell.serving.security.security_headers import API_POLICY, PAGE_POLICY, SecurityHeaders, request_id

Headers = list[tuple[bytes, bytes]]


class Answering:
    """An app that says 200 with headers of its own, and remembers what it was asked."""

    def __init__(self, headers: Headers | None = None) -> None:
        self.headers = headers or []
        self.scopes: list[Any] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scopes.append(scope)
        await send({"type": "http.response.start", "status": 200, "headers": self.headers})
        await send({"type": "http.response.body", "body": b"hello"})


def ask(
    app: Any, path: str, headers: dict[str, str] | None = None, method: str = "POST", scheme: str = "http"
) -> tuple[int, dict[str, str], bytes]:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    given = {"host": "api.example.com", **(headers or {})}
    scope = {
        "type": "http", "path": path, "method": method, "scheme": scheme, "query_string": b"",
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in given.items()],
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    names = [name.decode() for name, _ in sent[0]["headers"]]
    assert len(names) == len(set(names)), "no header stands twice"
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], answered, b"".join(message.get("body", b"") for message in sent[1:])


def test_every_answer_carries_them_and_those_of_the_api_allow_nothing() -> None:
    app = SecurityHeaders(Answering([(b"content-type", b"text/plain"), (b"X-Frame-Options", b"ALLOWALL")]))
    for path, policy in (("/v1/analyze", API_POLICY), ("/v1", API_POLICY), ("/", PAGE_POLICY), ("/v10", PAGE_POLICY)):
        status, headers, body = ask(app, path)
        assert (status, body) == (200, b"hello")
        assert headers["content-security-policy"] == policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["content-type"] == "text/plain"
        assert headers.get("cache-control") == ("no-store" if policy == API_POLICY else None)
        assert "strict-transport-security" not in headers
    assert API_POLICY.startswith("default-src 'none'")


def test_pages_may_have_a_policy_of_their_own_and_https_is_kept_to() -> None:
    app = SecurityHeaders(Answering(), page_policy="default-src 'self' 'unsafe-inline'")
    _, headers, _ = ask(app, "/", scheme="https")
    assert headers["content-security-policy"] == "default-src 'self' 'unsafe-inline'"
    assert headers["strict-transport-security"] == "max-age=63072000"
    assert ask(app, "/v1/models", scheme="https")[1]["content-security-policy"] == API_POLICY


@pytest.mark.parametrize("given", ["4f00-AB_c.9", "x" * 64])
def test_a_sane_request_id_is_kept(given: str) -> None:
    app = Answering([(b"x-request-id", b"of the app")])
    _, headers, _ = ask(SecurityHeaders(app), "/v1/analyze", {"x-request-id": given})
    assert headers["x-request-id"] == given
    assert app.scopes[0]["state"]["request_id"] == given


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "a\nb", "é", '"><script>', "../x"])
def test_another_one_is_made_anew(given: str) -> None:
    made = request_id([(b"X-Request-Id", given.encode("latin-1"))])
    assert len(made) == 32
    assert int(made, 16) >= 0
    assert made != request_id([])


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://api.example.com.evil.example", ""])
def test_pages_of_other_origins_may_not_ask(origin: str) -> None:
    app = Answering()
    status, headers, body = ask(SecurityHeaders(app), "/v1/analyze", {"origin": origin, "x-request-id": "r1"})
    assert status == 403
    assert not app.scopes
    assert json.loads(body) == {
        "error": {
            "code": "foreign_origin",
            "message": "found a page of another origin, expected one of this service. Allow the origin at its start",
            "request_id": "r1",
        }
    }
    assert headers["content-length"] == str(len(body))
    assert headers["x-request-id"] == "r1"


def test_pages_of_this_service_and_programs_may_ask() -> None:
    app = SecurityHeaders(Answering())
    assert ask(app, "/v1/analyze", {"origin": "http://api.example.com"})[0] == 200
    assert ask(app, "/v1/analyze", {"origin": "https://API.example.com"})[0] == 200
    assert ask(app, "/v1/analyze")[0] == 200
    assert ask(app, "/queue/join", {"origin": "https://evil.example"})[0] == 200  # the pages check for themselves


def test_nothing_behind_opens_the_service_to_other_origins() -> None:
    app = SecurityHeaders(Answering([(b"access-control-allow-origin", b"*"), (b"Access-Control-Allow-Headers", b"*")]))
    status, headers, _ = ask(app, "/", {"origin": "https://evil.example"}, method="GET")
    assert status == 200
    assert not [name for name in headers if name.lower().startswith("access-control-")]


def test_a_named_origin_may_ask_and_no_other() -> None:
    pytest.importorskip("starlette")
    app = SecurityHeaders(Answering(), origins=["https://shop.example.com"])
    named = {"origin": "https://shop.example.com"}
    status, headers, _ = ask(app, "/v1/analyze", named)
    assert (status, headers["access-control-allow-origin"]) == (200, "https://shop.example.com")
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    status, headers, _ = ask(app, "/v1/analyze", named | asked, method="OPTIONS")
    assert status == 200
    assert headers["access-control-allow-origin"] == "https://shop.example.com"
    assert "Authorization" in headers["access-control-allow-headers"]
    assert ask(app, "/v1/analyze", {"origin": "https://evil.example"})[0] == 403
    _, headers, _ = ask(app, "/v1/models", {"origin": "https://evil.example"}, method="GET")
    assert "access-control-allow-origin" not in headers


def test_what_is_no_request_passes() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)

    asyncio.run(SecurityHeaders(app)({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert seen == [{"type": "lifespan"}]
