"""What operators ask of a process, at an address that is not the public one: /metrics, /health and /ready."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import httpx
import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from telemetry.readiness import Readiness

Refresh = Callable[[], Awaitable[None]]
"""Brings what is counted elsewhere up to date, before it is told."""
CORE_ANSWERS_WITHIN = 5.0


class NotServed(Exception):
    """The address in the settings can't be had; the text names it."""


def ready_answer(reason: str) -> Response:
    """The answer of /ready: 200, or 503 and why not."""
    if reason:
        return JSONResponse({"status": "not ready", "reason": reason}, 503)
    return JSONResponse({"status": "ready"})


def probes(readiness: Readiness, core: str = "", refresh: Refresh | None = None) -> Starlette:
    """The application. `core` is where the SDK's core tells its own metrics, or nothing."""

    async def health(request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(request: Request) -> Response:
        return ready_answer(await readiness.reason())

    async def metrics(request: Request) -> Response:
        await readiness.reason()
        if refresh is not None:
            await refresh()
        return Response(generate_latest() + await _told_by(core), headers={"content-type": CONTENT_TYPE_LATEST})

    return Starlette(routes=[Route("/health", health), Route("/ready", ready), Route("/metrics", metrics)])


async def _told_by(core: str) -> bytes:
    if not core:
        return b""
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=CORE_ANSWERS_WITHIN) as http:
            return (await http.get(f"http://{core}/metrics")).content
    except httpx.HTTPError:
        # Half of the metrics is better than none, and says by itself what is missing.
        return b""


@asynccontextmanager
async def serving(app: Starlette, address: str) -> AsyncIterator[None]:
    """Serves it at an address as the settings name one, or not at all where they name none.

    In this event loop: one that hangs does not answer. Raises NotServed where the address can't be had.
    """
    if not address:
        yield
        return
    host, _, port = address.rpartition(":")
    # Bound here, because the server itself would leave the process with a status of its own.
    sockets = [_bound(host.strip("[]"), int(port))]
    config = uvicorn.Config(app, access_log=False, server_header=False, log_level="warning", ws="none", lifespan="off")
    server = _Silent(config)
    task = asyncio.create_task(server.serve(sockets))
    try:
        yield
    finally:
        server.should_exit = True
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as problem:
        number = problem.errno or 0
        reason = os.strerror(number) if number > 0 else "there is no such address"
        raise NotServed(f"Metrics can't be served at {host}:{port}: {reason}") from problem


class _Silent(uvicorn.Server):
    """The process has its own way with signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
