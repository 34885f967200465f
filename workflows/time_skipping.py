"""Skipping ahead in one mentorship's own clock, for the demo and the tests.

The one place that knows Temporal's time skipping, which is experimental: each workflow has a clock of its own, and the
server moves it from timer to timer. It needs a server that was started with `server_arguments()`.
"""

import asyncio
from datetime import UTC, datetime, timedelta

from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionResponse
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from models.pages import Overview
from workflows.begin import workflow_id
from workflows.events import events_id

MARGIN = timedelta(seconds=1)
"""A timer starts when its workflow task completes, so it fires a little after the moment it was made for."""
PATIENCE_SECONDS = 60.0
# Past its number of skips (200 unless told) the server stops without telling the caller.
MOST_SKIPS = 10_000

DYNAMIC_CONFIG = (
    "frontend.WorkflowTimeSkippingEnabled=true",
    # Otherwise each skip costs a second, and after a few skips each timer a quarter of one.
    'history.timerProcessorMaxTimeShift="10ms"',
    "history.timerProcessorMaxPollRPS=1000",
    # A run that lasted less than this (a second) makes the next run wait, and its start is reckoned with the skipped
    # time twice over: the wait would be days.
    'history.workflowIdReuseMinimalInterval="0s"',
)


def server_arguments() -> list[str]:
    """What `temporal server start-dev` has to be given."""
    return [argument for setting in DYNAMIC_CONFIG for argument in ("--dynamic-config-value", setting)]


async def current_time(client: Client, id: str) -> datetime:
    """What time it is in this mentorship, in UTC."""
    return _clock(await _describe(client, id))


async def skip_to_next(client: Client, id: str) -> datetime | None:
    """Moves the mentorship's clock to just after its next due time and waits until all that was due is done.

    Returns the mentorship's new time, or None when it has ended or ends meanwhile.
    """
    if not await _is_running(client, id):
        return None
    handle = client.get_workflow_handle(workflow_id(id))
    overview = await handle.query("overview", result_type=Overview)
    if overview.next_at is None:
        await idle(client, id)
        return None
    return await _skip(client, id, overview.next_at + MARGIN - await current_time(client, id))


async def skip_by(client: Client, id: str, delta: timedelta) -> datetime | None:
    """Moves the mentorship's clock by `delta`, through everything that falls due on the way.

    Returns the mentorship's new time, or None when it has ended or ends meanwhile.
    """
    if not await _is_running(client, id):
        return None
    return await _skip(client, id, delta)


async def skip_feed_by(client: Client, id: str, delta: timedelta) -> None:
    """Moves the clock of the workflow that delivers a mentorship's events, through the back-off of its retries."""
    skipper = TimeSkipper(client, config=TimeSkippingConfig(max_session_skip_count=MOST_SKIPS))
    async with asyncio.timeout(PATIENCE_SECONDS):
        await skipper.fast_forward(client.get_workflow_handle(events_id(id)), delta)


async def idle(client: Client, id: str) -> datetime | None:
    """Waits until neither a workflow task nor an activity is under way. Returns as `skip_by` does."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            described = await _describe(client, id)
            if described.workflow_execution_info.HasField("close_time"):
                return None
            if not described.pending_activities and not described.HasField("pending_workflow_task"):
                return _clock(described)
            await asyncio.sleep(0.01)


async def _skip(client: Client, id: str, delta: timedelta) -> datetime | None:
    if delta > timedelta(0):
        skipper = TimeSkipper(client, config=TimeSkippingConfig(max_session_skip_count=MOST_SKIPS))
        handle = client.get_workflow_handle(workflow_id(id))
        async with asyncio.timeout(PATIENCE_SECONDS):
            try:
                if not await skipper.fast_forward(handle, delta):
                    return None
            except RPCError as problem:
                if problem.status is RPCStatusCode.NOT_FOUND and not await _is_running(client, id):
                    return None
                raise
    return await idle(client, id)


async def _is_running(client: Client, id: str) -> bool:
    return not (await _describe(client, id)).workflow_execution_info.HasField("close_time")


async def _describe(client: Client, id: str) -> DescribeWorkflowExecutionResponse:
    return (await client.get_workflow_handle(workflow_id(id)).describe()).raw_description


def _clock(described: DescribeWorkflowExecutionResponse) -> datetime:
    """Without a skip the server tells no time of the workflow's own: it is the real one."""
    extended = described.workflow_extended_info
    if extended.HasField("time_skipping_info"):
        return extended.time_skipping_info.current_time.ToDatetime(tzinfo=UTC)
    return datetime.now(UTC)
