"""A life without rules: as many timers, updates and activities as a mentorship has, and nothing else.

Its worker is a process of its own, set up as ours is but for the sandbox: a workflow without models needs none.
"""

import asyncio
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

TASK_QUEUE = "bare-life"
AT_ONCE = 32
A_DAY = timedelta(days=1)
PATIENCE = timedelta(seconds=20)
A_MAIL = b"x" * 30_000


@dataclass(frozen=True)
class Shape:
    """What a life consists of."""

    timers: int
    activities: int
    updates: int


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
        for _ in range(max(shape.activities - shape.timers, 0)):
            done += await self._do()
        await workflow.wait_condition(lambda: self._pressed >= shape.updates)
        for _ in range(shape.timers):
            await workflow.sleep(A_DAY)
            if done < shape.activities:
                done += await self._do()
        return done

    @workflow.update
    def press(self, value: str) -> int:
        """Counts."""
        self._pressed += 1
        return self._pressed

    async def _do(self) -> int:
        return await workflow.execute_activity(take, workflow.info().workflow_id, start_to_close_timeout=PATIENCE)


@activity.defn
def take(name: str) -> int:
    """Writes as many bytes as a mail has, as durably."""
    with tempfile.TemporaryFile(dir=Path(sys.argv[2])) as file:
        file.write(A_MAIL)
        file.flush()
        os.fsync(file.fileno())
    return 1


async def main(address: str) -> None:
    """Works until it is killed."""
    client = await Client.connect(address, data_converter=pydantic_data_converter)
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
