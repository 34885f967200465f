"""The page behind "get less mail", and the one-press request of mail programs (RFC 8058)."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from links import Purpose
from models.acts import Unsubscribe
from models.pages import LinkStatus
from models.people import MailChoice
from web import unhappy
from web.asks import READ
from web.nonces import Nonce
from web.questions import Press, Question, kept, pressed, receipt_page
from web.site import USABLE, Door, Site, used
from web.unhappy import Unhappy
from workflows.client import ActRejected
from workflows.connection import EngineUnreachable

ONE_CLICK = ("List-Unsubscribe", "One-Click")
"""The form field of an RFC 8058 request. Its POST carries no nonce: the token in the address is its authority."""
OPEN = USABLE - {LinkStatus.ENDED}


def unsubscribe_routes(site: Site) -> APIRouter:
    """Everything below /u. Nothing here redirects (RFC 8058, section 3.1): the press is answered with the receipt."""
    router = APIRouter()

    @router.api_route("/u/{token}", methods=READ)
    async def show(token: str) -> Response:
        door = await site.look(Purpose.UNSUBSCRIBE, token)
        door.refuse(pressing=False, allowed=OPEN)
        return _question(door).show()

    @router.post("/u/{token}")
    async def unsubscribe(token: str, request: Request) -> Response:
        link = site.unsealed(Purpose.UNSUBSCRIBE, token)
        form = await request.form()
        if form.get(ONE_CLICK[0]) == ONE_CLICK[1]:
            return await _one_click(site, token)
        press = await pressed(site, request, jti=link.jti, ask=link.ask, act="unsubscribe")
        try:
            return await _press(site, token, press)
        except EngineUnreachable:
            return kept(site, request, press)

    return router


async def _press(site: Site, token: str, press: Press) -> Response:
    door = await site.open(Purpose.UNSUBSCRIBE, token, receipt=press.nonce.update_id)
    if found := door.receipt(press.nonce.update_id):
        return receipt_page(door, found)
    door.refuse(pressing=True, allowed=OPEN)
    answer = await _question(door).take(press)
    if answer.status_code != 303:
        return answer
    door = await site.open(Purpose.UNSUBSCRIBE, token, receipt=press.nonce.update_id)
    return receipt_page(door, door.receipt(press.nonce.update_id))


async def _one_click(site: Site, token: str) -> Response:
    try:
        door = await site.open(Purpose.UNSUBSCRIBE, token)
        door.refuse(pressing=True, allowed=OPEN)
        if door.page.preferences.mail is not MailChoice.ALL:
            return door.show("unsubscribed.html")
        act = Unsubscribe(by=door.link.role, link=used(door.link))
        # With the number of acts: someone who has asked for all mail again can unsubscribe by the same link once more.
        nonce = Nonce(door.link.jti, "unsubscribe", door.link.ask, door.page.acts, "one-click")
        await site.engine.act(door.link.mentorship, act, update_id=nonce.update_id)
    except EngineUnreachable:
        raise unhappy.unreachable() from None
    except ActRejected as refusal:
        raise Unhappy(409, unhappy.TITLES.get(refusal.code, unhappy.NOT_NOW), refusal.phrase) from None
    return door.show("unsubscribed.html")


def _question(door: Door) -> Question:
    return Question(door, "unsubscribe", "acts/unsubscribe.html", door.path, door.path)
