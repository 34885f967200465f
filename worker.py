"""The Temporal worker: carries mentorships and sends their mail. `python worker.py` runs until SIGTERM or Ctrl-C."""

import asyncio
import contextlib
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

from pydantic import ValidationError
from temporalio.client import Client, Interceptor
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.runtime import Runtime
from temporalio.worker import Worker, WorkerDeploymentConfig
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities import webhooks
from activities.mail import AT_ONCE, deliver
from activities.webhooks import announce
from settings import Settings, settings, told
from telemetry import logs, traces
from telemetry.probes import NotServed, probes, serving
from telemetry.readiness import Readiness, answers
from telemetry.runtime import observed
from telemetry.stopping import leave, leave_if_asked, leave_within, on_stop
from workflows import search_attributes
from workflows.connection import EngineUnreachable, connect
from workflows.events import QUEUE, PlatformEventsWorkflow
from workflows.fleet import DEPLOYMENT, Fleet, UpgradeRefused
from workflows.measuring import BUCKETS
from workflows.mentorship import MentorshipWorkflow

log = logging.getLogger("trellis.worker")

FINISHES_WITHIN = timedelta(seconds=30)
"""What was begun is given so long after SIGTERM: longer than a delivery of mail or an attempt at a webhook takes."""
STOPS_WITHIN = 40
"""Seconds after which the process ends whatever happens."""
# The rules are pure, and the workflows ask only Temporal for the time (tests guard both): they need no sandbox of their
# own. Loaded once for all workflows, a cached mentorship takes little more than its state and what the SDK keeps of it.
PASSED_THROUGH = (
    *("models", "lifecycle", "workflows"),
    *("pydantic", "pydantic_core", "annotated_types", "email_validator", "tzdata"),
)


def build(
    client: Client, *, task_queue: str | None = None, activities: Sequence[Callable[..., Any]] = (deliver,)
) -> Worker:
    """A worker for one client, with the settings of this process. Use it as `async with`, or call `run`."""
    own = settings()
    return Worker(
        client,
        task_queue=task_queue or own.task_queue,
        workflows=[MentorshipWorkflow, PlatformEventsWorkflow] if "mentorships" in own.work else [],
        activities=activities if "mail" in own.work else [],
        max_concurrent_activities=AT_ONCE,
        max_cached_workflows=own.cached_mentorships if "mentorships" in own.work else 0,
        workflow_runner=runner(),
        deployment_config=_deployment(own),
        # After a worker is lost, the first act of a mentorship it had cached waits this long for it (10 s by default).
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=0.5),
        graceful_shutdown_timeout=FINISHES_WITHIN,
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
        graceful_shutdown_timeout=FINISHES_WITHIN,
    )


def _workers(client: Client, own: Settings) -> Iterator[Worker]:
    if {"mentorships", "mail"} & {*own.work}:
        yield build(client)
    if "events" in own.work:
        yield build_announcer(client)


def runner() -> SandboxedWorkflowRunner:
    """The sandbox in which workflows run; replays need the same."""
    return SandboxedWorkflowRunner(SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH))


async def run(client: Client, stop: asyncio.Event, readiness: Readiness) -> None:
    """Works until `stop` is set, then finishes what it is doing. Registers search attributes in local mode."""
    own = settings()
    if own.local:
        await search_attributes.register(client)
    async with AsyncExitStack() as stack:
        for worker in _workers(client, own):
            await stack.enter_async_context(worker)
        readiness.start(answers(client))
        log.info("ready: %s of task queue %s in namespace %s", ", ".join(own.work), own.task_queue, client.namespace)
        if own.is_versioned:
            await _introduce(client, own)
        await stop.wait()
        log.info("stopping")
        readiness.stop()
        leave_within(STOPS_WITHIN)


def main() -> int:
    """Runs the worker of this process; the exit code tells whether it could."""
    leave_if_asked()
    try:
        own = settings()
    except ValidationError as problem:
        print(told(problem), file=sys.stderr)
        return 1
    logs.configure(own)
    try:
        asyncio.run(_work(own))
    except (EngineUnreachable, NotServed) as problem:
        print(problem, file=sys.stderr)
        return 1
    except Exception:
        log.critical("the worker failed", exc_info=True)
        return 1
    return 0


async def _work(own: Settings) -> None:
    stop = asyncio.Event()
    on_stop(stop.set)
    sdk = observed(metrics=bool(own.worker_metrics), buckets=BUCKETS)
    spans = traces.configured("trellis-worker")
    readiness = Readiness(started=False)
    async with serving(probes(readiness, sdk.metrics), own.worker_metrics):
        client = await _connected(own, sdk.runtime, [traces.Tracing(spans)] if spans is not None else [], stop)
        if client is not None:
            await run(client, stop, readiness)
    if spans is not None:
        spans.shutdown()


async def _connected(
    own: Settings, runtime: Runtime, interceptors: Sequence[Interceptor], stop: asyncio.Event
) -> Client | None:
    """A client; or None when it was asked to stop before Temporal came. Raises EngineUnreachable."""
    loop = asyncio.get_running_loop()
    give_up = loop.time() + own.temporal_wait
    told_once = False
    while not stop.is_set():
        try:
            return await connect(runtime=runtime, interceptors=interceptors)
        except EngineUnreachable:
            if loop.time() >= give_up:
                raise
        if not told_once:
            log.warning("waiting for Temporal, for up to %g seconds", own.temporal_wait)
            told_once = True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 1)
    return None


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
    leave(main())
