"""What stands before every page: headers, a last resort, a cap on the body, no presses from other sites, and rates."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from links import BadLink, Link, Links, Purpose
from telemetry.places import places
from web.rates import Rates
from web.rendering import policy

log = logging.getLogger("trellis.web")

MOST_BYTES = 512 * 1024
"""Room for the longest form there is: five goals, every field full of characters that take twelve bytes on the wire."""
MOST_BYTES_OF_EVENTS = 1_000_000
"""SendGrid posts its events when they fill 768 kB, or sooner."""
BODY_WITHIN = 30.0
"""Seconds for a whole body to arrive. The longest form takes that long at 140 kbit/s, a usual one no time at all."""
UNBOUNDED = ("/static/", "/health", "/ready", "/webhooks/")
"""Without rates: files, words for load balancers (however often they ask, Temporal seldom is), and SendGrid, whose
signature is checked before anything is asked of the engine and who would only bring refused events again."""
BULK = "/api/v1/mentorships/bulk"
"""Its body is read line by line, with bounds of its own, and only for who has a key: see `web.api.bulk`."""

HEADERS = {
    "Content-Security-Policy": policy(),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}
"""No X-Frame-Options: every browser that still gets updates obeys `frame-ancestors`, which can say it page by page."""
HSTS = "max-age=31536000"
"""A year. Without includeSubDomains: what else lives below the domain is not ours to decide."""


class SafeHeaders:
    """Adds the headers that every answer carries; what a page has set itself stays."""

    def __init__(self, app: ASGIApp, base_url: str) -> None:
        self.app = app
        self.headers = HEADERS | ({"Strict-Transport-Security": HSTS} if base_url.startswith("https://") else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if str(scope["path"]).startswith("/static/"):
                    # Mail programs show our pictures on pages of their own.
                    headers.setdefault("Cross-Origin-Resource-Policy", "cross-origin")
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


class LastResort:
    """Answers what nobody foresaw with a page, and logs where it happened but not its message.

    A message often quotes the value that was wrong, and here that is a token, an address, or what someone typed.
    """

    def __init__(self, app: ASGIApp, answer: Callable[[Request], Response]) -> None:
        self.app, self.answer = app, answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            return await self.app(scope, receive, watched)
        except Exception as problem:
            log.error("A request failed: %s", "; caused by ".join(places(problem)))
        if begun or scope["type"] != "http":
            raise RuntimeError("a request failed after its answer had begun")
        return await self.answer(Request(scope))(scope, receive, send)


class BodyCap:
    """Reads the body before anything else does, and refuses one that is too long or takes too long.

    Starlette caps fields only, and neither it nor the server ever stops waiting for the rest of a body.
    """

    def __init__(
        self,
        app: ASGIApp,
        refusal: Callable[[Request], Response],
        too_slow: Callable[[Request], Response],
        most: int = MOST_BYTES,
    ) -> None:
        self.app, self.refusal, self.too_slow, self.most_of_a_form = app, refusal, too_slow, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD") or scope["path"] == BULK:
            return await self.app(scope, receive, send)
        most = MOST_BYTES_OF_EVENTS if str(scope["path"]).startswith("/webhooks/") else self.most_of_a_form
        declared = Headers(scope=scope).get("content-length", "0")
        if not declared.isdigit() or int(declared) > most:
            return await self.refusal(Request(scope))(scope, receive, send)
        body = bytearray()
        more = True
        try:
            async with asyncio.timeout(BODY_WITHIN):
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return None
                    body += message.get("body", b"")
                    if len(body) > most:
                        break
                    more = message.get("more_body", False)
        except TimeoutError:
            return await self.too_slow(Request(scope))(scope, receive, send)
        if len(body) > most:
            return await self.refusal(Request(scope))(scope, receive, send)
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

    def __init__(self, app: ASGIApp, refusal: Callable[[Request], Response], base_url: str, exempt: str) -> None:
        self.app, self.refusal, self.exempt = app, refusal, exempt
        parts = urlsplit(base_url)
        self.origin = f"{parts.scheme}://{parts.netloc}".lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD") and self._is_foreign(scope):
            return await self.refusal(Request(scope))(scope, receive, send)
        return await self.app(scope, receive, send)

    def _is_foreign(self, scope: Scope) -> bool:
        if str(scope["path"]).startswith(self.exempt):
            return False
        headers = Headers(scope=scope)
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site not in ("same-origin", "none")
        return headers.get("origin", "null").lower() not in ("null", self.origin)


class Bounded:
    """Refuses what comes too often, before the engine is asked. The body has been read: nothing typed is lost."""

    def __init__(
        self,
        app: ASGIApp,
        rates: Rates,
        links: Links,
        too_soon: Callable[[Request, Link | None, int], Awaitable[Response]],
        unbounded: tuple[str, ...] = UNBOUNDED,
    ) -> None:
        self.app, self.rates, self.links, self.too_soon = app, rates, links, too_soon
        self.unbounded = unbounded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or str(scope["path"]).startswith(self.unbounded):
            return await self.app(scope, receive, send)
        purpose, link = self._link(str(scope["path"]))
        address = str((scope.get("client") or ("",))[0])
        pressing = scope["method"] not in ("GET", "HEAD")
        seconds = await self.rates.wait(address, purpose, link, pressing=pressing)
        if not seconds:
            return await self.app(scope, receive, send)
        answer = await self.too_soon(Request(scope, receive), link, seconds)
        answer.headers["Retry-After"] = str(seconds)
        return await answer(scope, receive, send)

    def _link(self, path: str) -> tuple[Purpose | None, Link | None]:
        """The link that a path begins with, its signature verified: nobody else can use up a person's rate."""
        _, purpose, token, *_ = (*path.split("/", 3), "", "")
        try:
            found = Purpose(purpose)
            return found, self.links.read(found, token)
        except (ValueError, BadLink):
            return None, None
