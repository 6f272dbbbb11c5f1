"""The asynchronous client of `groundswell serve`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Self, TypeVar, overload

from groundswell.client.calls import ServedModel, analyze_steps, explain_steps, listed, models_steps
from groundswell.client.engine import broken_by, load_engine, reply_of, settings
from groundswell.client.exchange import Broken, Pause, Reply, Request, Retries, Steps

if TYPE_CHECKING:
    import httpx2

    from groundswell.explanation.record import Explanation
    from groundswell.model.abstention import Abstention
    from groundswell.types import Analysis

T = TypeVar("T")


class AsyncClient:
    """As `Client`, for asyncio: every call is awaited, and calls may run side by side.

    >>> async with gs.AsyncClient("http://localhost:8000", key) as client:        # doctest: +SKIP
    ...     analyses = await client.analyze(texts)
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        timeout: float = 60.0,
        retries: int = 4,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._url, self._retries = url, Retries(most=retries)
        self._failure = load_engine().RequestError
        self._http: httpx2.AsyncClient = load_engine().AsyncClient(
            transport=transport, **settings(url, key, timeout, retries)
        )

    @overload
    async def analyze(  # type: ignore[overload-overlap]  # a text is also an iterable of texts
        self,
        texts: str,
        *,
        aspects: list[str] | None = ...,
        model: str | None = ...,
        abstention: Abstention | None = ...,
    ) -> Analysis: ...
    @overload
    async def analyze(
        self,
        texts: Iterable[str],
        *,
        aspects: list[str] | None = ...,
        model: str | None = ...,
        abstention: Abstention | None = ...,
    ) -> list[Analysis]: ...
    async def analyze(
        self,
        texts: str | Iterable[str],
        *,
        aspects: list[str] | None = None,
        model: str | None = None,
        abstention: Abstention | None = None,
    ) -> Analysis | list[Analysis]:
        """As `Client.analyze`."""
        steps = analyze_steps(listed(texts), self._retries, aspects=aspects, model=model, abstention=abstention)
        found = await self._run(steps)
        return found[0] if isinstance(texts, str) else found

    @overload
    async def explain(  # type: ignore[overload-overlap]  # a text is also an iterable of texts
        self, texts: str, *, method: str = ..., label: str | None = ..., model: str | None = ...
    ) -> list[Explanation]: ...
    @overload
    async def explain(
        self, texts: Iterable[str], *, method: str = ..., label: str | None = ..., model: str | None = ...
    ) -> list[list[Explanation]]: ...
    async def explain(
        self, texts: str | Iterable[str], *, method: str = "auto", label: str | None = None, model: str | None = None
    ) -> list[Explanation] | list[list[Explanation]]:
        """As `Client.explain`."""
        steps = explain_steps(listed(texts), self._retries, method=method, label=label, model=model)
        found = await self._run(steps)
        return found[0] if isinstance(texts, str) else found

    async def models(self) -> list[ServedModel]:
        """Every model of the service, the default first."""
        return await self._run(models_steps(self._retries))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        """Without the key."""
        return f"AsyncClient({self._url!r})"

    async def _run(self, steps: Steps[T]) -> T:
        """Carry out the steps; what they end with."""
        came: Reply | Broken | None = None
        while True:
            try:
                step = steps.send(came)
            except StopIteration as end:
                result: T = end.value
                return result
            came = await (self._wait(step) if isinstance(step, Pause) else self._send(step))

    async def _wait(self, pause: Pause) -> Reply | Broken | None:
        await asyncio.sleep(pause.seconds)
        return None

    async def _send(self, request: Request) -> Reply | Broken:
        try:
            response = await self._http.request(request.method, request.path.lstrip("/"), content=request.body)
        except self._failure as error:
            return broken_by(error)
        return reply_of(response)
