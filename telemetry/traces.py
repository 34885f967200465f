"""Traces: from a press to the update to the mail that follows. Off until an OTLP endpoint is configured (OTEL_…).

The SDK for Temporal has an interceptor of its own; its spans keep what exceptions say, which may quote anything, and
put months of a mentorship into the trace of its start. These spans hold ids, kinds and counts only. A trace begins with
a request, or with the clock; see `telemetry.causes` for how it passes through a workflow.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from temporalio import activity
from temporalio.api.common.v1 import Payload
from temporalio.client import (
    Interceptor as ClientInterceptor,
)
from temporalio.client import (
    OutboundInterceptor,
    QueryWorkflowInput,
    SignalWorkflowInput,
    StartWorkflowInput,
    StartWorkflowUpdateInput,
    WorkflowHandle,
    WorkflowUpdateHandle,
)
from temporalio.converter import PayloadConverter
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, WorkflowInterceptorClassInput
from temporalio.worker import Interceptor as WorkerInterceptor

from telemetry.causes import HEADER, Causes, Note
from telemetry.logs import mentorship_of

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")

_context_header = TraceContextTextMapPropagator()
"""Only the ids of trace and span travel. Baggage, which may hold anything, does not."""


def configured(service: str) -> TracerProvider | None:
    """The provider that the standard variables describe, or None where they name no endpoint."""
    off = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or os.environ.get("OTEL_TRACES_EXPORTER") == "none"
    if off or not any(os.environ.get(name) for name in ENDPOINTS):
        return None
    return provider(service, OTLPSpanExporter())


def provider(service: str, exporter: SpanExporter) -> TracerProvider:
    """Spans of this process go to `exporter`, in the background. OTEL_SERVICE_NAME goes before `service`."""
    resource = Resource.create({SERVICE_NAME: os.environ.get("OTEL_SERVICE_NAME") or service})
    made = TracerProvider(resource=resource, shutdown_on_exit=False)
    made.add_span_processor(BatchSpanProcessor(exporter))
    return made


@contextmanager
def spanning(
    tracer: Tracer, name: str, kind: SpanKind, told: Mapping[str, str], parent: context.Context | None = None
) -> Iterator[Span]:
    """A span around what is done here. A failure is told by its kind: its message may quote what nobody may read."""
    with tracer.start_as_current_span(
        name, parent, kind, dict(told), record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield span
        except Exception as problem:
            span.set_attribute("error.type", type(problem).__name__)
            span.set_status(Status(StatusCode.ERROR))
            raise


class Tracing(ClientInterceptor, WorkerInterceptor):
    """Carries traces through Temporal. Given to a client, it also works for that client's workers."""

    def __init__(self, provider: TracerProvider) -> None:
        self.tracer = provider.get_tracer("trellis")

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        """Spans of calls, and the header by which the trace goes on."""
        return _Calls(next, self.tracer)

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """A span for each attempt."""
        return _Activities(next, self.tracer)

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[Causes]:
        """What happens inside workflows is noted out here, where there is a clock."""
        input.unsafe_extern_functions.update(trellis_note=self._note)
        return Causes

    def _note(self, note: Note) -> Mapping[str, Payload]:
        """A span without length, and the header for what follows from it."""
        links = [Link(cause) for one in note.links if (cause := _span_in(one)) is not None]
        told = {"trellis.mentorship": mentorship_of(note.workflow_id), "temporal.run_id": note.run_id}
        parent = read(note.parent) if note.parent is not None else context.Context()
        span = self.tracer.start_span(note.name, parent, SpanKind.INTERNAL, told, links)
        span.end()
        return written(trace.set_span_in_context(span, context.Context()))


class _Calls(OutboundInterceptor):
    def __init__(self, next: OutboundInterceptor, tracer: Tracer) -> None:
        super().__init__(next)
        self._tracer = tracer

    async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:
        with self._call(f"start {input.workflow}", input.id):
            input.headers = {**input.headers, **written()}
            return await super().start_workflow(input)

    async def start_workflow_update(self, input: StartWorkflowUpdateInput) -> WorkflowUpdateHandle[Any]:
        with self._call(f"update {input.update}", input.id):
            input.headers = {**input.headers, **written()}
            return await super().start_workflow_update(input)

    async def signal_workflow(self, input: SignalWorkflowInput) -> None:
        with self._call(f"signal {input.signal}", input.id):
            input.headers = {**input.headers, **written()}
            await super().signal_workflow(input)

    async def query_workflow(self, input: QueryWorkflowInput) -> Any:
        with self._call(f"query {input.query}", input.id):
            return await super().query_workflow(input)

    @contextmanager
    def _call(self, name: str, workflow_id: str) -> Iterator[None]:
        with spanning(self._tracer, name, SpanKind.CLIENT, {"trellis.mentorship": mentorship_of(workflow_id)}):
            yield


class _Activities(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, tracer: Tracer) -> None:
        super().__init__(next)
        self._tracer = tracer

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        info = activity.info()
        told = {
            "trellis.mentorship": mentorship_of(info.workflow_id or ""),
            "temporal.run_id": info.workflow_run_id or "",
            "temporal.attempt": str(info.attempt),
        }
        given = input.headers.get(HEADER)
        parent = read(given) if given is not None else context.Context()
        with spanning(self._tracer, info.activity_type, SpanKind.CONSUMER, told, parent):
            return await super().execute_activity(input)


def written(of: context.Context | None = None) -> Mapping[str, Payload]:
    """The header that carries a trace on, or nothing where there is none."""
    carrier: dict[str, str] = {}
    _context_header.inject(carrier, of)
    return {HEADER: PayloadConverter.default.to_payload(carrier)} if carrier else {}


def read(header: Payload) -> context.Context:
    """The trace in a header; an empty one where it can't be read."""
    try:
        carrier = PayloadConverter.default.from_payload(header, dict[str, str])
    except (ValueError, RuntimeError, KeyError):
        return context.Context()
    return _context_header.extract(carrier, context.Context())


def _span_in(header: Payload) -> trace.SpanContext | None:
    span = trace.get_current_span(read(header)).get_span_context()
    return span if span.is_valid else None
