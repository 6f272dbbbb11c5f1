"""The HTTP library behind the clients, httpx2: how it is set up, and what its failures mean."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from groundswell.client.exchange import Broken, Reply
from groundswell.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    import httpx2

CONNECT_SECONDS = 10.0


def load_engine() -> ModuleType:
    """httpx2; MissingExtraError says how to get it."""
    try:
        return importlib.import_module("httpx2")
    except ModuleNotFoundError as error:
        raise MissingExtraError("the client needs httpx2. Install it: pip install 'groundswell[client]'") from error


def settings(url: str, key: str | None, timeout: float, retries: int) -> dict[str, Any]:
    """What a client of httpx2 is made with; InputError for an address, a key or a number that cannot be meant.

    Redirects are not followed: the key would go along.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(f"found {url!r} as the address of a service, expected one such as https://reviews.example.com")
    if key is not None and not (key.isascii() and key.isprintable() and key.strip() == key != ""):
        raise InputError("the key holds characters that no key has, or none. Copy it again, without blanks around it")
    if not timeout > 0:
        raise InputError(f"found a timeout of {timeout} s, expected more than 0")
    if retries < 0:
        raise InputError(f"found {retries} retries, expected 0 or more")
    headers = {
        "User-Agent": "groundswell",
        "Content-Type": "application/json",
        "Accept": "application/json",
    }
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    waits = load_engine().Timeout(timeout, connect=min(timeout, CONNECT_SECONDS))
    return {"base_url": url, "headers": headers, "timeout": waits, "follow_redirects": False}


def reply_of(response: httpx2.Response) -> Reply:
    """What was answered."""
    return Reply(
        response.status_code, {name.lower(): value for name, value in response.headers.items()}, response.content
    )


def broken_by(error: httpx2.RequestError) -> Broken:
    """Why nothing was answered."""
    engine = load_engine()
    again = (engine.NetworkError, engine.RemoteProtocolError, engine.ConnectTimeout, engine.PoolTimeout)
    if isinstance(error, engine.ReadTimeout | engine.WriteTimeout):
        return Broken("no answer in time", again=False)
    return Broken(f"no answer ({str(error) or type(error).__name__})", again=isinstance(error, again))
