"""Who asks the API: an API key in the Authorization header, and how often it may ask."""

from math import ceil
from typing import Annotated

from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from limits import parse
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as AsgiScope

from web.api.keys import ApiKey, Scope, read_keys, recognised
from web.api.problems import ApiProblem
from web.api.request_ids import is_api
from web.rates import Rates

OPEN = ("/api/v1/openapi.json", "/api/v1/problems/")
"""What is told without a key: how the API is used."""
STRANGERS = parse("60/minute")
"""How often one address may ask without a key that is known. A known key is never refused for a neighbour's wrong ones:
nobody guesses 256 bits at any rate, and what this bounds is the work that strangers make."""

_bearer = HTTPBearer(
    auto_error=False, scheme_name="ApiKey", description="An API key: `Authorization: Bearer trellis_…`"
)
Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]


class Access:
    """Stands before the API: no request gets further, and no body is read, without a known key within its rate."""

    def __init__(self, app: ASGIApp, keys: tuple[str, ...], rate: str, rates: Rates) -> None:
        self.app = app
        self._keys = read_keys(keys)
        self._rate = parse(rate)
        self._rates = rates

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not is_api(scope["path"]):
            return await self.app(scope, receive, send)
        request = Request(scope)
        told: dict[str, str] = {}

        async def with_rate(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(told)
            await send(message)

        try:
            key = self._key(Headers(scope=scope).get("authorization", ""))
            if key is not None:
                told = await self._count(key)
                request.state.api_key = key
            else:
                await self._count_stranger(request)
        except ApiProblem as problem:
            return await problem.response(request)(scope, receive, send)
        return await self.app(scope, receive, with_rate)

    def _key(self, authorization: str) -> ApiKey | None:
        kind, _, presented = authorization.partition(" ")
        return recognised(self._keys, presented.strip()) if kind.lower() == "bearer" else None

    async def _count(self, key: ApiKey) -> dict[str, str]:
        """The headers that tell a caller how much is left."""
        name = f"api.{key.name}"
        wait = await self._rates.hit(self._rate, name)
        left, seconds = await self._rates.left(self._rate, name)
        told = {
            "RateLimit-Limit": str(self._rate.amount),
            "RateLimit-Remaining": str(0 if wait else left),
            "RateLimit-Reset": str(wait or max(1, ceil(seconds))),
        }
        if wait:
            raise ApiProblem(
                "too_many_requests",
                f"The key {key.name!r} may ask {self._rate}; try again in {wait} s.",
                headers={**told, "Retry-After": str(wait)},
            )
        return told

    async def _count_stranger(self, request: Request) -> None:
        """Lets pass what is open to all. Raises ApiProblem."""
        address = request.client.host if request.client is not None else ""
        if wait := await self._rates.hit(STRANGERS, f"api.stranger.{self._rates.bucket(address)}"):
            raise ApiProblem(
                "too_many_requests",
                f"This address asked too often without a key that is known; try again in {wait} s.",
                headers={"Retry-After": str(wait)},
            )
        if request.scope["path"].startswith(OPEN):
            return
        if "authorization" in request.headers:
            raise ApiProblem(
                "unknown_key",
                "This key is not among TRELLIS_API_KEYS. It may have been rotated out.",
                headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
            )
        raise ApiProblem(
            "no_key", "Send an API key: `Authorization: Bearer trellis_…`.", headers={"WWW-Authenticate": "Bearer"}
        )


class Needs:
    """The dependency of a route that needs a key of this scope: gives the key, or raises ApiProblem."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def __call__(self, request: Request, documented: Credentials) -> ApiKey:
        key: ApiKey = request.state.api_key
        if key.scope < self.scope:
            has, needs = key.scope.name.lower(), self.scope.name.lower()
            raise ApiProblem("scope", f"The key {key.name!r} has the scope {has}; this needs {needs}.")
        return key
