"""What the service and its worker processes tell each other; importing this loads no torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from groundswell.model.abstention import Abstention

Precision = Literal["float32", "bfloat16", "auto"]
TextRow = tuple[str | int | None, str]


@dataclass(frozen=True, slots=True)
class Analysing:
    """Ask for the analysis of documents, with arguments as `Analyzer.stream_rows` takes them."""

    aspects: tuple[str, ...] | None = None
    abstention: Abstention | None = None


@dataclass(frozen=True, slots=True)
class Explaining:
    """Ask why a model says what it says of documents, as `groundswell.explaining.Question` does."""

    method: str = "auto"
    label: str | None = None
    head: str | None = None
    aspects: tuple[str, ...] | None = None


Task = Analysing | Explaining


class Query(NamedTuple):
    """Documents of which the same is asked."""

    task: Task
    rows: list[TextRow]


class DocumentAnswer(NamedTuple):
    """What is said about one document.

    record       JSON object, as text
    error        its error code; None for a document that was answered
    labels       what it was labelled as, for counting; of several heads `head:label`, of opinions their polarities
    confidence   0-1, or None
    language     zh, en or other; None where it was not told
    warnings     codes
    """

    record: str
    error: str | None = None
    labels: tuple[str, ...] = ()
    confidence: float | None = None
    language: str | None = None
    warnings: tuple[str, ...] = ()


class Answered(NamedTuple):
    """One answer per document of a query, in order; a long query is answered in parts.

    seconds   that computing took, of the last part
    refused   why nothing was computed: what was asked does not go with this model
    more      whether another part follows
    """

    documents: list[DocumentAnswer]
    seconds: float = 0.0
    refused: str | None = None
    more: bool = False


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What a loaded model is.

    model        its name, version and weight hash, as in every record
    labels       () of a model that gives none
    max_tokens   the most tokens that it reads of a text; None when it reads all
    seconds      that loading and warming took
    """

    model: str
    task: str
    labels: tuple[str, ...]
    max_tokens: int | None
    seconds: float


@dataclass(frozen=True, slots=True)
class LoadRefused:
    """Why a run cannot be served."""

    message: str


@dataclass(frozen=True, slots=True)
class WorkerOrder:
    """What a worker process is to load.

    threads   to compute with; None: as many as torch takes by itself
    """

    run: Path
    precision: Precision = "float32"
    threads: int | None = None
