"""A whole mentorship played by simulated people: read the mail, open its link, fill in the form, press, skip ahead."""

import asyncio
import contextlib
import heapq
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx

import programs
from demo.forms import Values, WebPage, encode, open_page
from demo.mailbox import Mail, Mailbox
from demo.personas import Character, Persona
from demo.server import Parts
from models.base import PAIR, Role
from models.pages import Overview
from models.people import Start
from models.program import Program
from workflows.connection import EngineUnreachable
from workflows.time_skipping import MARGIN, idle, skip_by

STEPS_MOST = 5000
STANDSTILLS_MOST = 100
TRIES = 5
PAGES_MOST = 40
"""More than the longest form has pages."""
AWAY = 503
STANDSTILL = 0.05
"""Seconds until the driver looks again for what should have happened by now."""
TOO_LATE = frozenset({403, 404, 409, 410})
"""What the web app answers to a link whose time is over: a person reads the page and lets it be."""


class PlayProblem(Exception):
    """Why a play did not reach its end. It is a fault of ours, never of the simulated people."""


@dataclass(frozen=True, slots=True)
class Cast:
    """A program, the two personas, and the seed of all chance."""

    program: str = "career"
    mentor: Persona = Persona.EAGER
    mentee: Persona = Persona.EAGER
    seed: int = 1

    @property
    def id(self) -> str:
        """The platform's id of the mentorship that this cast plays."""
        return f"{self.program}-{self.mentor}-{self.mentee}-{self.seed}"


@dataclass(frozen=True, slots=True)
class Deed:
    """What someone did: pressed a button, or came too late to. Times are the mentorship's own, in UTC."""

    at: datetime
    by: Role
    act: str
    came_of_it: str
    receipt: str = ""


@dataclass(frozen=True, slots=True)
class Checkup:
    """A health verdict and its reasons, from when they were first seen."""

    at: datetime
    verdict: str
    reasons: tuple[str, ...]


@dataclass(slots=True)
class Scene:
    """What there is to see of a play while it runs."""

    start: Start
    program: Program
    cast: Cast
    now: datetime | None = None
    overview: Overview | None = None
    mails: list[Mail] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    health: list[Checkup] = field(default_factory=list)
    wall_seconds: float = 0.0

    def zone(self, role: Role) -> str:
        """The time zone of a recipient."""
        if role is Role.COORDINATOR:
            return self.program.coordinator.preferences.zone
        return (self.start.mentor if role is Role.MENTOR else self.start.mentee).zone


@dataclass(frozen=True, slots=True, order=True)
class _Plan:
    at: datetime
    number: int
    by: Role = field(compare=False)
    act: str = field(compare=False)
    url: str = field(compare=False)
    ask: str = field(compare=False, default="")


Watch = Callable[[Scene], None]


def nobody_watches(scene: Scene) -> None:
    """For plays without a live view."""


async def play(
    parts: Parts, start: Start, cast: Cast, watch: Watch = nobody_watches, kill_worker_after: int = 0
) -> Scene:
    """Plays one mentorship to its end on parts that are running. Many plays may run at once on the same parts.

    `start.id` must be new to the server. With `kill_worker_after`, the worker is killed once, after so many mails.
    Raises `PlayProblem` when the mentorship gets stuck or a page refuses what a person filled in.
    """
    began = time.monotonic()
    program = programs.load(start.program)
    async with httpx.AsyncClient(base_url=parts.web_url, timeout=30, follow_redirects=True) as http:
        driver = Driver(parts, Scene(start, program, cast), http, watch, kill_worker_after)
        try:
            return await driver.run()
        except TimeoutError as problem:
            raise PlayProblem(f"{start.id} does not settle: look into the worker's log") from problem
        finally:
            driver.scene.wall_seconds = time.monotonic() - began


class Driver:
    """Plays one mentorship. What may fail in a house that is on fire is a method of its own, to be tried again."""

    def __init__(self, parts: Parts, scene: Scene, http: httpx.AsyncClient, watch: Watch, kill_after: int) -> None:
        self.parts, self.scene, self.http, self.watch = parts, scene, http, watch
        self.kill_after = kill_after
        self.id = scene.start.id
        self.mailbox = Mailbox(parts.outbox, self.id)
        cast = scene.cast
        self.people = {
            Role.MENTOR: Character(cast.mentor, Role.MENTOR, scene.zone(Role.MENTOR), cast.seed),
            Role.MENTEE: Character(cast.mentee, Role.MENTEE, scene.zone(Role.MENTEE), cast.seed),
        }
        self.plans: list[_Plan] = []
        self.numbers = itertools.count()
        self.answered: set[str] = set()
        self.standstills = 0

    async def run(self) -> Scene:
        """From the start to the end. Raises `PlayProblem`."""
        await self.begin()
        now = await self.settled()
        for _ in range(STEPS_MOST):
            self.parts.check()
            overview = await self.overview()
            self._observe(now or overview.now, overview)
            if now is None:
                return self.scene
            now = await self._go_on(now, overview)
        raise PlayProblem(f"{self.id} did not end within {STEPS_MOST} steps: {_where(self.scene)}")

    async def begin(self) -> None:
        """Starts the mentorship."""
        started = await self.parts.mentorships.start(self.scene.start, self.scene.program)
        if started.already_running:
            raise PlayProblem(f"{self.id} was played here before: choose another --dir or --seed")

    async def overview(self) -> Overview:
        """Where the mentorship stands."""
        for _ in range(TRIES):
            with contextlib.suppress(EngineUnreachable):
                return await self.parts.mentorships.overview(self.id)
        raise PlayProblem(f"{self.id}: no worker answers")

    def _observe(self, now: datetime, overview: Overview) -> None:
        scene = self.scene
        scene.now, scene.overview = now, overview
        checkup = Checkup(overview.now, overview.health.verdict, overview.health.reasons)
        last = scene.health[-1] if scene.health else None
        if last is None or (last.verdict, last.reasons) != (checkup.verdict, checkup.reasons):
            scene.health.append(checkup)
        for mail in self.mailbox.fetch():
            scene.mails.append(mail)
            if mail.to in PAIR:
                self._plan(mail, overview)
        self.watch(scene)

    def _plan(self, mail: Mail, overview: Overview) -> None:
        """What a mail moves its reader to do. A nudge about what is planned already changes nothing."""
        person = self.people[mail.to]
        for ask, url in mail.asked:
            if ask in self.answered or any(plan.ask == ask for plan in self.plans):
                continue
            ends = next((waiting.ends_at for waiting in overview.waiting if waiting.id == ask), None)
            delay = person.reaction(ends - mail.at if ends else timedelta(days=7))
            if delay is not None:
                self._push(mail.at + delay, mail.to, ask.split(".")[0], url, ask)
        for errand in person.errands(mail) if mail.journey else ():
            self._push(mail.at + errand.after, mail.to, errand.act, mail.journey, "")

    def _push(self, at: datetime, by: Role, act: str, url: str, ask: str) -> None:
        heapq.heappush(self.plans, _Plan(at, next(self.numbers), by, act, url, ask))

    async def _go_on(self, now: datetime, overview: Overview) -> datetime | None:
        """Skips to what comes next and, if that is a plan, does it. The new time, or None when it has ended."""
        plan, due = (self.plans[0] if self.plans else None), overview.next_at
        if plan is not None and (due is None or plan.at <= max(due, now)):
            heapq.heappop(self.plans)
            at = await self.skip(plan.at + MARGIN - now) if plan.at > now else now
            return await self._do(plan, at) if at is not None else None
        if due is not None and due > now:
            self.standstills = 0
            return await self.skip(due + MARGIN - now)
        # It may have ended since it was looked at: the provider's last report comes when it likes.
        self.standstills += 1
        if self.standstills > STANDSTILLS_MOST:
            what = "stands still" if due is not None else "waits for nobody and nothing"
            raise PlayProblem(f"{self.id} {what}: {_where(self.scene)}")
        await asyncio.sleep(STANDSTILL)
        return await self.settled()

    async def settled(self) -> datetime | None:
        """Waits until nothing is under way any more, the mail provider's reports included: they take real time."""
        while True:
            now = await idle(self.parts.client, self.id)
            if now is None or self.parts.sendgrid is None or not await self.parts.sendgrid.settled(self.id):
                return now

    async def skip(self, by: timedelta) -> datetime | None:
        """Moves the clock and waits until all is quiet: the new time, or None after the end."""
        skipping = asyncio.ensure_future(skip_by(self.parts.client, self.id, by))
        if self.kill_after and len(self.scene.mails) >= self.kill_after:
            self.kill_after = 0
            await asyncio.sleep(0.01)  # just as the next mail is being written
            await self.parts.kill_worker()
        await skipping
        return await self.settled()

    async def _do(self, plan: _Plan, now: datetime) -> datetime | None:
        """Opens the link and sends the form, as a person does. A page that came too late is only read."""
        page = await self._open(plan.url)
        if not plan.ask:
            page = await self._follow(page, plan.act)
        came_of_it = f"nothing to fill in: {page.title}"
        for _ in range(PAGES_MOST):
            form = page.form
            if form is None:
                break
            values = encode(self.people[plan.by].answer(plan.act, form, now))
            response = await self.answer("POST", form.url, values)
            page = open_page(str(response.url), response.status_code, response.text)
            if page.status >= 400 and page.status not in TOO_LATE:
                raise PlayProblem(
                    f"{self.id}: the page refused the {plan.by}'s {plan.act} ({page.status}): "
                    f"{page.problems or page.title}"
                )
            came_of_it = page.recorded
            if page.status < 400 and "step" not in values:
                self.answered.add(plan.ask)
                break
        self.scene.deeds.append(Deed(now, plan.by, plan.act, came_of_it, page.receipt))
        return await self.settled()

    async def _follow(self, page: WebPage, act: str) -> WebPage:
        """From the journey page to the form of an act, when the page offers it."""
        offered = [url for url in page.links if httpx.URL(url).path.endswith(f"/{act}")]
        return await self._open(offered[0]) if offered else page

    async def _open(self, url: str) -> WebPage:
        response = await self.answer("GET", url)
        if response.status_code >= 400 and response.status_code not in TOO_LATE:
            raise PlayProblem(f"{self.id}: a mailed link answers {response.status_code}: {response.text[:200]}")
        return open_page(str(response.url), response.status_code, response.text)

    async def answer(self, method: str, url: str, values: Values | None = None) -> httpx.Response:
        """What the web app answers. When it says that it can't reach the engine just now, people press again."""
        response = await self.http.request(method, url, data=values)
        for _ in range(TRIES):
            if response.status_code != AWAY:
                break
            await asyncio.sleep(1)
            response = await self.http.request(method, url, data=values)
        return response


def _where(scene: Scene) -> str:
    overview = scene.overview
    if overview is None:
        return "it never answered"
    waiting = ", ".join(f"{ask.on} to {ask.title}" for ask in overview.waiting) or "nobody"
    return f"stage {overview.stage}, waiting on {waiting}, next {overview.next_at} ({overview.next_why})"
