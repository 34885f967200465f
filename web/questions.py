"""A form and what becomes of it: shown, pressed, read, and handed to the engine as one act."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from models.acts import ACTS
from models.answers import ActBase
from models.pages import Page, PageQuery
from models.phrases import to_translate as _
from models.state import Receipt
from web import unhappy
from web.forms import Values, flatten, nested, typed
from web.mistakes import Mistakes, mistakes_of, worded
from web.nonces import BadNonce, Nonce
from web.prefill import first_values
from web.reading import preferred
from web.site import Door, Site, used
from web.unhappy import Unhappy
from workflows.client import ActRejected, NoSuchMentorship
from workflows.connection import EngineUnreachable

RESERVED = ("act", "by", "ask", "link")
"""Fields of an act that come from the link. A form that names them was not made by us."""
CONFIRMED = frozenset({"resume", "undo", "stop_contact", "cancel_session", "sign_agreement", "not_mine"})
"""Acts whose form would otherwise be complete as it opens: a box has to be ticked, so that only a person acts."""

CHOSEN = {"unsubscribe": "mail"}
"""Fields that their model has a default for, and that a person has to choose on the page."""


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

    def show(self, values: Values | None = None, mistakes: Mistakes | None = None, *, status: int = 200) -> Response:
        """The page with the form: as it opens, or with what was typed and what is wrong with it."""
        page = self.door.page
        form = Form(
            act=self.act,
            action=self.action,
            nonce=self.door.nonce(self.act, self.subject),
            values=self._first_values() if values is None else values,
            mistakes=worded(mistakes or {}, page.preferences.language, self.door.zone),
            confirm=needs_confirmation(self.act, page),
        )
        return self.door.show(self.template, {"form": form, "question": self, "taken": self.taken}, status=status)

    def _first_values(self) -> Values:
        page = self.door.page
        if self.taken and page.partner_terms is not None:
            return {f"terms.{name}": value for name, value in flatten(page.partner_terms, self.door.zone).items()}
        return first_values(self.act, page, self.fixed, self.door.journey)

    async def press(self, values: dict[str, str | tuple[str, ...]], update_id: str) -> Response:
        """What was typed becomes one act of the engine. Answers with a way to the receipt, or with the form again."""
        door = self.door
        model = ACTS[self.act]
        tree = nested(values)
        tree.pop("confirm", None)
        mistakes: Mistakes = {name: _("This form has no such field.") for name in RESERVED if name in tree}
        if needs_confirmation(self.act, door.page) and values.get("confirm") != "yes":
            mistakes["confirm"] = _("Please tick the box, so that we know a person pressed.")
        if (chosen := CHOSEN.get(self.act)) and chosen not in tree:
            mistakes[chosen] = _("Please choose one.")
        if self.act == "pick_time" and tree.get("time") == "none_suits":
            tree = {"none_suits": "true"}
        facts: dict[str, object] = {**self.fixed, "act": self.act, "by": door.link.role, "ask": door.link.ask}
        if self.act != "fresh_link":
            # A fresh link goes to the address on record only, so a link that was withdrawn may still ask for one.
            facts["link"] = used(door.link)
        context = {"zone": door.zone}
        try:
            act = model.model_validate({**tree, **facts}, context=context)
        except ValidationError as error:
            return self.show(
                values, {**_all_mistakes(model, error, {**tree, **facts}, context), **mistakes}, status=422
            )
        if mistakes:
            return self.show(values, mistakes, status=422)
        try:
            receipt = await door.site.engine.act(door.link.mentorship, act, update_id=update_id)
        except ActRejected as refusal:
            return self._rejected(refusal, values)
        return self.receipt(receipt)

    def receipt(self, receipt: Receipt) -> Response:
        """The way to the page that shows what was recorded."""
        return RedirectResponse(f"{self.receipts}/receipt/{receipt.id}", 303)

    def _rejected(self, refusal: ActRejected, values: Values) -> Response:
        if refusal.code == "invalid":
            return self.show(values, {refusal.field: refusal.phrase}, status=422)
        if refusal.code == "renewing":
            raise EngineUnreachable(refusal.message)
        if known := unhappy.WORDS.get(unhappy.REJECTED.get(refusal.code, "")):
            raise Unhappy(known.pressed, known.title, refusal.phrase or known.text, self.door, known.fresh)
        if refusal.code == "failed":
            raise Unhappy(500, "Something went wrong on our side", refusal.phrase, self.door)
        title = unhappy.TITLES.get(refusal.code, unhappy.NOT_NOW)
        raise Unhappy(403 if refusal.code == "not_yours" else 409, title, refusal.phrase, self.door)


def _all_mistakes(
    model: type[ActBase], error: ValidationError, fields: Mapping[str, object], context: dict[str, str]
) -> Mistakes:
    """Those of the fields, and those of the form as a whole, which pydantic looks at only when the fields are right."""
    found = mistakes_of(error, model)
    wrong = {str(detail["loc"][0]) for detail in error.errors() if detail["loc"]}
    try:
        model.model_validate({name: value for name, value in fields.items() if name not in wrong}, context=context)
    except ValidationError as rest:
        found |= {
            name: text for name, text in mistakes_of(rest, model).items() if name and name.split(".")[0] not in wrong
        }
    return found


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

    def value(self, name: str) -> str:
        """What stands in a field."""
        found = self.values.get(name, "")
        return found if isinstance(found, str) else ""

    def has(self, name: str, value: object) -> bool:
        """Whether a choice or a box is taken."""
        found = self.values.get(name, "")
        return str(value) == found if isinstance(found, str) else str(value) in found

    def mistake(self, name: str) -> str:
        """What is wrong with a field, or nothing."""
        return self.mistakes.get(name, "")

    def rows(self, prefix: str, most: int) -> range:
        """The rows to show: all that the program allows, and every one that was sent."""
        sent = [int(name.split(".")[1]) + 1 for name in self.values if name.startswith(f"{prefix}.")]
        return range(min(10, max([most, *sent])))


@dataclass(frozen=True)
class Press:
    """A POST of a form: its nonce, verified, and what was typed."""

    nonce: Nonce
    values: dict[str, str | tuple[str, ...]] = field(repr=False)
    raw: tuple[tuple[str, str], ...] = field(repr=False)


async def pressed(site: Site, request: Request, *, jti: str, ask: str, act: str = "", subject: str = "") -> Press:
    """The press that came with a request. Raises Unhappy where no form of ours for this very link was pressed."""
    form = await request.form()
    raw = tuple((name, value) for name, value in form.multi_items() if isinstance(value, str))
    values = typed((name, value) for name, value in raw if name != "nonce")
    try:
        nonce = site.nonces.read(str(form.get("nonce", "")))
    except BadNonce:
        raise unhappy.bad_form() from None
    if (nonce.jti, nonce.ask, nonce.subject) != (jti, ask, subject) or (act and nonce.act != act):
        raise unhappy.bad_form()
    return Press(nonce, values, raw)


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


def receipt_page(door: Door, receipt: Receipt | None, next_title: str = "") -> Response:
    """What was recorded, and what happens next."""
    if receipt is None:
        raise Unhappy(
            404, "There is no such receipt", "We find no answer of yours here.", door if door.is_usable else None
        )
    return door.show("receipt.html", {"receipt": receipt, "next_title": next_title})


async def next_ask_title(door: Door, receipt: Receipt | None) -> str:
    """What the next ask is called, if the reader still owes it."""
    if receipt is None or receipt.next_ask is None:
        return ""
    query = PageQuery(role=door.link.role, ask=receipt.next_ask, link=used(door.link))
    try:
        page = await door.site.engine.page(door.link.mentorship, query)
    except (EngineUnreachable, NoSuchMentorship):
        return ""
    return page.ask.title if page.ask and page.status == "open" else ""
