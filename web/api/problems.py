"""Problem details for HTTP APIs (RFC 9457): one shape for everything that goes wrong, with codes that stay."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.requests import Request

from models.problems import PHRASES
from web.api.request_ids import request_id

MEDIA_TYPE = "application/problem+json"

TITLES = {
    "invalid": (422, "The request has fields that can't be used"),
    "not_json": (400, "The body is not JSON"),
    "bad_cursor": (400, "The cursor is not one of ours"),
    "no_key": (401, "An API key is needed"),
    "unknown_key": (401, "The API key is not known"),
    "scope": (403, "The API key may not do this"),
    "cross_site": (403, "Another site's page made a browser send this"),
    "not_found": (404, "There is no such address"),
    "no_such_mentorship": (404, "There is no such mentorship"),
    "method": (405, "This address is not used like that"),
    "too_slow": (408, "The body did not arrive in time"),
    "start_conflict": (409, "This id was started with other facts"),
    "ended": (409, "The mentorship has ended"),
    "refused": (409, "The rules refuse this now"),
    "too_large": (413, "The request is too large"),
    "media_type": (415, "The body has another type than this address reads"),
    "too_many_requests": (429, "Too many requests"),
    "internal": (500, "Something went wrong on our side"),
    "unreachable": (503, "The engine does not answer just now"),
}
"""Every code, with its HTTP status and what it means. Codes are part of the contract: they are never renamed."""


class FieldProblem(BaseModel):
    """One field that is wrong."""

    field: Annotated[str, Field(description="Dotted path in the body, or the name of a query parameter or header.")]
    message: Annotated[str, Field(description="What is wrong, and what is allowed.")]


class ProblemDetails(BaseModel):
    """What went wrong, as `application/problem+json` (RFC 9457)."""

    type: Annotated[
        str,
        Field(
            description="An address, relative to this one, that names the code.", examples=["/api/v1/problems/invalid"]
        ),
    ]
    title: Annotated[str, Field(description="The kind of problem in words. It stays the same for a code.")]
    status: Annotated[int, Field(description="The HTTP status, again.")]
    code: Annotated[
        str, Field(description="The kind of problem for programs. Codes are never renamed.", examples=list(TITLES))
    ]
    detail: Annotated[str, Field(description="What went wrong this time, and what to do.")]
    errors: Annotated[list[FieldProblem], Field(description="The fields at fault, where there are any.")] = []
    request_id: Annotated[str, Field(description="The X-Request-Id of this answer, for questions to ops.")] = ""


class ApiProblem(Exception):
    """Ends a request with problem details. `detail` must hold nothing secret and no personal data."""

    def __init__(
        self,
        code: str,
        detail: str,
        errors: Sequence[FieldProblem] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = headers or {}

    def details(self, request_id: str) -> ProblemDetails:
        """The body of the answer."""
        status, title = TITLES[self.code]
        return ProblemDetails(
            type=f"/api/v1/problems/{self.code}",
            title=title,
            status=status,
            code=self.code,
            detail=self.detail,
            errors=list(self.errors),
            request_id=request_id,
        )

    def response(self, request: Request) -> JSONResponse:
        """The answer."""
        told = self.details(request_id(request))
        return JSONResponse(told.model_dump(exclude_defaults=True), told.status, self.headers, MEDIA_TYPE)


def invalid(errors: Sequence[Any]) -> ApiProblem:
    """The problem that names each field of a body at fault. `errors` are those of a validation by pydantic."""
    fields = [
        FieldProblem(
            field=".".join(str(part) for part in error["loc"]) or "body",
            message=PHRASES.get(error["type"]) or str(error["msg"]).removeprefix("Value error, "),
        )
        for error in errors
    ]
    return ApiProblem("invalid", "Mend the fields that `errors` names, and send it again.", fields)


def documented(*codes: str) -> dict[int | str, dict[str, object]]:
    """The `responses` of a route that can end with these problems, for OpenAPI."""
    by_status: dict[int | str, list[str]] = {}
    for code in codes:
        by_status.setdefault(TITLES[code][0], []).append(code)
    return {
        status: {
            "description": "; ".join(f"`{code}`: {TITLES[code][1]}" for code in found),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}},
        }
        for status, found in by_status.items()
    }
