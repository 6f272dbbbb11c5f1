"""What a service counts, in the text format of Prometheus; no label of a metric ever holds a text."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest

from groundswell.serving.memory import resident_bytes
from groundswell.serving.worker_messages import DocumentAnswer

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
DOCUMENTS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
TOKENS = (64, 256, 1024, 4096, 16_384, 65_536)
CONFIDENCES = tuple(tenth / 20 for tenth in range(1, 21))


class ServiceMetrics:
    """The counters of one service, in a registry of their own."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second line for each counter that nobody reads
        registry = self._registry = CollectorRegistry()

        def counter(name: str, what: str, *labels: str) -> Counter:
            return Counter(f"groundswell_{name}", what, labels, registry=registry)

        def histogram(name: str, what: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(f"groundswell_{name}", what, labels, buckets=buckets, registry=registry)

        def gauge(name: str, what: str, *labels: str) -> Gauge:
            return Gauge(f"groundswell_{name}", what, labels, registry=registry)

        self.requests = counter("requests", "answered requests", "route", "status")
        self.failures = counter("failures", "requests that were answered with an error", "route", "code")
        self.request_seconds = histogram("request_seconds", "from arrival to answer", SECONDS, "route")
        self.in_flight = gauge("requests_in_flight", "requests that are being answered")
        self.lost_lines = gauge("audit_lost_lines", "lines of the audit log that could not be written")
        self.documents = counter(
            "documents", "documents by what became of them: ok, or their error", "model", "outcome"
        )
        self.dropped = counter("dropped_documents", "documents that nobody waited for any more", "model", "reason")
        self.queue_seconds = histogram("queue_seconds", "that a document waited", SECONDS, "model")
        self.compute_seconds = histogram("compute_seconds", "that a batch was computed", SECONDS, "model")
        self.batch_documents = histogram("batch_documents", "documents of a batch", DOCUMENTS, "model")
        self.batch_tokens = histogram("batch_tokens", "estimated tokens of a batch", TOKENS, "model")
        self.tokens = counter("tokens", "estimated tokens that were read", "model")
        self.queued_documents = gauge("queue_documents", "documents that wait", "model")
        self.queued_tokens = gauge("queue_tokens", "estimated tokens that wait", "model")
        self.labels = counter("labels", "labels that were given", "model", "label")
        self.confidence = histogram("confidence", "of the labels that were given", CONFIDENCES, "model")
        self.languages = counter("languages", "documents by language", "model", "language")
        self.warnings = counter("warnings", "warnings in records", "model", "code")
        self.restarts = counter("worker_restarts", "worker processes that died and were started again", "model")
        self.swaps = counter("model_swaps", "runs that took the place of another one", "model")
        self.ready = gauge("model_ready", "1 when the model is loaded and warm", "model")
        self.memory = gauge("memory_bytes", "resident memory of the service and its workers")
        self.memory.set_function(resident_bytes)

    def count_document(self, model: str, found: DocumentAnswer) -> None:
        """Count what was said about one document."""
        self.documents.labels(model, found.error or "ok").inc()
        for label in found.labels:
            self.labels.labels(model, label).inc()
        if found.confidence is not None:
            self.confidence.labels(model).observe(found.confidence)
        if found.language is not None:
            self.languages.labels(model, found.language).inc()
        for code in found.warnings:
            self.warnings.labels(model, code).inc()

    def watch_queue(self, model: str, documents: Callable[[], float], tokens: Callable[[], float]) -> None:
        """Ask these whenever the metrics are read; what may happen to the model has happened 0 times so far."""
        self.queued_documents.labels(model).set_function(documents)
        self.queued_tokens.labels(model).set_function(tokens)
        for counted in (self.restarts, self.swaps):
            counted.labels(model)  # Prometheus sees no increase from nothing to 1

    def render(self) -> bytes:
        """All of them, as Prometheus reads them."""
        return generate_latest(self._registry)
