"""The calls of a service: which requests a call becomes, and what the answers become."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from groundswell.client.exchange import Request, Retries, Steps, exchange, strange_answer
from groundswell.errors import InputError
from groundswell.explanation.record import Explanation
from groundswell.types import Analysis

if TYPE_CHECKING:
    from groundswell.model.abstention import Abstention

# What a service takes of one request unless it was started with other limits.
MOST_DOCUMENTS = 32
MOST_EXPLAINED = 4
MOST_BYTES = 1_000_000
BYTES_AROUND = 32  # each text of a request, at most

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model of a service.

    state        ready, or why not: loading, restarting, failed, ended
    run          name of its run folder
    version      name, version and weight hash, as in every record; None while it loads
    labels       of a model that labels whole texts
    max_tokens   of a text that are read; None: all
    """

    name: str
    state: str
    run: str
    version: str | None = None
    task: str | None = None
    labels: tuple[str, ...] = ()
    max_tokens: int | None = None


def listed(texts: str | Iterable[str]) -> list[str]:
    """One text or several, as a list."""
    return [texts] if isinstance(texts, str) else list(texts)


def analyze_steps(
    texts: Sequence[str],
    retries: Retries,
    *,
    aspects: Sequence[str] | None,
    model: str | None,
    abstention: Abstention | None,
) -> Steps[list[Analysis]]:
    """The steps to one analysis per text, in order; a text that cannot be analysed has an `error`."""
    asked = _asked(model=model, aspects=None if aspects is None else list(aspects))
    if abstention:
        wished = {"abstain_below": abstention.below, "accuracy": abstention.accuracy, "coverage": abstention.coverage}
        asked["options"] = _asked(**wished)
    return (yield from _in_batches("/v1/analyze", texts, asked, MOST_DOCUMENTS, retries, Analysis.from_dict))


def explain_steps(
    texts: Sequence[str], retries: Retries, *, method: str, label: str | None, model: str | None
) -> Steps[list[list[Explanation]]]:
    """The steps to the explanations of each text, in order; a text that cannot be explained has one with an `error`."""
    asked = _asked(model=model, method=method, label=label)
    return (yield from _in_batches("/v1/explain", texts, asked, MOST_EXPLAINED, retries, _explanations))


def models_steps(retries: Retries) -> Steps[list[ServedModel]]:
    """The steps to every model of a service, the default first."""
    request = Request("GET", "/v1/models")
    answer = yield from exchange(request, retries)
    return _read(request, answer, lambda found: [_model(each) for each in found["models"]])


def in_requests(
    items: Iterable[T], text_of: Callable[[T], str], most_documents: int, most_bytes: int
) -> Iterator[list[T]]:
    """The items, in order, so many at once as one request may hold texts and bytes; a longer text goes alone."""
    batch: list[T] = []
    num_bytes = 0
    for item in items:
        size = len(json.dumps(text_of(item))) + BYTES_AROUND
        if batch and (len(batch) == most_documents or num_bytes + size > most_bytes):
            yield batch
            batch, num_bytes = [], 0
        batch.append(item)
        num_bytes += size
    if batch:
        yield batch


def _in_batches(
    path: str,
    texts: Sequence[str],
    asked: dict[str, Any],
    most: int,
    retries: Retries,
    read: Callable[[Mapping[str, Any]], T],
) -> Steps[list[T]]:
    for text in texts:
        if not isinstance(text, str):
            raise InputError(f"found {type(text).__name__} among the texts, expected strings only. Leave it out")
    results: list[T] = []
    for number, batch in enumerate(in_requests(texts, str, most, MOST_BYTES)):
        documents = [{"text": text} for text in batch]
        request = Request("POST", path, json.dumps({**asked, "documents": documents}).encode("ascii"))
        answer = yield from exchange(request, retries)
        answered = _read(request, answer, lambda found: [read(each) for each in found["documents"]])
        if len(answered) != len(batch):
            raise strange_answer(request, f"{len(answered)} results for {len(batch)} texts in batch {number + 1}")
        results += answered
    return results


def _asked(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _explanations(document: Mapping[str, Any]) -> list[Explanation]:
    if document.get("error") is not None:
        return [Explanation.from_dict(document)]
    return [Explanation.from_dict(each) for each in document["explanations"]]


def _model(values: Mapping[str, Any]) -> ServedModel:
    return ServedModel(
        name=values["name"],
        state=values["state"],
        run=values["run"],
        version=values.get("version"),
        task=values.get("task"),
        labels=tuple(values.get("labels") or ()),
        max_tokens=values.get("max_tokens"),
    )


def _read(request: Request, answer: Any, read: Callable[[Any], T]) -> T:
    try:
        return read(answer)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise strange_answer(request, f"an answer without what was asked for ({error!r})") from error
