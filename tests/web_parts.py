"""The web application over the pure core: what a page test needs, without Temporal."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import httpx
from bs4 import BeautifulSoup, Tag

import lifecycle
import programs
from links import Links, Purpose
from models.answers import ActBase, Goal
from models.base import Role
from models.export import Export
from models.journeys import Journey
from models.mail import MailEvent
from models.pages import CoordinatorPage, CoordinatorQuery, Overview, Page, PageQuery
from models.people import Start, StartPerson
from models.program import Program
from models.state import Mentorship, Receipt
from settings import LOCAL_KEY, Settings
from tests.payload_keys import entries
from web.app import create_app
from web.engine import Skip
from workflows import fingerprints
from workflows.begin import workflow_id
from workflows.client import ActRejected, Listed, ListedPage, NoSuchMentorship, StartConflict, Started
from workflows.connection import EngineUnreachable
from workflows.erasure import Elsewhere, Forget, Forgotten

BASE = "http://127.0.0.1:8000"
START = datetime(2027, 1, 4, 9, tzinfo=UTC)
LINKS = Links(BASE, [LOCAL_KEY])


def a_mentorship(id: str = "pair-1", program: str = "career") -> Mentorship:
    """Ines in Lisbon, mentored by Jonas in New York, from a Monday in January on."""
    start = Start(
        id=id,
        program=program,
        mentor=StartPerson(
            name="Jonas Meyer", email="jonas@example.com", bio="Leads a design team.", zone="America/New_York"
        ),
        mentee=StartPerson(name="Ines Duarte", email="ines@example.com", bio="Draws maps.", zone="Europe/Lisbon"),
        shared=("Both sail",),
    )
    return lifecycle.begin(start, programs.load(program), START)


@dataclass
class PureEngine:
    """Stands in for Temporal: the same rules, one state in memory, a clock that only the test moves."""

    m: Mentorship = field(default_factory=a_mentorship)
    now: datetime = START
    down: bool = False
    drop_answer: bool = False
    calls: list[str] = field(default_factory=list)
    effects: int = 0
    starts: dict[str, Start] = field(default_factory=dict)
    queries: list[str] = field(default_factory=list)

    def settle(self) -> None:
        """What is due by now happens, as when the workflow wakes."""
        self.m, _ = lifecycle.advance(self.m, self.now)

    def forward(self, **delta: float) -> None:
        """Moves the clock, through everything that falls due on the way."""
        until = self.now + timedelta(**delta)
        while (due := lifecycle.next_due(self.m, self.now)) is not None and due.at <= until:
            self.now = max(self.now, due.at)
            self.settle()
        self.now = until

    def _asked(self, what: str) -> None:
        self.calls.append(what)
        if self.down:
            raise EngineUnreachable("away")

    def _there(self, id: str, what: str) -> None:
        self._asked(what)
        if id != self.m.id:
            raise NoSuchMentorship(id)

    async def act(self, id: str, act: ActBase, *, update_id: str) -> Receipt:
        self._there(id, "act")
        before = self.m
        try:
            self.m, receipt = lifecycle.apply(self.m, act, self.now, update_id)
        except lifecycle.Rejected as refusal:
            raise ActRejected(refusal.code, refusal.message, refusal.field, refusal.phrase) from None
        self.effects += self.m is not before
        if self.drop_answer:
            raise EngineUnreachable("the answer was lost on its way")
        return receipt

    async def page(self, id: str, query: PageQuery) -> Page:
        self._there(id, "page")
        return lifecycle.page(self.m, query, self.now)

    async def journey(self, id: str, query: PageQuery) -> Journey:
        self._there(id, "journey")
        return lifecycle.journey(self.m, query, self.now)

    async def export(self, id: str, query: PageQuery) -> Export:
        self._there(id, "export")
        return lifecycle.export(self.m, query.role, self.now)

    async def coordinator(self, id: str, query: CoordinatorQuery) -> CoordinatorPage:
        self._there(id, "coordinator")
        return lifecycle.coordinator(self.m, query, self.now)

    async def overview(self, id: str) -> Overview:
        self._there(id, "overview")
        return lifecycle.overview(self.m, self.now)

    async def forget(self, whom: Forget, elsewhere: Elsewhere) -> Forgotten:
        """Knows whom to forget, and does not."""
        self._asked("forget")
        return Forgotten(dry_run=whom.dry_run, finished=True, again_at=None, traces=(), remains=())

    async def mail_event(self, id: str, event: MailEvent) -> None:
        self._there(id, "mail_event")
        self.m = lifecycle.mail_event(self.m, event, self.now)

    async def start(self, start: Start, program: Program, *, goals: tuple[Goal, ...] = ()) -> Started:
        self._asked("start")
        lifecycle.begin(start, program, self.now, goals=goals)
        known = self.starts.setdefault(start.id, start)
        if fields := fingerprints.differing(fingerprints.fingerprint(known), start):
            raise StartConflict(start.id, fields)
        return Started(id=start.id, workflow_id=workflow_id(start.id), already_running=known is not start)

    async def list_page(self, query: str = "", *, limit: int = 50, cursor: str = "") -> ListedPage:
        """All of them, whatever is asked: what was asked is kept in `queries`."""
        self._asked("list_page")
        self.queries.append(query)
        ids = [self.m.id, *self.starts]
        first = int(cursor or 0)
        found = tuple(
            Listed(
                id=id, program="career", stage="intro", status="active", health="too_early", outcome="",
                waiting_on="nobody", started_at=START, ended=False,
            )
            for id in ids[first : first + limit]
        )  # fmt: skip
        return ListedPage(mentorships=found, cursor=str(first + limit) if first + limit < len(ids) else None)

    async def count(self, query: str = "") -> int:
        self._asked("count")
        self.queries.append(query)
        return 1 + len(self.starts)

    async def list(self, query: str = "") -> AsyncIterator[SimpleNamespace]:
        if self.down:
            raise EngineUnreachable("away")
        yield SimpleNamespace(id=self.m.id)


class Browser:
    """A person with a browser: opens pages, fills in the form that is shown, presses its button."""

    def __init__(
        self, engine: PureEngine, outbox: Path | None = None, *, local: bool = True, skip: Skip | None = None
    ) -> None:
        keys = LOCAL_KEY if local else "k" * 40
        settings = Settings(
            local=local,
            outbox_dir=outbox or Path("does-not-exist"),
            base_url=BASE,
            link_keys=keys,  # type: ignore[arg-type]
            payload_keys="" if local else entries("a"),  # type: ignore[arg-type]
        )
        self.engine = engine
        self.app = create_app(engine, settings, skip)
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        self.http = httpx.AsyncClient(transport=transport, base_url=BASE)

    async def get(self, url: str, status: int = 200) -> BeautifulSoup:
        """The page at an address, after its redirects."""
        answer = await self.http.get(url, follow_redirects=True)
        assert answer.status_code == status, (answer.status_code, text_of(answer.text))
        return BeautifulSoup(answer.text, "lxml")

    async def send(self, url: str, page: BeautifulSoup, values: dict[str, str], button: str = "") -> httpx.Response:
        """The answer to a press of the first button, or of the one with this text. Its redirect is not followed."""
        form = page.find("form")
        assert form is not None, text_of(str(page))
        return await self.http.post(str(form["action"]) or url, data=filled(page, values) | _pressed(page, button))

    async def post(self, url: str, page: BeautifulSoup, values: dict[str, str]) -> httpx.Response:
        """The answer to a whole form that is sent at once, as programs do."""
        return await self.http.post(url, data={"nonce": filled(page, {})["nonce"], **values})

    async def press(self, url: str, **values: str) -> BeautifulSoup:
        """Opens a page, fills in its form and presses, through all its steps: the receipt.

        `__` stands for the dot of a field's name.
        """
        left = {name.replace("__", "."): value for name, value in values.items()}
        page = await self.get(url)
        for _ in range(30):
            here = {name: value for name, value in left.items() if name in _names(page)}
            left = {name: value for name, value in left.items() if name not in here}
            answer = await self.send(url, page, here, _way_on(page))
            if answer.status_code == 303:
                assert not left, f"the form has no field {sorted(left)}"
                return await self.get(answer.headers["location"])
            assert answer.status_code == 200, (answer.status_code, text_of(answer.text))
            page = BeautifulSoup(answer.text, "lxml")
        raise AssertionError(f"no end of steps: {text_of(str(page))}")


def _way_on(page: BeautifulSoup) -> str:
    """The text of the button that goes on, or at the end sends."""
    texts = [button.get_text() for button in page.find_all("button")]
    return next((text for text in texts if text in ("Next", "Look it over")), texts[-1])


def _pressed(page: BeautifulSoup, text: str = "") -> dict[str, str]:
    form = page.find("form")
    assert form is not None
    button = next((one for one in form.find_all("button") if text in ("", one.get_text())), None)
    assert button is not None, f"there is no button {text!r}"
    return {str(button["name"]): str(button["value"])} if button.has_attr("name") else {}


def _names(page: BeautifulSoup) -> set[str]:
    form = page.find("form")
    assert form is not None, text_of(str(page))
    return {str(tag["name"]) for tag in form.find_all(["input", "textarea", "select"])}


def filled(page: BeautifulSoup, values: dict[str, str]) -> dict[str, str | list[str]]:
    """What a browser sends for the page's first form with these values put in."""
    form = page.find("form")
    assert form is not None
    sent: dict[str, str | list[str]] = {}
    for tag in form.find_all(["input", "textarea", "select"]):
        name, kind = str(tag["name"]), tag.get("type", "text")
        if kind in ("radio", "checkbox") and not tag.has_attr("checked"):
            continue
        value = _value(tag)
        if name in sent:
            before = sent[name]
            sent[name] = [*([before] if isinstance(before, str) else before), value]
        else:
            sent[name] = value
    unknown = values.keys() - _names(page)
    assert not unknown, f"the form has no field {unknown}, only {sorted(_names(page))}"
    return {**sent, **values}


def _value(tag: Tag) -> str:
    match tag.name:
        case "textarea":
            return tag.get_text().removeprefix("\n")
        case "select":
            chosen = tag.find("option", selected=True) or tag.find("option")
            return str(chosen["value"]) if isinstance(chosen, Tag) else ""
        case _:
            return str(tag.get("value") or "")


def ask_link(ask: str, letter: str = "letter-1", at: datetime = START, mentorship: str = "pair-1") -> str:
    """The link of an ask, as a mail carries it."""
    return LINKS.mint(Purpose.ASK, mentorship, Role(ask.split(".")[1]), ask, letter, at)


def journey_link(role: Role = Role.MENTEE, at: datetime = START) -> str:
    """The link of a journey page."""
    return LINKS.mint(Purpose.JOURNEY, "pair-1", role, "", "letter-j", at)


def unsubscribe_link(role: Role = Role.MENTEE) -> str:
    """The link by which one gets less mail."""
    return LINKS.mint(Purpose.UNSUBSCRIBE, "pair-1", role, "", "letter-u", START)


def coordinator_link(at: datetime = START) -> str:
    """The link of the coordinator's page."""
    return LINKS.mint(Purpose.COORDINATOR, "pair-1", Role.COORDINATOR, "", "letter-c", at)


def text_of(html: str) -> str:
    """What a person reads."""
    return re.sub(r"\s+", " ", BeautifulSoup(html, "lxml").get_text(" ")).strip()
