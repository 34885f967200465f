"""What the routes share: the settings, the engine, and the door that a link opens."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi.responses import HTMLResponse
from structlog.contextvars import bind_contextvars

from links import BadLink, Link, Links, Purpose, form_url
from models.answers import LinkUsed
from models.base import PAIR
from models.journeys import Journey
from models.pages import LinkStatus, Page, PageQuery
from models.state import Receipt
from settings import Settings
from web import unhappy
from web.answered import told
from web.engine import Engine, Skip
from web.given import Given
from web.nonces import Nonce, Nonces
from web.reading import preferred, spoken
from web.rendering import Rendering
from web.unhappy import Unhappy
from workflows.client import ActRejected, NoSuchMentorship
from workflows.connection import EngineUnreachable

USABLE = frozenset(
    {
        LinkStatus.OPEN,
        LinkStatus.ANSWERED,
        LinkStatus.CHANGEABLE,
        LinkStatus.EARLY,
        LinkStatus.SUPERSEDED,
        LinkStatus.ENDED,
    }
)
"""In these states a link opens what belongs to the whole journey."""


@dataclass(frozen=True)
class Site:
    """Made once per application."""

    engine: Engine
    settings: Settings
    links: Links
    rendering: Rendering
    nonces: Nonces
    skip: Skip | None = None
    given: Given = field(default_factory=Given)

    def unsealed(self, purpose: Purpose, token: str) -> Link:
        """The link behind a token, its signature verified. Nothing has been asked of the engine yet."""
        try:
            link = self.links.read(purpose, token)
        except BadLink:
            raise unhappy.bad_link() from None
        if (link.role in PAIR) == (purpose is Purpose.COORDINATOR):
            raise unhappy.bad_link()
        bind_contextvars(mentorship=link.mentorship)
        return link

    def path(self, purpose: Purpose, token: str) -> str:
        """The path of a link's page."""
        return self.rendering.at(f"/{purpose.value}/{token}")

    async def open(
        self, purpose: Purpose, token: str, *, receipt: str = "", move: int | None = None, whole: bool = True
    ) -> "Door":
        """The door of a link, with the page that the engine has for it. Raises Unhappy, EngineUnreachable.

        Not `whole`, the door of a journey page comes without the journey: a receipt shows nothing of it.
        """
        link = self.unsealed(purpose, token)
        query = PageQuery(role=link.role, ask=link.ask, link=used(link), receipt=receipt, move=move)
        try:
            if purpose is Purpose.JOURNEY and whole:
                journey = await self.engine.journey(link.mentorship, query)
                return Door(self, purpose, token, link, journey.page, journey)
            return Door(self, purpose, token, link, await self.engine.page(link.mentorship, query))
        except (NoSuchMentorship, ActRejected):
            raise unhappy.gone() from None

    async def look(
        self, purpose: Purpose, token: str, *, receipt: str = "", move: int | None = None, whole: bool = True
    ) -> "Door":
        """The same for a GET, where an engine that is away has a page of its own."""
        try:
            return await self.open(purpose, token, receipt=receipt, move=move, whole=whole)
        except EngineUnreachable:
            raise unhappy.unreachable() from None

    async def look_at_receipt(self, purpose: Purpose, token: str, receipt: str) -> "Door":
        """The same for a receipt: it shows nothing of the journey, and what was just given needs no engine."""
        link = self.unsealed(purpose, token)
        if (page := self.given.take(purpose, link, receipt)) is not None:
            return Door(self, purpose, token, link, page)
        return await self.look(purpose, token, receipt=receipt, whole=False)

    def show_unhappy(self, problem: Unhappy, accepted: str = "") -> HTMLResponse:
        """The page of a request that led to nothing. `accepted` is the Accept-Language of someone unknown."""
        door = problem.door if isinstance(problem.door, Door) else None
        program = door.page.program if door else None
        language = door.page.preferences.language if door else preferred(accepted)
        zone = door.zone if door else "UTC"
        response = self.rendering.page(
            "unhappy.html",
            {
                "title": spoken(problem.title, language, zone),
                "text": spoken(problem.text, language, zone),
                "door": door,
                "fresh": problem.fresh and door is not None,
                "again": problem.again,
            },
            status=problem.status,
            program=program,
            language=language,
        )
        response.headers.update(problem.headers)
        return response


@dataclass(frozen=True)
class Door:
    """A verified link, what the engine says of it, and the ways on from here."""

    site: Site
    purpose: Purpose
    token: str = field(repr=False)
    link: Link = field(repr=False)
    page: Page
    journey: Journey | None = None

    @property
    def path(self) -> str:
        """The path of this link's own page."""
        return self.site.path(self.purpose, self.token)

    @property
    def zone(self) -> str:
        """The reader's time zone: what dates are shown in and wall-clock input is read in."""
        return self.page.preferences.zone

    @property
    def is_usable(self) -> bool:
        """Whether the link is still this person's. One that is not shows nothing of the pair."""
        return self.page.status not in (LinkStatus.REVOKED, LinkStatus.UNKNOWN)

    @property
    def journey_path(self) -> str:
        """The reader's journey page. Minted with this link's own age, so that following it renews nothing."""
        if self.purpose is Purpose.JOURNEY:
            return self.path
        return self._minted(Purpose.JOURNEY, "", self.link.jti, fresh=False)

    def ask_path(self, ask: str, letter_id: str = "") -> str:
        """The page of another open ask of the same reader."""
        if self.purpose is Purpose.ASK and ask == self.link.ask:
            return self.path
        return self._minted(Purpose.ASK, ask, letter_id or self.link.jti, fresh=True)

    def act_path(self, act: str, **query: int) -> str:
        """The form of an act that is possible at any time."""
        return form_url(self.journey_path, act, **query)

    @property
    def fresh_path(self) -> str:
        """Where a fresh link for this one is asked for."""
        return f"{self.path}/{'fresh' if self.purpose is Purpose.ASK else 'fresh_link'}"

    def nonce(self, act: str, subject: str = "", *, tick: bool = False) -> Nonce:
        """The nonce of a form on this page. `tick`: the form has to be confirmed.

        An answer has the revision of its ask. What can be done at any time has the number of all acts: done again
        after that, it is another press.
        """
        answers = bool(self.link.ask) and act == self.link.ask.split(".")[0]
        revision = self.page.revision if answers else self.page.acts
        return Nonce(self.link.jti, act, self.link.ask, revision, subject, self.zone, tick)

    def fresh_nonce(self) -> str:
        """The nonce of the form that asks for a fresh link."""
        return self.site.nonces.write(self.nonce("fresh_link"))

    def receipt(self, receipt_id: str) -> Receipt | None:
        """The receipt of this id, if it is this person's."""
        found = self.page.receipt
        return found if found and found.id == receipt_id and found.by is self.page.me.role else None

    @property
    def spoken_answer(self) -> list[tuple[str, str]]:
        """The recorded answer in words: what was asked, and what was said."""
        if self.page.answer is None:
            return []
        return told(self.page.answer, self.zone, self.page.preferences.language)

    def refuse(self, *, pressing: bool, allowed: frozenset[str]) -> None:
        """Raises the page for a link that can't be used for what was asked."""
        if self.page.status in allowed:
            return
        words = unhappy.WORDS[self.page.status]
        raise Unhappy(words.pressed if pressing else words.looked, words.title, words.text, self, words.fresh)

    def show(self, template: str, context: Mapping[str, object] | None = None, *, status: int = 200) -> HTMLResponse:
        """A page about this mentorship."""
        known = {"door": self, "page": self.page, "me": self.page.me, "partner": self.page.partner, "zone": self.zone}
        return self.site.rendering.page(
            template,
            {**known, **(context or {})},
            status=status,
            program=self.page.program,
            language=self.page.preferences.language,
        )

    def _minted(self, purpose: Purpose, ask: str, letter_id: str, *, fresh: bool) -> str:
        at = self.page.now if fresh else self.link.issued_at
        return self.site.links.mint(purpose, self.link.mentorship, self.link.role, ask, letter_id, at)


def used(link: Link) -> LinkUsed:
    """What an act and a query say of the link that carried them."""
    return LinkUsed(jti=link.jti, issued_at=link.issued_at)
