"""Every route of the application, found and not listed, and an application that has all of them."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import httpx
from fastapi import FastAPI
from starlette.routing import BaseRoute, Mount, Route

from demo.sendgrid_events import Key
from settings import LOCAL_KEY, Settings
from telemetry.readiness import UNREACHABLE, Readiness
from tests.web_parts import BASE, PureEngine
from web.api.keys import Scope, mint
from web.app import create_app

API_KEY = mint("platform", Scope.ADMIN)
"""A key, and its entry for the settings."""
SECRET_WORDS = "the value that was wrong: ines@example.com"


@dataclass
class BreakingEngine(PureEngine):
    """May fail in a way that nobody foresaw, with a message that nobody may read."""

    broken: bool = False

    def _asked(self, what: str) -> None:
        super()._asked(what)
        if self.broken:
            raise RuntimeError(SECRET_WORDS)


def whole_app(engine: PureEngine, folder: Path, **chosen: object) -> FastAPI:
    """The application with every route that it can have."""

    async def skip(mentorship: str) -> None:
        engine._there(mentorship, "skip")

    async def temporal() -> str:
        return UNREACHABLE if engine.down else ""

    settings = {
        "base_url": BASE,
        "link_keys": LOCAL_KEY,
        "outbox_dir": folder,
        "sendgrid_webhook_key": Key(folder / "signing-key.pem").public,
        "api_keys": API_KEY[1],
        **chosen,
    }
    readiness = Readiness(temporal, fresh_for=0)
    return create_app(engine, Settings.model_validate(settings), skip, readiness=readiness)


def visitor(app: FastAPI, address: str = "192.0.2.1") -> httpx.AsyncClient:
    """A client of that application, at an address."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(address, 4321))
    return httpx.AsyncClient(transport=transport, base_url=BASE)


def all_routes(app: FastAPI) -> list[tuple[str, str]]:
    """Method and path of every route, those of a mounted application too; of files, the reading methods."""
    found: list[tuple[str, str]] = []
    for one in _flat(app.routes):
        if isinstance(one, Mount) and isinstance(one.app, FastAPI):
            found += [(method, f"{one.path}{path}") for method, path in all_routes(one.app)]
        elif isinstance(one, Mount):
            found += [(method, f"{one.path}/{{path}}") for method in ("GET", "HEAD")]
        else:
            assert isinstance(one, Route), f"a route of a kind that no test knows yet: {one}"
            found += [(method, one.path) for method in sorted(one.methods or ())]
    return found


def _flat(routes: Sequence[BaseRoute]) -> Iterator[BaseRoute]:
    """The routes themselves, those of included routers among them."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        yield from _flat(inner.routes) if inner is not None else [route]


@lru_cache(maxsize=1)
def every_route() -> tuple[tuple[str, str], ...]:
    """Those of the application that has them all."""
    with tempfile.TemporaryDirectory() as folder:
        return tuple(all_routes(whole_app(PureEngine(), Path(folder))))
