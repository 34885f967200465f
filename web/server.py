"""Runs the web application: `python -m web.server`. Temporal may come later: pages say so until it answers."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

import uvicorn
from fastapi import FastAPI
from limits.errors import ConfigurationError
from pydantic import ValidationError
from temporalio.client import Client, Interceptor
from temporalio.envconfig import ClientConfig
from temporalio.runtime import Runtime
from temporalio.service import RPCError

from models.answers import ActBase, Goal
from models.export import Export
from models.journeys import Journey
from models.mail import MailEvent
from models.pages import CoordinatorPage, CoordinatorQuery, Overview, Page, PageQuery
from models.people import Start
from models.program import Program
from models.state import Receipt
from settings import Settings, settings, told
from telemetry import logs, traces
from telemetry.probes import NotServed, probes, serving
from telemetry.readiness import Readiness, answers
from telemetry.runtime import observed
from telemetry.stopping import leave, leave_if_asked
from web.app import create_app
from web.census import Census
from web.deadlines import PromptProtocol
from web.draining import DrainingServer
from web.engine import Engine, ListedMentorship
from web.watched import press
from workflows.client import ListedPage, Mentorships, Started
from workflows.connection import EngineUnreachable, data_converter
from workflows.erasure import Elsewhere, Forget, Forgotten
from workflows.time_skipping import current_time, skip_to_next

DEFAULT_ADDRESS = "127.0.0.1:7233"
GRACE = 15
"""Seconds that requests in flight are given after SIGTERM. A press waits ten for Temporal, and has its page then."""
MOST_CONNECTIONS = 500
"""More are answered with a plain 503. Half of the 1,024 open files that systems allow by default; and if each of them
brings the longest body there is, it is 250 MB."""
LONGEST_HEADERS = 16 * 1024
"""Bytes. Our longest address has 1 kB; the rest is for the cookies of other sites below the same domain."""

log = logging.getLogger("trellis.web")

T = TypeVar("T")


def main() -> int:
    """Serves until SIGTERM or Ctrl-C, then lets requests in flight finish; the exit code tells whether it could."""
    leave_if_asked()
    try:
        chosen = settings()
    except ValidationError as problem:
        sys.stderr.write(f"{told(problem)}\n")
        return 1
    logs.configure(chosen)
    try:
        asyncio.run(serve(chosen))
    except (ConfigurationError, NotServed) as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    except SystemExit:
        # The server has said which address it could not have.
        return 1
    except Exception:
        log.critical("the web server failed", exc_info=True)
        return 1
    return 0


async def serve(chosen: Settings) -> None:
    """Serves the pages at the configured host and port, and what operators ask at another."""
    sdk = observed(metrics=bool(chosen.web_metrics))
    spans = traces.configured("trellis-web")
    client = await connect_lazily(sdk.runtime, [traces.Tracing(spans)] if spans is not None else [])
    readiness = Readiness(answers(client))

    async def skip(mentorship: str) -> datetime | None:
        try:
            return await _connected(skip_to_next(client, mentorship))
        except (RPCError, TimeoutError) as problem:
            raise EngineUnreachable("Skipping ahead did not come to an end") from problem

    async def clock(mentorship: str) -> datetime:
        try:
            return await current_time(client, mentorship)
        except RPCError:
            # Whatever is wrong, the question itself is answered with it.
            return datetime.now(UTC)

    mentorships = Mentorships(
        client,
        task_queue=chosen.task_queue,
        webhooks=chosen.webhooks,
        # In local mode someone may have skipped ahead.
        clock=clock if chosen.local else None,
    )
    engine = LateConnected(mentorships)
    tracer = spans.get_tracer("trellis") if spans is not None else None
    app = create_app(engine, chosen, skip=skip if chosen.local else None, readiness=readiness, tracer=tracer)
    if chosen.base_url.startswith("https://") and not chosen.trusted_proxies:
        log.warning("TRELLIS_TRUSTED_PROXIES names no proxy: all visitors of the one before us count as one address")
    server = DrainingServer(configured(app, chosen), readiness, chosen.drain_seconds)
    async with serving(probes(readiness, sdk.metrics, Census(engine, readiness).take), chosen.web_metrics):
        await server.serve()
    if spans is not None:
        spans.shutdown()


def configured(app: FastAPI, chosen: Settings) -> uvicorn.Config:
    """How the server treats connections. What it logs holds no link: there is no access log."""
    return uvicorn.Config(
        app,
        host=chosen.web_host,
        port=chosen.web_port,
        http=PromptProtocol,
        ws="none",
        access_log=False,
        server_header=False,
        # Without a proxy of ours nobody says for another whence they come; by default uvicorn believes the own machine.
        proxy_headers=bool(chosen.trusted_proxies),
        forwarded_allow_ips=list(chosen.trusted_proxies),
        limit_concurrency=MOST_CONNECTIONS,
        backlog=MOST_CONNECTIONS,
        h11_max_incomplete_event_size=LONGEST_HEADERS,
        timeout_graceful_shutdown=GRACE,
        log_level="warning",
    )


async def connect_lazily(runtime: Runtime | None = None, interceptors: Sequence[Interceptor] = ()) -> Client:
    """A client by environment and profile. It connects at its first call, so that pages can come before Temporal."""
    config = ClientConfig.load_client_connect_config()
    config.setdefault("target_host", DEFAULT_ADDRESS)
    return await Client.connect(
        **config, data_converter=data_converter(settings()), lazy=True, runtime=runtime, interceptors=interceptors
    )


class LateConnected:
    """Mentorships of a client that has yet to connect. While it can't, every call raises EngineUnreachable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def act(self, id: str, act: ActBase, *, update_id: str) -> Receipt:
        """See `Mentorships.act`."""
        with press(act):
            return await _connected(self._engine.act(id, act, update_id=update_id))

    async def page(self, id: str, query: PageQuery) -> Page:
        """See `Mentorships.page`."""
        return await _connected(self._engine.page(id, query))

    async def journey(self, id: str, query: PageQuery) -> Journey:
        """See `Mentorships.journey`."""
        return await _connected(self._engine.journey(id, query))

    async def export(self, id: str, query: PageQuery) -> Export:
        """See `Mentorships.export`."""
        return await _connected(self._engine.export(id, query))

    async def coordinator(self, id: str, query: CoordinatorQuery) -> CoordinatorPage:
        """See `Mentorships.coordinator`."""
        return await _connected(self._engine.coordinator(id, query))

    async def overview(self, id: str) -> Overview:
        """See `Mentorships.overview`."""
        return await _connected(self._engine.overview(id))

    async def start(self, start: Start, program: Program, *, goals: tuple[Goal, ...] = ()) -> Started:
        """See `Mentorships.start`."""
        return await _connected(self._engine.start(start, program, goals=goals))

    async def list_page(self, query: str = "", *, limit: int = 50, cursor: str = "") -> ListedPage:
        """See `Mentorships.list_page`."""
        return await _connected(self._engine.list_page(query, limit=limit, cursor=cursor))

    async def count(self, query: str = "") -> int:
        """See `Mentorships.count`."""
        return await _connected(self._engine.count(query))

    async def forget(self, whom: Forget, elsewhere: Elsewhere) -> Forgotten:
        """See `Mentorships.forget`."""
        return await _connected(self._engine.forget(whom, elsewhere))

    async def mail_event(self, id: str, event: MailEvent) -> None:
        """See `Mentorships.mail_event`."""
        await _connected(self._engine.mail_event(id, event))

    async def list(self, query: str = "") -> AsyncIterator[ListedMentorship]:
        """See `Mentorships.list`."""
        listed = self._engine.list(query)
        while True:
            try:
                yield await _connected(anext(listed))
            except StopAsyncIteration:
                return


async def _connected(call: Awaitable[T]) -> T:
    try:
        return await call
    except EngineUnreachable as problem:
        # The person gets a page without the reason: that is for operators.
        log.warning("%s", problem)
        raise
    except RuntimeError as problem:
        # A lazy client that can't connect raises this and nothing more specific.
        if "Failed client connect" not in str(problem):
            raise
        raise EngineUnreachable("Temporal can't be reached") from problem


if __name__ == "__main__":
    leave(main())
