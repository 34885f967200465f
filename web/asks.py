"""The page of an ask: what one person owes, its form, and its receipt."""

from dataclasses import replace

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from links import Purpose
from models.pages import LinkStatus
from models.state import Receipt
from web.questions import Question, kept, pressed, receipt_page
from web.site import Door, Site
from web.straight import straight
from web.unhappy import WORDS, Unhappy
from workflows.connection import EngineUnreachable

ANSWERABLE = frozenset({LinkStatus.OPEN, LinkStatus.CHANGEABLE})
SNOOZABLE = frozenset({LinkStatus.OPEN})
RENEWABLE = frozenset(
    {LinkStatus.OPEN, LinkStatus.CHANGEABLE, LinkStatus.EXPIRED, LinkStatus.REVOKED, LinkStatus.UNKNOWN}
)
ABOUT_LINKS = frozenset({"fresh_link", "not_mine"})
"""Acts whose receipt is shown although the link does not work any more: it tells nothing of the pair."""
READ = ["GET", "HEAD"]


def ask_routes(site: Site) -> APIRouter:
    """Everything below /a."""
    router = APIRouter()

    @router.api_route("/a/{token}", methods=READ)
    async def show(token: str, take: str = "") -> Response:
        door = await site.look(Purpose.ASK, token)
        if door.page.status == LinkStatus.ANSWERED:
            return door.show("answered.html", {"words": WORDS[LinkStatus.ANSWERED]})
        door.refuse(pressing=False, allowed=ANSWERABLE)
        return replace(_question(door), taken=take == "theirs").show()

    @router.post("/a/{token}")
    async def answer(token: str, request: Request) -> Response:
        return await _press(site, token, request, "", ANSWERABLE)

    @router.api_route("/a/{token}/snooze", methods=READ)
    async def show_snooze(token: str) -> Response:
        door = await site.look(Purpose.ASK, token)
        door.refuse(pressing=False, allowed=SNOOZABLE)
        return _beside(door, "snooze").show()

    @router.post("/a/{token}/snooze")
    async def snooze(token: str, request: Request) -> Response:
        return await _press(site, token, request, "snooze", SNOOZABLE)

    @router.api_route("/a/{token}/fresh", methods=READ)
    async def show_fresh(token: str) -> Response:
        door = await site.look(Purpose.ASK, token)
        door.refuse(pressing=False, allowed=RENEWABLE)
        return _beside(door, "fresh_link").show()

    @router.post("/a/{token}/fresh")
    async def fresh(token: str, request: Request) -> Response:
        return await _press(site, token, request, "fresh_link", RENEWABLE)

    @router.api_route("/a/{token}/receipt/{receipt_id}", methods=READ)
    async def receipt(token: str, receipt_id: str) -> Response:
        door = await site.look_at_receipt(Purpose.ASK, token, receipt_id)
        found = door.receipt(receipt_id)
        if not door.is_usable and not (found and found.act in ABOUT_LINKS):
            door.refuse(pressing=False, allowed=frozenset())
        return receipt_page(door, found)

    return router


async def _press(site: Site, token: str, request: Request, act: str, allowed: frozenset[str]) -> Response:
    link = site.unsealed(Purpose.ASK, token)
    press = await pressed(site, request, jti=link.jti, ask=link.ask, act=act)
    try:
        outcome = await straight(site, Purpose.ASK, link, press, act or link.ask.split(".")[0])
        if isinstance(outcome, Receipt):
            return RedirectResponse(f"{site.path(Purpose.ASK, token)}/receipt/{outcome.id}", 303)
        door = await site.open(Purpose.ASK, token, receipt=press.nonce.update_id)
        question = _beside(door, act) if act else _question(door)
        if found := door.receipt(press.nonce.update_id):
            return question.receipt(found)
        door.refuse(pressing=True, allowed=allowed)
        if press.nonce.act != question.act:
            raise Unhappy(409, WORDS[LinkStatus.SUPERSEDED].title, WORDS[LinkStatus.SUPERSEDED].text, door)
        return await question.take(press, outcome)
    except EngineUnreachable:
        return kept(site, request, press)


def _question(door: Door) -> Question:
    kind = door.page.ask.kind.value if door.page.ask else door.link.ask.split(".")[0]
    return Question(door, kind, f"asks/{kind}.html", door.path, door.path)


def _beside(door: Door, act: str) -> Question:
    action = door.fresh_path if act == "fresh_link" else f"{door.path}/{act}"
    return Question(door, act, f"acts/{act}.html", action, door.path)
