"""Runs the web application: `python -m web.server`. Temporal may come later: pages say so until it answers."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Awaitable
from datetime import datetime
from typing import TypeVar

import uvicorn
from pydantic import ValidationError
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig
from temporalio.service import RPCError

from models.answers import ActBase
from models.mail import MailEvent
from models.pages import Journey, Overview, Page, PageQuery
from models.state import Receipt
from settings import Settings, settings, told
from web.app import create_app
from web.engine import Engine, ListedMentorship
from workflows.client import Mentorships
from workflows.connection import EngineUnreachable
from workflows.time_skipping import skip_to_next

DEFAULT_ADDRESS = "127.0.0.1:7233"
GRACE = 10
"""Seconds that requests in flight are given after SIGTERM."""

T = TypeVar("T")


def main() -> int:
    """Serves until SIGTERM or Ctrl-C, then lets requests in flight finish; the exit code tells whether it could."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        chosen = settings()
    except ValidationError as problem:
        sys.stderr.write(f"{told(problem)}\n")
        return 1
    asyncio.run(serve(chosen))
    return 0


async def serve(chosen: Settings) -> None:
    """Serves the pages at the configured host and port."""
    client = await connect_lazily()

    async def skip(mentorship: str) -> datetime | None:
        try:
            return await _connected(skip_to_next(client, mentorship))
        except (RPCError, TimeoutError) as problem:
            raise EngineUnreachable("Skipping ahead did not come to an end") from problem

    engine = LateConnected(Mentorships(client, task_queue=chosen.task_queue))
    app = create_app(engine, chosen, skip=skip if chosen.local else None)
    # No access log: it would print the tokens of the links.
    config = uvicorn.Config(
        app,
        host=chosen.web_host,
        port=chosen.web_port,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
        log_level="warning",
    )
    await uvicorn.Server(config).serve()


async def connect_lazily() -> Client:
    """A client by environment and profile. It connects at its first call, so that pages can come before Temporal."""
    config = ClientConfig.load_client_connect_config()
    config.setdefault("target_host", DEFAULT_ADDRESS)
    return await Client.connect(**config, data_converter=pydantic_data_converter, lazy=True)


class LateConnected:
    """Mentorships of a client that has yet to connect. While it can't, every call raises EngineUnreachable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def act(self, id: str, act: ActBase, *, update_id: str) -> Receipt:
        """See `Mentorships.act`."""
        return await _connected(self._engine.act(id, act, update_id=update_id))

    async def page(self, id: str, query: PageQuery) -> Page:
        """See `Mentorships.page`."""
        return await _connected(self._engine.page(id, query))

    async def journey(self, id: str, query: PageQuery) -> Journey:
        """See `Mentorships.journey`."""
        return await _connected(self._engine.journey(id, query))

    async def overview(self, id: str) -> Overview:
        """See `Mentorships.overview`."""
        return await _connected(self._engine.overview(id))

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
    except RuntimeError as problem:
        # A lazy client that can't connect raises this and nothing more specific.
        if "Failed client connect" not in str(problem):
            raise
        raise EngineUnreachable("Temporal can't be reached") from problem


if __name__ == "__main__":
    sys.exit(main())
