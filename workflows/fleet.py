"""Which builds carry mentorships, how many each, and how another build takes over (see docs/upgrades.md).

Temporal calls a build a worker deployment version. A run stays on the build that it began with (`PINNED`); the one
after a renewal begins on the build that is current by then.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Literal

from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.deployment.v1 import WorkerDeploymentInfo
from temporalio.api.enums.v1 import TaskQueueType, WorkerDeploymentVersionStatus
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeTaskQueueRequest,
    DescribeWorkerDeploymentRequest,
    SetWorkerDeploymentCurrentVersionRequest,
)
from temporalio.client import Client, RPCTimeoutOrCancelledError
from temporalio.service import RPCError, RPCStatusCode

from models.base import Model
from workflows.connection import EngineUnreachable
from workflows.unreachable import PATIENCE

DEPLOYMENT = "trellis"
SEEN_WITHIN = timedelta(seconds=75)
"""A worker asks for work at least once a minute: one that was not seen for longer is gone."""
MOST_LOOKED_AT = 500
RUNNING = "WorkflowType IN ('Mentorship', 'PlatformEvents') AND ExecutionStatus = 'Running'"
MENTORSHIPS = "WorkflowType = 'Mentorship' AND ExecutionStatus = 'Running'"
UNVERSIONED = ""
"""In place of a build: what began without versioning, or was not taken by any worker yet."""

BuildStatus = Literal["current", "ramping", "waiting", "draining", "drained", "unversioned"]
_STATUS: dict[WorkerDeploymentVersionStatus.ValueType, BuildStatus] = {
    WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT: "current",
    WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_RAMPING: "ramping",
    WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINING: "draining",
    WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINED: "drained",
}


class UpgradeRefused(Exception):
    """A build can't become current. The text says what to do first; nothing was changed."""


class Build(Model):
    """One build and its open workflows. The counts come from the server's list, which is some seconds late.

    `waiting` has never been current, `draining` was, and `drained` is what Temporal itself has found empty, which it
    checks every few minutes. `workers` are processes that asked for work lately; one that was killed is seen for
    another minute.
    """

    id: str
    status: BuildStatus
    since: datetime | None
    workers: int
    mentorships: int
    feeds: int

    @property
    def runs(self) -> int:
        """All its open workflows."""
        return self.mentorships + self.feeds

    @property
    def is_deserted(self) -> bool:
        """Whether open workflows wait here for a worker that nobody runs."""
        return bool(self.id and self.runs and not self.workers)


class Fleet:
    """The builds of one Temporal namespace. Every method raises EngineUnreachable when Temporal does not answer."""

    def __init__(self, client: Client, *, task_queue: str = "trellis") -> None:
        self._client = client
        self._task_queue = task_queue

    async def builds(self) -> tuple[Build, ...]:
        """The current build first, then the others, the latest first; those without a build last, if there are any."""
        with _reachable():
            deployment, workers = await asyncio.gather(self._deployment(), self._workers())
            versions = deployment.version_summaries if deployment is not None else ()
            known = [
                await self._build(
                    version.deployment_version.build_id,
                    _STATUS.get(version.status, "waiting"),
                    _last(version.current_since_time, version.last_deactivation_time, version.create_time),
                    workers,
                )
                for version in sorted(versions, key=lambda one: _time(one.create_time), reverse=True)
            ]
            unversioned = await self._build(UNVERSIONED, "unversioned", None, workers)
        known.sort(key=lambda build: build.status != "current")
        return (*known, unversioned) if unversioned.runs or unversioned.workers else tuple(known)

    async def make_current(self, build: str, *, back: bool = False) -> None:
        """From now on mentorships begin and renew on this build. Raises UpgradeRefused.

        `back` allows a build that is older than the current one.
        """
        with _reachable():
            deployment = await self._deployment()
            created = {one.deployment_version.build_id: _time(one.create_time) for one in _versions(deployment)}
            if deployment is None or build not in created:
                raise UpgradeRefused(
                    f"Build {build} has not started a worker here yet. Start its workers first: they get no work "
                    "until this command, so that they can come up in peace."
                )
            current = deployment.routing_config.current_deployment_version.build_id
            if current and created[build] < created.get(current, created[build]) and not back:
                raise UpgradeRefused(
                    f"Build {build} is older than the current one, {current}, and may not be able to read what "
                    "that one has written. docs/upgrades.md tells what happens then; --back does it all the same."
                )
            if not (await self._workers()).get(build):
                raise UpgradeRefused(f"Build {build} has no worker that asks for work. Start its workers, and wait.")
            await self._set_current(build)

    async def introduce(self, build: str) -> bool:
        """What a worker does when it has started. Whether its build is the current one.

        The very first build of a namespace makes itself current: there is nobody whom it could take by surprise.
        """
        with _reachable():
            async with asyncio.timeout(PATIENCE.total_seconds()):
                while not (await self._workers()).get(build):  # noqa: ASYNC110 - the server tells only who asks
                    await asyncio.sleep(0.2)
            deployment = await self._deployment()
            current = deployment.routing_config.current_deployment_version.build_id if deployment is not None else ""
            if current or await self._count(RUNNING):
                return current == build
            await self._set_current(build)
            return True

    async def on(self, build: str) -> int:
        """How many open workflows there are on a build."""
        with _reachable():
            return await self._count(f"{RUNNING} AND {_is_on(build)}")

    async def sleepers(self, build: str) -> AsyncIterator[str]:
        """The ids of the open workflows on a build, the latest first."""
        with _reachable():
            found = self._client.list_workflows(f"{RUNNING} AND {_is_on(build)}", rpc_timeout=PATIENCE)
            async for execution in found:
                yield execution.id

    async def failing(self, build: str, *, to: str) -> tuple[str, ...]:
        """The ids of the open workflows of a build that should move `to` another one and fail there on the first task.

        The server counts them under the build that they come from. No more than MOST_LOOKED_AT are looked at.
        """
        found = []
        with _reachable():
            query = f"{RUNNING} AND {_is_on(build)}"
            async for execution in self._client.list_workflows(query, limit=MOST_LOOKED_AT, rpc_timeout=PATIENCE):
                handle = self._client.get_workflow_handle(execution.id)
                described = (await handle.describe(rpc_timeout=PATIENCE)).raw_description
                moving = described.workflow_execution_info.versioning_info.version_transition.deployment_version
                if moving.build_id == to and described.pending_workflow_task.attempt > 1:
                    found.append(execution.id)
        return tuple(found)

    async def wake(self, workflow: str) -> None:
        """Lets a workflow see which build is current. One that has ended meanwhile needs no waking."""
        try:
            with _reachable():
                await self._client.get_workflow_handle(workflow).signal("wake", rpc_timeout=PATIENCE)
        except EngineUnreachable as problem:
            if not isinstance(problem.__cause__, RPCError) or problem.__cause__.status is not RPCStatusCode.NOT_FOUND:
                raise

    async def _set_current(self, build: str) -> None:
        request = SetWorkerDeploymentCurrentVersionRequest(
            namespace=self._client.namespace,
            deployment_name=DEPLOYMENT,
            build_id=build,
            identity=self._client.service_client.config.identity,
        )
        try:
            await self._client.workflow_service.set_worker_deployment_current_version(request, timeout=PATIENCE)
        except RPCError as problem:
            if problem.status is not RPCStatusCode.FAILED_PRECONDITION:
                raise
            raise UpgradeRefused(f"Temporal does not make build {build} current: {problem.message}") from problem

    async def _deployment(self) -> WorkerDeploymentInfo | None:
        request = DescribeWorkerDeploymentRequest(namespace=self._client.namespace, deployment_name=DEPLOYMENT)
        try:
            found = await self._client.workflow_service.describe_worker_deployment(request, timeout=PATIENCE)
        except RPCError as problem:
            if problem.status is RPCStatusCode.NOT_FOUND:
                return None
            raise
        return found.worker_deployment_info

    async def _workers(self) -> dict[str, int]:
        """How many workers of each build ask for workflow tasks."""
        request = DescribeTaskQueueRequest(
            namespace=self._client.namespace,
            task_queue=TaskQueue(name=self._task_queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        )
        described = await self._client.workflow_service.describe_task_queue(request, timeout=PATIENCE)
        oldest = datetime.now(UTC) - SEEN_WITHIN
        seen = {
            (poller.deployment_options.build_id, poller.identity)
            for poller in described.pollers
            if _time(poller.last_access_time) > oldest
        }
        return {build: sum(one == build for one, _ in seen) for build, _ in seen}

    async def _build(self, id: str, status: BuildStatus, since: datetime | None, workers: dict[str, int]) -> Build:
        runs, mentorships = await asyncio.gather(
            self._count(f"{RUNNING} AND {_is_on(id)}"), self._count(f"{MENTORSHIPS} AND {_is_on(id)}")
        )
        return Build(
            id=id,
            status=status,
            since=since,
            workers=workers.get(id, 0),
            mentorships=mentorships,
            feeds=max(runs - mentorships, 0),
        )

    async def _count(self, query: str) -> int:
        return (await self._client.count_workflows(query, rpc_timeout=PATIENCE)).count


def _is_on(build: str) -> str:
    if build == UNVERSIONED:
        return "TemporalWorkerDeploymentVersion IS NULL"
    return f"TemporalWorkerDeploymentVersion = '{DEPLOYMENT}:{build}'"


def _versions(deployment: WorkerDeploymentInfo | None) -> list[WorkerDeploymentInfo.WorkerDeploymentVersionSummary]:
    return list(deployment.version_summaries) if deployment is not None else []


def _time(at: Timestamp) -> datetime:
    return at.ToDatetime(tzinfo=UTC)


def _last(*times: Timestamp) -> datetime | None:
    """The first of these that was set."""
    return next((_time(at) for at in times if at.seconds), None)


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except (RPCError, RPCTimeoutOrCancelledError, TimeoutError) as problem:
        raise EngineUnreachable(f"No answer from Temporal: {problem}") from problem
