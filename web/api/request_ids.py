"""The id of a request: what a caller names when they ask ops about it."""

import re
import secrets

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars

_PLAIN = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def is_api(path: str) -> bool:
    """Whether this address is the API's, and is answered as the API answers."""
    return path == "/api" or path.startswith("/api/")


def request_id(request: Request) -> str:
    """The caller's X-Request-Id where it is a plain one, else one of ours. The same throughout a request."""
    known: str | None = getattr(request.state, "request_id", None)
    if known is None:
        given = request.headers.get("x-request-id", "")
        known = given if _PLAIN.fullmatch(given) else secrets.token_hex(8)
        request.state.request_id = known
    return known


class RequestIds:
    """Puts the id on every answer of the API, whoever gives it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not is_api(scope["path"]):
            return await self.app(scope, receive, send)
        own = request_id(Request(scope))
        bind_contextvars(request=own)

        async def with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Request-Id"] = own
            await send(message)

        return await self.app(scope, receive, with_id)
