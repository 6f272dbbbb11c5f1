"""What a client is told when it gets no answer: `{"error": {"code", "message", "request_id"}}`, never a stack trace."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.requests import Request

from groundswell.errors import RequestError

MOST_PROBLEMS = 5
_CODES = {400: "invalid_request", 404: "not_found", 405: "method_not_allowed"}
_CURES = {
    400: "the body could not be read as JSON. Send a JSON object in UTF-8",
    404: "there is nothing at this address. /openapi.json lists what there is",
    405: "this address does not take this method. /openapi.json lists those it takes",
}


def error_response(error: RequestError, request_id: str) -> Response:
    """The answer for an error, with Retry-After where asking again may help."""
    body = {"error": {"code": error.code, "message": str(error), "request_id": request_id}}
    headers = {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    # what a client sent, such as the name of a field, may stand in the message, also an unpaired surrogate
    content = json.dumps(body, ensure_ascii=True)
    return Response(content, error.status, headers, "application/json")


def internal_error() -> RequestError:
    """What is told of an error that nobody expected; the log says where it was raised."""
    return RequestError(500, "internal_error", "the service failed. Its log says where, under this request id")


async def told_request_error(request: Request, error: Exception) -> Response:
    """The answer to a RequestError that was raised while a request was answered."""
    assert isinstance(error, RequestError)
    request.state.error_code = error.code
    return error_response(error, request.state.request_id)


async def told_invalid_request(request: Request, error: Exception) -> Response:
    """The answer to a body that is no JSON (400) or not as the schema has it (422), without what was sent."""
    assert isinstance(error, RequestValidationError)
    found: Sequence[Any] = error.errors()
    if any(each["type"] == "json_invalid" for each in found):
        return await told_request_error(request, RequestError(400, "invalid_request", _CURES[400]))
    problems = [f"{_place(each['loc'])}: {each['msg'].removeprefix('Value error, ')}" for each in found[:MOST_PROBLEMS]]
    if len(found) > MOST_PROBLEMS:
        problems.append(f"and {len(found) - MOST_PROBLEMS:,} more")
    told = f"{'; '.join(problems)}. Mend the body as /openapi.json describes it"
    return await told_request_error(request, RequestError(422, "invalid_request", told))


async def told_http_error(request: Request, error: Exception) -> Response:
    """The answer to an address or a method that there is not, and to a body that cannot be read."""
    assert isinstance(error, HTTPException)
    told = RequestError(
        error.status_code, _CODES.get(error.status_code, "refused"), _CURES.get(error.status_code, "refused")
    )
    response = await told_request_error(request, told)
    response.headers.update(error.headers or {})
    return response


def _place(location: Sequence[str | int]) -> str:
    """`documents.3.text` of ("body", "documents", 3, "text"); names that a client made up are cut."""
    return ".".join(str(part)[:40] for part in location[1:]) or "the body"
