"""Lets people live in the house while it is set on fire, by the plan."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from demo.autoplay import PlayProblem, Scene
from demo.chaos.house import House
from demo.chaos.people import Crowd
from demo.chaos.plan import Channel, Fault, FaultKind, Role

AT_ONCE = 10
LONGEST = 12.0
"""Seconds of ours that a fault lasts at most, however few days of the mentorships went by."""
SHORTEST = 1.0
MANY = 3

Say = Callable[[str], None]


@dataclass(slots=True)
class Played:
    """How it went: the scene of each mentorship, or why it did not end; and what was done to the house."""

    scenes: dict[str, Scene] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    faults: Counter[str] = field(default_factory=Counter)
    longest_days: Counter[str] = field(default_factory=Counter)
    """The most days of a mentorship that a lasting fault took, by kind, rounded down."""


class Conductor:
    """Plays all roles of the plan, some at once, and deals the faults."""

    def __init__(self, house: House, crowd: Crowd, say: Say) -> None:
        self.house, self.crowd, self.say = house, crowd, say
        self.played = Played()
        self._lasting: set[asyncio.Task[None]] = set()

    async def run(self) -> Played:
        """Until every mentorship has ended or is given up, and every fault is over."""
        faults = asyncio.create_task(self._deal())
        turn = asyncio.Semaphore(AT_ONCE)

        async def one(role: Role) -> None:
            async with turn:
                await self._play(role)

        try:
            plays = asyncio.ensure_future(_all(map(one, self.house.plan.roles)))
            await asyncio.wait((faults, plays), return_when=asyncio.FIRST_COMPLETED)
            if faults.done():
                # A part did not come back: nobody can go on.
                plays.cancel()
                await faults
            await plays
        finally:
            faults.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await faults
            await asyncio.gather(*self._lasting)
        return self.played

    async def _play(self, role: Role) -> None:
        name = role.cast.id
        try:
            scene = await self.crowd.play(role)
        except PlayProblem as problem:
            self.played.problems[name] = str(problem)
            self.say(f"{name}: STUCK: {problem}")
        else:
            self.played.scenes[name] = scene
            outcome = scene.overview.outcome if scene.overview else "?"
            self.say(f"{name} by {role.channel}: {outcome}, {len(scene.mails)} mails, {len(scene.deeds)} deeds")

    async def _deal(self) -> None:
        steps = 0
        for fault in self.house.plan.faults():
            steps = max(steps + fault.after, self.crowd.steps)
            await self.crowd.until(steps)
            self.played.faults[fault.kind] += 1
            self.say(f"step {self.crowd.steps}: {fault.kind.replace('_', ' ')}")
            await self._inflict(fault)

    async def _inflict(self, fault: Fault) -> None:
        house = self.house
        match fault.kind:
            case FaultKind.SENDGRID_WORKER_KILLED:
                await house.kill_and_wait(Channel.SENDGRID.worker)
            case FaultKind.OUTBOX_WORKER_KILLED:
                await house.kill_and_wait(Channel.OUTBOX.worker)
            case FaultKind.WEB_KILLED:
                await house.kill_and_wait("web")
            case FaultKind.SERVER_KILLED:
                await house.kill_and_wait("temporal")
            case FaultKind.PROVIDER_DOWN:
                self._let_last(fault, house.gate.shut, house.gate.open)
            case FaultKind.DISK_FULL:
                self._let_last(fault, self._fill, self._empty)
            case FaultKind.PLATFORM_DOWN:
                self._let_last(fault, self._silence, self._wake)

    def _let_last(self, fault: Fault, begin: Callable[[], Awaitable[None]], end: Callable[[], Awaitable[None]]) -> None:
        """Goes on beside the others: a worker is killed while the provider is down, too."""

        async def last() -> None:
            before = dict(self.crowd.clocks)
            await begin()
            try:
                days = await self._wait_days(fault.days, before)
            finally:
                await end()
            self.played.longest_days[fault.kind] = max(self.played.longest_days[fault.kind], int(days))

        if any(task.get_name() == fault.kind for task in self._lasting):
            return
        task = asyncio.create_task(last(), name=fault.kind)
        self._lasting.add(task)
        task.add_done_callback(self._lasting.discard)

    async def _wait_days(self, days: float, before: dict[str, datetime]) -> float:
        """Until so many days went by in several mentorships, or it took too long. The most days that went by."""
        clock = asyncio.get_running_loop()
        began, passed = clock.time(), [0.0]
        while clock.time() < began + LONGEST:
            await asyncio.sleep(0.05)
            clocks = self.crowd.clocks
            here = [(clocks[name] - at) / timedelta(days=1) for name, at in before.items() if name in clocks]
            passed = here or passed
            enough = sum(one >= days for one in here) >= min(MANY, len(here))
            if enough and clock.time() > began + SHORTEST:
                break
        return max(passed)

    async def _fill(self) -> None:
        await self.house.disk.fill(self._writer())

    async def _empty(self) -> None:
        await self.house.disk.empty(self._writer())

    async def _silence(self) -> None:
        self.house.platform.down = True

    async def _wake(self) -> None:
        self.house.platform.down = False

    def _writer(self) -> int:
        worker = self.house.running.get(Channel.OUTBOX.worker)
        return worker.process.pid if worker is not None else 0


async def _all(plays: Iterable[Awaitable[None]]) -> None:
    await asyncio.gather(*plays)
