"""A whole mentorship in the browser: both read their mail, open its links, answer, and do things of their own."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from demo.forms import WebPage
from demo.mailbox import Mail, Mailbox
from models.base import PAIR, Role
from models.people import Language
from models.state import Outcome
from tests.browser_house import House, a_pair
from tests.browser_person import Device, Person, Stuck
from workflows.time_skipping import idle, skip_to_next

MOST_STEPS = 600
ASK, JOURNEY = "ask", "journey"

Says = Callable[[datetime], Mapping[str, str]]


def plainly(**values: str) -> Says:
    """These values, by field name; `__` stands for the dot of a name."""
    return lambda today: {name.replace("__", "."): value for name, value in values.items()}


def on_days(**days: int) -> Says:
    """Dates, as so many days from today."""
    return lambda today: {
        name.replace("__", "."): f"{today.date() + timedelta(days=ahead):%Y-%m-%d}" for name, ahead in days.items()
    }


def both(*parts: Says) -> Says:
    return lambda today: {name: value for part in parts for name, value in part(today).items()}


NOTHING = plainly()


@dataclass(frozen=True)
class Errand:
    """What someone does of their own accord, once a mail about `after` has come to them.

    It begins at the ask of that mail, which is answered afterwards, at the journey page, or at the address to
    unsubscribe. `after` counts: `report` is the first mail about a report, `report/2` the second.
    """

    by: Role
    after: str
    act: str
    says: Says = NOTHING
    begins: str = JOURNEY
    then: tuple["Errand", ...] = ()


@dataclass(frozen=True)
class Walk:
    """A mentorship to be walked through: who holds what in their hands, who reads which language."""

    id: str
    program: str
    mentee: Device
    mentor: Device
    mentee_reads: Language = "en"
    mentor_reads: Language = "en"
    errands: tuple[Errand, ...] = ()
    answers: Mapping[str, Says] = field(default_factory=dict)
    """What is said in answer to an ask of this kind, where it is not what the demo's people say."""
    leaves_at: str = ""
    """The act after which nobody walks on."""


@dataclass
class Walked:
    """What came of a walk."""

    walk: Walk
    people: dict[Role, Person]
    mails: list[Mail]
    acts: list[tuple[str, Role]]
    outcome: Outcome | None
    errands_left: list[Errand]

    @property
    def reads(self) -> tuple[Language, Language]:
        """What the people read at the beginning, in their order."""
        return self.walk.mentee_reads, self.walk.mentor_reads


async def walk_through(house: House, walk: Walk) -> Walked:
    """Walks to the end of the mentorship. Raises Stuck where a person would be."""
    return await _Walking(house, walk).run()


class _Walking:
    def __init__(self, house: House, walk: Walk) -> None:
        self.house, self.walk = house, walk
        self.start = a_pair(walk.id, walk.program, walk.mentee_reads, walk.mentor_reads)
        self.mailbox = Mailbox(house.parts.outbox, walk.id)
        self.people: dict[Role, Person] = {}
        self.acts: list[tuple[str, Role]] = []
        self.errands = list(walk.errands)
        self.heard: dict[Role, list[str]] = {role: [] for role in PAIR}
        self.answered: set[str] = set()
        self.explored: set[str] = set()

    async def run(self) -> Walked:
        devices = {Role.MENTEE: self.walk.mentee, Role.MENTOR: self.walk.mentor}
        self.people = {role: await self.house.person(self.start, role, devices[role]) for role in PAIR}
        await self.house.start(self.start)
        now = await self._now()
        for _ in range(MOST_STEPS):
            while mails := self.mailbox.fetch():
                for mail in mails:
                    if mail.to in PAIR:
                        await self._reads(mail, now)
            if now is None or self._left:
                return await self._told()
            now = await skip_to_next(self.house.parts.client, self.walk.id)
        raise Stuck(f"{self.walk.id} did not end in {MOST_STEPS} steps")

    @property
    def _left(self) -> bool:
        return bool(self.walk.leaves_at) and any(act == self.walk.leaves_at for act, _ in self.acts)

    async def _told(self) -> Walked:
        overview = await self.house.parts.mentorships.overview(self.walk.id)
        return Walked(self.walk, self.people, self.mailbox.mails, self.acts, overview.outcome, self.errands)

    async def _now(self) -> datetime | None:
        return await idle(self.house.parts.client, self.walk.id)

    async def _reads(self, mail: Mail, now: datetime | None) -> None:
        """Reads a mail, does what it brings to mind, answers what it asks, and sometimes looks at the journey."""
        heard = self.heard[mail.to]
        for item in mail.items:
            heard.append(item.kind)
            heard.append(f"{item.kind}/{heard.count(item.kind) + 1}")
        mine = [one for one in self.errands if one.by is mail.to and one.after in heard]
        for errand in mine:
            self.errands.remove(errand)
            if now is not None:
                await self._runs(errand, mail, now)
        for ask, url in mail.asked:
            if now is not None and ask not in self.answered and not self._left:
                await self._answers(ask, url, mail.to, now)
        if self._is_new_there(mail) and not self._left:
            await self._looks_around(mail)

    async def _runs(self, errand: Errand, mail: Mail, now: datetime) -> None:
        person = self.people[errand.by]
        if errand.begins == ASK:
            url = next(url for ask, url in mail.asked if ask.split(".")[0] == errand.after.split("/")[0])
            await person.open(url)
        elif errand.begins == JOURNEY:
            await self._to_journey(person, mail)
        else:
            await person.open(unsubscribe_address(mail))
        await self._does(person, errand, now)
        for more in errand.then:
            other = self.people[more.by]
            if more.by is not errand.by:
                await self._to_journey(other, next(one for one in reversed(self.mailbox.mails) if one.to is more.by))
            await self._does(other, more, now)

    async def _does(self, person: Person, errand: Errand, now: datetime) -> None:
        """From the page that is open to the form of the act, and through it."""
        page = person.read
        if not urlsplit(page.url).path.startswith("/u/"):
            page = await self._to_form(person, errand)
        await person.answer(errand.act, now, errand.says(now.astimezone(ZoneInfo(person.zone))))
        self.acts.append((errand.act, person.role))
        await self._now()

    async def _to_form(self, person: Person, errand: Errand) -> WebPage:
        """A page may ask first which session or which task is meant."""
        address = "fresh" if errand.act == "fresh_link" and errand.begins == ASK else errand.act
        page = await person.follow(f"/{address}")
        return page if page.form is not None else await person.follow(f"/{address}")

    async def _answers(self, ask: str, url: str, role: Role, now: datetime) -> None:
        person, kind = self.people[role], ask.split(".")[0]
        page = await person.open(url)
        if page.form is None:
            return
        says = self.walk.answers.get(f"{kind}/{role}", self.walk.answers.get(kind, NOTHING))
        await person.answer(kind, now, says(now.astimezone(ZoneInfo(person.zone))))
        self.answered.add(ask)
        self.acts.append((kind, role))
        await self._now()

    def _is_new_there(self, mail: Mail) -> bool:
        """People look at the journey page when a mail tells something that they have not heard of before."""
        return any(self.heard[mail.to].count(item.kind) == 1 for item in mail.items)

    async def _looks_around(self, mail: Mail) -> None:
        """Opens the journey page and every page that it leads to, each kind of page once."""
        person = self.people[mail.to]
        page = await self._to_journey(person, mail)
        for url in page.links:
            path = urlsplit(url).path
            kind = f"{person.role}{path.rsplit('/', 1)[-1]}"
            if path.startswith("/j/") and path.count("/") == 3 and kind not in self.explored and not is_file(path):
                self.explored.add(kind)
                await person.open(url)

    async def _to_journey(self, person: Person, mail: Mail) -> WebPage:
        """Every mail leads there, some by way of the page of what is asked or of one's settings."""
        if mail.journey:
            return await person.open(mail.journey)
        link = re.search(r"https?://[^/\s]+/[aj]/\S+", mail.text)
        if link is None:
            raise Stuck(f"the mail “{mail.subject}” has no link")
        page = await person.open(link[0])
        journey = next(url for url in page.links if re.fullmatch(r"/j/[^/]+", urlsplit(url).path))
        return await person.follow(urlsplit(journey).path)


def is_file(path: str) -> bool:
    """Whether a browser would store it and show nothing."""
    return path.endswith(("/next.ics", "/export"))


def unsubscribe_address(mail: Mail) -> str:
    """What the mail program offers beside the mail."""
    message = message_from_bytes(mail.path.read_bytes(), policy=policy.default)
    return str(message["List-Unsubscribe"]).strip("<> ")
