"""The addresses of the service: what each takes and answers. `create_app` is where every part is put together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException

import groundswell
from groundswell.errors import DataError, RequestError
from groundswell.model.abstention import Abstention
from groundswell.serving import schemas
from groundswell.serving.api_errors import told_http_error, told_invalid_request, told_request_error
from groundswell.serving.gate import RequestGate
from groundswell.serving.limits import Limits
from groundswell.serving.models import Models
from groundswell.serving.playground.own_service import OwnService
from groundswell.serving.playground.pages import JOIN, PAGE, POLICY, Playground, PlaygroundPages
from groundswell.serving.reply import joined_answer, wait_for_answers
from groundswell.serving.security.audit_log import AuditLog
from groundswell.serving.security.keys import KeyStore, Scope
from groundswell.serving.security.security_headers import PAGE_POLICY, SecurityHeaders
from groundswell.serving.served_model import ServedModel
from groundswell.serving.worker_messages import Analysing, Explaining, Task

API, METRICS = "/v1", "/metrics"
ROUTES = (f"{API}/analyze", f"{API}/explain", f"{API}/models", METRICS, "/healthz", "/readyz", "/openapi.json")
FIELD_BYTES = 262_144  # of a request of the page, beside its file
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
DESCRIPTION = (
    "Opinions, labels and their evidence in texts, Chinese and English. Errors are `{error: {code, message}}`."
)
# FastAPI would write messages of errors, which may quote a text, wherever a telemetry library is set up.
NO_TELEMETRY: Any = {"tracing": False, "metrics": False, "logs": False}


def create_app(
    models: Models,
    *,
    keys: KeyStore | None = None,
    audit: AuditLog | None = None,
    open_metrics: bool = False,
    playground: bool = False,
) -> FastAPI:
    """The service as an ASGI app; it loads the models when it starts and ends their workers when it stops.

    keys           who may ask; None: everybody, to be used on loopback only
    audit          None: nothing is written
    open_metrics   /metrics needs no key; otherwise one that may `admin`
    playground     there is a page at `/` that asks the models; it needs Gradio, which is loaded when the app starts
    """
    serving, limits = models.serving, models.serving.limits
    page = Playground(lambda: _page(app, limits, with_keys=keys is not None)) if playground else None
    app = _with_routes(_lifespan(models, page), open_metrics=open_metrics)
    app.state.models, app.state.has_keys = models, keys is not None
    if page is not None:
        app.add_middleware(PlaygroundPages, playground=page)
    app.add_middleware(
        RequestGate,
        limits=limits,
        metrics=serving.metrics,
        keys=keys,
        audit=audit or AuditLog(None),
        protected=(API,) if open_metrics else (API, METRICS),
        open_posts={JOIN: limits.upload_bytes * 4 // 3 + FIELD_BYTES} if playground else {},
        routes=frozenset((*ROUTES, PAGE, JOIN) if playground else ROUTES),
        is_ending=lambda: models.draining,
    )
    app.add_middleware(SecurityHeaders, page_policy=POLICY if playground else PAGE_POLICY)
    # around the gate: what it refuses has these headers too
    return app


def _lifespan(models: Models, page: Playground | None) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """What is loaded when the app starts and ends when it stops."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        models.start()
        try:
            async with page.running() if page is not None else nullcontext():
                yield
        finally:
            await models.close()

    return lifespan


def _with_routes(lifespan: Any, *, open_metrics: bool) -> FastAPI:
    """The addresses, and how errors are told."""
    app = FastAPI(
        title="groundswell",
        version=groundswell.__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,  # that page would load scripts from the network
        redoc_url=None,
        redirect_slashes=False,
        telemetry=NO_TELEMETRY,
    )
    app.add_exception_handler(RequestError, told_request_error)
    app.add_exception_handler(RequestValidationError, told_invalid_request)
    app.add_exception_handler(HTTPException, told_http_error)
    for router in (_documents_router(), _models_router(), _state_router(open_metrics)):
        app.include_router(router)
    return app


def allowed(scope: Scope) -> Callable[[Request], Awaitable[None]]:
    """A dependency that refuses (403) keys without this scope, and (401) whoever came past the gate without one."""

    async def check(request: Request) -> None:  # not `def`: that would cost a thread
        if not request.app.state.has_keys:
            return
        key = getattr(request.state, "key", None)
        if key is None:
            raise RequestError(401, "unauthorized", "a key is missing. Send it as: Authorization: Bearer KEY")
        if scope not in key.scopes:
            told = f"this key may {', '.join(key.scopes)}, expected {scope}. Ask for another: groundswell serve keys"
            raise RequestError(403, "forbidden", told)

    return check


def _page(app: FastAPI, limits: Limits, *, with_keys: bool) -> FastAPI:
    """The app of the playground; importing what it is made of takes seconds."""
    from groundswell.serving.playground.questions import Questions
    from groundswell.serving.playground.wiring import build_page

    return build_page(Questions(OwnService(app), limits, with_keys=with_keys), {"telemetry": NO_TELEMETRY})


def _needs(scope: Scope) -> list[Any]:
    # HTTPBearer is there for the OpenAPI page: it shows where the key goes
    return [Depends(allowed(scope)), Depends(HTTPBearer(auto_error=False, description=f"a key that may {scope}"))]


def _errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: {"model": schemas.ErrorAnswer} for status in statuses}


def _documents_router() -> APIRouter:
    router = APIRouter(prefix=API, tags=["documents"])
    refusals = _errors(400, 401, 403, 404, 408, 413, 415, 421, 422, 429, 500, 503, 504)

    @router.post(
        "/analyze",
        summary="Analyse documents",
        response_class=Response,
        responses={**refusals, 200: {"model": schemas.AnalyzeAnswer}},
        dependencies=_needs("analyze"),
    )
    async def analyze(
        request: Request,
        asked: Annotated[schemas.AnalyzeRequest, Body(openapi_examples=schemas.ANALYZE_EXAMPLES)],
    ) -> Response:
        """One record per document, as `groundswell predict` writes it; one with an error does not harm the others."""
        aspects = None if asked.aspects is None else tuple(asked.aspects)
        return await _answered(request, asked, Analysing(aspects, _abstention(asked.options)))

    @router.post(
        "/explain",
        summary="Explain answers",
        response_class=Response,
        responses={**refusals, 200: {"model": schemas.ExplainAnswer}},
        dependencies=_needs("explain"),
    )
    async def explain(
        request: Request,
        asked: Annotated[schemas.ExplainRequest, Body(openapi_examples=schemas.EXPLAIN_EXAMPLES)],
    ) -> Response:
        """The words for and against each answer, as `groundswell explain` has them; takes many times as long."""
        aspects = None if asked.aspects is None else tuple(asked.aspects)
        return await _answered(request, asked, Explaining(asked.method, asked.label, asked.head, aspects))

    return router


def _models_router() -> APIRouter:
    router = APIRouter(prefix=API, tags=["models"])

    @router.get("/models", summary="List models", responses=_errors(401, 403, 421, 429), dependencies=_needs("analyze"))
    async def list_models(request: Request) -> schemas.ModelsAnswer:
        """What is served, the default first."""
        return schemas.ModelsAnswer(models=[_described(model) for model in request.app.state.models])

    @router.post(
        "/models",
        summary="Serve another run",
        responses=_errors(400, 401, 403, 404, 408, 409, 413, 415, 421, 422, 429, 500, 503),
        dependencies=_needs("admin"),
    )
    async def swap(
        request: Request, asked: Annotated[schemas.SwapRequest, Body(openapi_examples=schemas.SWAP_EXAMPLES)]
    ) -> schemas.ModelAnswer:
        """Load a run beside the one that is served, warm it, then let it take its place; no request is dropped."""
        models: Models = request.app.state.models
        return _described(await models.swap(asked.model, asked.run))

    return router


def _state_router(open_metrics: bool) -> APIRouter:
    router = APIRouter(tags=["state"])

    @router.get("/healthz", summary="Is the service alive?", responses=_errors(421))
    async def healthz() -> schemas.StateAnswer:
        """200 as long as the service answers at all."""
        return schemas.StateAnswer(status="ok")

    @router.get("/readyz", summary="Are all models ready?", responses=_errors(421, 503))
    async def readyz(request: Request) -> schemas.StateAnswer:
        """200 when every model is loaded and warm, 503 before and while the service ends."""
        models: Models = request.app.state.models
        if not models.ready:
            states = ", ".join(f"{model.name}: {model.state}" for model in models)
            told = "the service ends" if models.draining else f"not every model is ready ({states})"
            raise RequestError(503, "not_ready", f"{told}. Ask again", retry_after=1)
        return schemas.StateAnswer(status="ready")

    @router.get(
        METRICS,
        summary="Counters for Prometheus",
        response_class=Response,
        responses={200: {"content": {METRICS_TYPE: {"schema": {"type": "string"}}}}, **_errors(401, 403, 421, 429)},
        dependencies=[] if open_metrics else _needs("admin"),
    )
    async def metrics(request: Request) -> Response:
        """Requests, failures, times, batches, tokens, and what labels were given."""
        models: Models = request.app.state.models
        return Response(models.serving.metrics.render(), media_type=METRICS_TYPE)

    return router


async def _answered(request: Request, asked: schemas.Documents, task: Task) -> Response:
    """The answer to documents, of which too many were counted out before anything was made of them."""
    models: Models = request.app.state.models
    limits, rows = models.serving.limits, asked.rows
    explaining = isinstance(task, Explaining)
    most = limits.explained_documents if explaining else limits.documents
    request.state.documents, request.state.characters = len(rows), sum(len(text) for _, text in rows)
    if len(rows) > most:
        told = f"found {len(rows):,} documents, expected at most {most:,} in a request. Send them in parts"
        raise RequestError(413, "too_many_documents", told)
    model = models.pick(asked.model)
    request.state.model = model.name
    longest = limits.explained_characters if explaining else limits.characters
    records = await wait_for_answers(request, model, task, rows, longest)
    return joined_answer(model.name, records)


def _abstention(options: schemas.AnalyzeOptions) -> Abstention | None:
    try:
        asked = Abstention(options.abstain_below, options.accuracy, options.coverage)
    except DataError as error:
        raise RequestError(422, "invalid_options", str(error)) from error
    return asked or None


def _described(model: ServedModel) -> schemas.ModelAnswer:
    facts = model.facts
    known = {} if facts is None else {"version": facts.model, "task": facts.task, "max_tokens": facts.max_tokens}
    labels = [] if facts is None else list(facts.labels)
    return schemas.ModelAnswer(name=model.name, state=model.state, run=model.run.name, labels=labels, **known)
