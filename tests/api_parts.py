"""A platform's backend with keys of every scope, before the API over the pure core."""

from typing import Any

import httpx

from settings import LOCAL_KEY, Settings
from tests.web_parts import BASE, PureEngine
from web.api.keys import Scope, mint
from web.app import create_app

KEYS, ENTRIES = zip(*(mint(scope.name.lower(), scope) for scope in Scope), strict=True)
KEY = dict(zip(Scope, KEYS, strict=True))
"""A key of each scope."""
API_KEYS = ",".join(ENTRIES)
"""Their entries for the settings."""
START = {
    "id": "pair-7",
    "program": "career",
    "mentor": {"name": "Jo", "email": "jo@example.com", "bio": "Leads a team.", "zone": "America/New_York"},
    "mentee": {"name": "Al", "email": "al@example.com", "bio": "New here.", "zone": "Europe/Berlin"},
}


class Platform:
    """One application, and requests with a key of some scope."""

    def __init__(self, engine: PureEngine | None = None, **chosen: object) -> None:
        self.engine = engine or PureEngine()
        settings = {"base_url": BASE, "link_keys": LOCAL_KEY, "api_keys": API_KEYS, **chosen}
        self.app = create_app(self.engine, Settings.model_validate(settings))

    def client(self, scope: Scope | None = Scope.ADMIN, address: str = "192.0.2.1") -> httpx.AsyncClient:
        """Somebody with such a key, or without any."""
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False, client=(address, 4321))
        headers = {} if scope is None else {"Authorization": f"Bearer {KEY[scope]}"}
        return httpx.AsyncClient(transport=transport, base_url=f"{BASE}/api/v1", headers=headers)

    async def ask(self, method: str, path: str, scope: Scope | None = Scope.ADMIN, **how: Any) -> httpx.Response:
        """The answer to one request."""
        return await self.client(scope).request(method, path, **how)

    async def command(
        self, command: dict[str, Any], scope: Scope = Scope.ADMIN, once: str | None = None
    ) -> httpx.Response:
        """The answer to a command for the one mentorship that the engine has."""
        headers = {} if once is None else {"Idempotency-Key": once}
        return await self.ask("POST", "/mentorships/pair-1/commands", scope, json=command, headers=headers)


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem details of an answer, which is just this one."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    told: dict[str, Any] = answer.json()
    assert (told["status"], told["code"]) == (status, code), told
    assert told["request_id"] == answer.headers["x-request-id"]
    return told


def fields(told: dict[str, Any]) -> dict[str, str]:
    """What is said of each field at fault."""
    return {error["field"]: error["message"] for error in told["errors"]}
