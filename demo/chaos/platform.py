"""The platform that hears of its mentorships by webhooks: slow, forgetful of its answers, and down at times."""

import asyncio
import base64
import contextlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from random import Random

from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

HOST = "127.0.0.1"
SECRET = f"whsec_{base64.b64encode(bytes(range(32))).decode()}"
SLOW = (0.3, 1.5)
"""Seconds that a slow answer takes."""
OFTEN = 0.06


@dataclass(slots=True)
class Platform:
    """An HTTP server that verifies and keeps what it gets. Each kind of trouble comes by the seed and the event."""

    port: int
    seed: int
    down: bool = False
    taken: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """The bodies by the id of their event, in order; more than one where an event was sent again."""
    troubles: Counter[str] = field(default_factory=Counter)
    forged: int = 0
    """How many requests were not signed, or not at a time near now."""
    _tries: Counter[str] = field(default_factory=Counter)
    _server: asyncio.Server | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What a worker has to know of it."""
        return {
            "TRELLIS_WEBHOOK_URL": f"http://{HOST}:{self.port}/hooks",
            "TRELLIS_WEBHOOK_SECRETS": SECRET,
            "TRELLIS_WEBHOOK_ALLOW_INTERNAL": "true",
        }

    async def open(self) -> None:
        """Listens from now on."""
        self._server = await asyncio.start_server(self._take, HOST, self.port)

    def close(self) -> None:
        """Listens no more."""
        if self._server is not None:
            self._server.close()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
            body = (await reader.readexactly(int(headers["content-length"]))).decode()
            status = await self._judged(headers, body)
            if status:
                writer.write(f"HTTP/1.1 {status} Said\r\nContent-Length: 0\r\n\r\n".encode())
                await writer.drain()
        writer.close()

    async def _judged(self, headers: dict[str, str], body: str) -> int:
        """The status to answer with, or 0 for none at all."""
        event = headers.get("webhook-id", "")
        try:
            Webhook(SECRET).verify(body, headers)
        except WebhookVerificationError:
            self.forged += 1
            return 401
        if self.down:
            self.troubles["refused"] += 1
            return 503
        self._tries[event] += 1
        dice = Random(f"{self.seed}/{event}/{self._tries[event]}")  # noqa: S311 - the seed makes it repeatable  # nosec B311
        chance = dice.random()
        if chance < OFTEN:
            self.troubles["refused"] += 1
            return 500
        self.taken[event].append(body)
        if chance < 2 * OFTEN:
            self.troubles["no_answer"] += 1
            return 0
        if chance < 3 * OFTEN:
            self.troubles["slow"] += 1
            await asyncio.sleep(dice.uniform(*SLOW))
        return 204
