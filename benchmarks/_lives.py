"""Lives for the load: each is started, pressed, and then its clock is skipped through all its timers to its end.

Both kinds, ours and the bare one, are driven by the same calls, so that what the driver costs is the same too.
"""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import time as hour
from datetime import timedelta
from typing import Any, Protocol

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.testing import TimeSkipper, TimeSkippingConfig

import programs
from benchmarks._bare_life import PROGRAM, TASK_QUEUE, BareLife, Shape
from demo.report import runs
from lifecycle.simulation import sample_start
from models.acts import Act, ChangePreferences
from models.answers import Accept, Decision
from models.base import PAIR, Role
from models.mail import Delivery
from models.people import Preferences, Start
from workflows.begin import workflow_id
from workflows.client import Mentorships
from workflows.time_skipping import MOST_SKIPS

A_YEAR = timedelta(days=400)
ZONE = "Etc/UTC"
ALL_DAY = {"hours_from": hour(0), "hours_to": hour(23, 59), "days_off": ()}
"""So that a start has its mails at once, whenever the load is run."""


class Lives(Protocol):
    """How one kind of life is begun and pressed."""

    presses: int

    async def begin(self, number: int) -> str:
        """Starts one; the id of its workflow."""

    async def press(self, number: int, press: int) -> None:
        """Does one of its presses."""


@dataclass(slots=True)
class Ours:
    """Both accept and say when they like mail; then nobody answers any more, so that it is nudged until it lapses."""

    mentorships: Mentorships
    name: str
    presses: int = 4

    async def begin(self, number: int) -> str:
        """A start as a platform sends it."""
        start = _start(f"{self.name}-{number}")
        await self.mentorships.start(start, programs.load(PROGRAM))
        return workflow_id(start.id)

    async def press(self, number: int, press: int) -> None:
        """One act of one of the pair."""
        act = _act(PAIR[press % 2], press // 2)
        await self.mentorships.act(f"{self.name}-{number}", act, update_id=f"press-{press}")


@dataclass(slots=True)
class Bare:
    """The same number of everything."""

    client: Client
    name: str
    shape: Shape

    @property
    def presses(self) -> int:
        return self.shape.updates

    async def begin(self, number: int) -> str:
        """Starts one."""
        id = f"{self.name}-{number}"
        await self.client.start_workflow(BareLife.run, self.shape, id=id, task_queue=TASK_QUEUE)
        return id

    async def press(self, number: int, press: int) -> None:
        """One update."""
        handle = self.client.get_workflow_handle(f"{self.name}-{number}")
        await handle.execute_update(BareLife.press, f"press {press}", id=f"press-{press}")


@dataclass(slots=True)
class Driver:
    """Drives lives of one kind. `latencies` are those of presses, in seconds; `lived` counts lives that ended."""

    client: Client
    lives: Any
    numbers: Iterator[int] = field(default_factory=itertools.count)
    lived: int = 0
    latencies: list[float] = field(default_factory=list)

    async def live(self) -> None:
        """One whole life."""
        number = next(self.numbers)
        workflow = await self.lives.begin(number)
        for press in range(self.lives.presses):
            began = time.perf_counter()
            await self.lives.press(number, press)
            self.latencies.append(time.perf_counter() - began)
        await skip_to_the_end(self.client, workflow)
        self.lived += 1

    async def flat_out(self, seconds: float, lanes: int) -> float:
        """Lives on some lanes, one after the other on each, for a time; how many a second came to their end."""
        until = time.monotonic() + seconds
        before = self.lived

        async def lane() -> None:
            while time.monotonic() < until:
                await self.live()

        began = time.monotonic()
        await asyncio.gather(*(lane() for _ in range(lanes)))
        return (self.lived - before) / (time.monotonic() - began)

    async def steadily(self, seconds: float, rate: float) -> None:
        """Begins so many lives a second, whether those before them have ended or not, and sees all to their end."""
        began = time.monotonic()
        under_way: set[asyncio.Task[None]] = set()
        for number in range(max(int(seconds * rate), 1)):
            await asyncio.sleep(max(began + number / rate - time.monotonic(), 0))
            under_way.add(asyncio.create_task(self.live()))
        await asyncio.gather(*under_way)


async def skip_to_the_end(client: Client, workflow: str) -> None:
    """Moves its clock through every timer that is left."""
    skipper = TimeSkipper(client, config=TimeSkippingConfig(max_session_skip_count=MOST_SKIPS))
    await skipper.fast_forward(client.get_workflow_handle(workflow), A_YEAR)


async def shape_of(client: Client, workflow: str) -> Shape:
    """What a life consisted of, by its histories."""
    history = await runs(client, workflow)
    kinds = Counter(event.event_type for run in history for event in run.events)
    mails = sum(
        len(Delivery.model_validate_json(event.activity_task_scheduled_event_attributes.input.payloads[0].data).letters)
        for run in history
        for event in run.events
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
    )
    return Shape(
        timers=kinds[EventType.EVENT_TYPE_TIMER_STARTED],
        activities=kinds[EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED],
        updates=kinds[EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED],
        mails=mails,
    )


def _start(id: str) -> Start:
    sample = sample_start(programs.load(PROGRAM), ZONE, ZONE)
    return sample.evolve(id=id, mentor=sample.mentor.evolve(**ALL_DAY), mentee=sample.mentee.evolve(**ALL_DAY))


def _act(by: Role, turn: int) -> Act:
    if turn == 0:
        return Accept(by=by, ask=f"accept.{by}", decision=Decision.YES)
    return ChangePreferences(by=by, ask="", preferences=Preferences(zone=ZONE, **ALL_DAY))
