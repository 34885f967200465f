"""Looking at processes and queues while a load runs: memory by the second, and what waits."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import psutil
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

EVERY = 0.25
KINDS = (TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY)
SETTLED = 3
"""The server's count is an estimate: so often in a row it has to be nothing."""


def megabytes(pid: int) -> float:
    """The memory that a process has resident now."""
    return float(psutil.Process(pid).memory_info().rss) / 1e6


def processor_seconds(pids: Iterable[int]) -> dict[int, float]:
    """The processor time that processes have used so far."""
    times = {pid: psutil.Process(pid).cpu_times() for pid in pids}
    return {pid: one.user + one.system for pid, one in times.items()}


async def backlog(client: Client, queue: str) -> int:
    """How many workflow tasks and activities wait for a worker."""
    waiting = 0
    for kind in KINDS:
        told = await client.workflow_service.describe_task_queue(
            DescribeTaskQueueRequest(
                namespace=client.namespace,
                task_queue=TaskQueue(name=queue),
                task_queue_type=kind,
                report_stats=True,
            )
        )
        waiting += told.stats.approximate_backlog_count
    return waiting


async def until_nothing_waits(client: Client, queue: str) -> float:
    """How many seconds it took."""
    began = time.monotonic()
    quiet = 0
    while quiet < SETTLED:
        quiet = 0 if await backlog(client, queue) else quiet + 1
        await asyncio.sleep(EVERY)
    return max(time.monotonic() - began - SETTLED * EVERY, 0.0)


@dataclass(slots=True)
class Watch:
    """Samples, four a second, for as long as it is used as a context. `processes` are pids by their names."""

    client: Client
    queue: str
    processes: dict[str, int]
    memory: dict[str, list[float]] = field(default_factory=dict)
    waiting: list[int] = field(default_factory=list)
    _task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Watch":
        self.memory = {name: [] for name in self.processes}
        self._task = asyncio.create_task(self._look())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _look(self) -> None:
        while True:
            for name, pid in self.processes.items():
                self.memory[name].append(megabytes(pid))
            self.waiting.append(await backlog(self.client, self.queue))
            await asyncio.sleep(EVERY)

    def growth(self, name: str) -> float:
        """By how many megabytes a process grew: the middle of its last quarter against that of its second.

        In the first quarter caches fill and code is loaded.
        """
        seen = self.memory[name]
        quarter = len(seen) // 4
        return quantile(seen[3 * quarter :], 0.5) - quantile(seen[quarter : 2 * quarter], 0.5) if quarter else 0.0


def quantile(values: Iterable[float], part: float) -> float:
    """The value below which this part of all lies; 0 of nothing."""
    ranked = sorted(values)
    return ranked[min(int(len(ranked) * part), len(ranked) - 1)] if ranked else 0.0
