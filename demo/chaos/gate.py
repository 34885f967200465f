"""A gate before a server: while it is shut, nobody reaches the server, and whoever was speaking with it is cut off."""

import asyncio
import contextlib
from dataclasses import dataclass, field

HOST = "127.0.0.1"
CHUNK = 65536


@dataclass(slots=True)
class Gate:
    """Listens on `port` and passes everything on to `to`, both on this machine."""

    port: int
    to: int
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    async def open(self) -> None:
        """Lets everybody through."""
        if self._server is None:
            self._server = await asyncio.start_server(self._pass_on, HOST, self.port)

    async def shut(self) -> None:
        """Connections are refused from now on; those that are open end here."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self._open:
            writer.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            with contextlib.suppress(OSError):
                inner_reader, inner_writer = await asyncio.open_connection(HOST, self.to)
                self._open.add(inner_writer)
                try:
                    await asyncio.gather(_copy(reader, inner_writer), _copy(inner_reader, writer))
                finally:
                    self._open.discard(inner_writer)
                    inner_writer.transport.abort()
        finally:
            self._open.discard(writer)
            writer.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(CHUNK):
        writer.write(data)
        await writer.drain()
    writer.close()
