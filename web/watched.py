"""What is noted of every request and of every press: how many, how long, and the trace that begins with it.

Routes are noted by their template and never by their path, which holds a link.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.trace import SpanKind, Tracer
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import clear_contextvars

from models.answers import ActBase
from telemetry import metrics
from telemetry.traces import spanning
from web.api.keys import ApiKey
from web.api.request_ids import is_api
from workflows.client import ActRejected, NoSuchMentorship
from workflows.connection import EngineUnreachable

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Others are noted as one: a stranger may invent any number of them."""
NO_ROUTE = "none"
NO_KEY = "none"


class Watched:
    """Stands before everything else, so that what a guard answers is noted too."""

    def __init__(self, app: ASGIApp, tracer: Tracer) -> None:
        self.app, self.tracer = app, tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        status = "none"
        begun = time.perf_counter()

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        clear_contextvars()
        method = scope["method"] if scope["method"] in METHODS else "other"
        running = metrics.REQUESTS_OPEN.labels(method)
        with running.track_inprogress(), spanning(self.tracer, method, SpanKind.SERVER, {}) as span:
            try:
                await self.app(scope, receive, noted)
            finally:
                route = route_of(scope)
                span.update_name(f"{method} {route}")
                span.set_attributes(
                    {"http.request.method": method, "http.route": route, "http.response.status_code": status}
                )
                metrics.REQUESTS.labels(method, route, status).inc()
                metrics.REQUEST_SECONDS.labels(method, route).observe(time.perf_counter() - begun)
                if is_api(scope["path"]):
                    metrics.API_REQUESTS.labels(_key(scope), status).inc()


def route_of(scope: Scope) -> str:
    """The template of the route that a request took, after it was answered."""
    mounted = str(scope.get("root_path", ""))
    route = scope.get("route")
    if route is not None:
        return f"{mounted}{route.path}"
    # Files, and what a mounted application did not find.
    return f"{mounted}/*" if mounted else NO_ROUTE


def _key(scope: Scope) -> str:
    key: ApiKey | None = scope.get("state", {}).get("api_key")
    return key.name if key is not None else NO_KEY


@contextmanager
def press(act: ActBase) -> Iterator[None]:
    """Counts what becomes of an act that reached the engine."""
    result = "failed"
    try:
        yield
        result = "recorded"
    except ActRejected:
        result = "refused"
        raise
    except NoSuchMentorship:
        result = "unknown"
        raise
    except EngineUnreachable:
        result = "unreachable"
        raise
    finally:
        metrics.PRESSES.labels(type(act).model_fields["act"].default, result).inc()
