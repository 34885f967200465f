"""The Temporal worker: carries mentorships and sends their mail. `python worker.py` runs until SIGTERM or Ctrl-C."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from pydantic import ValidationError
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import Worker, WorkerDeploymentConfig
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities import webhooks
from activities.mail import AT_ONCE, deliver
from activities.webhooks import announce
from settings import Settings, settings, told
from workflows import search_attributes
from workflows.connection import EngineUnreachable, connect
from workflows.events import QUEUE, PlatformEventsWorkflow
from workflows.fleet import DEPLOYMENT, Fleet, UpgradeRefused
from workflows.mentorship import MentorshipWorkflow

log = logging.getLogger("trellis.worker")

# The rules are pure (a test guards that), so they need no sandbox of their own: loaded once for all workflows, a cached
# mentorship takes an eighth of the memory.
PASSED_THROUGH = ("models", "lifecycle", "pydantic", "pydantic_core", "annotated_types", "email_validator", "tzdata")


def build(
    client: Client, *, task_queue: str | None = None, activities: Sequence[Callable[..., Any]] = (deliver,)
) -> Worker:
    """A worker for one client, with the settings of this process. Use it as `async with`, or call `run`."""
    own = settings()
    return Worker(
        client,
        task_queue=task_queue or own.task_queue,
        workflows=[MentorshipWorkflow, PlatformEventsWorkflow],
        activities=activities,
        max_concurrent_activities=AT_ONCE,
        workflow_runner=runner(),
        deployment_config=_deployment(own),
        # After a worker is lost, the first act of a mentorship it had cached waits this long for it (10 s by default).
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=0.5),
        graceful_shutdown_timeout=timedelta(seconds=30),
    )


def build_announcer(
    client: Client, *, task_queue: str | None = None, activities: Sequence[Callable[..., Any]] = (announce,)
) -> Worker:
    """The worker beside it that tells the platform what happens. It has its own queue: slow receivers starve nobody."""
    own = settings()
    return Worker(
        client,
        task_queue=(task_queue or own.task_queue) + QUEUE,
        activities=activities,
        max_concurrent_activities=webhooks.AT_ONCE,
        deployment_config=_deployment(own),
        graceful_shutdown_timeout=timedelta(seconds=30),
    )


def runner() -> SandboxedWorkflowRunner:
    """The sandbox in which workflows run; replays need the same."""
    return SandboxedWorkflowRunner(SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH))


async def run(client: Client) -> None:
    """Works until SIGTERM or SIGINT, then finishes what it is doing. Registers search attributes in local mode."""
    own = settings()
    if own.local:
        await search_attributes.register(client)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with build(client), build_announcer(client):
        log.info("ready: task queue %s in namespace %s", own.task_queue, client.namespace)
        if own.is_versioned:
            await _introduce(client, own)
        await stop.wait()
        log.info("stopping")


def main() -> int:
    """Runs the worker of this process; the exit code tells whether it could."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        settings()
        asyncio.run(_connect_and_run())
    except EngineUnreachable as problem:
        print(problem, file=sys.stderr)
        return 1
    except ValidationError as problem:
        print(told(problem), file=sys.stderr)
        return 1
    return 0


async def _connect_and_run() -> None:
    await run(await connect())


async def _introduce(client: Client, own: Settings) -> None:
    """Says whether this build gets work. What goes wrong here is no reason to stop: `starter.py upgrade` mends it."""
    try:
        current = await Fleet(client, task_queue=own.task_queue).introduce(own.build)
    except (EngineUnreachable, UpgradeRefused) as problem:
        log.warning("build %s: can't tell whether it is current: %s", own.build, problem)
        return
    if current:
        log.info("build %s is current", own.build)
    else:
        log.warning(
            "build %s waits: mentorships stay on their builds until `python starter.py upgrade` makes this one current",
            own.build,
        )


def _deployment(own: Settings) -> WorkerDeploymentConfig | None:
    """Where it is versioned, runs stay on the build they began with, and a renewal moves them to the current one."""
    if not own.is_versioned:
        return None
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(deployment_name=DEPLOYMENT, build_id=own.build),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.PINNED,
    )


if __name__ == "__main__":
    status = main()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    # The interpreter sometimes crashes while it exits after the SDK was used (temporalio/sdk-python issue 300). All is
    # done and flushed here: leave with the true status.
    os._exit(status)
