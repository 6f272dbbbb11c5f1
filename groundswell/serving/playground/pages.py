"""The playground as part of the service: which of Gradio's addresses there are, and what its page may load.

Gradio has many addresses that this page does not need, such as uploads, files and a proxy; nothing but the ones below
is reachable. It is imported in a thread while the models load, so the service is ready without it.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from groundswell.errors import MissingExtraError, RequestError
from groundswell.serving.api_errors import told_request_error
from groundswell.serving.faults import fault_line

PAGE, SCRIPT, JOIN = "/", "/playground.js", "/gradio_api/queue/join"
READABLE = frozenset({PAGE, SCRIPT, "/theme.css", "/favicon.ico", "/manifest.json", "/gradio_api/queue/data"})
FOLDERS = ("/assets/", "/static/")
# `style-src`: Gradio and the shading of words write style attributes. Scripts need the nonce of their page.
POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; object-src 'none'; base-uri 'self'; form-action 'none'; "
    "frame-ancestors 'none'"
)

_log = logging.getLogger(__name__)


class Playground:
    """The page at `/` with what it loads; other requests are none of its own.

    make   what makes the ASGI app of the page, in a thread
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._ending = asyncio.Event()
        self._page: asyncio.Future[ASGIApp] | None = None
        self._script = files(__package__).joinpath("files.js").read_bytes()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The page is made while the block begins, and ends with it."""
        self._page = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._run(self._page))
        try:
            yield
        finally:
            self._ending.set()
            await task

    async def _run(self, page: asyncio.Future[ASGIApp]) -> None:
        try:
            made = await asyncio.to_thread(asyncio.run, self._made())
            async with made.router.lifespan_context(made):
                page.set_result(made)
                await self._ending.wait()
        except Exception as error:  # noqa: BLE001 - whatever fails in a library, the service goes on without the page
            _log.error("there is no playground: %s", fault_line(error))
            if not page.done():
                page.set_exception(RequestError(503, "not_ready", "the playground failed. The log says where"))
                page.exception()  # seen, also when nobody opens the page

    async def _made(self) -> Any:
        # in a loop of its own: without a running one Gradio would make new ones and leave them open
        return self._make()

    def owns(self, scope: Scope) -> bool:
        """Whether a request is for the page or what it loads."""
        path: str = scope["path"]
        if scope["method"] == "POST":
            return path == JOIN
        readable = path in READABLE or (path.startswith(FOLDERS) and ".." not in path and "\\" not in path)
        return readable and scope["method"] in ("GET", "HEAD")

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that it owns, when the page is made."""
        if scope["path"] == SCRIPT:
            await Response(self._script, media_type="text/javascript")(scope, receive, send)
            return
        assert self._page is not None, "`running` has not begun"
        try:
            page = await asyncio.shield(self._page)
        except RequestError as error:
            await (await told_request_error(Request(scope), error))(scope, receive, send)
            return
        if scope["path"] == PAGE:
            await self._send_page(page, scope, receive, send)
        else:
            await page(scope, receive, send)

    async def _send_page(self, page: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Gradio's page with the nonce of this answer on its scripts, and with our script."""
        plain = [(name, value) for name, value in scope["headers"] if name.lower() != b"accept-encoding"]
        start: Message = {}
        content = bytearray()

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                content.extend(message.get("body", b""))

        await page({**scope, "headers": plain}, receive, collect)
        nonce = str(scope["state"]["nonce"])
        body = with_nonce(content.decode("utf-8"), nonce).encode("utf-8")
        headers = MutableHeaders(raw=list(start["headers"]))
        if scope["method"] != "HEAD":
            headers["content-length"] = str(len(body))
        headers["cache-control"] = "no-store"
        await send({**start, "headers": headers.raw})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


class PlaygroundPages:
    """The app with a playground in front of it."""

    def __init__(self, app: ASGIApp, *, playground: Playground) -> None:
        self._app, self._playground = app, playground

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on to the page or to the app."""
        if scope["type"] == "http" and self._playground.owns(scope):
            await self._playground.answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def with_nonce(page: str, nonce: str) -> str:
    """A page whose scripts carry a nonce, with our own script, and without what names other hosts.

    Text of users is not in the page, and its data have `<` as an escape, so each `<script` is a tag.
    """
    own = f'<script defer src="{SCRIPT}"></script></head>'
    page = re.sub(r"<meta\s+(?:property|name)=\"(?:og|twitter):[^>]*>", "", page).replace("</head>", own, 1)
    return page.replace("<script", f'<script nonce="{nonce}"')


def check_playground() -> None:
    """MissingExtraError when Gradio is not installed; it is not imported."""
    import importlib.util

    if importlib.util.find_spec("gradio") is None:
        raise MissingExtraError("the playground needs gradio. Install it: pip install 'groundswell[playground]'")
