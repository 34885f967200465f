"""The route of the API by which a mentee gets another mentor."""

from fastapi import APIRouter, Depends, Response
from pydantic import ValidationError

from settings import Settings
from web.api.access import Needs
from web.api.keys import Scope
from web.api.mentorships import WITH_A_BODY, Id, Programs, asked, sends_json
from web.api.problems import documented, invalid
from web.engine import Engine
from workflows.client import Started
from workflows.replacing import Replacement, replace_mentor

EXAMPLES = {
    "colleague": {
        "summary": "A colleague takes over",
        "value": {
            "id": "pair-4711-2",
            "mentor": {
                "name": "Lena Vogt",
                "email": "lena@example.com",
                "zone": "Europe/Vienna",
                "bio": "Ten years in hospital IT.",
            },
            "reason": "The first mentor has left the company",
        },
    }
}


def replacing_routes(engine: Engine, settings: Settings) -> APIRouter:
    """Its one route."""
    router = APIRouter(tags=["mentorships"])

    @router.post(
        "/mentorships/{id}/replace-mentor",
        status_code=201,
        dependencies=[Depends(Needs(Scope.ADMIN)), Depends(sends_json)],
        responses={
            **documented(*WITH_A_BODY, "no_such_mentorship", "ended", "refused", "start_conflict"),
            200: {"model": Started, "description": "That was done before."},
        },
        openapi_extra={"requestBody": {"content": {"application/json": {"examples": EXAMPLES}}}},
    )
    async def replace(id: Id, body: Replacement, response: Response) -> Started:
        """Give the mentee another mentor: this mentorship ends, and they go on in a new one with the goals they wrote.

        `id` in the body is your id of the new one, and makes this idempotent. Both people of this one get a kind
        closing mail. What the two wrote to each other is not shown to the new mentor.
        """
        known = Programs(settings.programs_dir)
        try:
            started = await asked(replace_mentor(engine, id, body, known.named))
        except ValidationError as problem:
            raise invalid(problem.errors(include_url=False)) from None
        response.status_code = 200 if started.already_running else 201
        return started

    return router
