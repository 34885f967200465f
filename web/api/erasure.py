"""The route of the API by which a platform forgets a person."""

from functools import partial

from fastapi import APIRouter, Depends

from activities.outbox import drop_mails
from settings import Settings
from web.api.access import Needs
from web.api.keys import Scope
from web.api.mentorships import WITH_A_BODY, sends_json
from web.api.problems import ApiProblem, documented
from web.engine import Engine
from workflows.connection import EngineUnreachable
from workflows.erasure import Elsewhere, Forget, Forgotten

EXAMPLES = {
    "address": {"summary": "Whoever has an address", "value": {"email": "theo@example.com"}},
    "role": {
        "summary": "The mentee of a mentorship, who wants no more mail",
        "value": {"mentorship": "pair-4711", "role": "mentee", "mail": False},
    },
}


def erasure_routes(engine: Engine, settings: Settings) -> APIRouter:
    """Its one route."""
    router = APIRouter(tags=["people"])

    @router.post(
        "/people/forget",
        dependencies=[Depends(Needs(Scope.ADMIN)), Depends(sends_json)],
        responses=documented(*WITH_A_BODY),
        openapi_extra={"requestBody": {"content": {"application/json": {"examples": EXAMPLES}}}},
    )
    async def forget(body: Forget) -> Forgotten:
        """Forget a person: open mentorships of theirs end with the closing mails, closed ones are deleted.

        A mentorship is about two people, and what is kept of the partner goes with it; the partner hears kindly that
        it has ended, and not why. Closing mails keep to the hours in which mail is welcome: while the answer is not
        `finished`, send the same again after `again_at`. `remains` says what can't be reached from here.
        """
        try:
            return await engine.forget(body, elsewhere(settings))
        except EngineUnreachable:
            detail = "Some of it may have been done. Send it again: it goes on where it stopped."
            raise ApiProblem("unreachable", detail, headers={"Retry-After": "10"}) from None

    return router


def elsewhere(own: Settings) -> Elsewhere:
    """What is kept outside of Temporal, by the settings."""
    return Elsewhere(mailer=own.mailer, webhooks=own.webhooks, drop_mails=partial(drop_mails, own.outbox_dir))
