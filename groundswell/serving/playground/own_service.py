"""The service asked by its own page, without a connection: the same gate, limits, queue and counters as over HTTP."""

from __future__ import annotations

import json
from typing import Any

from starlette.types import ASGIApp

from groundswell.errors import RequestError


class OwnService:
    """Sends requests to an ASGI app in the same process.

    app        the whole service, gate and headers included
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def ask(self, path: str, key: str = "", body: dict[str, Any] | None = None) -> dict[str, Any]:
        """The JSON of an answer: POST with a body, GET without one; RequestError as the service tells it.

        key   API key; empty where none is asked for
        """
        import httpx

        headers = {"authorization": f"Bearer {key.strip()}"} if key.strip() else {}
        if not key.isascii():
            headers = {"authorization": "Bearer -"}  # no header can hold it, and no key looks like it
        content = None if body is None else json.dumps(body).encode("ascii")
        if content is not None:
            headers["content-type"] = "application/json"
        transport = httpx.ASGITransport(app=self._app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", trust_env=False) as client:
            response = await client.request(
                "GET" if body is None else "POST", path, content=content, headers=headers, timeout=None
            )
        answer: dict[str, Any] = response.json()
        if response.is_error:
            told = answer["error"]
            wait = response.headers.get("retry-after")
            raise RequestError(
                response.status_code, told["code"], told["message"], retry_after=None if wait is None else float(wait)
            )
        return answer
