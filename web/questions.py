"""A form and what becomes of it: shown, pressed, read, and handed to the engine as one act."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from links import Purpose
from models.answers import ActBase
from models.pages import Page
from models.phrases import to_translate as _
from models.state import Receipt
from web import steps, times, unhappy
from web.answers import facts_of, read
from web.forms import Values, flatten, sent, without_blank_rows
from web.mistakes import Mistakes, worded
from web.nonces import BadNonce, Nonce
from web.prefill import first_values
from web.reading import preferred
from web.site import Door, Site
from web.steps import CONTROLS, Step, Turn, Walk
from web.unhappy import Unhappy
from workflows.client import ActRejected
from workflows.connection import EngineUnreachable

CONFIRMED = frozenset({"resume", "undo", "stop_contact", "cancel_session", "sign_agreement", "not_mine"})
"""Acts whose form would otherwise be complete as it opens: a box has to be ticked, so that only a person acts."""


@dataclass(frozen=True)
class Question:
    """One form on one page. `receipts` is the path below which its receipts are shown."""

    door: Door
    act: str
    template: str
    action: str
    receipts: str
    subject: str = ""
    fixed: Mapping[str, int] = field(default_factory=dict)
    taken: bool = False
    """Whether the form opens with the partner's wishes instead of one's own."""

    def show(
        self,
        values: Values | None = None,
        mistakes: Mistakes | None = None,
        *,
        status: int = 200,
        walk: Walk | None = None,
    ) -> Response:
        """The page with the form: as it opens, or with what was typed and what is wrong with it.

        A long form opens at its first question, or where all is known, with everything to look over. After a mistake
        it opens where the mistake is.
        """
        page = self.door.page
        tick = needs_confirmation(self.act, page)
        shown = self._first_values() if values is None else values
        if walk is None and (path := steps.path(self.act, page, shown)):
            walk = self._begin(path, shown) if values is None else self._where(path, mistakes or {})
        nonce = self.door.nonce(self.act, self.subject, tick=tick)
        self.door.site.given.shown(nonce.update_id, page)
        form = Form(
            act=self.act,
            action=self.action,
            nonce=self.door.site.nonces.write(nonce),
            values=shown,
            mistakes=worded(_in_order(mistakes or {}, walk), page.preferences.language, self.door.zone),
            confirm=tick,
            walk=walk,
        )
        return self.door.show(self.template, {"form": form, "question": self, "taken": self.taken}, status=status)

    def _first_values(self) -> Values:
        page = self.door.page
        if self.taken and page.partner_terms is not None:
            return {f"terms.{name}": value for name, value in flatten(page.partner_terms, self.door.zone).items()}
        return first_values(self.act, page)

    async def take(self, press: "Press", refusal: ActRejected | None = None) -> Response:
        """What a press leads to: another page of the form, the receipt, or the form again.

        With a `refusal`, the engine has heard it already.
        """
        if refusal is not None:
            return self._rejected(refusal, press.values)
        return self._turn(press) if press.turn else await self.press(press.values, press.nonce.update_id)

    async def press(self, values: dict[str, str | tuple[str, ...]], update_id: str) -> Response:
        """What was typed becomes one act of the engine. Answers with a way to the receipt, or with the form again."""
        door = self.door
        act = self._read(values)
        mistakes = {} if isinstance(act, ActBase) else act
        if needs_confirmation(self.act, door.page) and values.get("confirm") != "yes":
            mistakes["confirm"] = _("Please tick the box, so that we know a person pressed.")
        if mistakes or not isinstance(act, ActBase):
            return self.show(values, mistakes, status=422)
        try:
            receipt = await door.site.engine.act(door.link.mentorship, act, update_id=update_id)
        except ActRejected as refusal:
            return self._rejected(refusal, values)
        return self.receipt(receipt)

    def _read(self, values: Values) -> ActBase | Mistakes:
        return read(self.act, values, {**self.fixed, **facts_of(self.door.link, self.act)}, self.door.zone)

    def _turn(self, press: "Press") -> Response:
        """Another page of a long form. Only the step that was left by NEXT is checked, and nothing acts."""
        turn = press.turn
        values: Values = press.sent
        path = steps.path(self.act, self.door.page, values, turn.at, turn.to) if turn else ()
        if turn is None or not path:
            return self.show(values)
        here = steps.found(path, turn.at)
        if turn.to == steps.NEXT and here:
            if mistakes := self._wrong(here, path, values):
                return self.show(values, mistakes, status=422, walk=Walk(path, here, turn.seen))
            onward = path[path.index(here) + 1 :]
            if onward and not turn.seen:
                return self.show(values, walk=Walk(path, onward[0]))
        elif turn.to == steps.BACK:
            before = path[: path.index(here) if here else None]
            return self.show(values, walk=Walk(path, before[-1] if before else path[0], turn.seen))
        elif there := steps.found(path, turn.to):
            return self.show(values, walk=Walk(path, there, not self._wrong(there, path, values)))
        if turn.to.startswith(steps.WITHOUT):
            values = steps.without(values, turn.to.removeprefix(steps.WITHOUT).strip())
            path = steps.path(self.act, self.door.page, values)
        return self._look(path, values)

    def _look(self, path: tuple[Step, ...], values: Values) -> Response:
        """Everything to look over; or first the step that is not answered yet."""
        for step in path:
            if mistakes := self._wrong(step, path, values):
                begun = mistakes if step.typed(values) else {}
                return self.show(values, begun, status=422 if begun else 200, walk=Walk(path, step))
        return self.show(values, walk=Walk(path, seen=True))

    def _wrong(self, step: Step, path: tuple[Step, ...], values: Values) -> Mistakes:
        read = self._read(steps.only(step, path, values))
        if isinstance(read, ActBase):
            return {}
        return {name: text for name, text in read.items() if step.holds(name)}

    def _begin(self, path: tuple[Step, ...], values: Values) -> Walk:
        answered = not any(self._wrong(step, path, values) for step in path)
        return Walk(path, seen=True, opened=True) if answered else Walk(path, path[0])

    def _where(self, path: tuple[Step, ...], mistakes: Mistakes) -> Walk:
        return Walk(path, next((step for step in path for name in mistakes if step.holds(name)), None), seen=True)

    def receipt(self, receipt: Receipt) -> Response:
        """The way to the page that shows what was recorded."""
        return RedirectResponse(f"{self.receipts}/receipt/{receipt.id}", 303)

    def _rejected(self, refusal: ActRejected, values: Values) -> Response:
        if refusal.code == "invalid":
            return self.show(values, {times.shown_at(self.act, values, refusal.field): refusal.phrase}, status=422)
        if refusal.code == "renewing":
            raise EngineUnreachable(refusal.message)
        if known := unhappy.WORDS.get(unhappy.REJECTED.get(refusal.code, "")):
            raise Unhappy(known.pressed, known.title, refusal.phrase or known.text, self.door, known.fresh)
        if refusal.code == "failed":
            raise Unhappy(500, "Something went wrong on our side", refusal.phrase, self.door)
        title = unhappy.TITLES.get(refusal.code, unhappy.NOT_NOW)
        raise Unhappy(403 if refusal.code == "not_yours" else 409, title, refusal.phrase, self.door)


def _in_order(mistakes: Mistakes, walk: Walk | None) -> Mistakes:
    """The mistakes in the order of the form."""
    steps = walk.steps if walk else ()
    return dict(sorted(mistakes.items(), key=lambda one: [not step.holds(one[0]) for step in steps]))


@dataclass(frozen=True)
class Form:
    """A form as the template fills it in."""

    act: str
    action: str
    nonce: str
    values: Values
    mistakes: dict[str, str]
    """A sentence in the reader's language by field name."""
    confirm: bool = False
    walk: Walk | None = None

    @property
    def carried(self) -> list[tuple[str, str]]:
        """The hidden fields of a page of a long form."""
        return self.walk.carried(self.values) if self.walk else []

    def value(self, name: str) -> str:
        """What stands in a field."""
        found = self.values.get(name, "")
        return found if isinstance(found, str) else ""

    def values_of(self, name: str) -> tuple[str, ...]:
        """What is ticked among several boxes."""
        found = self.values.get(name, ())
        return (found,) if isinstance(found, str) else found

    def has_rows(self, prefix: str) -> bool:
        """Whether anything was written, or is wrong, in the rows of a list."""
        return any(name.startswith(f"{prefix}.") and self.values.get(name) for name in self.values) or any(
            name.startswith(f"{prefix}.") for name in self.mistakes
        )

    def regular_slot(self, now: datetime) -> datetime | None:
        """When the slot that the agreement names comes next."""
        return times.regular_slot(self.values, now)

    def has(self, name: str, value: object) -> bool:
        """Whether a choice or a box is taken."""
        found = self.values.get(name, "")
        return str(value) == found if isinstance(found, str) else str(value) in found

    def mistake(self, name: str) -> str:
        """What is wrong with a field, or nothing."""
        return self.mistakes.get(name, "")

    def shows(self, name: str) -> bool:
        """Whether a field is on this page."""
        return not self.walk or bool(self.walk.at and self.walk.at.holds(name)) or (name == "confirm" and self.confirm)

    def rows(self, prefix: str, most: int) -> range:
        """The rows to show: all that the program allows, and every one that was sent."""
        sent = [int(name.split(".")[1]) + 1 for name in self.values if name.startswith(f"{prefix}.")]
        return range(min(10, max([most, *sent])))


@dataclass(frozen=True)
class Press:
    """A POST of a form: its nonce, verified, and what was typed. With a `turn` it only asks for another page of it."""

    nonce: Nonce
    sent: dict[str, str | tuple[str, ...]] = field(repr=False)
    raw: tuple[tuple[str, str], ...] = field(repr=False)
    turn: Turn | None = None

    @property
    def values(self) -> dict[str, str | tuple[str, ...]]:
        """What is sent off, without blank rows."""
        return without_blank_rows(self.sent)


async def pressed(site: Site, request: Request, *, jti: str, ask: str, act: str = "", subject: str = "") -> Press:
    """The press that came with a request. Raises Unhappy where no form of ours for this very link was pressed."""
    form = await request.form()
    raw = tuple((name, value) for name, value in form.multi_items() if isinstance(value, str))
    try:
        nonce = site.nonces.read(str(form.get("nonce", "")))
    except BadNonce:
        raise unhappy.bad_form() from None
    if (nonce.jti, nonce.ask, nonce.subject) != (jti, ask, subject) or (act and nonce.act != act):
        raise unhappy.bad_form()
    values = sent((name, value) for name, value in raw if name != "nonce" and name not in CONTROLS)
    return Press(nonce, values, raw, Turn.of(dict(raw)))


def kept(site: Site, request: Request, press: Press) -> Response:
    """The page for a press while the engine is away: it holds the answer, ready to be pressed again.

    The nonce is kept too, so an act that did arrive before the connection broke is not done twice.
    """
    query = f"?{request.url.query}" if request.url.query else ""
    return site.rendering.page(
        "retry.html",
        {"action": site.rendering.at(request.url.path) + query, "fields": press.raw},
        status=503,
        language=preferred(request.headers.get("accept-language", "")),
    )


def needs_confirmation(act: str, page: Page) -> bool:
    """Whether this form asks for a tick; see CONFIRMED. Goals that are sent again after a comment are prefilled too."""
    return act in CONFIRMED or (act == "set_goals" and bool(page.draft_goals) and page.answer is None)


def receipt_page(door: Door, receipt: Receipt | None) -> Response:
    """What was recorded, and what happens next."""
    if receipt is None:
        raise Unhappy(
            404, "There is no such receipt", "We find no answer of yours here.", door if door.is_usable else None
        )
    leads_on = door.is_usable and door.purpose is not Purpose.UNSUBSCRIBE
    return door.show("receipt.html", {"receipt": receipt, "next_title": receipt.next_title if leads_on else ""})
