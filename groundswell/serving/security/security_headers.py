"""What every answer carries, and which browsers' pages may ask: ASGI middleware around the whole service.

Every answer gets headers that tell a browser to do nothing with it but show it, and one X-Request-Id. Answers under
`/v1` are data: their policy allows nothing at all. Pages of other origins may not ask there, unless they are named.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Awaitable, Callable, Collection, Iterable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Header = tuple[bytes, bytes]

API = "/v1"
API_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
PAGE_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_ALWAYS: dict[bytes, bytes] = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_TWO_YEARS = b"max-age=63072000"  # seconds
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._\-]{1,64}")


class SecurityHeaders:
    """The app with these headers on every answer; `scope["state"]["request_id"]` is the id of the request.

    Put it around everything else, so that answers to failures have them too.

    page_policy   Content-Security-Policy of everything outside `/v1`; for `{nonce}` in it stands another one with each
                  answer, which is also `scope["state"]["nonce"]`
    origins       pages that may ask, such as `https://shop.example.com`; none unless named
    """

    def __init__(self, app: App, *, page_policy: str = PAGE_POLICY, origins: Collection[str] = ()) -> None:
        self._app = _open_to(app, origins) if origins else app
        self._page_policy = page_policy
        self._origins = frozenset(origin.lower().encode("latin-1") for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, unless a page of a foreign origin sends it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        identity = request_id(scope["headers"])
        scope.setdefault("state", {})["request_id"] = identity
        nonce = scope["state"]["nonce"] = secrets.token_urlsafe(16)
        of_api = scope["path"] == API or scope["path"].startswith(f"{API}/")
        added = self._headers(identity, of_api=of_api, secure=scope.get("scheme") == "https")
        if not of_api:
            added[b"content-security-policy"] = self._page_policy.replace("{nonce}", nonce).encode("latin-1")
        foreign = self._is_foreign(scope)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": _joined(message.get("headers", ()), added, opened=not foreign)}
            await send(message)

        if of_api and foreign and scope["method"] not in _READING:
            await _refuse(send_with_headers, identity)
        else:
            await self._app(scope, receive, send_with_headers)

    def _is_foreign(self, scope: Scope) -> bool:
        """Whether a page asks that is neither of this very service nor named; `null` is one that hides its origin."""
        origin, host = (_value(scope["headers"], name) for name in (b"origin", b"host"))
        if origin is None or origin.lower() in self._origins:
            return False
        return host is None or origin.lower().partition(b"://")[2] != host.lower()

    def _headers(self, identity: str, *, of_api: bool, secure: bool) -> dict[bytes, bytes]:
        added = dict(_ALWAYS)
        added[b"x-request-id"] = identity.encode("ascii")
        if of_api:
            added[b"content-security-policy"] = API_POLICY.encode("ascii")
            added[b"cache-control"] = b"no-store"
        if secure:
            added[b"strict-transport-security"] = _TWO_YEARS
        return added


def request_id(headers: Iterable[Header]) -> str:
    """The X-Request-Id that was sent if it is 1 to 64 letters, digits, `.`, `_` and `-`; otherwise a new one."""
    given = _value(headers, b"x-request-id")
    if given is not None and _REQUEST_ID.fullmatch(given):
        return given.decode("ascii")
    return secrets.token_hex(16)


def _open_to(app: App, origins: Collection[str]) -> App:
    from starlette.middleware.cors import CORSMiddleware

    opened: App = CORSMiddleware(
        app,
        allow_origins=list(origins),
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type", "X-Request-Id"],
        expose_headers=["X-Request-Id", "Retry-After"],
    )
    return opened


def _value(headers: Iterable[Header], name: bytes) -> bytes | None:
    return next((value for key, value in headers if key.lower() == name), None)


def _joined(own: Iterable[Header], added: dict[bytes, bytes], *, opened: bool) -> list[Header]:
    """The headers of the app and ours, ours where both name one; nothing behind us opens the service to others."""
    kept = [
        (name, value)
        for name, value in own
        if name.lower() not in added and (opened or not name.lower().startswith(b"access-control-"))
    ]
    return kept + list(added.items())


async def _refuse(send: Send, identity: str) -> None:
    error = {
        "code": "foreign_origin",
        "message": "found a page of another origin, expected one of this service. Allow the origin at its start",
        "request_id": identity,
    }
    body = json.dumps({"error": error}).encode("ascii")
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode("ascii"))]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})
