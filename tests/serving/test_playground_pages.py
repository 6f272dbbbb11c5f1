"""What the playground opens to the outside: addresses, policy, limits; with a stand-in for Gradio's page."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from starlette.testclient import TestClient
from tiny_service import tiny_models

from groundswell.serving import app as service
from groundswell.serving.playground.pages import POLICY, with_nonce
from groundswell.serving.security.keys import KeyStore

CLOSED = (
    "/gradio_api/upload", "/gradio_api/file=/etc/passwd", "/gradio_api/proxy=http://x/", "/config", "/monitoring",
    "/gradio_api/info", "/gradio_api/run/analyze", "/login", "/assets/../x", "/gradio_api/heartbeat/1",
)  # fmt: skip


def page_stand_in(*_: Any, **__: Any) -> FastAPI:
    """Answers every address, so that what comes through is seen."""
    page = FastAPI()

    @page.get("/")
    def root() -> HTMLResponse:
        return HTMLResponse("<html><head><script>1</script></head><script src='/assets/a.js'></script></html>")

    @page.api_route("/{path:path}", methods=["GET", "POST"])
    async def anything(request: Request, path: str) -> dict[str, int]:
        return {"reached": len(await request.body())}

    return page


@contextmanager
def asking(monkeypatch: pytest.MonkeyPatch, keys: KeyStore | None = None, **limits: float) -> Iterator[TestClient]:
    monkeypatch.setattr(service, "_page", page_stand_in)
    made = service.create_app(tiny_models(**limits), keys=keys, playground=True)
    with TestClient(made, base_url="http://localhost") as client:
        yield client


def test_only_what_the_page_needs_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with asking(monkeypatch) as client:
        for path in CLOSED:
            for method in ("GET", "POST"):
                answer = client.request(method, path, json={})
                assert (answer.status_code, "reached" in answer.text) == (404, False), path
        assert client.get("/assets/index.js").json() == {"reached": 0}
        assert client.get("/gradio_api/queue/join").status_code == 404
        assert client.post("/gradio_api/queue/join", json={}).json() == {"reached": 2}
        assert client.post("/healthz").status_code == 405
        assert client.get("/healthz").json() == {"status": "ok"}


def test_the_page_runs_its_own_scripts_only_and_v1_stays_strict(monkeypatch: pytest.MonkeyPatch) -> None:
    with asking(monkeypatch) as client:
        answers = [client.get("/") for _ in range(2)]
        policies = [answer.headers["content-security-policy"] for answer in answers]
        assert policies[0] != policies[1]
        nonce = re.findall(r"'nonce-([\w-]{20,})'", policies[0])[0]
        assert policies[0] == POLICY.replace("{nonce}", nonce)
        assert "unsafe-eval" not in POLICY
        assert "'unsafe-inline'" not in POLICY.partition("style-src")[0]
        scripts = re.findall(r"<script[^>]*>", answers[0].text)
        assert len(scripts) == 3
        assert all(f'nonce="{nonce}"' in script for script in scripts)
        assert client.get("/playground.js").headers["content-type"].startswith("text/javascript")
        assert client.get("/v1/models").headers["content-security-policy"].startswith("default-src 'none'; base-uri")


def test_other_hosts_are_not_named_and_data_stay_data() -> None:
    page = '<head><meta property="og:image"\n content="https://x.example/a.png" /></head><script>{"a": "\\u003cscript"}'
    found = with_nonce(page, "n")
    assert "x.example" not in found
    assert '<script nonce="n">{"a": "\\u003cscript"}' in found


def test_what_the_page_sends_is_limited_like_other_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    with asking(monkeypatch, upload_bytes=1024) as client:
        most = 1024 * 4 // 3 + service.FIELD_BYTES
        assert client.post("/gradio_api/queue/join", json="x" * (most - 2)).json() == {"reached": most}
        refused = client.post("/gradio_api/queue/join", json="x" * (most - 1))
        assert (refused.status_code, refused.json()["error"]["code"]) == (413, "body_too_large")
        refused = client.post("/gradio_api/queue/join", content="a=1", headers={"content-type": "text/plain"})
        assert refused.status_code == 415
        assert client.get("/", headers={"host": "evil.example"}).status_code == 421
        client.app.state.models.draining = True  # type: ignore[attr-defined]
        assert client.post("/gradio_api/queue/join", json={}).status_code == 503


def test_a_page_that_fails_leaves_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> FastAPI:
        raise ValueError("a library fails")

    monkeypatch.setattr(service, "_page", broken)
    made = service.create_app(tiny_models(), playground=True)
    with TestClient(made, base_url="http://localhost") as client:
        answer = client.get("/")
        assert answer.status_code == 503
        assert answer.json()["error"]["message"] == "the playground failed. The log says where"
        assert client.get("/healthz").status_code == 200


def test_without_a_playground_there_is_no_page() -> None:
    with TestClient(service.create_app(tiny_models()), base_url="http://localhost") as client:
        assert client.get("/").status_code == 404
        assert client.post("/gradio_api/queue/join", json={}).status_code == 404


def test_the_service_loads_no_gradio_before_it_runs() -> None:
    script = "import sys, groundswell.serving.app; print(json.dumps('gradio' in sys.modules))"
    finished = subprocess.run(
        [sys.executable, "-c", f"import json; {script}"], capture_output=True, text=True, timeout=60
    )
    assert json.loads(finished.stdout) is False, finished.stderr


def test_the_wording_is_complete_in_both_languages() -> None:
    from groundswell.serving.playground.wording import EN, ZH

    assert list(EN) == list(ZH)
    for name, told in EN.items():
        assert set(re.findall(r"{\w+}", told)) == set(re.findall(r"{\w+}", ZH[name])), name
