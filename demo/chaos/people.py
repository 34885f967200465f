"""People who do not give up: when a page, a server or a clock does not answer, they wait a moment and press again."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar

import httpx
from temporalio.service import RPCError

import programs
from demo.autoplay import AWAY, Driver, PlayProblem, Scene, nobody_watches
from demo.chaos.house import House
from demo.chaos.plan import Role
from demo.forms import Values
from demo.mailbox import Mailbox
from models.pages import Overview
from workflows.connection import EngineUnreachable
from workflows.time_skipping import idle

T = TypeVar("T")
PASSING = (RPCError, TimeoutError, EngineUnreachable, httpx.TransportError, httpx.HTTPStatusError)
"""What a house on fire answers, in place of the truth."""
PATIENCE = 120.0
"""Seconds after which someone who was answered nothing else is stuck."""
BREATH = 0.2
OFTEN_TWICE = 0.15
"""How often someone presses twice at once, or a platform starts twice."""


@dataclass(slots=True)
class Crowd:
    """All who take part. `steps` counts what they did; `unanswered` what they had to do again."""

    house: House
    steps: int = 0
    unanswered: Counter[str] = field(default_factory=Counter)
    doubled: int = 0
    clocks: dict[str, datetime] = field(default_factory=dict)
    """What time it is in each mentorship that is under way."""
    _stepped: asyncio.Event = field(default_factory=asyncio.Event)

    async def play(self, role: Role) -> Scene:
        """One mentorship from start to end. Raises `PlayProblem` where it is stuck or a page is at fault."""
        start = self.house.start_of(role)
        scene = Scene(start, programs.load(start.program), role.cast)
        async with httpx.AsyncClient(base_url=self.house.web_url, timeout=15, follow_redirects=True) as http:
            try:
                return await Steadfast(self, role, scene, http).run()
            finally:
                self.clocks.pop(start.id, None)

    def step(self) -> None:
        """Someone did something, or let time go by."""
        self.steps += 1
        self._stepped.set()

    async def until(self, steps: int) -> None:
        """Returns after so many steps in all."""
        while self.steps < steps:
            self._stepped.clear()
            await self._stepped.wait()


class Steadfast(Driver):
    """Plays one mentorship through whatever happens to the house."""

    def __init__(self, crowd: Crowd, role: Role, scene: Scene, http: httpx.AsyncClient) -> None:
        super().__init__(crowd.house, scene, http, nobody_watches, 0)
        self.crowd = crowd
        self.mentorships = crowd.house.mentorships_of(role.channel)
        self.mailbox = Mailbox(crowd.house.mails_of(role.channel), self.id)
        self.chance = Random(f"{role.cast.seed}/presses")  # noqa: S311 - the seed makes it repeatable  # nosec B311

    async def begin(self) -> None:
        """Starts the mentorship, perhaps twice at once: it is one all the same."""

        async def start() -> None:
            await self.mentorships.start(self.scene.start, self.scene.program)

        await self._persist(lambda: asyncio.gather(*(start() for _ in range(self._times()))), "start")

    async def overview(self) -> Overview:
        """Where the mentorship stands."""
        return await self._persist(lambda: self.mentorships.overview(self.id), "overview")

    async def settled(self) -> datetime | None:
        """What time it is once all is quiet, or None after the end."""
        now = await self._persist(super().settled, "settled")
        if now is not None:
            self.crowd.clocks[self.id] = now
        self.crowd.step()
        return now

    async def skip(self, by: timedelta) -> datetime | None:
        """Moves the clock. What was asked before a crash may have been done or not: the clock itself tells."""
        now = await self._persist(lambda: idle(self.parts.client, self.id), "clock")
        if now is None:
            return None
        until = now + by

        async def on() -> datetime | None:
            now = await idle(self.parts.client, self.id)
            return await Driver.skip(self, until - now) if now is not None and now < until else now

        return await self._persist(on, "skip")

    async def answer(self, method: str, url: str, values: Values | None = None) -> httpx.Response:
        """What the web app answers; the same form again, with the same nonce, is the same press."""

        async def ask() -> httpx.Response:
            times = self._times() if method == "POST" else 1
            answers = await asyncio.gather(*(self.http.request(method, url, data=values) for _ in range(times)))
            for one in answers:
                if one.status_code == AWAY:
                    one.raise_for_status()
            return answers[0]

        return await self._persist(ask, "page")

    def _times(self) -> int:
        twice = self.chance.random() < OFTEN_TWICE
        self.crowd.doubled += twice
        return 2 if twice else 1

    async def _persist(self, ask: Callable[[], Awaitable[T]], what: str) -> T:
        clock = asyncio.get_running_loop()
        give_up = clock.time() + PATIENCE
        while True:
            try:
                return await ask()
            except PASSING as problem:
                self.crowd.unanswered[what] += 1
                if clock.time() > give_up:
                    raise PlayProblem(f"{self.id}: nobody answered '{what}' for long: {problem!r}") from problem
            await asyncio.sleep(BREATH)
