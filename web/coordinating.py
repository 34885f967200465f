"""The coordinator's page for one mentorship, and the forms of what can be done about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError

from links import Link, Purpose
from models.acts import Coordinate
from models.commands import Command, EndCommand, MessageCommand, PatienceCommand, PauseCommand, ResumeCommand
from models.pages import CoordinatorPage, CoordinatorQuery
from web import unhappy
from web.asks import READ
from web.forms import Values, nested
from web.mistakes import Mistakes, mistakes_of, worded
from web.nonces import Nonce
from web.questions import Form, Press, kept, pressed
from web.site import Site, used
from web.unhappy import Unhappy
from workflows.client import ActRejected, NoSuchMentorship
from workflows.connection import EngineUnreachable


@dataclass(frozen=True)
class Deed:
    """One thing that can be done, by its form. `fixed` is what the form itself stands for, `chosen` what a person has
    to choose on it though the command has a default, and `confirm` says that it has nothing else to fill in."""

    command: type[Command]
    fixed: Mapping[str, bool] = field(default_factory=dict)
    chosen: str = ""
    confirm: bool = False


DEEDS = {
    "message": Deed(MessageCommand),
    "patience": Deed(PatienceCommand),
    "pause": Deed(PauseCommand),
    "resume": Deed(ResumeCommand, confirm=True),
    "rematch": Deed(EndCommand, {"rematch": True}, chosen="outcome"),
    "end": Deed(EndCommand, {"rematch": False}, chosen="outcome"),
}
RESERVED = ("command", "rematch", "silent_to", "successor")
"""Fields that come from the form itself. One that names them was not made by us."""


def coordinator_routes(site: Site) -> APIRouter:
    """Everything below /c."""
    router = APIRouter()

    @router.api_route("/c/{token}", methods=READ)
    async def show(token: str) -> Response:
        return (await _look(site, token)).show("coordinator/page.html")

    @router.api_route("/c/{token}/{deed}", methods=READ)
    async def show_deed(token: str, deed: str) -> Response:
        site.unsealed(Purpose.COORDINATOR, token)
        _known(deed)
        desk = await _look(site, token)
        return desk.form(deed) if deed in desk.page.can else desk.not_now(200)

    @router.post("/c/{token}/{deed}")
    async def do(token: str, deed: str, request: Request) -> Response:
        link = site.unsealed(Purpose.COORDINATOR, token)
        _known(deed)
        press = await pressed(site, request, jti=link.jti, ask=link.ask, act=deed)
        try:
            desk = await _open(site, token, press.nonce.update_id)
            return await desk.press(deed, press)
        except EngineUnreachable:
            return kept(site, request, press)

    @router.api_route("/c/{token}/receipt/{receipt_id}", methods=READ)
    async def receipt(token: str, receipt_id: str) -> Response:
        desk = await _look(site, token, receipt_id)
        if desk.page.receipt is None:
            raise Unhappy(404, "There is no such receipt", "We find nothing here that was done.")
        return desk.show("coordinator/receipt.html", {"receipt": desk.page.receipt})

    return router


@dataclass(frozen=True)
class Desk:
    """A coordinator's verified link, and what the engine says of the mentorship."""

    site: Site
    token: str = field(repr=False)
    link: Link = field(repr=False)
    page: CoordinatorPage

    @property
    def path(self) -> str:
        """The path of the page; what can be done hangs below it."""
        return self.site.rendering.at(f"/c/{self.token}")

    def show(self, template: str, context: Mapping[str, object] | None = None, *, status: int = 200) -> HTMLResponse:
        """A page about this mentorship, in the coordinator's language and on their clock."""
        known = {"desk": self, "page": self.page, "zone": self.page.me.zone, "deeds": tuple(DEEDS), "not_now": False}
        return self.site.rendering.page(
            template,
            {**known, **(context or {})},
            status=status,
            program=self.page.program,
            language=self.page.me.language,
        )

    def not_now(self, status: int) -> Response:
        """The page itself, where something is asked for that is not possible as things stand."""
        return self.show("coordinator/page.html", {"not_now": True}, status=status)

    def form(
        self, deed: str, values: Values | None = None, mistakes: Mistakes | None = None, *, status: int = 200
    ) -> Response:
        """The form of one deed: as it opens, or with what was typed and what is wrong with it."""
        form = Form(
            act=deed,
            action=f"{self.path}/{deed}",
            nonce=self.site.nonces.write(Nonce(self.link.jti, deed, self.link.ask, self.page.acts)),
            values=values or {},
            mistakes=worded(mistakes or {}, self.page.me.language, self.page.me.zone),
            confirm=DEEDS[deed].confirm,
        )
        return self.show(f"coordinator/{deed}.html", {"form": form}, status=status)

    async def press(self, deed: str, press: Press) -> Response:
        """What was typed becomes one command of the engine. Answers with a way to the receipt, or the form again."""
        if self.page.receipt is not None:
            return self._receipt(self.page.receipt.id)
        if deed not in self.page.can:
            return self.not_now(409)
        if press.turn:
            return self.form(deed, press.values)
        what, tree = DEEDS[deed], nested(press.values)
        confirmed = tree.pop("confirm", None) == "yes"
        mistakes: Mistakes = {name: "This form has no such field." for name in RESERVED if name in tree}
        if what.confirm and not confirmed:
            mistakes["confirm"] = "Please tick the box, so that we know a person pressed."
        if what.chosen and what.chosen not in tree:
            mistakes[what.chosen] = "Please choose one."
        try:
            command = what.command.model_validate({**tree, **what.fixed, "command": _name(what)})
        except ValidationError as error:
            return self.form(deed, press.values, {**mistakes_of(error, what.command), **mistakes}, status=422)
        if mistakes:
            return self.form(deed, press.values, mistakes, status=422)
        act = Coordinate(command=command, link=used(self.link))
        try:
            receipt = await self.site.engine.act(self.link.mentorship, act, update_id=press.nonce.update_id)
        except ActRejected as refusal:
            return self._refused(deed, press.values, refusal)
        return self._receipt(receipt.id)

    def _receipt(self, receipt_id: str) -> Response:
        return RedirectResponse(f"{self.path}/receipt/{receipt_id}", 303)

    def _refused(self, deed: str, values: Values, refusal: ActRejected) -> Response:
        """What was typed is kept: most of it can be sent again when things stand otherwise, or by the own mailbox."""
        if refusal.code == "renewing":
            raise EngineUnreachable(refusal.message)
        if refusal.code == "revoked":
            raise _revoked()
        if refusal.code == "failed":
            raise Unhappy(500, "Something went wrong on our side", refusal.phrase)
        if refusal.code == "ended":
            return self.not_now(409)
        status = 422 if refusal.code == "invalid" else 409
        return self.form(deed, values, {refusal.field: refusal.phrase}, status=status)


async def _open(site: Site, token: str, receipt: str = "") -> Desk:
    link = site.unsealed(Purpose.COORDINATOR, token)
    try:
        query = CoordinatorQuery(link=used(link), receipt=receipt)
        desk = Desk(site, token, link, await site.engine.coordinator(link.mentorship, query))
    except (NoSuchMentorship, ActRejected):
        raise unhappy.gone() from None
    if desk.page.status == "revoked":
        raise _revoked()
    return desk


async def _look(site: Site, token: str, receipt: str = "") -> Desk:
    """The same for a GET, where an engine that is away has a page of its own."""
    try:
        return await _open(site, token, receipt)
    except EngineUnreachable:
        raise unhappy.unreachable() from None


def _known(deed: str) -> None:
    if deed not in DEEDS:
        raise Unhappy(404, "There is no such page", "Please open the link from the mail again and choose from there.")


def _name(deed: Deed) -> str:
    return str(deed.command.model_fields["command"].default)


def _revoked() -> Unhappy:
    return Unhappy(
        410,
        "This link no longer works",
        "Links to this page were switched off, mostly because someone else coordinates the program now. "
        "Who coordinates it now has a newer link in their mail.",
    )
