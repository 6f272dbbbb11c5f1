"""The addresses of the service, on stand-ins for models: answers, refusals, limits, keys, metrics, logs."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient
from tiny_service import StandInWorker, tiny_models

from groundswell.serving.app import create_app
from groundswell.serving.models import Models
from groundswell.serving.security.audit_log import AuditLog
from groundswell.serving.security.keys import KeyStore

HERE = "http://127.0.0.1"


@contextmanager
def service(models: Models, **options: Any) -> Iterator[TestClient]:
    """A client of a service whose models are loaded."""
    with TestClient(create_app(models, **options), base_url=HERE) as client:
        deadline = time.monotonic() + 5
        while not models.ready and time.monotonic() < deadline:
            time.sleep(0.01)
        yield client


@pytest.fixture
def client() -> Iterator[TestClient]:
    with service(tiny_models("first", "second", documents=3, characters=10, body_bytes=2048)) as made:
        yield made


def error_of(response: httpx2.Response) -> tuple[int, str]:
    """Status and code of an error in the one form there is."""
    (error,) = response.json().values()
    assert set(error) == {"code", "message", "request_id"}
    assert error["request_id"] == response.headers["x-request-id"]
    assert error["message"]
    return response.status_code, error["code"]


def test_one_text_and_several_documents_are_answered_in_order(client: TestClient) -> None:
    one = client.post("/v1/analyze", json={"text": "abc"})
    assert (one.status_code, one.headers["content-type"]) == (200, "application/json")
    assert one.json()["model"] == "first"
    assert [record["label"] for record in one.json()["documents"]] == ["odd"]
    asked = [{"id": "x", "text": "ab"}, {"id": 7, "text": "电池"}, {"text": "abc"}]
    several = client.post("/v1/analyze", json={"documents": asked, "model": "second"}).json()
    assert several["model"] == "second"
    assert [record.get("id") for record in several["documents"]] == ["x", 7, None]
    assert [record["text"] for record in several["documents"]] == ["ab", "电池", "abc"]


def test_a_document_that_is_too_long_has_its_own_error(client: TestClient) -> None:
    asked = [{"id": 1, "text": "x" * 11}, {"id": 2, "text": "fine"}]
    found = client.post("/v1/analyze", json={"documents": asked})
    assert found.status_code == 200
    first, second = found.json()["documents"]
    assert first["error"] == {
        "code": "text_too_long",
        "message": "the text has 11 characters, the limit is 10. Split it into parts",
    }
    assert (first["id"], second["label"]) == (1, "even")


def test_an_unpaired_surrogate_comes_back_as_it_was(client: TestClient) -> None:
    found = client.post("/v1/analyze", content=b'{"text": "\\ud800"}', headers={"content-type": "application/json"})
    assert found.status_code == 200
    assert json.loads(found.content)["documents"][0]["text"] == "\ud800"


@pytest.mark.parametrize(
    ("body", "status", "code", "told"),
    [
        ({"documents": [{"text": "a"}] * 4}, 413, "too_many_documents", "found 4 documents, expected at most 3"),
        ({"text": "a", "model": "third"}, 404, "unknown_model", "Served are: first, second"),
        ({"text": "a", "aspects": ["food"]}, 422, "invalid_options", "finds no opinions"),
        ({"text": "a", "options": {"abstain_below": 0.5, "accuracy": 0.9}}, 422, "invalid_options", "expected one of"),
        ({}, 422, "invalid_request", "the body: expected one of `text` and `documents`"),
        ({"text": "a", "documents": [{"text": "b"}]}, 422, "invalid_request", "expected one of"),
        ({"documents": []}, 422, "invalid_request", "documents: List should have at least 1 item"),
        ({"documents": [{"text": 3}]}, 422, "invalid_request", "documents.0.text: Input should be a string"),
        ({"documents": [{"text": None}]}, 422, "invalid_request", "documents.0.text: Input should be a string"),
        ({"documents": [{"id": True, "text": "a"}]}, 422, "invalid_request", "documents.0.id"),
        ({"txt": "a"}, 422, "invalid_request", "txt: Extra inputs are not permitted"),
        ({"text": "a", "options": {"abstain_below": 2}}, 422, "invalid_request", "less than or equal to 1"),
        ([], 422, "invalid_request", "the body"),
    ],
)
def test_what_is_wrong_is_said(client: TestClient, body: Any, status: int, code: str, told: str) -> None:
    found = client.post("/v1/analyze", json=body)
    assert error_of(found) == (status, code)
    assert told in found.json()["error"]["message"]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"\xff\xfe\xfa", b"null", b"[" * 2000, b'{"text": ' + b"9" * 5000, b'{"text": NaN}', b"\x00" * 100,
        b'{"text": "a"} {"text": "b"}', b'{"documents": {"text": "a"}}', '{"text": "电池"}'.encode("gb18030"),
    ],
)  # fmt: skip
def test_garbage_is_refused_without_a_trace(client: TestClient, body: bytes) -> None:
    found = client.post("/v1/analyze", content=body, headers={"content-type": "application/json"})
    status, code = error_of(found)
    assert (status, code) in {(400, "invalid_request"), (422, "invalid_request"), (413, "body_too_large")}
    assert "Traceback" not in found.text


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"content-type": "text/plain"}, 415, "unsupported_type"),
        ({"content-type": "application/json", "content-encoding": "gzip"}, 415, "unsupported_encoding"),
        ({"content-type": "application/json", "host": "shop.example"}, 421, "foreign_host"),
        ({"content-type": "application/json", "origin": "https://shop.example"}, 403, "foreign_origin"),
    ],
)
def test_headers_that_do_not_go(client: TestClient, headers: dict[str, str], status: int, code: str) -> None:
    assert error_of(client.post("/v1/analyze", content=b'{"text": "a"}', headers=headers)) == (status, code)


def test_a_body_that_is_too_large_is_refused_declared_or_not(client: TestClient) -> None:
    large = json.dumps({"text": "x" * 4000}).encode()
    headers = {"content-type": "application/json"}
    assert error_of(client.post("/v1/analyze", content=large, headers=headers)) == (413, "body_too_large")
    parts = (large[start : start + 500] for start in range(0, len(large), 500))
    assert error_of(client.post("/v1/analyze", content=parts, headers=headers)) == (413, "body_too_large")


def test_addresses_and_methods_that_there_are_not(client: TestClient) -> None:
    assert error_of(client.get("/nothing/my%20review")) == (404, "not_found")
    assert error_of(client.get("/v1/analyze")) == (405, "method_not_allowed")
    assert client.get("/v1/analyze").headers["allow"] == "POST"
    assert error_of(client.post("/v1/analyze/", json={"text": "a"})) == (404, "not_found")


def test_explaining_has_its_own_limits() -> None:
    with service(tiny_models(explained_documents=1, explained_characters=3)) as client:
        assert client.post("/v1/explain", json={"text": "ab", "method": "occlusion"}).status_code == 200
        two = client.post("/v1/explain", json={"documents": [{"text": "a"}, {"text": "b"}]})
        assert error_of(two) == (413, "too_many_documents")
        long = client.post("/v1/explain", json={"text": "abcd"}).json()
        assert long["documents"][0]["error"]["code"] == "text_too_long"
        assert error_of(client.post("/v1/explain", json={"text": "a", "method": "magic"})) == (422, "invalid_request")


def test_models_are_listed_with_what_they_are(client: TestClient) -> None:
    first, second = client.get("/v1/models").json()["models"]
    assert first == {
        "name": "first", "state": "ready", "run": "first", "version": "tiny 0.1.0 sha256:0", "task": "single_label",
        "labels": ["even", "odd"], "max_tokens": None,
    }  # fmt: skip
    assert second["name"] == "second"


def test_ready_only_when_warm_and_alive_before() -> None:
    class Slow(StandInWorker):
        def start(self) -> Any:
            self.open.wait(5)
            return super().start()

    slow = Slow()
    slow.open.clear()
    models = tiny_models(make=lambda run: slow)
    with TestClient(create_app(models), base_url=HERE) as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        assert error_of(client.get("/readyz")) == (503, "not_ready")
        early = client.post("/v1/analyze", json={"text": "a"})
        assert error_of(early) == (503, "not_ready")
        assert early.headers["retry-after"] == "1"
        slow.open.set()
        deadline = time.monotonic() + 5
        while client.get("/readyz").status_code != 200 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert client.get("/readyz").json() == {"status": "ready"}
        assert client.post("/v1/analyze", json={"text": "a"}).status_code == 200
        models.draining = True
        assert error_of(client.get("/readyz")) == (503, "not_ready")
        assert error_of(client.post("/v1/analyze", json={"text": "a"})) == (503, "draining")
        assert client.get("/healthz").status_code == 200


def test_another_run_takes_the_place_of_one(tmp_path: Path) -> None:
    (tmp_path / "newer").mkdir()
    (tmp_path / "newer" / "manifest.json").write_text('{"files": {}}')
    with service(tiny_models("first", runs_folder=tmp_path)) as client:
        swapped = client.post("/v1/models", json={"run": "newer"})
        assert (swapped.status_code, swapped.json()["run"]) == (200, "newer")
        assert client.get("/v1/models").json()["models"][0]["run"] == "newer"
        assert error_of(client.post("/v1/models", json={"run": "../newer"})) == (403, "run_not_allowed")


def test_a_text_that_ends_its_worker_twice_is_told_503() -> None:
    worker = StandInWorker()
    worker.deadly = ["bad", "bad"]
    with service(tiny_models(make=lambda run: worker)) as client:
        assert error_of(client.post("/v1/analyze", json={"text": "bad"})) == (503, "worker_failed")
        worker.deadly = ["bad", "bad"]
        mixed = client.post("/v1/analyze", json={"documents": [{"text": "bad"}, {"text": "good"}]})
        assert mixed.status_code == 200
        first, second = mixed.json()["documents"]
        assert (first["error"]["code"], second["label"]) == ("worker_failed", "even")


def test_a_request_that_is_not_answered_in_time_is_told_504() -> None:
    worker = StandInWorker()
    worker.open.clear()
    with service(tiny_models(make=lambda run: worker, seconds=0.2)) as client:
        began = time.monotonic()
        assert error_of(client.post("/v1/analyze", json={"text": "a"})) == (504, "deadline_passed")
        assert 0.2 <= time.monotonic() - began < 2
        worker.open.set()


def test_overload_is_told_at_once_and_what_was_accepted_is_answered() -> None:
    """Two requests fit in flight; of twenty at once, eighteen are refused within a second, two are answered."""
    worker = StandInWorker()
    worker.open.clear()
    models = tiny_models(make=lambda run: worker, requests=2)

    async def flood() -> list[httpx2.Response]:
        app = create_app(models)
        transport = httpx2.ASGITransport(app)
        async with app.router.lifespan_context(app), httpx2.AsyncClient(transport=transport, base_url=HERE) as client:
            assert models.loading is not None
            await models.loading
            asking = [asyncio.create_task(client.post("/v1/analyze", json={"text": "a"})) for _ in range(20)]
            refused, _ = await asyncio.wait(asking, timeout=1)
            assert len(refused) == 18
            assert error_of(await client.post("/v1/analyze", json={"text": "a"})) == (429, "overloaded")
            assert (await client.get("/metrics")).status_code == 200
            worker.open.set()
            return await asyncio.gather(*asking)

    found = asyncio.run(asyncio.wait_for(flood(), 10))
    assert sorted(response.status_code for response in found) == [200] * 2 + [429] * 18
    assert {response.headers["retry-after"] for response in found if response.status_code == 429} == {"1"}


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / "keys.json")


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def test_keys_and_their_scopes(store: KeyStore) -> None:
    analyst = bearer(store.create("analyst", ["analyze"]))
    chief = bearer(store.create("chief", ["admin"]))
    with service(tiny_models(), keys=store) as client:
        body = {"text": "abc"}
        for headers in ({}, bearer("gsw_000000000000_x"), {"authorization": "Basic abc"}, {"authorization": "Bearer"}):
            refused = client.post("/v1/analyze", json=body, headers=headers)
            assert error_of(refused) == (401, "unauthorized")
            assert refused.headers["www-authenticate"] == "Bearer"
        assert client.post("/v1/analyze", json=body, headers=analyst).status_code == 200
        assert error_of(client.post("/v1/explain", json=body, headers=analyst)) == (403, "forbidden")
        assert error_of(client.post("/v1/models", json={"run": "x"}, headers=analyst)) == (403, "forbidden")
        assert error_of(client.get("/metrics", headers=analyst)) == (403, "forbidden")
        assert client.get("/metrics", headers=chief).status_code == 200
        assert error_of(client.get("/metrics")) == (401, "unauthorized")
        assert client.get("/healthz").status_code == client.get("/readyz").status_code == 200
        # whatever stands under /v1 or beside it in a router's eyes needs a key
        for path in ("/v1/analyze%0A", "/v1/nothing", "/v1"):
            assert client.post(path, json=body).status_code == 401
        store.revoke(store.list()[0].id)
        assert error_of(client.post("/v1/analyze", json=body, headers=analyst)) == (401, "unauthorized")


def test_a_key_that_asks_too_often(store: KeyStore) -> None:
    key = bearer(store.create("analyst", ["analyze"], requests_per_minute=1))
    with service(tiny_models(), keys=store) as client:
        assert client.post("/v1/analyze", json={"text": "a"}, headers=key).status_code == 200
        second = client.post("/v1/analyze", json={"text": "a"}, headers=key)
        assert error_of(second) == (429, "rate_limited")
        assert 1 <= int(second.headers["retry-after"]) <= 60


def test_a_damaged_key_file_lets_nobody_in(store: KeyStore) -> None:
    key = bearer(store.create("analyst", ["analyze"]))
    with service(tiny_models(), keys=store) as client:
        store.path.write_text("{")
        assert error_of(client.post("/v1/analyze", json={"text": "a"}, headers=key)) == (503, "not_ready")


def test_metrics_may_be_open(store: KeyStore) -> None:
    store.create("analyst", ["analyze"])
    with service(tiny_models(), keys=store, open_metrics=True) as client:
        assert client.get("/metrics").status_code == 200


def test_metrics_count_what_happened(client: TestClient) -> None:
    client.post("/v1/analyze", json={"documents": [{"text": "abc"}, {"text": "ab"}, {"text": "x" * 11}]})
    client.post("/v1/analyze", json={"text": "a"})
    client.post("/v1/analyze", json={"texts": "a"})
    client.get("/my-review")
    found = client.get("/metrics")
    assert found.headers["content-type"].startswith("text/plain; version=")
    lines = set(found.text.splitlines())
    assert lines >= {
        'groundswell_requests_total{route="/v1/analyze",status="200"} 2.0',
        'groundswell_requests_total{route="/v1/analyze",status="422"} 1.0',
        'groundswell_requests_total{route="other",status="404"} 1.0',
        'groundswell_failures_total{code="invalid_request",route="/v1/analyze"} 1.0',
        'groundswell_documents_total{model="first",outcome="ok"} 3.0',
        'groundswell_labels_total{label="odd",model="first"} 2.0',
        'groundswell_labels_total{label="even",model="first"} 1.0',
        'groundswell_languages_total{language="en",model="first"} 3.0',
        'groundswell_warnings_total{code="short",model="first"} 3.0',
        'groundswell_confidence_count{model="first"} 3.0',
        'groundswell_tokens_total{model="first"} 3.0',
        'groundswell_queue_documents{model="first"} 0.0',
        'groundswell_queue_seconds_count{model="first"} 3.0',
        'groundswell_batch_documents_sum{model="first"} 3.0',
        'groundswell_model_ready{model="second"} 1.0',
        'groundswell_worker_restarts_total{model="first"} 0.0',
        "groundswell_requests_in_flight 0.0",
    }
    assert "my-review" not in found.text
    assert "_created" not in found.text


def test_no_line_of_a_log_holds_a_review(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    audit = tmp_path / "audit.jsonl"
    with caplog.at_level(logging.DEBUG), service(tiny_models(), audit=AuditLog(audit)) as client:
        client.post("/v1/analyze", json={"text": "secret review"})
        client.post("/v1/analyze", json={"documents": [{"id": "secret id", "text": 3}], "secret key": 1})
        client.post("/v1/analyze?text=secret%20query", json={"text": "secret review", "model": "secret model"})
        client.get("/secret/path", headers={"x-request-id": "secret id"})
        client.post("/v1/analyze", content=b"secret", headers={"content-type": "application/json"})
    lines = [json.loads(line) for line in audit.read_text().splitlines()]
    assert [line["status"] for line in lines] == [200, 422, 404, 400]
    assert (lines[0]["documents"], lines[0]["characters"], lines[0]["model"]) == (1, 13, "tiny")
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("groundswell")]
    assert len(ours) >= 6
    assert "secret" not in "\n".join([*ours, audit.read_text()])


def test_a_full_disk_fails_no_request_and_is_counted() -> None:
    said: list[str] = []
    full = AuditLog(Path("/dev/full"), say=said.append)
    with service(tiny_models(), audit=full) as client:
        for _ in range(3):
            assert client.post("/v1/analyze", json={"text": "a"}).status_code == 200
        assert "groundswell_audit_lost_lines 3.0" in client.get("/metrics").text
    assert len(said) == 1
    assert "No space left on device" in said[0]


def test_a_failure_of_our_own_is_told_as_such(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(StandInWorker):
        def ask(self, query: Any, early: Any) -> Any:
            raise IndexError(f"cannot read {query.rows}")

    with service(tiny_models(make=Broken, seconds=0.3)) as client:
        assert error_of(client.post("/v1/analyze", json={"text": "secret"})) == (504, "deadline_passed")
        assert error_of(client.post("/v1/analyze", json={"text": "secret"})) == (503, "not_ready")
        assert error_of(client.get("/readyz")) == (503, "not_ready")
    assert "nothing is answered any more: IndexError at" in caplog.text
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("groundswell")]
    assert "secret" not in "\n".join(ours)


def test_whatever_fails_is_answered_as_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise IndexError("secret")

    with service(tiny_models()) as client:
        monkeypatch.setattr("groundswell.serving.app.joined_answer", broken)
        found = client.post("/v1/analyze", json={"text": "a"})
        assert error_of(found) == (500, "internal_error")
        assert "secret" not in found.text
        assert found.headers["x-content-type-options"] == "nosniff"


def test_the_openapi_page_has_examples_that_work() -> None:
    with service(tiny_models("first")) as client:
        page = client.get("/openapi.json").json()
        for path in ("/v1/analyze", "/v1/explain"):
            body = page["paths"][path]["post"]["requestBody"]["content"]["application/json"]
            examples = {name: example["value"] for name, example in body["examples"].items()}
            assert examples
            examples.pop("aspects", None)  # of a model that finds opinions
            for example in examples.values():
                assert client.post(path, json=example).status_code == 200
        assert set(page["paths"]) == {"/v1/analyze", "/v1/explain", "/v1/models", "/healthz", "/readyz", "/metrics"}
        assert page["components"]["securitySchemes"]["HTTPBearer"]["scheme"] == "bearer"
