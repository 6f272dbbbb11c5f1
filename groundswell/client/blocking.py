"""The blocking client of `groundswell serve`."""

from __future__ import annotations

import time
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


class Client:
    """Asks a service; safe to share between threads.

    >>> with gs.Client("http://localhost:8000", key) as client:                   # doctest: +SKIP
    ...     client.analyze("The room was spotless.").label
    'positive'

    url        of the service, such as `https://reviews.example.com`
    key        from `groundswell serve keys create`; None for a service without keys
    timeout    seconds for one answer; what takes longer is an UnreachableError and is not asked again
    retries    times to ask again when the connection fails, or the service is busy (429) or not ready (503)
    transport  of httpx2, for tests and special networks

    Every call raises a ServiceError when the service does not answer it. Texts go in batches of what a service takes.
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        timeout: float = 60.0,
        retries: int = 4,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._url, self._retries = url, Retries(most=retries)
        self._failure = load_engine().RequestError
        self._http: httpx2.Client = load_engine().Client(transport=transport, **settings(url, key, timeout, retries))

    @overload
    def analyze(  # type: ignore[overload-overlap]  # a text is also an iterable of texts
        self,
        texts: str,
        *,
        aspects: list[str] | None = ...,
        model: str | None = ...,
        abstention: Abstention | None = ...,
    ) -> Analysis: ...
    @overload
    def analyze(
        self,
        texts: Iterable[str],
        *,
        aspects: list[str] | None = ...,
        model: str | None = ...,
        abstention: Abstention | None = ...,
    ) -> list[Analysis]: ...
    def analyze(
        self,
        texts: str | Iterable[str],
        *,
        aspects: list[str] | None = None,
        model: str | None = None,
        abstention: Abstention | None = None,
    ) -> Analysis | list[Analysis]:
        """The analysis of a text, or of each of several in their order; one that cannot be analysed has an `error`.

        aspects     of a model that finds opinions: only those of these aspects
        model       by its name; the first one of the service unless given
        abstention  when the model is to abstain
        """
        steps = analyze_steps(listed(texts), self._retries, aspects=aspects, model=model, abstention=abstention)
        found = self._run(steps)
        return found[0] if isinstance(texts, str) else found

    @overload
    def explain(  # type: ignore[overload-overlap]  # a text is also an iterable of texts
        self, texts: str, *, method: str = ..., label: str | None = ..., model: str | None = ...
    ) -> list[Explanation]: ...
    @overload
    def explain(
        self, texts: Iterable[str], *, method: str = ..., label: str | None = ..., model: str | None = ...
    ) -> list[list[Explanation]]: ...
    def explain(
        self, texts: str | Iterable[str], *, method: str = "auto", label: str | None = None, model: str | None = None
    ) -> list[Explanation] | list[list[Explanation]]:
        """The explanations of a text (of several labels or opinions one each), or those of each of several texts."""
        steps = explain_steps(listed(texts), self._retries, method=method, label=label, model=model)
        found = self._run(steps)
        return found[0] if isinstance(texts, str) else found

    def models(self) -> list[ServedModel]:
        """Every model of the service, the default first."""
        return self._run(models_steps(self._retries))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        """Without the key."""
        return f"Client({self._url!r})"

    def _run(self, steps: Steps[T]) -> T:
        """Carry out the steps; what they end with."""
        came: Reply | Broken | None = None
        while True:
            try:
                step = steps.send(came)
            except StopIteration as end:
                result: T = end.value
                return result
            came = self._wait(step) if isinstance(step, Pause) else self._send(step)

    def _wait(self, pause: Pause) -> Reply | Broken | None:
        time.sleep(pause.seconds)
        return None

    def _send(self, request: Request) -> Reply | Broken:
        try:
            response = self._http.request(request.method, request.path.lstrip("/"), content=request.body)
        except self._failure as error:
            return broken_by(error)
        return reply_of(response)
