"""The deliveries of events, as the client of mentorships and ops speak to them."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from temporalio.client import Client, RPCTimeoutOrCancelledError, WorkflowExecutionStatus, WorkflowHandle
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from models.base import Model
from models.events import Batch, Feed
from workflows import fingerprints, search_attributes
from workflows.begin import workflow_id
from workflows.connection import EngineUnreachable
from workflows.events import ACTIVE, GIVEN_UP, PAUSED, PlatformEventsWorkflow, events_id
from workflows.unreachable import PATIENCE

_STATUS = search_attributes.STATUS.name
TROUBLED = (
    "WorkflowType = 'PlatformEvents' AND ExecutionStatus != 'ContinuedAsNew' AND "
    f"({_STATUS} = '{GIVEN_UP}' OR ({_STATUS} = '{PAUSED}' AND ExecutionStatus = 'Running'))"
)


class Troubled(Model):
    """A feed with something for ops to do: its endpoint answered 410 (`paused`), or events were given up."""

    mentorship: str
    status: str
    waiting: int
    given_up: tuple[str, ...]


class Feeds:
    """The feeds of one Temporal namespace. Every method raises EngineUnreachable when Temporal does not answer."""

    def __init__(self, client: Client, *, task_queue: str = "trellis") -> None:
        self._client = client
        self._task_queue = task_queue

    async def start(self, mentorship: str) -> bool:
        """Prepares a feed before its mentorship begins. Whether it is new.

        Not as the mentorship's child: a workflow with a running child can't have its clock skipped ahead.
        """
        with _reachable():
            try:
                await self._client.start_workflow(
                    PlatformEventsWorkflow.run,
                    Feed(mentorship=mentorship),
                    id=events_id(mentorship),
                    task_queue=self._task_queue,
                    id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                    memo={fingerprints.STARTED_AT: datetime.now(UTC)},
                    static_summary=f"events of {mentorship}",
                    rpc_timeout=PATIENCE,
                )
            except WorkflowAlreadyStartedError:
                return False
            return True

    async def close_needless(self, mentorship: str) -> None:
        """Ends a feed that was prepared when its mentorship had long begun: nothing will come to it.

        One that was prepared before belongs to a mentorship that another caller has just started, and stays.
        """
        with _reachable():
            feed = self._handle(events_id(mentorship))
            if await self._began(workflow_id(mentorship)) < await self._began(feed.id):
                await feed.signal(PlatformEventsWorkflow.tell, Batch(events=(), last=True), rpc_timeout=PATIENCE)

    async def _began(self, workflow: str) -> datetime:
        """When its first run began, by the server's clock."""
        described = await self._client.get_workflow_handle(workflow).describe(rpc_timeout=PATIENCE)
        began = described.raw_description.workflow_extended_info.original_start_time
        return began.ToDatetime(tzinfo=UTC)

    async def troubled(self) -> AsyncIterator[Troubled]:
        """Those that ops should know of, the latest first. The list of the server is some seconds late."""
        with _reachable():
            async for execution in self._client.list_workflows(TROUBLED, rpc_timeout=PATIENCE):
                handle = self._handle(execution.id, execution.run_id)
                # One that has ended is not asked: the build on which it did may be long gone.
                done = execution.status is WorkflowExecutionStatus.COMPLETED
                feed = await (
                    handle.result(rpc_timeout=PATIENCE)
                    if done
                    else handle.query(PlatformEventsWorkflow.feed, rpc_timeout=PATIENCE)
                )
                yield Troubled(
                    mentorship=feed.mentorship,
                    status=PAUSED if feed.gone else GIVEN_UP if feed.given_up else ACTIVE,
                    waiting=len(feed.waiting),
                    given_up=feed.given_up,
                )

    async def resume(self, mentorship: str) -> None:
        """Says that the endpoint is back."""
        with _reachable():
            await self._handle(events_id(mentorship)).signal(PlatformEventsWorkflow.resume, rpc_timeout=PATIENCE)

    def _handle(self, workflow: str, run: str | None = None) -> WorkflowHandle[PlatformEventsWorkflow, Feed]:
        return self._client.get_workflow_handle_for(PlatformEventsWorkflow.run, workflow, run_id=run)


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except (RPCError, RPCTimeoutOrCancelledError, TimeoutError) as problem:
        raise EngineUnreachable(f"No answer from Temporal, or from a worker behind it: {problem}") from problem
