"""Starts wait their turn while workers are behind: backpressure, so that whoever presses does not wait behind them.

A press in a mentorship that no worker has in its cache waits in the same queue as the first steps of those that begin,
first come first served: Temporal has priorities for workflows, not for updates. So starts go into that queue in
portions, each when workers have done the first steps of the portion before the last. (What the server tells of the
queue's length is up to five seconds old, too old to go by: in that time it takes a thousand starts.)
"""

import asyncio
from contextlib import suppress
from typing import Final

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from workflows.unreachable import PATIENCE

PORTION: Final = 10
"""Starts. A worker on one core does the first steps of so many in a third of a second."""
LONGEST: Final = 5.0
"""Seconds that a start waits for its turn. Then it begins anyway: workers that are behind for long lose nothing."""
LOOK_EVERY: Final = 0.05
"""Seconds between two looks at the last one of a portion."""
BEFORE_THE_FIRST_STEP: Final = 3
"""Events in a history: it was started, its first task was put into the queue, a worker has it. Workers hold up to a
hundred tasks, so that one which they have may still wait for long."""


class Intake:
    """The turns of all starts that one process makes."""

    def __init__(self, client: Client, *, task_queue: str) -> None:
        self._client = client
        self._task_queue = task_queue
        self._turn = asyncio.Lock()
        self._begun = 0
        self._last_ones: tuple[str, ...] = ()

    async def turn(self, workflow: str) -> None:
        """Returns when the workflow may begin: at once, unless workers are behind; after `LONGEST` in any case."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST), self._turn:
                await self._next_portion()
        self._begun += 1
        if self._begun == PORTION:
            self._last_ones = (*self._last_ones, workflow)[-2:]

    async def _next_portion(self) -> None:
        if self._begun < PORTION:
            return
        if len(self._last_ones) == 2:
            await self._until_taken_up(self._last_ones[0])
        self._begun = 0

    async def _until_taken_up(self, workflow: str) -> None:
        """Waits for its first step; not where no worker asks for any, nor where the server can't tell."""
        # The start that comes next says what is wrong with the server, if anything is.
        with suppress(RPCError):
            while not await self._taken_up(workflow) and await self._is_worked():  # noqa: ASYNC110 - in the server
                await asyncio.sleep(LOOK_EVERY)

    async def _taken_up(self, workflow: str) -> bool:
        described = await self._client.get_workflow_handle(workflow).describe(rpc_timeout=PATIENCE)
        return described.history_length > BEFORE_THE_FIRST_STEP

    async def _is_worked(self) -> bool:
        """Whether a worker asks for workflow tasks, or did so in the last minutes."""
        request = DescribeTaskQueueRequest(
            namespace=self._client.namespace,
            task_queue=TaskQueue(name=self._task_queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        )
        return bool((await self._client.workflow_service.describe_task_queue(request, timeout=PATIENCE)).pollers)
