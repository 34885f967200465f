"""What a journey page hands out: the next meeting for a calendar, the certificate, and one's own data."""

import re
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from fastapi.responses import Response

from links import Purpose
from models.base import Role
from models.journeys import Journey
from models.pages import PageQuery
from templates.calendars import session_file
from web import unhappy
from web.asks import READ
from web.site import USABLE, Door, Site, used
from web.unhappy import Unhappy
from workflows.client import ActRejected, NoSuchMentorship
from workflows.connection import EngineUnreachable


def add_file_routes(router: APIRouter, site: Site) -> None:
    """Adds them below the journey link, to be looked at only."""

    @router.api_route("/j/{token}/next.ics", methods=READ)
    async def next_meeting(token: str) -> Response:
        door, journey = await _opened(site, token)
        session = journey.next_session
        if session is None:
            raise Unhappy(404, "No session is planned", "There is nothing to put into a calendar just now.", door)
        pair = sorted((door.page.me, door.page.partner), key=lambda person: person.role is Role.MENTOR)
        file = session_file(
            session,
            pair,
            door.page.program,
            door.page.preferences.language,
            site.settings.mail_domain,
            door.page.now,
            "PUBLISH",
        )
        return _file(file, "text/calendar; method=PUBLISH; charset=utf-8", f"session-{session.number}.ics")

    @router.api_route("/j/{token}/certificate", methods=READ)
    async def certificate(token: str) -> Response:
        door, journey = await _opened(site, token)
        if not journey.summary.certificate:
            raise Unhappy(
                404, "There is no certificate here", "A mentee gets one when the mentorship is completed.", door
            )
        zone = ZoneInfo(door.zone)
        first, last = journey.course.start.astimezone(zone).date(), journey.course.end.astimezone(zone).date()
        return door.show("certificate.html", {"journey": journey, "first": first, "last": last, "size": _size(journey)})

    @router.api_route("/j/{token}/export", methods=READ)
    async def export(token: str) -> Response:
        door, _ = await _opened(site, token)
        query = PageQuery(role=door.link.role, link=used(door.link))
        try:
            found = await site.engine.export(door.link.mentorship, query)
        except (NoSuchMentorship, ActRejected):
            raise unhappy.gone() from None
        except EngineUnreachable:
            raise unhappy.unreachable() from None
        name = re.sub(r"[^a-z0-9_-]", "-", found.mentorship)
        return _file(found.model_dump_json(indent=2).encode(), "application/json", f"mentorship-{name}.json")


async def _opened(site: Site, token: str) -> tuple[Door, Journey]:
    door = await site.look(Purpose.JOURNEY, token)
    door.refuse(pressing=False, allowed=USABLE)
    assert door.journey is not None
    return door, door.journey


def _file(content: bytes, media_type: str, name: str) -> Response:
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _size(journey: Journey) -> str:
    """How large the certificate's letters can be, so that all of it fits on one sheet."""
    page = journey.page
    goals = journey.summary.goals
    letters = sum(min(len(one.goal.title), 200) + 40 for one in goals)
    names = max(len(page.me.name), len(page.partner.name))
    if names > 110:
        return "dense tight"
    if names > 60 or letters > 500:
        return "dense"
    return "full" if names > 28 or letters > 240 else "roomy"
