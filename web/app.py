"""The web application: pages behind links. GET and HEAD change nothing; a press becomes one act of the engine."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from opentelemetry.trace import NoOpTracer, Tracer
from starlette.exceptions import HTTPException

from links import Links
from settings import ROOT, Settings
from telemetry.probes import ready_answer
from telemetry.readiness import Readiness
from web import unhappy
from web.api.access import Access
from web.api.app import create_api, refusal
from web.api.request_ids import RequestIds, is_api
from web.asks import READ, ask_routes
from web.codec import CodecServer
from web.coordinating import coordinator_routes
from web.engine import Engine, Skip
from web.guards import UNBOUNDED, BodyCap, Bounded, LastResort, SafeHeaders, SameSite
from web.journeys import journey_routes
from web.nonces import Nonces
from web.outbox import outbox_routes
from web.rates import Rates
from web.rendering import Rendering
from web.site import Site
from web.too_soon import too_soon
from web.unhappy import Unhappy
from web.unsubscribing import unsubscribe_routes
from web.watched import Watched
from web.webhooks import webhook_routes


def create_app(
    mentorships: Engine,
    settings: Settings,
    skip: Skip | None = None,
    *,
    readiness: Readiness | None = None,
    tracer: Tracer | None = None,
) -> FastAPI:
    """The application. `mentorships` is the engine; `skip` moves one mentorship's clock ahead, in local mode only.

    Without a `readiness` it says that it is ready; without a `tracer` no trace begins here.
    """
    readiness = readiness or Readiness()
    links = Links(settings.base_url, [key.get_secret_value() for key in settings.link_keys])
    site = Site(mentorships, settings, links, Rendering(settings), Nonces(links), skip)
    app = FastAPI(title="Trellis", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)

    @app.api_route("/health", methods=READ)
    async def health() -> JSONResponse:
        return JSONResponse({"status": "ok"})

    @app.api_route("/ready", methods=READ)
    async def ready() -> Response:
        return ready_answer(await readiness.reason())

    app.include_router(ask_routes(site))
    app.include_router(journey_routes(site))
    app.include_router(unsubscribe_routes(site))
    app.include_router(coordinator_routes(site))
    if settings.sendgrid_webhook_key:
        app.include_router(webhook_routes(mentorships, settings.sendgrid_webhook_key))
    if settings.local:
        app.include_router(outbox_routes(site))
    app.mount("/static", StaticFiles(directory=ROOT / "web" / "static"), name="static")
    if settings.api_keys:
        app.mount("/api/v1", create_api(mentorships, settings, links))
    _handle_problems(app, site)
    rates = Rates(settings) if settings.bounds_rates or settings.api_keys or settings.codec_tokens else None
    # The last one added stands first.
    if rates is not None and settings.bounds_rates:
        # The API has rates of its own, by key.
        unbounded = (*UNBOUNDED, "/api/") if settings.api_keys else UNBOUNDED
        app.add_middleware(Bounded, rates=rates, links=links, too_soon=too_soon(site), unbounded=unbounded)
    app.add_middleware(SameSite, refusal=_page(site, 403, unhappy.ELSEWHERE), base_url=settings.base_url, exempt="/u/")
    app.add_middleware(
        BodyCap, refusal=_page(site, 413, unhappy.HTTP_PAGES[413]), too_slow=_page(site, 408, unhappy.HTTP_PAGES[408])
    )
    if rates is not None and settings.api_keys:
        app.add_middleware(Access, keys=settings.api_keys, rate=settings.api_rate, rates=rates)
    if rates is not None and settings.codec_tokens:
        app.add_middleware(CodecServer, settings=settings, rates=rates)
    app.add_middleware(LastResort, answer=_page(site, 500, unhappy.OURS))
    if settings.api_keys:
        app.add_middleware(RequestIds)
    app.add_middleware(SafeHeaders, base_url=settings.base_url)
    app.add_middleware(Watched, tracer=tracer or NoOpTracer())
    return app


def _page(site: Site, status: int, words: tuple[str, str]) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        if _is_for_programs(site, request):
            return refusal(request, status)
        return site.show_unhappy(Unhappy(status, *words), _accepted(request))

    return answer


def _is_for_programs(site: Site, request: Request) -> bool:
    return bool(site.settings.api_keys) and is_api(request.scope["path"])


def _accepted(request: Request) -> str:
    return request.headers.get("accept-language", "")


def _handle_problems(app: FastAPI, site: Site) -> None:
    async def known(request: Request, problem: Exception) -> Response:
        assert isinstance(problem, Unhappy)
        return site.show_unhappy(problem, _accepted(request))

    async def http(request: Request, problem: Exception) -> Response:
        assert isinstance(problem, HTTPException)
        if _is_for_programs(site, request):
            return refusal(request, problem.status_code, dict(problem.headers or {}))
        words = unhappy.HTTP_PAGES.get(problem.status_code, unhappy.OTHERWISE)
        told = Unhappy(problem.status_code, *words, headers=dict(problem.headers or {}))
        return site.show_unhappy(told, _accepted(request))

    async def bad_query(request: Request, problem: Exception) -> Response:
        return site.show_unhappy(Unhappy(422, *unhappy.HTTP_PAGES[422]), _accepted(request))

    handlers: dict[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
        Unhappy: known,
        HTTPException: http,
        RequestValidationError: bad_query,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)
