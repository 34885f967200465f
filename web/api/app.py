"""The API as an application of its own, mounted below /api/v1: its own OpenAPI document, its own way to say no."""

from collections.abc import Sequence

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match

from links import Links
from settings import Settings
from web.api.bodies import BY_NAME, WHOLE, BulkLine
from web.api.erasure import erasure_routes
from web.api.mentorships import mentorship_routes
from web.api.problems import TITLES, ApiProblem, ProblemDetails, invalid
from web.api.replacing import replacing_routes
from web.engine import Engine
from web.guards import LastResort

DESCRIPTION = """Start mentorships, find them, read where they stand, and steer them.

Every request needs an API key (`Authorization: Bearer trellis_…`). Keys have a scope: `read`, `write` (which starts,
pauses and writes to people) or `admin` (which ends, changes people and links, and exports or
forgets a person).

What goes wrong is answered as `application/problem+json` (RFC 9457) with a stable `code`. Every answer has an
`X-Request-Id`, and says by `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` how many more requests this
key may send."""
BY_STATUS = {400: "not_json", 403: "cross_site", 404: "not_found", 405: "method", 408: "too_slow", 413: "too_large"}
REFUSALS = {
    400: "The body can't be read as JSON.",
    403: "Nothing was done. Keys belong on servers, and not into pages.",
    404: "See /api/v1/openapi.json.",
    405: "See /api/v1/openapi.json.",
    408: "Nothing was done. Send it again.",
    413: "Nothing was done. Start many at once by /api/v1/mentorships/bulk.",
    500: "Send it again: a start counts once, and so does a command with the same Idempotency-Key.",
}
"""What is said where a request is refused by its status alone."""


def create_api(engine: Engine, settings: Settings, links: Links) -> FastAPI:
    """The application. The document is at `openapi.json` below it, open to all. `web.api.access` stands before it."""
    api = FastAPI(
        title="Trellis",
        version="1",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        servers=[{"url": f"{settings.base_url}/api/v1"}],
        root_path_in_servers=False,
    )
    mentorships = mentorship_routes(engine, settings, links)
    people = erasure_routes(engine, settings)
    replacing = replacing_routes(engine, settings)
    for router in (mentorships, replacing, people):
        api.include_router(router)

    @api.get("/problems/{code}", include_in_schema=False)
    async def problem(code: str) -> dict[str, str | int]:
        if code not in TITLES:
            raise HTTPException(404)
        status, title = TITLES[code]
        return {"code": code, "status": status, "title": title}

    _handle_problems(api, [*api.routes, *mentorships.routes, *replacing.routes, *people.routes])
    _document_problems(api)
    # Here and not around the whole application alone: an application answers its own failures, in plain text.
    api.add_middleware(LastResort, answer=lambda request: refusal(request, 500))
    return api


def refusal(request: Request, status: int, headers: dict[str, str] | None = None) -> Response:
    """The API's answer where a guard or the routing refuses a request."""
    told = ApiProblem(BY_STATUS.get(status, "internal"), REFUSALS.get(status, REFUSALS[500]), headers=headers)
    return told.response(request)


def _handle_problems(api: FastAPI, routes: Sequence[BaseRoute]) -> None:
    async def ours(request: Request, problem: Exception) -> Response:
        assert isinstance(problem, ApiProblem)
        return problem.response(request)

    async def wrong(request: Request, problem: Exception) -> Response:
        assert isinstance(problem, RequestValidationError)
        return _invalid(problem).response(request)

    async def http(request: Request, problem: Exception) -> Response:
        assert isinstance(problem, HTTPException)
        headers = dict(problem.headers or {})
        if problem.status_code == 405:
            # Starlette names the methods of one route, and an address may have several.
            headers["Allow"] = ", ".join(sorted(_methods(routes, request)))
        return refusal(request, problem.status_code, headers)

    api.add_exception_handler(ApiProblem, ours)
    api.add_exception_handler(RequestValidationError, wrong)
    api.add_exception_handler(HTTPException, http)


def _methods(routes: Sequence[BaseRoute], request: Request) -> set[str]:
    found = [route for route in routes if route.matches(request.scope)[0] is not Match.NONE]
    return {method for route in found for method in getattr(route, "methods", None) or ()}


def _invalid(problem: RequestValidationError) -> ApiProblem:
    errors = problem.errors()
    if any(error["type"] == "json_invalid" for error in errors):
        return ApiProblem("not_json", REFUSALS[400])
    return invalid([{**error, "loc": _path(error, problem.body)} for error in errors])


def _path(error: dict[str, object], body: object) -> tuple[object, ...]:
    """Where it is wrong, as its writer would say it: without `body`, and without which of several shapes was meant."""
    where = error["loc"]
    assert isinstance(where, tuple)
    where = tuple(part for part in where if part not in (BY_NAME, WHOLE))
    if error["type"] in ("union_tag_invalid", "union_tag_not_found"):
        return ("command",)
    if isinstance(body, dict) and where[1:2] == (body.get("command"),):
        return where[2:]
    return where[1:]


def _document_problems(api: FastAPI) -> None:
    """Adds the shapes that no route declares as FastAPI knows it, and drops FastAPI's own, which none answers with."""
    generated = api.openapi

    def openapi() -> dict[str, object]:
        if api.openapi_schema is None:
            document = generated()
            schemas = document["components"]["schemas"]
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
            for model in (ProblemDetails, BulkLine):
                schema = model.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
                schemas.update(schema.pop("$defs", {}))
                schemas[model.__name__] = schema
            api.openapi_schema = document
        return api.openapi_schema

    api.openapi = openapi  # type: ignore[method-assign]
