"""The server that stops without an error to anybody: it is not ready, then deaf, then gone."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Iterator

import uvicorn

from telemetry.readiness import Readiness
from telemetry.stopping import leave_within, on_stop

log = logging.getLogger("trellis.web")

LINGER = 0.5
"""Seconds in which a connection that was just made may bring its request."""
SPARE = 5
"""Seconds that remain for everything else before the process is ended."""


class DrainingServer(uvicorn.Server):
    """Serves until it is asked to stop. Being asked again changes nothing, and neither does it end the process."""

    def __init__(self, config: uvicorn.Config, readiness: Readiness, drain: float) -> None:
        super().__init__(config)
        self._readiness = readiness
        self._drain = drain

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Its parent's would send the signal to the process again when all is done, and leave with its status."""
        on_stop(self._stop)
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Says where it listens."""
        await super().startup(sockets)
        if self.started:
            log.info("ready: pages at %s port %s", self.config.host, self.config.port)

    def _stop(self) -> None:
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Says that it is not ready and serves on for a while; then takes no connection, and finishes what it has."""
        log.info("stopping")
        self._readiness.stop()
        grace = self.config.timeout_graceful_shutdown or 0
        leave_within(self._drain + LINGER + grace + SPARE)
        # Whoever comes back comes on another connection, and to another server.
        self.config.encoded_headers.append((b"connection", b"close"))
        over = asyncio.get_running_loop().time() + self._drain
        await self.on_tick(0)
        while (left := over - asyncio.get_running_loop().time()) > 0:
            await asyncio.sleep(min(left, 1))
            await self.on_tick(0)
        for server in self.servers:
            server.close()
        if self.server_state.connections:
            await asyncio.sleep(LINGER)
        await super().shutdown(sockets)
