"""The bodies of requests and answers, with the examples of the OpenAPI page."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, model_validator

MOST_ID = 256
MOST_ASPECTS = 50


def _text(value: object) -> str:
    # an unpaired surrogate is an error of its document, not of the request, so pydantic must not see it
    if not isinstance(value, str):
        raise ValueError("Input should be a string")
    return value


Text = Annotated[str, PlainValidator(_text, json_schema_input_type=str)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class Asked(BaseModel):
    """Part of a request: unknown fields and wrong types are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Document(Asked):
    """A text and, if wanted, an id that its record will carry."""

    text: Text = Field(description="as it is; offsets in the answer are code points of it")
    id: Annotated[str, Field(max_length=MOST_ID)] | int | None = Field(None, description="carried over as it is")


class Documents(Asked):
    """One text, or several documents, for one of the models."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["text"]}, {"required": ["documents"]}]})

    model: Name | None = Field(None, description="name of the model; the first one unless given")
    text: Text | None = Field(None, description="one text; instead of `documents`")
    documents: Annotated[list[Document], Field(min_length=1)] | None = Field(None, description="instead of `text`")
    aspects: Annotated[list[Name], Field(min_length=1, max_length=MOST_ASPECTS)] | None = Field(
        None, description="of a model that finds opinions: only those of these aspects"
    )

    @model_validator(mode="after")
    def _text_or_documents(self) -> Self:
        given = self.model_fields_set & {"text", "documents"}
        if len(given) != 1 or (self.text is None and self.documents is None):
            raise ValueError("expected one of `text` and `documents`")
        return self

    @property
    def rows(self) -> list[tuple[str | int | None, str]]:
        """(id, text) of every document."""
        if self.text is not None:
            return [(None, self.text)]
        return [(document.id, document.text) for document in self.documents or ()]


class AnalyzeOptions(Asked):
    """When the model is to abstain, as `groundswell predict` has it."""

    abstain_below: float | None = Field(None, ge=0, le=1, description="mark texts of lower confidence as abstained")
    accuracy: float | None = Field(None, ge=0, le=1, description="abstain so that this share of the answers is right")
    coverage: float | None = Field(
        None, ge=0.5, le=0.999, description="add sets of labels that hold the right one this often"
    )


class AnalyzeRequest(Documents):
    """What `POST /v1/analyze` takes."""

    options: AnalyzeOptions = AnalyzeOptions()


class ExplainRequest(Documents):
    """What `POST /v1/explain` takes."""

    method: Literal["auto", "integrated_gradients", "occlusion", "attention", "weights"] = Field(
        "auto", description="auto: what measured best on the run, else on models of its kind"
    )
    label: Name | None = Field(None, description="explain this label instead of the one that is given")
    head: Name | None = Field(None, description="of a model with several heads, the one that is explained")


class SwapRequest(Asked):
    """What `POST /v1/models` takes."""

    run: Annotated[str, Field(min_length=1, max_length=500)] = Field(
        description="run folder, as its path below the folder of runs"
    )
    model: Name | None = Field(None, description="name under which it is served; the first model unless given")


class DocumentError(BaseModel):
    """Why one document was not answered."""

    code: str
    message: str


class AnalysisRecord(BaseModel):
    """The record of one document; with `error`, nothing else than `id` and `text` stands beside it."""

    model_config = ConfigDict(extra="allow")

    text: str
    id: str | int | None = None
    language: Literal["zh", "en", "other"] | None = None
    label: str | None = None
    scores: dict[str, float] | None = None
    confidence: float | None = None
    sentences: list[dict[str, Any]] | None = None
    opinions: list[dict[str, Any]] | None = None
    truncated: bool | None = None
    warnings: list[str] | None = None
    abstained: bool | None = None
    prediction_set: list[str] | None = None
    error: DocumentError | None = None


class ExplainedDocument(BaseModel):
    """The explanations of one document: of several labels one each, of opinions one each."""

    text: str
    id: str | int | None = None
    explanations: list[dict[str, Any]] | None = None
    error: DocumentError | None = None


class AnalyzeAnswer(BaseModel):
    """One record per document, in the order of the request."""

    model: str = Field(description="name under which the model is served")
    documents: list[AnalysisRecord]


class ExplainAnswer(BaseModel):
    """One entry per document, in the order of the request."""

    model: str = Field(description="name under which the model is served")
    documents: list[ExplainedDocument]


class ModelAnswer(BaseModel):
    """A model that is served."""

    name: str
    state: Literal["loading", "ready", "restarting", "failed", "ended"]
    run: str = Field(description="name of the run folder")
    version: str | None = Field(None, description="name, version and weight hash, as in every record")
    task: str | None = None
    labels: list[str] = []
    max_tokens: int | None = Field(None, description="read of a text; null: all of them")


class ModelsAnswer(BaseModel):
    """Every model, the default first."""

    models: list[ModelAnswer]


class StateAnswer(BaseModel):
    """How the service is."""

    status: Literal["ok", "ready"]


class ErrorDetail(BaseModel):
    """What went wrong."""

    code: str
    message: str
    request_id: str


class ErrorAnswer(BaseModel):
    """Every answer with a status of 400 or more."""

    error: ErrorDetail


ANALYZE_EXAMPLES = {
    "one text": {"value": {"text": "The room was spotless, but the staff was rude."}},
    "several documents": {
        "value": {
            "documents": [
                {"id": "a", "text": "The room was spotless."},
                {"id": "b", "text": "电池很耐用，但屏幕太暗。"},
            ],
            "options": {"abstain_below": 0.7},
        }
    },
    "aspects": {
        "summary": "a model that finds opinions",
        "value": {"text": "电池很耐用，但屏幕太暗。", "aspects": ["屏幕"]},
    },
}
EXPLAIN_EXAMPLES = {"one text": {"value": {"text": "The room was spotless, but the staff was rude."}}}
SWAP_EXAMPLES = {"newer run": {"value": {"run": "reviews-2"}}}
