"""Requests made up from the OpenAPI page, right and wrong: every answer is one that the page names, none a failure."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from tiny_server import Running, running_server

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of what it imports
    import schemathesis
    from schemathesis import GenerationMode
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        negative_data_rejection,
        response_schema_conformance,
        status_code_conformance,
    )

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
RIGHT, WRONG = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
TRIED = [
    ("/v1/analyze", "POST", RIGHT, 30), ("/v1/analyze", "POST", WRONG, 30),
    ("/v1/explain", "POST", RIGHT, 10), ("/v1/explain", "POST", WRONG, 20),
    ("/v1/models", "POST", RIGHT, 10), ("/v1/models", "POST", WRONG, 20),
    ("/v1/models", "GET", RIGHT, 1), ("/healthz", "GET", RIGHT, 1), ("/readyz", "GET", RIGHT, 1),
    ("/metrics", "GET", RIGHT, 1),
]  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_server(tmp_path_factory.mktemp("keys")) as server:
        yield server


@pytest.mark.parametrize(("path", "method", "mode", "examples"), TRIED)
def test_every_answer_is_one_that_the_page_names(
    running: Running, path: str, method: str, mode: GenerationMode, examples: int
) -> None:
    """Right requests may be refused too: the stand-in finds no opinions, and there is no other run to serve."""
    schema = schemathesis.openapi.from_dict(running.page)
    operation = schema[path][method]
    checks = [*CHECKS, *([negative_data_rejection] if mode is WRONG else [])]
    statuses = set()

    @seed(0)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def try_case(case: schemathesis.Case) -> None:
        response = case.call(base_url=running.address, headers={"authorization": f"Bearer {running.key}"})
        statuses.add(response.status_code)
        case.validate_response(response, checks=checks)

    try_case()
    assert 200 in statuses or mode is WRONG or path == "/v1/models"
