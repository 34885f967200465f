"""What stands before every page: headers, a cap on the body, and no presses from other sites."""

from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.rendering import policy

MOST_BYTES = 512 * 1024
"""Room for the longest form there is: five goals, every field full of characters that take twelve bytes on the wire."""
MOST_BYTES_OF_EVENTS = 1_000_000
"""SendGrid posts its events when they fill 768 kB, or sooner."""

HEADERS = {
    "Content-Security-Policy": policy(),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
}


class SafeHeaders:
    """Adds the headers that every answer carries; what a page has set itself stays."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


class BodyCap:
    """Reads the body before anything else does, and refuses one that is too long. Starlette caps fields only."""

    def __init__(self, app: ASGIApp, refusal: Callable[[], Response], most: int = MOST_BYTES) -> None:
        self.app, self.refusal, self.most_of_a_form = app, refusal, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            return await self.app(scope, receive, send)
        most = MOST_BYTES_OF_EVENTS if str(scope["path"]).startswith("/webhooks/") else self.most_of_a_form
        declared = Headers(scope=scope).get("content-length", "0")
        if not declared.isdigit() or int(declared) > most:
            return await self.refusal()(scope, receive, send)
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            if len(body) > most:
                return await self.refusal()(scope, receive, send)
            more = message.get("more_body", False)
        given = False

        async def replay() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": bytes(body), "more_body": False}

        return await self.app(scope, replay, send)


class SameSite:
    """Refuses a press that another site caused, where the browser says so.

    Pages are served with `Referrer-Policy: no-referrer`, and with it browsers send `Origin: null` even from our own
    forms: `null` says nothing, and Sec-Fetch-Site decides where it is present (Fetch, "append a request Origin").
    """

    def __init__(self, app: ASGIApp, refusal: Callable[[], Response], base_url: str, exempt: str) -> None:
        self.app, self.refusal, self.exempt = app, refusal, exempt
        parts = urlsplit(base_url)
        self.origin = f"{parts.scheme}://{parts.netloc}".lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD") and self._is_foreign(scope):
            return await self.refusal()(scope, receive, send)
        return await self.app(scope, receive, send)

    def _is_foreign(self, scope: Scope) -> bool:
        if str(scope["path"]).startswith(self.exempt):
            return False
        headers = Headers(scope=scope)
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site not in ("same-origin", "none")
        return headers.get("origin", "null").lower() not in ("null", self.origin)
