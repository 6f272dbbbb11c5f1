"""Clients that do not behave, on a real server: slow, gone, garbled."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Iterator

import pytest
from tiny_server import Running, running_server

PATIENCE = 0.4


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    limits = {"body_seconds": PATIENCE, "requests": 3, "body_bytes": 2048}
    with running_server(tmp_path_factory.mktemp("keys"), PATIENCE, **limits) as server:
        yield server


def read_all(connection: socket.socket) -> bytes:
    """What comes until the server hangs up."""
    found = b""
    try:
        while part := connection.recv(65536):
            found += part
    except ConnectionResetError:
        pass
    return found


def read_answer(connection: socket.socket) -> tuple[int, dict[str, object]]:
    """Status and body of one answer; the connection stays open."""
    found = b""
    while b"\r\n\r\n" not in found:
        part = connection.recv(65536)
        assert part, found
        found += part
    head, _, body = found.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += connection.recv(65536)
    return int(head.split()[1]), json.loads(body)


def code_of(answer: tuple[int, dict[str, object]]) -> tuple[int, object]:
    error = answer[1]["error"]
    assert isinstance(error, dict)
    return answer[0], error["code"]


def still_answers(running: Running) -> None:
    with running.connect() as connection:
        connection.sendall(running.request("abc"))
        status, body = read_answer(connection)
    assert (status, body["documents"][0]["label"]) == (200, "odd")  # type: ignore[index]


def wait_until(condition: object) -> None:
    deadline = time.monotonic() + 5
    while not condition() and time.monotonic() < deadline:  # type: ignore[operator]
        time.sleep(0.01)
    assert condition()  # type: ignore[operator]


def test_one_connection_asks_again_and_again(running: Running) -> None:
    with running.connect() as connection:
        for text in ("a", "bb"):
            connection.sendall(running.request(text))
            assert read_answer(connection)[0] == 200
            time.sleep(1.5 * PATIENCE)  # between two requests it may rest


def test_a_head_that_comes_in_drops_is_cut_off(running: Running) -> None:
    began = time.monotonic()
    with running.connect() as connection:
        try:
            for byte in running.request("abc"):
                connection.sendall(bytes([byte]))
                time.sleep(0.02)
        except OSError:
            pass
        assert read_all(connection) == b""
    assert PATIENCE <= time.monotonic() - began < 5 * PATIENCE + 1
    still_answers(running)


def test_a_connection_without_a_request_is_closed(running: Running) -> None:
    began = time.monotonic()
    with running.connect() as connection:
        assert read_all(connection) == b""
    assert PATIENCE / 2 <= time.monotonic() - began < 5 * PATIENCE + 1


def test_a_second_head_that_comes_in_drops_is_cut_off(running: Running) -> None:
    with running.connect() as connection:
        connection.sendall(running.request("abc"))
        assert read_answer(connection)[0] == 200
        connection.sendall(b"POST /v1/ana")
        began = time.monotonic()
        assert read_all(connection) == b""
        assert time.monotonic() - began < 5 * PATIENCE + 1


def test_a_body_that_comes_in_drops_is_told_408(running: Running) -> None:
    with running.connect() as connection:
        connection.sendall(running.head("content-length: 1000") + b"{")
        time.sleep(PATIENCE / 2)
        connection.sendall(b" ")
        assert code_of(read_answer(connection)) == (408, "body_too_slow")
    still_answers(running)


def test_after_a_refusal_the_rest_of_a_body_does_not_keep_the_connection(running: Running) -> None:
    with running.connect() as connection:
        connection.sendall(running.head("content-length: 1000000"))
        assert code_of(read_answer(connection)) == (413, "body_too_large")
        began = time.monotonic()
        try:
            while time.monotonic() - began < 10 * PATIENCE:
                connection.sendall(b" ")
                time.sleep(0.02)
        except OSError:
            pass
        assert time.monotonic() - began < 5 * PATIENCE + 1


def test_a_key_is_asked_for_before_the_body(running: Running) -> None:
    with running.connect() as connection:
        connection.sendall(running.head("content-length: 1000").replace(running.key.encode(), b"wrong"))
        assert code_of(read_answer(connection)) == (401, "unauthorized")


@pytest.mark.parametrize("garbage", [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET\r\n\r\n", b"A" * 100_000])
def test_what_is_no_http_is_told_400(running: Running, garbage: bytes) -> None:
    with running.connect() as connection:
        with contextlib.suppress(OSError):
            connection.sendall(garbage + b"\r\n\r\n")
        found = read_all(connection)
    if found:  # a client that still sends may lose the answer
        assert found.startswith(b"HTTP/1.1 400 ")
        assert json.loads(found.partition(b"\r\n\r\n")[2])["error"]["code"] == "invalid_request"
    still_answers(running)


def test_a_client_that_leaves_frees_its_place_and_its_document_is_not_computed(running: Running) -> None:
    worker, asked = running.worker, len(running.worker.queries)
    worker.open.clear()
    try:
        busy = running.connect()
        busy.sendall(running.request("first"))
        wait_until(lambda: len(worker.queries) == asked + 1)
        leaving = [running.connect() for _ in range(2)]
        for connection in leaving:
            connection.sendall(running.request("leaving"))
        with running.connect() as fourth:
            wait_until(lambda: b"requests_in_flight 3" in running.models.serving.metrics.render())
            fourth.sendall(running.request("fourth"))
            assert code_of(read_answer(fourth)) == (429, "overloaded")
        for connection in leaving:
            connection.close()
        wait_until(lambda: b"requests_in_flight 1.0" in running.models.serving.metrics.render())
    finally:
        worker.open.set()
    assert read_answer(busy)[0] == 200
    busy.close()
    still_answers(running)
    texts = [text for query in worker.queries[asked:] for _, text in query.rows]
    assert texts == ["first", "abc"]
    assert b'requests_total{route="/v1/analyze",status="499"} 2.0' in running.models.serving.metrics.render()
