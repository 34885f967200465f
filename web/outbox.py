"""Local mode only: the outbox as a mail reader, with a button that moves a mentorship's own clock ahead."""

import asyncio
import re
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from models.pages import Overview
from web.asks import READ
from web.dates import when
from web.mailbox import Mail, Mailbox
from web.site import Site
from web.unhappy import Unhappy
from workflows.client import ActRejected, NoSuchMentorship
from workflows.connection import EngineUnreachable

MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-top-navigation-by-user-activation"
)
"""For the HTML of a mail: it may look as it likes, run nothing, and its links open outside of the frame."""
SHOWN = 200
CARDS = 20
ROLES = ("mentee", "mentor", "coordinator")


def outbox_routes(site: Site) -> APIRouter:
    """Everything below /outbox, and the way there from /."""
    router = APIRouter()
    mailbox = Mailbox(site.settings.outbox_dir)

    @router.api_route("/", methods=READ)
    async def home() -> Response:
        return RedirectResponse(site.rendering.at("/outbox"), 303)

    @router.api_route("/outbox", methods=READ)
    async def list_mails(mentorship: str = "", to: str = "", show: int = SHOWN, skipped: str = "") -> Response:
        # To the mailbox a name that no mail has is a filter that matches nothing.
        mails = await asyncio.to_thread(mailbox.envelopes, mentorship=mentorship, role=to)
        known = await asyncio.to_thread(mailbox.mentorships)
        overviews, away = await _overviews(site, known, mentorship)
        context = {
            "mails": mails[: max(1, show)],
            "total": len(mails),
            "mentorships": known,
            "roles": ROLES,
            "mentorship": mentorship,
            "to": to,
            "overviews": overviews,
            "away": away,
            "skipped": skipped,
            "can_skip": site.skip is not None,
            "query": lambda **changes: _query(mentorship, to, changes),
        }
        return site.rendering.page("outbox.html", context)

    @router.post("/outbox/skip")
    async def skip(request: Request) -> Response:
        form = await request.form()
        chosen, to = str(form.get("mentorship", "")), str(form.get("to", ""))
        if site.skip is None:
            raise Unhappy(404, "There is no such page", "Skipping ahead is not set up here.")
        try:
            await site.engine.overview(chosen)
            reached = await site.skip(chosen)
        except NoSuchMentorship:
            raise Unhappy(404, "There is no such mentorship", "Please go back to the outbox.") from None
        except EngineUnreachable:
            raise Unhappy(503, "Temporal does not answer", "Is it running? Then go back and press again.") from None
        changes = {"skipped": when(reached, "UTC") if reached else "nothing", "only": str(form.get("only", ""))}
        only = chosen if changes.pop("only") else ""
        return RedirectResponse(f"{site.rendering.at('/outbox')}{_query(only, to, changes)}", 303)

    @router.api_route("/outbox/{mail_id}", methods=READ)
    async def show_mail(mail_id: str, view: str = "") -> Response:
        mail = await _mail(mailbox, mail_id)
        chosen = view if view in ("html", "text", "headers") else "html" if mail.html else "text"
        return site.rendering.page("mail.html", {"mail": mail, "view": chosen}, frames=True)

    @router.api_route("/outbox/{mail_id}/html", methods=READ)
    async def show_html(mail_id: str) -> Response:
        mail = await _mail(mailbox, mail_id)
        # The mail stays as it was written, but for where its links open.
        target = '<base target="_top">'
        html, found = re.subn(r"(<head[^>]*>)", lambda match: match[1] + target, mail.html, count=1)
        return Response(
            html if found else target + mail.html,
            media_type="text/html; charset=utf-8",
            headers={"Content-Security-Policy": MAIL_POLICY},
        )

    @router.api_route("/outbox/{mail_id}/attachment/{index}", methods=READ)
    async def download(mail_id: str, index: int) -> Response:
        mail = await _mail(mailbox, mail_id)
        for attachment in mail.attachments:
            if attachment.index == index:
                name = re.sub(r"[^A-Za-z0-9._-]", "_", attachment.name)
                return Response(
                    attachment.content,
                    media_type=attachment.content_type,
                    headers={"Content-Disposition": f'attachment; filename="{name}"'},
                )
        raise Unhappy(404, "There is no such attachment", "Please go back to the mail.")

    return router


async def _mail(mailbox: Mailbox, mail_id: str) -> Mail:
    mail = await asyncio.to_thread(mailbox.open, mail_id)
    if mail is None:
        raise Unhappy(404, "There is no such mail", "Please go back to the outbox.")
    return mail


async def _overviews(site: Site, known: list[str], mentorship: str) -> tuple[list[Overview], bool]:
    """What the engine says of the chosen mentorship, or of all, and whether it was away.

    All are those with mail and those that are so new that they have none.
    """
    found: list[Overview] = []
    try:
        ids = [mentorship] if mentorship else known[-CARDS:]
        if not mentorship:
            async for listed in site.engine.list():
                if len(ids) >= CARDS:
                    break
                if listed.id not in ids:
                    ids.append(listed.id)
        for one in ids:
            try:
                found.append(await site.engine.overview(one))
            except (NoSuchMentorship, ActRejected):
                continue
    except EngineUnreachable:
        return found, True
    return found, False


def _query(mentorship: str, to: str, changes: dict[str, str]) -> str:
    chosen = {"mentorship": mentorship, "to": to, **changes}
    kept = {name: value for name, value in chosen.items() if value}
    return f"?{urlencode(kept)}" if kept else ""
