"""The page for what came too often: it says how long to wait, and keeps what was typed."""

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from links import Link
from web.nonces import BadNonce
from web.site import Site
from web.unhappy import Unhappy

TITLE = "That was a lot at once"


def too_soon(site: Site) -> Callable[[Request, Link | None, int], Awaitable[Response]]:
    """Answers a request that has to wait for some seconds."""

    async def answer(request: Request, link: Link | None, seconds: int) -> Response:
        wait = f"{seconds} second{'s' if seconds > 1 else ''}"
        if request.method in ("GET", "HEAD"):
            text = f"Nothing is lost. Please wait {wait}, then open this page again."
        elif (fields := await _typed(site, request, link)) is not None:
            query = f"?{request.url.query}" if request.url.query else ""
            action = site.rendering.at(quote(request.scope["path"])) + query
            context = {"title": TITLE, "wait": wait, "action": action, "fields": fields}
            return site.rendering.page("too_soon.html", context, status=429)
        else:
            text = f"Nothing was recorded, and nothing is lost. Please wait {wait}, go back, and press again."
        return site.show_unhappy(Unhappy(429, TITLE, text))

    return answer


async def _typed(site: Site, request: Request, link: Link | None) -> list[tuple[str, str]] | None:
    """The fields of a form that we showed for this very link. Nothing else is repeated, and nothing else is read."""
    if link is None:
        return None
    try:
        async with request.form() as form:
            nonce = site.nonces.read(str(form.get("nonce", "")))
            fields = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    except (BadNonce, HTTPException):
        return None
    return fields if (nonce.jti, nonce.ask) == (link.jti, link.ask) else None
