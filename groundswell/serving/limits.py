"""What one running service takes and how long it waits: every limit, its range and its default."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from groundswell.data.suggestion import did_you_mean
from groundswell.errors import InputError


class Limits(BaseModel):
    """The limits of a service; whatever is above one is refused with the status that `docs/serving.md` names."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    requests: int = Field(512, ge=1, le=100_000, description="requests in flight")
    documents: int = Field(32, ge=1, le=10_000, description="documents of a request")
    characters: int = Field(20_000, ge=1, le=1_000_000, description="characters of a document")
    body_bytes: int = Field(1_048_576, ge=1024, le=268_435_456, description="bytes of a body")
    upload_bytes: int = Field(
        8_388_608, ge=1024, le=268_435_456, description="bytes of a file that is given to the playground"
    )
    explained_documents: int = Field(4, ge=1, le=1000, description="documents of a request to explain")
    explained_characters: int = Field(5_000, ge=1, le=1_000_000, description="characters of a document to explain")
    queue_documents: int = Field(2048, ge=1, le=1_000_000, description="documents that wait for a model")
    queue_tokens: int = Field(262_144, ge=1, le=1_000_000_000, description="estimated tokens that wait for a model")
    batch_documents: int = Field(256, ge=1, le=100_000, description="documents of a micro-batch")
    batch_tokens: int = Field(
        8192, ge=1, le=10_000_000, description="estimated tokens of a micro-batch, padded; a longer text goes alone"
    )
    seconds: float = Field(30.0, gt=0, le=3600, description="seconds from the arrival of a request to its answer")
    header_seconds: float = Field(10.0, gt=0, le=600, description="seconds in which the head of a request must arrive")
    body_seconds: float = Field(10.0, gt=0, le=600, description="seconds in which the body of a request must arrive")
    idle_seconds: float = Field(75.0, gt=0, le=3600, description="seconds that a connection may rest between requests")
    drain_seconds: float = Field(35.0, gt=0, le=3600, description="seconds for what was accepted when the service ends")
    hang_seconds: float = Field(
        120.0, gt=0, le=86_400, description="seconds after which a worker that is silent is started again"
    )
    load_seconds: float = Field(300.0, gt=0, le=86_400, description="seconds in which a model must be loaded and warm")


def read_limits(given: Sequence[str]) -> Limits:
    """The limits, with `name=value` for some of them; InputError names every one that is wrong."""
    values: dict[str, str] = {}
    problems = []
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not value:
            problems.append(f"--limit {one}: expected NAME=VALUE, such as documents=16")
        elif name in values:
            problems.append(f"--limit {one}: {name} is given twice. Leave one out")
        elif name not in Limits.model_fields:
            near = did_you_mean(name, Limits.model_fields)
            problems.append(f"--limit {one}: unknown limit.{near} Known: {', '.join(Limits.model_fields)}")
        else:
            values[name] = value
    try:
        limits = Limits.model_validate(values)
    except ValidationError as error:
        problems += [f"--limit {each['loc'][0]}={each['input']}: {each['msg']}" for each in error.errors()]
        raise InputError("\n".join(problems)) from error
    if problems:
        raise InputError("\n".join(problems))
    return limits
