"""How long a connection may take to ask, and to hear the answer. The server itself would wait for ever."""

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEADERS_WITHIN = 10.0
"""Seconds from a connection's beginning, or from the first byte of its next request, to the end of the headers."""
READS_WITHIN = 60.0
"""Seconds in which a client must take some of an answer that is longer than the buffers on its way."""


class PromptProtocol(H11Protocol):
    """HTTP/1.1 over h11, where a request's headers and the reading of an answer have deadlines.

    A body has its own: see `web.guards.BodyCap`.
    """

    headers_within = HEADERS_WITHIN
    reads_within = READS_WITHIN
    _deadline: asyncio.TimerHandle | None = None
    _stuck: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as its parent narrows it
        """The deadline of the first request begins."""
        super().connection_made(transport)
        self._set_deadline()

    def data_received(self, data: bytes) -> None:
        """It ends with the headers, and begins anew with the first byte of another request."""
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._set_deadline()
        else:
            self._lift_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._lift_deadline()
        self._lift_stuck()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The client does not read. Closing would wait for it to do so, and with it the place that it takes up."""
        super().pause_writing()
        self._stuck = self.loop.call_later(self.reads_within, self.transport.abort)

    def resume_writing(self) -> None:
        """It reads on."""
        self._lift_stuck()
        super().resume_writing()

    def _set_deadline(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.headers_within, self.transport.close)

    def _lift_stuck(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None

    def _lift_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
