"""The page for what came too often: it says how long to wait, and keeps what was typed."""

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from links import Link
from models.phrases import say
from web.nonces import BadNonce
from web.reading import preferred
from web.site import Site
from web.unhappy import Unhappy


def too_soon(site: Site) -> Callable[[Request, Link | None, int], Awaitable[Response]]:
    """Answers a request that has to wait for some seconds."""

    async def answer(request: Request, link: Link | None, seconds: int) -> Response:
        accepted = request.headers.get("accept-language", "")
        looked = request.method in ("GET", "HEAD")
        if looked:
            text = say(
                "Nothing is lost. Please wait {count} second, then open this page again.",
                "Nothing is lost. Please wait {count} seconds, then open this page again.",
                count=seconds,
            )
        elif (fields := await _typed(site, request, link)) is not None:
            query = f"?{request.url.query}" if request.url.query else ""
            action = site.rendering.at(quote(request.scope["path"])) + query
            context = {"seconds": seconds, "action": action, "fields": fields}
            return site.rendering.page("too_soon.html", context, status=429, language=preferred(accepted))
        else:
            text = say(
                "Nothing was recorded. Please wait {count} second, go back, and press again.",
                "Nothing was recorded. Please wait {count} seconds, go back, and press again.",
                count=seconds,
            )
        return site.show_unhappy(Unhappy(429, say("That was a lot at once"), text, again=looked), accepted)

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
