"""A platform that receives webhooks: a real HTTP server that verifies, keeps what it gets, and misbehaves as told."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from standardwebhooks import Webhook

SECRETS = tuple(f"whsec_{base64.b64encode(bytes([number]) * 32).decode()}" for number in (1, 2, 3))

Answer = int | Literal["hang", "reset", "flood"]


@dataclass(frozen=True)
class Received:
    """One request that was verified. `mentorship` and `type` are those of its body."""

    id: str
    body: str
    headers: dict[str, str]
    answered: Answer

    @property
    def type(self) -> str:
        return str(json.loads(self.body)["type"])

    @property
    def mentorship(self) -> str:
        return str(json.loads(self.body)["data"]["mentorship"])


@dataclass
class Receiver:
    """`answers` says how the next requests of a mentorship are answered; after them, `usual` counts."""

    url: str = ""
    secret: str = SECRETS[0]
    usual: Answer = 204
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    extra: str = ""
    got: list[Received] = field(default_factory=list)

    def of(self, mentorship: str, *, taken: bool = False) -> list[Received]:
        """What came of one mentorship; `taken` leaves out what was not answered with yes."""
        return [
            one
            for one in self.got
            if one.mentorship == mentorship and (not taken or (isinstance(one.answered, int) and one.answered < 300))
        ]

    async def until(self, mentorship: str, count: int) -> list[Received]:
        """Waits for so many requests of a mentorship."""
        async with asyncio.timeout(30):
            while len(self.of(mentorship)) < count:  # noqa: ASYNC110 - the requests come from another server
                await asyncio.sleep(0.02)
        return self.of(mentorship)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
            body = await reader.readexactly(int(headers["content-length"]))
            told: dict[str, Any] = Webhook(self.secret).verify(body, headers)
            queue = self.answers.get(told["data"]["mentorship"], [])
            answer = queue.pop(0) if queue else self.usual
            self.got.append(Received(headers["webhook-id"], body.decode(), headers, answer))
            await self._answer(answer, writer)
        finally:
            writer.close()

    async def _answer(self, answer: Answer, writer: asyncio.StreamWriter) -> None:
        if answer == "hang":
            await asyncio.sleep(60)
        elif answer == "reset":
            writer.transport.abort()
        elif answer == "flood":
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            while not writer.transport.is_closing():
                writer.write(b"x" * 65536)
                await writer.drain()
        else:
            writer.write(f"HTTP/1.1 {answer} Said\r\n{self.extra}Content-Length: 0\r\n\r\n".encode())
            await writer.drain()


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    """A platform on a free port of this machine."""
    platform = Receiver()
    server = await asyncio.start_server(platform.take, "127.0.0.1", 0)
    platform.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hooks/SECRET-PATH"
    async with server:
        yield platform
