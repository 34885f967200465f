"""The least that an update can cost: a workflow without rules, in a worker process of its own."""

import asyncio
import os
import sys

from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from settings import settings
from workflows.connection import data_converter

TASK_QUEUE = "bare"


@workflow.defn(name="Bare", sandboxed=False)
class Bare:
    """Takes updates and answers each with its number, until it is told to stop."""

    @workflow.init
    def __init__(self) -> None:
        self._pressed = 0
        self._stopped = False

    @workflow.run
    async def run(self) -> int:
        """Waits for the end."""
        await workflow.wait_condition(lambda: self._stopped)
        return self._pressed

    @workflow.update
    def press(self, value: str) -> int:
        """Counts, as the smallest thing that an update can do."""
        self._pressed += 1
        return self._pressed

    @press.validator
    def _check(self, value: str) -> None:
        if not value:
            raise ValueError("nothing was pressed")

    @workflow.signal
    def stop(self) -> None:
        """Lets it end."""
        self._stopped = True


async def main(address: str) -> None:
    """Works until it is killed."""
    client = await Client.connect(address, data_converter=data_converter(settings()))
    await Worker(client, task_queue=TASK_QUEUE, workflows=[Bare], workflow_runner=UnsandboxedWorkflowRunner()).run()


if __name__ == "__main__":
    try:
        asyncio.run(main(sys.argv[1]))
    finally:
        # The interpreter sometimes crashes while it exits after the SDK was used (temporalio/sdk-python issue 300).
        os._exit(0)
