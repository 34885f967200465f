"""A life without rules: as many timers, updates, activities and mails as a mentorship has, and nothing else.

Its worker is a process of its own, set up as ours is but for the sandbox: a workflow without models needs none. Its
activity makes and writes mails as ours does, always the same two: what mails cost is no question of the rules.
"""

import asyncio
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

import lifecycle
import programs
from activities.mail import AT_ONCE, Courier
from activities.outbox import OutboxMailer
from lifecycle.simulation import sample_start
from links import Links
from models.mail import Delivery
from settings import settings
from workflows.connection import data_converter

TASK_QUEUE = "bare-life"
PROGRAM = "career"
A_DAY = timedelta(days=1)
PATIENCE = timedelta(seconds=20)
A_MORNING = datetime(2031, 1, 6, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Shape:
    """What a life consists of."""

    timers: int
    activities: int
    updates: int
    mails: int

    def mails_of(self, number: int) -> int:
        """How many mails one of the activities makes; all together make all of them."""
        return self.mails * (number + 1) // self.activities - self.mails * number // self.activities


@workflow.defn(name="BareLife", sandboxed=False)
class BareLife:
    """Sleeps, does, and counts what it is told, until it has done as much as a mentorship does."""

    @workflow.init
    def __init__(self, shape: Shape) -> None:
        self._pressed = 0

    @workflow.run
    async def run(self, shape: Shape) -> int:
        """The first activity comes at once, as a first mail does; the others after a timer each."""
        done = 0
        while done < shape.activities - shape.timers:
            done += await self._do(shape.mails_of(done))
        await workflow.wait_condition(lambda: self._pressed >= shape.updates)
        for _ in range(shape.timers):
            await workflow.sleep(A_DAY)
            if done < shape.activities:
                done += await self._do(shape.mails_of(done))
        return done

    @workflow.update
    def press(self, value: str) -> int:
        """Counts."""
        self._pressed += 1
        return self._pressed

    async def _do(self, mails: int) -> int:
        return await workflow.execute_activity(take, mails, start_to_close_timeout=PATIENCE)


@activity.defn
def take(mails: int) -> int:
    """Makes so many mails and writes them to the outbox."""
    delivery, courier = _delivery(), _courier()
    courier.deliver(delivery.evolve(letters=(delivery.letters * mails)[:mails]))
    return 1


@lru_cache(maxsize=1)
def _delivery() -> Delivery:
    """The first mails of a mentorship."""
    program = programs.load(PROGRAM)
    begun = lifecycle.begin(sample_start(program, "Etc/UTC", "Etc/UTC"), program, A_MORNING)
    _, delivery = lifecycle.advance(begun, A_MORNING)
    assert delivery is not None
    return delivery


@lru_cache(maxsize=1)
def _courier() -> Courier:
    return Courier(Links("http://127.0.0.1:8000", ["b" * 32]), OutboxMailer(Path(sys.argv[2])), "trellis.example.com")


async def main(address: str) -> None:
    """Works until it is killed."""
    client = await Client.connect(address, data_converter=data_converter(settings()))
    with ThreadPoolExecutor(AT_ONCE) as threads:
        await Worker(
            client,
            task_queue=TASK_QUEUE,
            workflows=[BareLife],
            activities=[take],
            activity_executor=threads,
            max_concurrent_activities=AT_ONCE,
            workflow_runner=UnsandboxedWorkflowRunner(),
        ).run()


if __name__ == "__main__":
    try:
        asyncio.run(main(sys.argv[1]))
    finally:
        # The interpreter sometimes crashes while it exits after the SDK was used (temporalio/sdk-python issue 300).
        os._exit(0)
