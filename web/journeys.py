"""The journey page of a person, and the forms of what they can do at any time."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from links import Purpose
from models.pages import LinkStatus
from models.phrases import say
from models.state import Receipt, SessionStatus
from web import words
from web.asks import ABOUT_LINKS, READ
from web.journey_files import add_file_routes
from web.journey_page import ALL, LEVELS, MOST_BYTES, pictures
from web.questions import Question, kept, pressed, receipt_page
from web.site import USABLE, Door, Site
from web.straight import straight
from web.unhappy import Unhappy
from workflows.connection import EngineUnreachable

ACTS = frozenset(words.ACTS) - {"snooze"}
"""Acts with a form below the journey page. A snooze is about one ask and has its form there."""
ALWAYS = frozenset({"fresh_link", "not_mine", "unsubscribe"})
"""Acts that need not be among those the engine offers: it decides when they arrive."""


def journey_routes(site: Site) -> APIRouter:
    """Everything below /j."""
    router = APIRouter()

    @router.api_route("/j/{token}", methods=READ)
    async def show(token: str, all: bool = False) -> Response:
        door = await site.look(Purpose.JOURNEY, token)
        door.refuse(pressing=False, allowed=USABLE)
        return _page(door, everything=all)

    add_file_routes(router, site)

    @router.api_route("/j/{token}/{act}", methods=READ)
    async def show_act(token: str, act: str, session: int | None = None, task: int | None = None) -> Response:
        site.unsealed(Purpose.JOURNEY, token)
        _known(act)
        door = await site.look(Purpose.JOURNEY, token, move=_moved(act, session))
        _allow(door, act, pressing=False)
        if _needs_choice(door, act, session, task):
            return door.show("choose.html", {"journey": door.journey, "act": act})
        return _question(door, act, session, task).show()

    @router.post("/j/{token}/{act}")
    async def do(
        token: str, act: str, request: Request, session: int | None = None, task: int | None = None
    ) -> Response:
        link = site.unsealed(Purpose.JOURNEY, token)
        _known(act)
        press = await pressed(site, request, jti=link.jti, ask=link.ask, act=act, subject=_subject(act, session, task))
        try:
            outcome = await straight(site, Purpose.JOURNEY, link, press, act)
            if isinstance(outcome, Receipt):
                return RedirectResponse(f"{site.path(Purpose.JOURNEY, token)}/{act}/receipt/{outcome.id}", 303)
            door = await site.open(Purpose.JOURNEY, token, receipt=press.nonce.update_id, move=_moved(act, session))
            question = _question(door, act, session, task)
            if found := door.receipt(press.nonce.update_id):
                return question.receipt(found)
            _allow(door, act, pressing=True)
            return await question.take(press, outcome)
        except EngineUnreachable:
            return kept(site, request, press)

    @router.api_route("/j/{token}/{act}/receipt/{receipt_id}", methods=READ)
    async def receipt(token: str, act: str, receipt_id: str) -> Response:
        door = await site.look_at_receipt(Purpose.JOURNEY, token, receipt_id)
        found = door.receipt(receipt_id)
        if not door.is_usable and not (found and found.act in ABOUT_LINKS):
            door.refuse(pressing=False, allowed=frozenset())
        return receipt_page(door, found if found and found.act == act else None)

    return router


def _page(door: Door, *, everything: bool) -> Response:
    """The journey page in full, or at the first level of detail at which it is small enough."""
    assert door.journey is not None
    drawn = pictures(door.journey, door.zone, door.page.preferences.language)
    told = {"journey": door.journey, "pictures": drawn}
    if everything:
        return door.show("journey.html", {**told, "shown": ALL})
    *longer, shortest = LEVELS
    for detail in longer:
        shown = door.show("journey.html", {**told, "shown": detail})
        if len(shown.body) <= MOST_BYTES:
            return shown
    return door.show("journey.html", {**told, "shown": shortest})


def _known(act: str) -> None:
    if act not in ACTS:
        raise Unhappy(404, "There is no such page", "Please go back to your journey page and choose from there.")


def _allow(door: Door, act: str, *, pressing: bool) -> None:
    if act == "fresh_link":
        return door.refuse(pressing=pressing, allowed=USABLE | {LinkStatus.EXPIRED, LinkStatus.REVOKED})
    door.refuse(pressing=pressing, allowed=USABLE)
    if act == "not_mine" and not pressing:
        return None  # after the end too it says what to do
    assert door.journey is not None
    if act in door.journey.can or (act in ALWAYS and door.page.status != LinkStatus.ENDED):
        return None
    if door.page.status == LinkStatus.ENDED:
        return door.refuse(pressing=pressing, allowed=USABLE - {LinkStatus.ENDED})
    raise Unhappy(
        409 if pressing else 200,
        "This is not possible just now",
        say("“{act}” is not open at this point. Your journey page shows what is.", terms={"act": words.ACTS[act]}),
        door,
    )


def _needs_choice(door: Door, act: str, session: int | None, task: int | None) -> bool:
    assert door.journey is not None
    if act in ("move_session", "cancel_session"):
        coming = [card for card in door.journey.sessions if card.status == SessionStatus.PLANNED]
        return session not in [card.number for card in coming if card.starts_at > door.page.now]
    if act == "give_feedback":
        return task not in [card.id for card in door.journey.tasks if card.status == "done"]
    return False


def _moved(act: str, session: int | None) -> int | None:
    """The session for which the engine is to find other times."""
    return session if act == "move_session" else None


def _subject(act: str, session: int | None, task: int | None) -> str:
    if act in ("move_session", "cancel_session"):
        return f"session-{session}"
    return f"task-{task}" if act == "give_feedback" else ""


def _question(door: Door, act: str, session: int | None, task: int | None) -> Question:
    action, fixed = f"{door.path}/{act}", {}
    if act in ("move_session", "cancel_session") and session is not None:
        action, fixed = f"{action}?session={session}", {"session": session}
    if act == "give_feedback" and task is not None:
        action, fixed = f"{action}?task={task}", {"task": task}
    return Question(door, act, f"acts/{act}.html", action, f"{door.path}/{act}", _subject(act, session, task), fixed)
